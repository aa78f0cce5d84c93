"""The payment channel against its reference model: after every step both say the same, to the last field.

The parties sign whatever the machine draws, so the contract meets states that no honest party would sign.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from harness.chain import open_chain
from harness.channels import model
from harness.channels.locks import LockTree, hashlock_of, locked_by, root_of
from harness.channels.messages import Messages, Signer
from harness.channels.types import (
    ETHER,
    ChannelState,
    CloseTogether,
    Lock,
    Side,
    SignedState,
    Status,
    Terms,
    Withdrawal,
)
from harness.contracts.bindings import ContractType
from harness.contracts.project import built_in_contracts
from harness.errors import Reverted
from harness.fuzz.channel_shadow import Shadow
from harness.fuzz.channel_shadow_judge import ShadowedJudge
from harness.testbed.channel_conservation import Books

from .playing import play

SIDES = st.sampled_from(list(Side))
SMALL = st.integers(0, 250)
SECRETS = tuple(bytes([i + 1]) * 32 for i in range(4))

STATES: dict[str, st.SearchStrategy[Any]] = {
    "version": st.integers(1, 12),
    "base": st.integers(0, 10),
    "paid": st.tuples(SMALL, SMALL),
    "locks": st.lists(st.tuples(st.integers(0, 3), SMALL, SIDES), max_size=4),
}


@cache
def stage(backend: str) -> tuple[Any, Any]:
    """A chain with the contract on it, and the point to return to."""
    chain = open_chain(backend)
    contract = chain.deploy(ContractType(built_in_contracts()["PaymentChannel"]), sender=chain.accounts[-1])
    return contract, chain.snapshot()


class ChannelMachine(RuleBasedStateMachine):
    """One channel from its opening to its last payout."""

    backend = "py-evm"

    def __init__(self) -> None:
        super().__init__()
        self.contract, start = stage(self.backend)
        self.chain = self.contract.chain
        self.chain.restore(start)
        accounts = self.chain.accounts
        self.parties = sorted((accounts[0], accounts[1]), key=lambda account: int(account.address, 16))
        self.signers = [Signer(party.private_key) for party in self.parties]
        self.stranger = accounts[2]
        self.judge = ShadowedJudge(self.contract, accounts[-1])
        self.terms = Terms(ETHER, self.parties[0].address, self.parties[1].address, 1, 3_600, 2_500)
        self.messages = Messages.of(self.judge.domain, self.terms)
        self.judge.open(self.terms, 1_000, self.parties[0])
        self.judge.deposit(self.terms, Side.B, 1_000, self.parties[1])
        self.books = Books(self.judge)
        self.books.add(self.terms)
        self.remove = self.chain.on_transaction(self.books.on_transaction)
        self.tree = LockTree(())
        self.pinned = False
        self.posted = SignedState(ChannelState())

    def teardown(self) -> None:
        self.remove()

    # -- help

    def time(self) -> int:
        """The time of the next transaction, fixed from here on until it is sent."""
        if not self.pinned:
            self.chain.warp(1)
            self.pinned = True
        return int(self.chain.now)

    @property
    def shadow(self) -> Shadow:
        return self.judge.shadows[self.terms.channel]

    def is_status(self, *wanted: Status) -> bool:
        return self.shadow.status in wanted

    def signed(self, state: ChannelState, locks: tuple[Lock, ...]) -> SignedState:
        digest = self.messages.state(state)
        return SignedState(state, locks, *(signer.sign(digest) for signer in self.signers))

    def both(self, digest: bytes) -> list[bytes]:
        return [signer.sign(digest) for signer in self.signers]

    def expect(self, allowed: bool, doing: Any) -> bool:
        """Do it; the contract must accept exactly what the model allows, and a refusal changes nothing."""
        before = self.judge.info(self.terms)
        self.time()
        self.pinned = False
        try:
            doing()
        except Reverted:
            assert not allowed
            assert self.judge.info(self.terms) == before
            return False
        assert allowed
        return True

    # -- rules

    @precondition(lambda self: self.is_status(Status.OPEN))
    @rule(side=SIDES, total=st.integers(800, 1_500))
    def deposit(self, side: Side, total: int) -> None:
        held = (self.shadow.funds.held_a, self.shadow.funds.held_b)[side]
        allowed = self.is_status(Status.OPEN) and total > held
        self.expect(allowed, lambda: self.judge.deposit(self.terms, side, total, self.stranger))

    @precondition(lambda self: self.is_status(Status.OPEN))
    @rule(side=SIDES, total=st.integers(1, 900), lasts=st.sampled_from([-1, 0, 1, 600]))
    def withdraw(self, side: Side, total: int, lasts: int) -> None:
        funds = self.shadow.funds
        current = (funds.withdrawn_a, funds.withdrawn_b)[side]
        allowed = self.is_status(Status.OPEN) and lasts >= 0 and 0 < total - current <= funds.pool
        wanted = Withdrawal(side, total, self.time() + lasts)
        signatures = self.both(self.messages.withdrawal(wanted))
        self.expect(allowed, lambda: self.judge.withdraw(self.terms, wanted, self.terms.party(side), signatures))

    def draw_state(
        self, version: int, base: int, paid: tuple[int, int], locks: list[tuple[int, int, Side]]
    ) -> SignedState:
        made = tuple(
            Lock(hashlock_of(SECRETS[index]), amount + 1, self.chain.now // 1_800 * 1_800 + 1_800 * (index + 1), payer)
            for index, amount, payer in locks
        )
        made = tuple(dict.fromkeys(made))
        a, b = (locked_by(made, side) for side in Side)
        return self.signed(ChannelState(version, base, *paid, a, b, root_of(made)), made)

    @precondition(lambda self: self.is_status(Status.OPEN))
    @rule(closer=SIDES, fresh=st.booleans(), **STATES)
    def close(self, closer: Side, fresh: bool, **drawn: Any) -> None:
        signed = SignedState(ChannelState()) if fresh else self.draw_state(**drawn)
        allowed = self.is_status(Status.OPEN) and model.postable(self.shadow.funds, signed.state)
        if self.expect(allowed, lambda: self.judge.close(self.terms, signed, self.parties[closer])):
            self.posted = signed

    @precondition(lambda self: self.is_status(Status.CLOSING))
    @rule(submitter=st.sampled_from([0, 1, 2]), **STATES)
    def update(self, submitter: int, **drawn: Any) -> None:
        signed = self.draw_state(**drawn)
        closing = self.shadow.closing
        assert closing is not None
        in_time = self.time() <= closing.deadline and signed.version > closing.posted.version
        allowed = in_time and model.postable(self.shadow.funds, signed.state)
        sender = (*self.parties, self.stranger)[submitter]
        if self.expect(allowed, lambda: self.judge.update(self.terms, signed, sender)):
            self.posted = signed

    @precondition(lambda self: self.is_status(Status.OPEN, Status.CLOSING))
    @rule(a=st.integers(0, 1_500), exact=st.booleans(), agreed=st.integers(0, 15))
    def close_together(self, a: int, exact: bool, agreed: int) -> None:
        """The parties agree in one of sixteen cases only: most channels should see a one-sided close."""
        pool = self.shadow.funds.pool
        b = pool - a if exact else a
        if b < 0:
            return
        close = CloseTogether(a, b, self.time() + 60)
        signatures = self.both(self.messages.close_together(close))
        allowed = self.is_status(Status.OPEN, Status.CLOSING) and a + b <= pool
        if (self.is_status(Status.OPEN) and self.shadow.funds.pool > 120) or not allowed:
            self.expect(allowed, lambda: self.judge.close_together(self.terms, close, signatures))

    @precondition(lambda self: not self.is_status(Status.OPEN))
    @rule(side=SIDES)
    def come_too_late(self, side: Side) -> None:
        """What only an open channel takes."""
        wanted = Withdrawal(side, 2_000, self.time() + 60)
        signatures = self.both(self.messages.withdrawal(wanted))
        self.expect(False, lambda: self.judge.deposit(self.terms, side, 5_000, self.stranger))
        self.expect(False, lambda: self.judge.withdraw(self.terms, wanted, self.terms.party(side), signatures))
        self.expect(False, lambda: self.judge.close(self.terms, SignedState(ChannelState()), self.parties[side]))

    @rule(secret=st.sampled_from(SECRETS))
    def reveal(self, secret: bytes) -> None:
        before = self.judge.revealed_at(hashlock_of(secret))
        receipt = self.judge.reveal(secret)
        self.pinned = False
        assert self.judge.revealed_at(hashlock_of(secret)) == (before or receipt.timestamp)

    @rule(seconds=st.sampled_from([1, 60, 1_800, 3_600]))
    def wait(self, seconds: int) -> None:
        self.chain.warp(seconds)
        self.pinned = True

    @precondition(lambda self: self.is_status(Status.CLOSING))
    @rule(offset=st.sampled_from([-1, 0, 1, 2]), action=st.sampled_from(["settle", "update"]))
    def at_the_deadline(self, offset: int, action: str) -> None:
        closing = self.shadow.closing
        assert closing is not None
        if self.chain.now < closing.deadline + offset:
            self.chain.warp(to=closing.deadline + offset)
            self.pinned = True
        if action == "settle":
            self.settle()
        else:
            self.update(0, version=closing.posted.version + 1, base=0, paid=(1, 2), locks=[(1, 5, Side.A)])

    @precondition(lambda self: self.is_status(Status.CLOSING))
    @rule()
    def settle(self) -> None:
        closing = self.shadow.closing
        assert closing is not None
        allowed = self.time() > closing.deadline
        if self.expect(allowed, lambda: self.judge.settle(self.terms, self.posted.state)):
            self.tree = LockTree(self.posted.locks)

    @precondition(lambda self: self.is_status(Status.SETTLED) and self.tree.remaining)
    @rule(data=st.data())
    def unlock(self, data: st.DataObject) -> None:
        lock = data.draw(st.sampled_from(self.tree.remaining))
        winner = model.beneficiary(lock, self.judge.revealed_at(lock.hashlock), self.time())
        index, proof = self.tree.prove(lock)
        pool = self.tree.pool
        if self.expect(winner is not None, lambda: self.judge.unlock(self.terms, lock, index, proof, pool)):
            self.tree.remove(lock)

    @precondition(lambda self: self.is_status(Status.SETTLED))
    @rule(side=SIDES)
    def payout(self, side: Side) -> None:
        allowed = (self.shadow.funds.held_a, self.shadow.funds.held_b)[side] > 0
        self.expect(allowed, lambda: self.judge.payout(self.terms, side))

    # -- what always holds

    @invariant()
    def the_contract_holds_what_it_owes(self) -> None:
        self.books.check()

    @invariant()
    def the_model_says_the_same(self) -> None:
        assert self.judge.info(self.terms) == self.shadow.info(self.messages)


@pytest.fixture(scope="module")
def stages() -> Iterator[None]:
    """Close the chains when this module is done."""
    yield
    if stage.cache_info().currsize:
        stage(ChannelMachine.backend)[0].chain.close()
        stage.cache_clear()


def test_contract_and_model_agree_after_every_step(l1_name: str, stages: None) -> None:
    ChannelMachine.backend = l1_name
    play(ChannelMachine, int(os.environ.get("CHANNEL_EXAMPLES", "40")), steps=40)
