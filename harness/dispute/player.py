"""Carries out an agent's actions in disputes by the transactions of one account."""

from __future__ import annotations

from harness.chain import Chain
from harness.chain.errors import RevertedWithError
from harness.chain.receipts import Receipt
from harness.chain.values.accounts import Account
from harness.dispute.actions import Action, Move, Open, Refund, Resolve, Step, Void, Withdraw
from harness.dispute.positions import Side
from harness.dispute.reader import ZERO_ADDRESS, GameReader
from harness.dispute.view import GameView
from harness.errors import HarnessError
from harness.rollup.contracts import contract_type


class Overtaken(HarnessError):
    """L1 changed between an agent's decision and its transaction, so the transaction reverted. Decide again."""

    def __init__(self, action: Action) -> None:
        super().__init__(f"L1 has changed since {action!r} was decided")
        self.action = action


class Player:
    """An account that plays the games of one factory.

    A player only caches what L1 has, so a new player of the same account goes on where the old one stopped. Players of
    one process may share their ``readers``. ``since`` is a block of L1 before the first game.
    """

    def __init__(
        self,
        chain: Chain,
        factory: str,
        account: Account,
        readers: dict[str, GameReader] | None = None,
        since: int = 0,
    ) -> None:
        self.chain = chain
        self.since = since
        self.account = account
        self.factory = contract_type("DisputeGameFactory").at(chain, factory)
        self._readers: dict[str, GameReader] = {} if readers is None else readers

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.account.name or self.account.address}>"

    def game_of(self, assertion: bytes) -> str | None:
        """Return the address of an assertion's game; None if it has none."""
        address = str(self.factory.gameOf(assertion))
        return None if address == ZERO_ADDRESS else address

    def view(self, game: str) -> GameView:
        return self.reader(game).view()

    def reader(self, game: str) -> GameReader:
        if game not in self._readers:
            self._readers[game] = GameReader(self.chain, game, self.since)
        return self._readers[game]

    def first_bond(self) -> int:
        """Return the wei that bond the attack which opens a game."""
        implementation = self.factory.functions["implementation"]()
        return int(contract_type("DisputeGame").at(self.chain, implementation).openingBond())

    def perform(self, action: Action) -> Receipt:
        """Send the transaction for an action.

        Raises Overtaken if L1 has changed since the decision, and the chain's error if the transaction fails otherwise.
        """
        try:
            return self._carry_out(action)
        except RevertedWithError as refusal:
            if refusal.name == "AnotherL1":
                raise Overtaken(action) from refusal
            raise

    def _carry_out(self, action: Action) -> Receipt:
        """Send the transaction for an action."""
        match action:
            case Open():
                return self._open(action)
            case Move():
                return self._move(action)
            case Step():
                return self._step(action)
            case Resolve():
                return self._resolve(action)
            case Void():
                return self._void(action)
            case Refund():
                return self._refund(action)
            case Withdraw():
                return self._withdraw(action)

    def _open(self, action: Open) -> Receipt:
        sent: Receipt = self.factory.open(
            action.assertion, action.value, *action.seen, sender=self.account, value=self.first_bond()
        )
        return sent

    def _move(self, action: Move) -> Receipt:
        answer = self.factory.attack if action.side is Side.ATTACK else self.factory.defend
        sent: Receipt = answer(
            action.assertion, action.parent, action.value, *action.seen, sender=self.account, value=action.bond
        )
        return sent

    def _step(self, action: Step) -> Receipt:
        game = self.reader(action.game).contract
        sent: Receipt = game.step(action.claim, int(action.side), action.witness, sender=self.account)
        return sent

    def _resolve(self, action: Resolve) -> Receipt:
        sent: Receipt = self.reader(action.game).contract.resolve(list(action.claims), sender=self.account)
        return sent

    def _void(self, action: Void) -> Receipt:
        sent: Receipt = self.reader(action.game).contract.void(sender=self.account)
        return sent

    def _refund(self, action: Refund) -> Receipt:
        sent: Receipt = self.reader(action.game).contract.refund(list(action.claims), sender=self.account)
        return sent

    def _withdraw(self, action: Withdraw) -> Receipt:
        sent: Receipt = self.reader(action.game).contract.withdraw(self.account.address, sender=self.account)
        return sent
