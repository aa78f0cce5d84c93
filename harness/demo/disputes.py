"""A proposer lies about one opcode, and a challenger lies about a right assertion. Both lose their bonds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from harness.agents import Challenger, Proposer, faults
from harness.chain.values.units import ether
from harness.demo.stage import ChainStep, Stage
from harness.dispute.assertion_trace import AssertionTrace
from harness.dispute.view import GameView, Outcome, bond_total
from harness.testbed.conservation import Conservation
from harness.testbed.games import GameHandle
from harness.testbed.rollup import Rollup

if TYPE_CHECKING:
    from harness.chain import Chain
    from harness.chain.receipts import Receipt
    from harness.chain.values.accounts import Account

_POOL = 10**22
_HOUR = 3_600
_SHOWN = 4
"""Lines of a game's tree that are shown at either end."""


@dataclass(frozen=True, slots=True)
class _Played:
    """One game and what each side won or lost, in wei without gas."""

    tree: str
    outcome: Outcome
    step: str
    moves: int
    bonded: int
    hours: float
    gas: int
    liar: int
    honest: int
    looks: int


class _Purse:
    """Counts the gas on L1, and what each of the two sides wins or loses apart from gas."""

    def __init__(self, l1: Chain, honest: Account, liar: Account) -> None:
        self.l1 = l1
        self.members = (honest, liar)
        self.before = [l1.balance(account) for account in self.members]
        self.paid = [0, 0]
        self.gas = 0
        self.stop = l1.on_transaction(self._count)

    def _count(self, _: Chain, receipt: Receipt) -> None:
        self.gas += receipt.gas_used
        for place, account in enumerate(self.members):
            self.paid[place] += receipt.cost if receipt.raw.sender == account.address else 0

    def close(self) -> list[int]:
        """Return what each side won; negative if it lost."""
        self.stop()
        now = [self.l1.balance(account) for account in self.members]
        return [now[place] + self.paid[place] - self.before[place] for place in (0, 1)]


def show(stage: Stage) -> None:
    """Show dispute games."""
    stage.title(
        "Disputes",
        "A swap is asserted on L1 with one storage slot flipped; then a right assertion is attacked. The games narrow"
        " 2^40 trace indices down to one step, and Solidity executes that step. Whoever lied pays the other side.",
    )
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with stage.chains() as chains, Progress(*columns, console=stage.console, transient=True) as progress:
        for title, play in (("A lying proposer", _lying_proposer), ("A lying challenger", _lying_challenger)):
            games: dict[int, _Played] = {}
            for chain in chains:
                task = progress.add_task(f"{title.lower()} on {chain.backend.name}")
                games[id(chain)] = play(stage, chain)
                progress.remove_task(task)
            if chains:
                _report(stage, title, chains, games)


def _report(stage: Stage, title: str, chains: list[Chain], games: dict[int, _Played]) -> None:
    lines = games[id(chains[0])].tree.splitlines()
    moves = next(place for place, line in enumerate(lines) if line.startswith("outcome:"))
    left = moves - 2 * _SHOWN
    if left > 0:
        lines[_SHOWN : moves - _SHOWN] = [f"   … {left} moves …"]
    stage.console.print("\n".join(lines), markup=False, highlight=False)
    rows = {
        "the assertion": lambda game: game.outcome.name.lower(),
        "proven on L1": lambda game: game.step,
        "moves, bonds": lambda game: f"{game.moves}, {game.bonded / 1e18:.3f} ether",
        "from opening to payout": lambda game: f"{game.hours:.0f} hours of L1's time",
        "gas on L1": lambda game: f"{game.gas / 1e6:.1f} M",
        "the liar": lambda game: f"{game.liar / 1e18:+.3f} ether",
        "the honest side": lambda game: f"{game.honest / 1e18:+.3f} ether",
        "looks at the books": lambda game: f"{game.looks}, all right",
    }
    steps = [ChainStep(what, lambda chain, tell=tell: tell(games[id(chain)])) for what, tell in rows.items()]  # type: ignore[misc]
    stage.side_by_side(title, chains, steps)


def _lying_proposer(stage: Stage, l1: Chain) -> _Played:
    """Play a game in which the proposer asserts an L2 with one bit of the swap's storage flipped."""
    rollup = _busy_rollup(stage, l1)
    honest, account = rollup.challenger, l1.accounts.mallory
    purse, books = _Purse(l1, honest.account, account), Conservation(rollup).watch()
    liar = rollup.join(Proposer(lie=faults.flip_storage(nth=_last_sstore(rollup))), account)
    return _finish(rollup, honest.dispute(liar.propose()), purse, books)


def _lying_challenger(stage: Stage, l1: Chain) -> _Played:
    """Play a game in which a challenger attacks a right root with a trace whose last fee is wrong."""
    rollup = _busy_rollup(stage, l1)
    account = l1.accounts.mallory
    purse, books = _Purse(l1, rollup.proposer.account, account), Conservation(rollup).watch()
    liar = rollup.join(Challenger(lie=faults.wrong_fee()), account)
    return _finish(rollup, liar.dispute(rollup.proposer.propose()), purse, books)


def _busy_rollup(stage: Stage, l1: Chain) -> Rollup:
    """Deploy a rollup whose first assertion is about two tokens, their exchange and a swap."""
    rollup = Rollup.deploy(l1)
    rollup.fund()
    types, owner = stage.contracts, l1.accounts.alice
    gold = rollup.l2.deploy(types["DemoToken"], "Gold", "GLD", 10 * _POOL, sender=owner)
    salt = rollup.l2.deploy(types["DemoToken"], "Salt", "SLT", 10 * _POOL, sender=owner)
    market = rollup.l2.deploy(types["Exchange"], gold.address, salt.address, sender=owner)
    for token in (gold, salt):
        token.approve(market.address, 2**256 - 1, sender=owner)
    market.provide(_POOL, _POOL, sender=owner)
    market.swap(gold.address, ether(1), 0, sender=owner)
    rollup.sequencer.post()
    return rollup


def _last_sstore(rollup: Rollup) -> int:
    """Return the number of the last SSTORE in the first batch, which is the swap's."""
    rollup.l2.backend.follow()
    return sum(1 for _ in AssertionTrace.of(rollup.node, 0, 1).each("SSTORE")) - 1


def _finish(rollup: Rollup, game: GameHandle, purse: _Purse, books: Conservation) -> _Played:
    opened = game.view.root.time
    rollup.run_until(lambda: game.resolved() and (game.assertion.rejected() or game.assertion.confirmed()))
    rollup.settle()
    books.stop()
    view: GameView = game.view
    step = game.disputed_step
    honest, liar = purse.close()
    bonded = sum(bond_total(view.claims, account) for account in {claim.claimant for claim in view.claims})
    hours = (rollup.l1.now - opened) / _HOUR
    what = "no step" if step is None else f"{step.opcode}, step {step.step:,} of input {step.input}"
    moves = len(view.claims) - 1
    return _Played(str(game), view.outcome, what, moves, bonded, hours, purse.gas, liar, honest, books.checks)
