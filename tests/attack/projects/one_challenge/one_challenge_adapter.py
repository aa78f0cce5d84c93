"""How the harness drives OneChallenge. An assertion is about a root alone, and one is open at a time."""

from typing import Any

from harness.adapters import NotApplicable
from harness.adapters.assertions import CONFIRMED, PENDING, REJECTED, Assertions, Shown, Stakes

BOND = 10**18
NONE = bytes(32)
STATUSES = ("unknown", PENDING, CONFIRMED, REJECTED)


class OneChallengeAdapter(Assertions):
    """Drives OneChallenge: a judge decides and pays at once, and whoever challenges puts up as much."""

    guarded = ("decide",)
    pays_at_once = True

    def deploy(self) -> None:
        self.judge = self.chain.accounts.judy
        self.contract = self.create("OneChallenge", self.judge, b"\x01" * 32)

    def stakes(self) -> Stakes:
        return Stakes(3 * 86_400, BOND, 2_500, most_range=1, challenge=BOND)

    def top(self) -> bytes:
        return bytes(self.contract.top())

    def post(self, count: int) -> None:
        """Do nothing: an assertion is about no batches."""

    def propose(self, parent: bytes, root: bytes, sender: Any, *, bond: int | None = None, attempt: int = 0) -> bytes:
        if attempt:
            raise NotApplicable("attempts have no numbers")
        if bytes(self.contract.pending()) != NONE:
            raise NotApplicable("one assertion is open at a time")
        self.contract.propose(parent, root, sender=sender, value=BOND if bond is None else bond)
        return bytes(self.contract.pending())

    def show(self, id: bytes) -> Shown:
        claim = self.contract.claims(id)
        parent = self.contract.claims(claim.parent)
        return Shown(STATUSES[claim.status], bytes(claim.root), bytes(parent.root), 1 if id == self.top() else 2)

    def confirm(self, id: bytes, sender: Any) -> None:
        self.contract.confirm(id, sender=sender)

    def dispute(self, id: bytes, sender: Any, *, bond: int | None = None) -> None:
        self.contract.challenge(id, sender=sender, value=BOND if bond is None else bond)

    def decide(self, id: bytes, *, stands: bool) -> None:
        self.contract.decide(id, stands, sender=self.judge)

    def settle(self, id: bytes) -> None:
        """Do nothing: the decision has paid."""

    def collect(self, sender: Any) -> None:
        self.contract.withdraw(sender=sender)

    def owed(self, account: str) -> int:
        return int(self.contract.credit(account))

    def held(self) -> int:
        return self.chain.balance(self.contract)

    def burnt(self) -> int:
        return int(self.contract.burnt())
