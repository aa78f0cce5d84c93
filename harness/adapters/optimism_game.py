"""The OP Stack's dispute games, from the package @eth-optimism/contracts-bedrock of npm or a team's own build.

The games are FaultDisputeGame over a program that counts, `BlockStepper`, behind IBigStepper. Bonds wait in
DelayedWETH.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from harness.adapters import op
from harness.adapters.errors import NotApplicable
from harness.adapters.game import Claim, ClaimId, Game, Line, Model, Money, Node, Outcome, Player, Rules, Side
from harness.adapters.game_values import Promise
from harness.adapters.op_program import AFTER_LENGTH, STARTING
from harness.adapters.optimism_model import OptimismModel, between, blocks, formed
from harness.adapters.optimism_promises import promises
from harness.adapters.published import OPTIMISM, WithPackage
from harness.contracts.bindings import Contract
from harness.dispute.positions import Position

if TYPE_CHECKING:
    from harness.chain.chain import Chain
    from harness.chain.values.accounts import Account
    from harness.contracts.bindings import ContractType

GAMES = op.OpRules(max_depth=5, split_depth=2, extension=100, max_clock=10_000, delay=600)
NO_PARENT = 2**32 - 1
NOBODY = op.ZERO
OUTCOMES = (Outcome.UNDECIDED, Outcome.REJECTED, Outcome.UPHELD)
BASE_FEE, BASE_GAS, DEAREST = 200 * 10**9, 400_000, 750
"""A bond pays for 400,000 gas at 200 gwei at the root, for 750 times as much at the lowest depth, and grows evenly."""
MOODS = {"takes": 0, "refuses": 1, "re-enters": 4, "burns": 3}
PAYOUT_GAS = 500_000
PAGE = 500
"""Children of a claim that one transaction resolves at most, so that it stays below the cap of its gas."""


class OptimismGame(Game):
    """Drives games of four blocks and of programs of four steps."""

    guarded: ClassVar[tuple[str, ...]] = (
        "DisputeGameFactory.setImplementation", "DisputeGameFactory.setInitBond", "DisputeGameFactory.initialize",
        "DisputeGameFactory.transferOwnership", "AnchorStateRegistry.initialize",
        "AnchorStateRegistry.tryUpdateAnchorState", "DelayedWETH.initialize", "DelayedWETH.recover", "DelayedWETH.hold",
        "FaultDisputeGame.initialize",
    )  # fmt: skip
    games: ClassVar[op.OpRules] = GAMES

    def __init__(self, chain: Chain, contracts: Mapping[str, ContractType]) -> None:
        super().__init__(chain, WithPackage(contracts, OPTIMISM))

    def deploy(self) -> None:
        """Deploy the OP Stack's contracts; the root's bond is that of a claim at depth 0."""
        self.stack = op.deploy(self.chain, self.contracts, rules=self.games)
        self.factory, self.registry = self.stack.factory, self.stack.parts["registry"]
        self.weth = self.stack.parts["weth"]
        self.opened: list[op.OpGame] = []
        self.parties: set[str] = set()
        self.factory.setInitBond(op.GAME_TYPE, self.bonds[0], sender=self.stack.owner)
        self.caller: Any = self.create("Forwarder")

    def attacked(self) -> tuple[Contract, ...]:
        """Return the contracts, and all games."""
        return (*super().attacked(), *(game.contract for game in self.opened))

    @property
    def bonds(self) -> tuple[int, ...]:
        """The bonds by depth, as documented; the contract rounds to whole gas."""
        last, levels = self.games.max_depth, range(self.games.max_depth + 1)
        stated = [round(BASE_FEE * BASE_GAS * DEAREST ** (level / last)) for level in levels]
        model = self.contracts["FaultDisputeGame"].at(self.chain, self.factory.gameImpls(op.GAME_TYPE))
        asked = [int(model.getRequiredBond(1 << level)) for level in levels]
        return tuple(each if abs(each - due) <= 2 * BASE_FEE else due for each, due in zip(asked, stated, strict=True))

    def rules(self) -> Rules:
        """Return the rules of the specification."""
        games, bonds = self.games, self.bonds
        kept = [games.extension * (2 if level == games.split_depth - 1 else 1) for level in range(games.max_depth + 1)]
        return Rules(
            games.max_depth, games.max_clock, tuple(kept), bonds, bonds[1], 0, 2 * games.max_clock + sum(kept),
            delay=games.delay, decided_early=False,
        )  # fmt: skip

    # -- outputs and programs

    def true(self, steps: int) -> bytes:
        """Return the output of the block that these steps reach."""
        return blocks(self.games).true(steps)

    def line(self, parent: Node | None, side: Side) -> Line:
        """Return outputs, or the states of the program between two outputs of the line."""
        found = None if parent is None else between(self.games, parent, side)
        if found is None:
            return blocks(self.games)
        base, outputs = found
        return Line(lambda steps: self.games.program.hash(max(0, steps - base), *outputs))

    def witness(self, index: int) -> bytes:
        """Return the state that a program begins with."""
        return self.games.program.state(0)

    def proof(self, claim: Node, side: Side, index: int) -> bytes:
        """Return the program's state before a step of the claim's line; nothing if the program has no such step."""
        found = None if claim.parent is None else between(self.games, claim.parent, claim.side)
        if found is None:
            return self.witness(index)
        base, outputs = found
        return self.games.program.state(index - base, *outputs) if index >= base else b""

    def model(self, rules: Rules, root: Node, prestate: bytes) -> Model:
        """Return the model of these games."""
        self._model = OptimismModel(rules, root, self.games)
        return self._model

    def formed(self, parent: Node, side: Side, value: bytes) -> bytes:
        """Return the value with the status of a program that has ended, where the game asks for one."""
        return formed(self._model, parent, side, value)

    # -- the game

    @property
    def game(self) -> Contract:
        """The game that was opened last."""
        return self.opened[-1].contract

    def open(self, root: bytes, proposer: Account, opener: Account, value: bytes) -> None:
        """Claim the output of the last block that a game has room for, and attack it."""
        block = (1 << self.games.split_depth) + len(self.opened)
        self.opened.append(self.stack.propose(root, block=block, sender=proposer))
        self.parties.add(proposer.address)
        self.began = self.chain.head.timestamp
        self.move(0, Side.ATTACK, value, opener, self.bonds[1])

    def ends(self) -> int:
        """Return when the root's clock runs out, which starts with its claim."""
        return self.began + self.games.max_clock

    def claims(self) -> Sequence[Claim]:
        """Return the claims as the game shows them."""
        return [self._claim(number) for number in range(self.game.claimDataLen())]

    def newest(self) -> Claim:
        """Return the claim that was made last."""
        return self._claim(int(self.game.claimDataLen()) - 1)

    def _claim(self, number: int) -> Claim:
        shown = self.game.claimData(number)
        parent, side = None, Side.NONE
        if shown.parentIndex != NO_PARENT:
            parent = int(shown.parentIndex)
            above = int(self.game.claimData(parent).position)
            side = Side.ATTACK if shown.position == 2 * above else Side.DEFEND
        counter = None if shown.counteredBy == NOBODY else str(shown.counteredBy)
        return Claim(
            number, parent, side, Position(int(shown.position)), bytes(shown.claim), str(shown.claimant),
            int(shown.bond), counter,
        )  # fmt: skip

    def move(self, parent: ClaimId, side: Side, value: bytes, sender: Account, bond: int) -> None:
        """Answer a claim; a number that no claim has is refused by the game, too."""
        self.parties.add(sender.address)
        self.game.move(*self._moved(parent, side, value), sender=sender, value=bond)

    def _moved(self, parent: ClaimId, side: Side, value: bytes) -> tuple[bytes, ClaimId, bytes, bool]:
        if side is Side.NONE:
            raise NotApplicable("a move attacks or defends")
        known = isinstance(parent, int) and parent < self.game.claimDataLen()
        disputed = bytes(self.game.claimData(parent).claim) if known else bytes(32)
        return disputed, parent, value, side is Side.ATTACK

    def step(self, claim: ClaimId, side: Side, witness: bytes, sender: Account) -> None:
        """Counter a leaf; the output that the program reads in this step is loaded first."""
        if side is Side.NONE:
            raise NotApplicable("a step attacks or defends")
        self.parties.add(sender.address)
        index = int.from_bytes(witness[:32], "big")
        if index < 2 and self._is_leaf(claim):
            self.game.addLocalData(STARTING + index, claim, AFTER_LENGTH, sender=sender)
        self.game.step(claim, side is Side.ATTACK, witness, b"", sender=sender)

    def _is_leaf(self, claim: ClaimId) -> bool:
        return int(self.game.claimData(claim).position).bit_length() - 1 == self.games.max_depth

    def resolve(self, claims: Sequence[ClaimId], sender: Account) -> None:
        """Resolve claims in one call, and the game with its root; what was resolved before is left out."""
        due = [each for each in dict.fromkeys(claims) if not self._resolved(each)] or list(claims)
        if not due:
            return
        calls = [self.game.functions["resolveClaim"].encode(each, 0) for each in due]
        if 0 in due:
            calls.append(self.game.functions["resolve"].encode())
        if len(calls) == 1:  # the reason of a revert is the game's own
            children = self.game.getNumToResolve(due[0])
            # 0 means all of them, but none if some were resolved before.
            for page in [PAGE] * -(-children // PAGE) if children > PAGE else [0]:
                self.game.resolveClaim(due[0], page, sender=sender)
            return
        self.caller.forwardEach(self.game, calls, sender=sender)

    def _resolved(self, claim: ClaimId) -> bool:
        return bool(self.game.resolvedSubgames(claim))

    def collect(self, sender: Account) -> None:
        """Claim the credit in each game."""
        due = [each.contract for each in self.opened if each.contract.credit(sender.address)]
        for each in due or [self.game]:
            each.claimCredit(sender.address, sender=sender)

    def owed(self, account: str) -> int:
        """Return the credit in all games."""
        return sum(int(each.contract.credit(account)) for each in self.opened)

    def outcome(self) -> Outcome:
        """Return the game's status."""
        return OUTCOMES[int(self.game.status())]

    def money(self) -> Money:
        """Return the wei in DelayedWETH, and the credits of everybody who has played."""
        held = self.chain.balance(self.weth) + sum(self.chain.balance(each.contract) for each in self.opened)
        return Money(held, sum(map(self.owed, self.parties)), 0)

    def player(self, account: Account, mood: str, wei: int) -> Player:
        """Deploy a contract that forwards its owner's calls."""
        made = OptimismPlayer(self, account, mood)
        self.parties.add(made.address)
        return made

    def promises(self) -> Iterable[Promise]:
        """Return what roots can be claimed, and what a root's block, local data and rules must be."""
        return promises(self)


class OptimismPlayer(Player):
    """A contract that plays with its owner's money, and calls the game back when it is paid."""

    def __init__(self, adapter: OptimismGame, account: Account, mood: str) -> None:
        self._adapter, self._account = adapter, account
        self.wallet: Any = adapter.create("Forwarder", sender=account)
        self.address = self.wallet.address
        self.wallet.setMood(MOODS[mood], sender=account)
        self._claim = partial(adapter.game.functions["claimCredit"].encode, self.address)
        self.wallet.setReentry(self._claim(), sender=account)

    def move(self, parent: ClaimId, side: Side, value: bytes, bond: int) -> None:
        """Answer a claim."""
        call = self._adapter.game.functions["move"].encode(*self._adapter._moved(parent, side, value))
        self.wallet.forward(self._adapter.game, call, sender=self._account, value=bond)

    def collect(self) -> None:
        """Claim the wallet's credit."""
        self.wallet.forward(self._adapter.game, self._claim(), sender=self._account, gas=PAYOUT_GAS)
