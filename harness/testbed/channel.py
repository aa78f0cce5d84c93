"""A channel as a test holds it: what is in it, and everything that can be done with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.channels.end import ChannelEnd
from harness.channels.errors import NotAChannelParty
from harness.channels.judge import ChannelInfo
from harness.channels.locks import LockTree
from harness.channels.types import CloseTogether, Side, SignedState, Status, Terms, Withdrawal
from harness.testbed.channel_network import ChannelNetwork

if TYPE_CHECKING:
    from harness.chain import Account, Receipt

HOUR = 3_600


@dataclass(slots=True, eq=False)
class Channel:
    """A payment channel of two parties: both ends, and the contract's record.

    Amounts are wei, or the smallest unit of the channel's token. Times are seconds. Parties are accounts; another
    account raises NotAChannelParty. A transaction that fails raises the decoded Reverted.
    """

    network: ChannelNetwork
    terms: Terms

    @property
    def id(self) -> bytes:
        """The channel's id, 32 bytes."""
        return self.terms.channel

    def side(self, account: Account) -> Side:
        """Return the side of a party; raises NotAChannelParty for another account."""
        side = self.terms.side_of(account.address)
        if side is None:
            raise NotAChannelParty(account.address, self.terms.a, self.terms.b)
        return side

    def end(self, account: Account) -> ChannelEnd:
        """Return what a party knows of the channel."""
        self.side(account)
        return self.network.node(account).end(self.id)

    @property
    def state(self) -> SignedState:
        """The newest state that a party has signed, with every signature that either party knows."""
        states = [end.state for end in self.network.ends(self.terms)]
        newest = max(states, key=lambda signed: signed.version)
        for signed in states:
            if signed.version == newest.version:
                for side in Side:
                    if signed.signature(side):
                        newest = newest.signed(side, signed.signature(side))
        return newest

    def pay(self, payer: Account, amount: int) -> None:
        """Pay the other party ``amount``; the messages are delivered before this returns, if the bus loses none.

        Raises IllegalAmount, ChannelOverdrawn and ChannelFrozen; then nothing was signed.
        """
        self.side(payer)
        self.network.node(payer).pay(self.id, amount, self.network.now)
        self.network.deliver()

    @property
    def info(self) -> ChannelInfo:
        """The contract's record of the channel: its status, funds, version and deadline."""
        return self.network.judge.info(self.terms)

    def balance(self, account: Account) -> int:
        """Return what a party can spend in the channel now."""
        return self.end(account).balance(self.network.now)

    def payout(self, account: Account) -> int:
        """Return what the settled channel still owes a party; 0 before the settlement."""
        info = self.info
        if info.status is not Status.SETTLED:
            return 0
        return (info.funds.held_a, info.funds.held_b)[self.side(account)]

    # -- on chain

    def deposit(self, account: Account, amount: int, *, sender: Account | None = None) -> Receipt:
        """Add ``amount`` to a party's deposit on chain; ``sender`` None is that party."""
        side, funds = self.side(account), self.info.funds
        total = (funds.held_a, funds.held_b)[side] + amount
        return self.network.judge.deposit(self.terms, side, total, sender or account)

    def withdraw(self, account: Account, amount: int, *, valid_for: int = HOUR) -> Receipt:
        """Pay ``amount`` out to a party of the open channel.

        Both parties sign the withdrawal, which is valid for ``valid_for`` seconds.
        """
        side, funds = self.side(account), self.info.funds
        total = (funds.withdrawn_a, funds.withdrawn_b)[side] + amount
        wanted = Withdrawal(side, total, self.network.now + valid_for)
        self.network.read_chain()
        signatures = [end.promise_withdrawal(wanted, self.network.now) for end in self.network.ends(self.terms)]
        return self.network.judge.withdraw(self.terms, wanted, account.address, signatures)

    def close_together(self, *, valid_for: int = HOUR) -> Receipt:
        """Settle the channel at once by balances that both parties sign; valid for ``valid_for`` seconds."""
        self.network.read_chain()
        a, b = self.info.funds.balances(self.state.state)
        close = CloseTogether(a, b, self.network.now + valid_for)
        signatures = [end.promise_close(close, self.network.now) for end in self.network.ends(self.terms)]
        return self.network.judge.close_together(self.terms, close, signatures)

    def close(self, *, by: Account, state: SignedState | None = None) -> Receipt:
        """Close the channel one-sidedly with ``state``; None is the newest one that the party has."""
        return self.network.judge.close(self.terms, self.end(by).newest if state is None else state, by)

    def answer(self, *, by: Account, state: SignedState | None = None) -> Receipt:
        """Answer a close on chain with ``state``; None is the newest one that the party has."""
        return self.network.judge.update(self.terms, self.end(by).newest if state is None else state, by)

    def settle(self) -> Receipt:
        """Warp to the end of the settlement window and fix the balances.

        Raises UnknownChannel if nobody has closed the channel.
        """
        deadline = self.info.deadline
        if self.network.now <= deadline:
            self.network.chain.warp(to=deadline + 1)
        return self.network.judge.settle(self.terms, self.network.posted(self.terms))

    def unlock(self) -> None:
        """Warp until every lock of the settled channel has expired, and decide all of them."""
        tree = self.locks()
        latest = max((lock.expiry for lock in tree.remaining), default=0)
        if self.network.now <= latest:
            self.network.chain.warp(to=latest + 1)
        for lock in tree.remaining:
            index, proof = tree.prove(lock)
            self.network.judge.unlock(self.terms, lock, index, proof, tree.pool)
            tree.remove(lock)

    def locks(self) -> LockTree:
        """Return the undecided locks of the posted state; raises UnknownChannel if nobody has closed the channel."""
        return self.network.undecided_locks(self.terms)

    def collect(self, account: Account) -> Receipt:
        """Pull a party's payout from the settled channel."""
        return self.network.judge.payout(self.terms, self.side(account))
