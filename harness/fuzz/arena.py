"""Games over a counting machine: the real game contracts, without a rollup under them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.agents.lies.claims import TraceLie
from harness.agents.tactics import Knowledge, Tactic
from harness.chain import Chain
from harness.chain.errors import InsufficientFunds
from harness.chain.receipts import Receipt
from harness.chain.values.accounts import Account
from harness.contracts.bindings import Contract
from harness.dispute.actions import Action, Open
from harness.dispute.deploy import deploy_game
from harness.dispute.player import Overtaken, Player
from harness.dispute.reader import GameReader
from harness.dispute.solver import Judgement
from harness.dispute.trace import Trace
from harness.dispute.view import GameView, Outcome
from harness.errors import HarnessError, Reverted
from harness.primitives.hashing import keccak256, word
from harness.rollup.config import BURNT_SHARE, GameRules
from harness.rollup.contracts import contract_type

BOND = 2 * 10**18
"""Wei of an assertion's bond. An attack on the root never takes more, whatever the depth of the game."""


class GameFault(HarnessError):
    """A game broke a promise, which the message names."""


@dataclass(slots=True)
class Seat:
    """One player of a game.

    ``offline`` holds (from, to) in seconds after the opening. ``slots`` is how many transactions fit into one turn.
    """

    player: Player
    tactic: Tactic
    know: Knowledge
    honest: bool
    offline: Sequence[tuple[int, int]] = ()
    slots: int = 1000
    refused: int = 0

    @property
    def account(self) -> Account:
        return self.player.account

    def back_at(self, elapsed: int) -> int | None:
        """Return when the player is back, in seconds after the opening; None while it is there."""
        return max((end for start, end in self.offline if start <= elapsed < end), default=None)


@dataclass(slots=True)
class Arena:
    """The contracts of games over a counting machine, on one chain."""

    chain: Chain
    rules: GameRules
    factory: Contract
    table: Contract
    bond: int = BOND
    count: int = 0

    @classmethod
    def deploy(
        cls, chain: Chain, rules: GameRules | None = None, *, bond: int = BOND, burnt_share: int = BURNT_SHARE
    ) -> Arena:
        """Deploy a factory and a table of assertions.

        ``bond`` is the wei that an assertion takes, and that opening its game takes.
        """
        rules = rules or GameRules()
        deployer = chain.accounts[0]
        factory = contract_type("DisputeGameFactory").deploy(chain, deployer.address, sender=deployer)
        table = contract_type("AssertionTable").deploy(chain, factory.address, bond, burnt_share, sender=deployer)
        arena = cls(chain, rules, factory, table, bond)
        arena.use(rules)
        return arena

    def use(self, rules: GameRules) -> Contract:
        """Set the rules of later games; return the new implementation of games."""
        deployer = self.chain.accounts[0]
        prover = contract_type("CountingProver").deploy(self.chain, 0, sender=deployer)
        self.rules = rules
        game = deploy_game(self.chain, self.factory, self.table.address, prover.address, rules, deployer)
        if int(self.factory.nextAt()) > self.chain.now:
            self.chain.warp(to=int(self.factory.nextAt()))
        return game

    def claim(self, trace: Trace, end_batch: int, proposer: Account) -> bytes:
        """Record an assertion that ``trace`` ends in its last state; return the assertion's id."""
        self.count += 1
        identity = keccak256(b"assertion" + word(self.count))
        root = trace.hash_at(1 << self.rules.max_depth)
        self.table.assert_(identity, trace.hash_at(0), root, end_batch, sender=proposer, value=self.bond)
        return identity


@dataclass(slots=True)
class Match:
    """One game that several seats play to its end, in turns. Time is warped when nobody acts.

    ``decided`` is the time at which the outcome was first seen; the game goes on for the bonds. ``after_turn`` is
    called after each round of turns. Whoever watches the game calls ``stop`` at its end.
    """

    arena: Arena
    assertion: bytes
    seats: list[Seat]
    truth: Trace
    after_turn: Callable[[Match], None] = lambda _: None
    stop: Callable[[], None] = lambda: None
    game: str = ""
    opened: int = 0
    decided: int = 0
    turns: int = 0
    receipts: list[tuple[Action, Receipt]] = field(default_factory=list)
    first_block: int = 0
    readers: dict[str, GameReader] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.first_block = self.chain.block_number + 1

    @property
    def chain(self) -> Chain:
        return self.arena.chain

    def seat(self, account: Account, tactic: Tactic, lie: TraceLie | None = None, **options: object) -> Seat:
        """Seat a player that defends the truth, or a lie."""
        trace = self.truth if lie is None else lie(self.truth)
        know = Knowledge(trace, self.truth, account.address)
        player = Player(self.chain, self.arena.factory.address, account, self.readers)
        seat = Seat(player, tactic, know, honest=False, **options)  # type: ignore[arg-type]
        self.seats.append(seat)
        return seat

    def open(self, seat: Seat) -> None:
        """Open the game as this player: it attacks the root with what it holds for true."""
        middle, head = 1 << (self.arena.rules.max_depth - 1), self.chain.head
        self._perform(seat, Open(self.assertion, seat.know.trace.hash_at(middle), (head.number, head.hash)))
        found = seat.player.game_of(self.assertion)
        assert found is not None
        self.game, self.opened = found, self.chain.now

    def _reader(self) -> GameReader:
        if self.game not in self.readers:
            self.readers[self.game] = GameReader(self.chain, self.game)
        return self.readers[self.game]

    def view(self) -> GameView:
        return self._reader().view()

    def run(self, limit: int = 2000) -> GameView:
        """Play until the game is decided and every bond is paid."""
        with self.chain.backend.steady():
            while self.turns < limit:
                self.turns += 1
                began = self.chain.now
                acted = [self._turn(seat) for seat in self.seats]
                head = self.chain.head.hash
                if not self.decided and self._exists() and self.view().outcome is not Outcome.UNDECIDED:
                    self.decided = self.chain.now
                self.after_turn(self)
                if any(acted) or self.chain.head.hash != head:
                    continue
                if not self._sleep(began):
                    return self.view()
        raise GameFault(f"the game at {self.game} is not over after {limit} turns")

    def _turn(self, seat: Seat) -> bool:
        if not self._exists():
            self.open(seat)
            return True
        if seat.back_at(self.chain.now - self.opened) is not None:
            return False
        actions = seat.tactic.decide(seat.player.view(self.game), seat.know)[: seat.slots]
        done = [self._perform(seat, action) for action in actions]
        return any(done)

    def _exists(self) -> bool:
        """Return whether L1 has the game. A reorg may have taken it away."""
        return bool(self.game) and self._reader().exists()

    def _perform(self, seat: Seat, action: Action) -> bool:
        try:
            receipt = seat.player.perform(action)
        except Overtaken:
            return True  # The next turn decides by L1 as it is then.
        except (Reverted, InsufficientFunds) as refusal:
            if seat.honest:
                raise GameFault(
                    f"an honest {type(action).__name__} of {seat.account.name} was refused: {refusal}"
                ) from refusal
            seat.refused += 1
            return False
        self.receipts.append((action, receipt))
        return True

    def _sleep(self, began: int) -> bool:
        """Warp to the next moment at which something can happen; return False if there is none.

        Refused transactions take time, too. A moment that came during the turn that ``began`` counts as now.
        """
        view = self.view()
        now = self.chain.now
        if view.over:
            away = [seat.back_at(now - self.opened) for seat in self.seats]
            returns = [self.opened + back for back in away if back is not None]
            if returns:
                self.chain.warp(to=min(returns))
            return bool(returns)
        times = [view.deadline(claim) for claim in view.claims]
        for seat in self.seats:
            back = seat.back_at(now - self.opened)
            if back is not None:
                times.append(self.opened + back)
            else:
                wanted = seat.tactic.wakes(view, seat.know)
                times.extend([] if wanted is None else [wanted])
        if any(began < time <= now for time in times):
            return True
        later = [time for time in times if time > now]
        if not later:
            raise GameFault(f"nobody resolves the game at {self.game}, whose clocks have all run out")
        self.chain.warp(to=min(later))
        return True

    def paid(self, account: Account) -> int:
        """Return the wei that an account has spent on gas since the assertion was made, in transactions that L1 has."""
        chain, total = self.chain, 0
        for number in range(self.first_block, chain.block_number + 1):
            for tx_hash in chain.w3.eth.get_block(number)["transactions"]:
                receipt = chain.receipt(bytes(tx_hash))  # type: ignore[arg-type]
                total += receipt.cost if receipt.raw.sender == account.address else 0
        return total

    # -- promises

    def check_conserved(self) -> None:
        """Raise unless the game holds exactly its open bonds and what it owes.

        Without a game on L1 there is nothing to check.
        """
        if not self._exists():
            return
        view = self.view()
        held = self.chain.balance(self.game)
        if held != view.locked:
            raise GameFault(f"the game at {self.game} holds {held} wei, its claims and credits are {view.locked} wei")

    def sound(self) -> Judgement:
        return Judgement(self.view(), self.truth)
