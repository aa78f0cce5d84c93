"""How to drive somebody's dispute game: claims in a binary tree over the steps of a machine, down to one step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import ClassVar

from harness.adapters.base import Adapter
from harness.adapters.errors import NotApplicable
from harness.adapters.fitting import Moment
from harness.adapters.game_model import Model, Node
from harness.adapters.game_values import Claim, ClaimId, Line, Money, Promise, Rules
from harness.chain.values.accounts import Account
from harness.dispute.positions import Side
from harness.dispute.view import Outcome

__all__ = [
    "Claim", "ClaimId", "Game", "Line", "Model", "Money", "Node", "Outcome", "Player", "Promise", "Rules", "Side",
]  # fmt: skip


class Game(Adapter):
    """Drives one game at a time. Every method acts at L1's present time; a refused call raises Reverted.

    An adapter must define `deploy`, `rules`, `true`, `witness`, `open`, `claims`, `move`, `step`, `resolve`, `collect`,
    `owed`, `outcome` and `money`.
    What the contracts lack keeps its default, which raises `NotApplicable`.
    """

    kind: ClassVar[str] = "game"
    counts_blocks: ClassVar[bool] = False
    """Whether the game's clocks count blocks: then every time is the number of a block, and no second."""
    resolves_together: ClassVar[bool] = False
    """Whether one call resolves all claims, so that `resolve` is always about all of them."""

    @abstractmethod
    def rules(self) -> Rules:
        """Return what the game promises."""

    # -- the machine that the game is about

    @abstractmethod
    def true(self, steps: int) -> bytes:
        """Return the right value of a claim about the machine after this many steps; 0 is the prestate."""

    @abstractmethod
    def witness(self, index: int) -> bytes:
        """Return what proves the step from ``index`` to ``index`` + 1."""

    # -- the game

    @abstractmethod
    def open(self, root: bytes, proposer: Account, opener: Account, value: bytes) -> None:
        """Let ``proposer`` claim ``root``, and ``opener`` answer it with the attack ``value``.

        A game that opens without an attack makes an ordinary one.
        """

    @abstractmethod
    def claims(self) -> Sequence[Claim]:
        """Return the claims of the open game in order of creation, the root first."""

    def newest(self) -> Claim:
        """Return the claim that was made last."""
        return self.claims()[-1]

    @abstractmethod
    def move(self, parent: ClaimId, side: Side, value: bytes, sender: Account, bond: int) -> None:
        """Answer a claim."""

    @abstractmethod
    def step(self, claim: ClaimId, side: Side, witness: bytes, sender: Account) -> None:
        """Counter a claim at the lowest depth by a one-step proof: into its state (attack) or out of it (defend)."""

    @abstractmethod
    def resolve(self, claims: Sequence[ClaimId], sender: Account) -> None:
        """Resolve claims in this order, and pay out what can be paid."""

    @abstractmethod
    def collect(self, sender: Account) -> None:
        """Withdraw what the sender is owed."""

    @abstractmethod
    def owed(self, account: str) -> int:
        """Return the wei that an account can withdraw now."""

    @abstractmethod
    def outcome(self) -> Outcome:
        """Return whether the root stands."""

    @abstractmethod
    def money(self) -> Money:
        """Return the wei of the contracts of games, in total."""

    # -- a game whose values depend on more than the steps

    def line(self, parent: Node | None, side: Side) -> Line:
        """Return the right values of an answer to a claim, and of what follows it; of the root if there is no parent.

        A game that claims outputs above some depth and a machine's states below it has another machine for each pair
        of outputs that it runs between. By default all claims are about the machine of `true`.
        """
        return Line(self.true)

    def formed(self, parent: Node, side: Side, value: bytes) -> bytes:
        """Return a made-up value of an answer to a claim, in the form that the game demands there."""
        return value

    def proof(self, claim: Node, side: Side, index: int) -> bytes:
        """Return what proves the step from ``index`` to ``index`` + 1 of a leaf's line; by default the witness."""
        return self.witness(index)

    # -- what a game may lack

    def open_late(self, root: bytes, proposer: Account, opener: Account, value: bytes) -> None:
        """Open a game in the last second in which the root can be disputed."""
        raise NotApplicable("a game opens when its root is claimed")

    def winner(self) -> str | None:
        """Return who has won the root's bond; None before that is certain."""
        raise NotApplicable("a game does not say who has won")

    def ends(self) -> Moment:
        """Return the first second at which the root's clock has run out, if nobody answers it; by the rules.

        By default the clock starts when the game opens.
        """
        raise NotApplicable("the root's clock starts when the game opens")

    def model(self, rules: Rules, root: Node, prestate: bytes) -> Model:
        """Return the model of a game that was just opened with the claim ``root``; another one has other rules."""
        return Model(rules, root, prestate)

    def elsewhere(self, parent: ClaimId) -> ClaimId:
        """Return an id that no claim has, of the form of an id."""
        return parent[::-1] if isinstance(parent, bytes) else 2**31

    def doom(self) -> int:
        """Have the assertion that the open game builds on disputed; return when `orphan` can be called, in seconds."""
        raise NotApplicable("a game does not depend on another assertion")

    def orphan(self) -> None:
        """Have the assertion that the open game builds on rejected, so that this game is void."""
        raise NotApplicable("a game does not depend on another assertion")

    def void(self, sender: Account) -> None:
        """End a game that is void."""
        raise NotApplicable("games are never void")

    def refund(self, claims: Sequence[ClaimId], sender: Account) -> None:
        """Give the bonds of a void game back."""
        raise NotApplicable("games are never void")

    def player(self, account: Account, mood: str, wei: int) -> Player:
        """Return a contract of ``account`` that plays the open game with ``wei`` for bonds.

        ``mood`` says what it does when it is paid: "takes", "refuses", "re-enters" or "burns" all its gas.
        """
        raise NotApplicable("no contract plays")

    def promises(self) -> Iterable[Promise]:
        """Return what the contracts promise beside the game's rules, of an open game: bad rules are refused, say."""
        raise NotApplicable("the adapter names no further promise")


class Player(ABC):
    """A contract that plays a game for its owner."""

    address: str
    mood: str = "takes"

    @abstractmethod
    def move(self, parent: ClaimId, side: Side, value: bytes, bond: int) -> None:
        """Answer a claim."""

    @abstractmethod
    def collect(self) -> None:
        """Withdraw what the contract is owed, to itself."""
