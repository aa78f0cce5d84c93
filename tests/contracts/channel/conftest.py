"""A channel of two accounts, and short words for what its tests do."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ether
from harness.channels.judge import ChannelInfo, ChannelJudge
from harness.channels.locks import LockTree, hashlock_of, locked_by, root_of
from harness.channels.messages import Messages, Signer
from harness.channels.types import ETHER, INITIAL, ChannelState, CloseTogether, Lock, Side, Terms, Withdrawal

WINDOW = 3_600
DEPOSIT = ether(10)
SECRET = b"\x01" * 32


class Kit:
    """The contract, its parties in address order, and the newest channel that `open` made."""

    def __init__(self, chain: Any, contracts: Any, accounts: Any) -> None:
        self.chain, self.contracts = chain, contracts
        pair = sorted((accounts.alice, accounts.bob), key=lambda account: int(account.address, 16))
        self.a, self.b = pair
        self.stranger = accounts.carol
        self.pc = chain.deploy(contracts["PaymentChannel"], sender=self.stranger)
        self.judge = ChannelJudge(self.pc, self.stranger)
        self.terms = self.terms_for(1)

    # -- terms and signatures

    def terms_for(self, epoch: int, **changes: Any) -> Terms:
        values = {"token": ETHER, "a": self.a.address, "b": self.b.address, "window": WINDOW, "penalty": 0}
        return Terms(epoch=epoch, **{**values, **changes})

    @property
    def key(self) -> Any:
        return self.terms.as_tuple()

    @property
    def messages(self) -> Messages:
        return Messages.of(self.judge.domain, self.terms)

    def sign(self, account: Any, digest: bytes) -> bytes:
        return Signer(account.key).sign(digest)

    def sig(self, account: Any, state: ChannelState) -> bytes:
        return self.sign(account, self.messages.state(state))

    def both(self, digest: bytes) -> tuple[bytes, bytes]:
        return self.sign(self.a, digest), self.sign(self.b, digest)

    # -- states

    def state(
        self, version: int, base: int = 0, paid_a: int = 0, paid_b: int = 0, locks: tuple[Lock, ...] = ()
    ) -> ChannelState:
        a, b = locked_by(locks, Side.A), locked_by(locks, Side.B)
        return ChannelState(version, base, paid_a, paid_b, a, b, root_of(locks))

    def lock(
        self, amount: int = ether(1), payer: Side = Side.A, secret: bytes = SECRET, lasts: int = 2 * WINDOW
    ) -> Lock:
        return Lock(hashlock_of(secret), amount, self.chain.now + lasts, payer)

    # -- what is done on chain

    def open(self, deposit_a: int = DEPOSIT, deposit_b: int = 0, **changes: Any) -> Terms:
        token = changes.get("token", ETHER)
        epoch = self.pc.epochOf(token, changes.get("a", self.a.address), changes.get("b", self.b.address)) + 1
        self.terms = self.terms_for(epoch, **changes)
        self.judge.open(self.terms, 0, self.a)
        for side, total in ((Side.A, deposit_a), (Side.B, deposit_b)):
            if total:
                self.judge.deposit(self.terms, side, total, self.stranger)
        return self.terms

    def close(self, by: Any, state: ChannelState = INITIAL) -> Any:
        other = self.b if by is self.a else self.a
        return self.pc.close(self.key, state.as_tuple(), self.sig(other, state), sender=by)

    def update(self, state: ChannelState, sender: Any = None) -> Any:
        signatures = self.both(self.messages.state(state))
        return self.pc.update(self.key, state.as_tuple(), *signatures, sender=sender or self.stranger)

    def settle(self, state: ChannelState = INITIAL, *, wait: bool = True) -> Any:
        if wait:
            self.chain.warp(to=self.info.deadline + 1)
        return self.pc.settle(self.key, state.as_tuple(), sender=self.stranger)

    def settled(self, state: ChannelState) -> None:
        """Close with a state as A, and settle."""
        self.close(self.a, state)
        self.settle(state)

    def withdraw(self, side: Side, total: int, lasts: int = WINDOW, to: str | None = None, sender: Any = None) -> Any:
        wanted = Withdrawal(side, total, self.chain.now + lasts)
        recipient = to or self.terms.party(side)
        signatures = self.both(self.messages.withdrawal(wanted))
        return self.pc.withdraw(
            self.key, int(side), total, wanted.expiry, recipient, *signatures, sender=sender or self.stranger
        )

    def close_together(self, a: int, b: int, lasts: int = WINDOW, sender: Any = None) -> Any:
        close = CloseTogether(a, b, self.chain.now + lasts)
        signatures = self.both(self.messages.close_together(close))
        return self.pc.closeTogether(self.key, a, b, close.expiry, *signatures, sender=sender or self.stranger)

    def unlock(self, lock: Lock, tree: LockTree, sender: Any = None) -> Any:
        index, proof = tree.prove(lock)
        receipt = self.pc.unlock(
            self.terms.channel, lock.as_tuple(), index, proof, tree.pool, sender=sender or self.stranger
        )
        tree.remove(lock)
        return receipt

    def payout(self, side: Side, to: str | None = None, sender: Any = None) -> Any:
        return self.pc.payout(self.key, int(side), to or self.terms.party(side), sender=sender or self.stranger)

    # -- what is there

    @property
    def info(self) -> ChannelInfo:
        return self.judge.info(self.terms)

    @property
    def balances(self) -> tuple[int, int]:
        return self.info.funds.held_a, self.info.funds.held_b

    @property
    def held(self) -> int:
        return int(self.chain.balance(self.pc.address))

    def events(self, receipt: Any, name: str) -> list[Any]:
        return [event for event in receipt.events if event.name == name]


@pytest.fixture
def kit(l1: Any, contracts: Any, accounts: Any) -> Kit:
    return Kit(l1, contracts, accounts)
