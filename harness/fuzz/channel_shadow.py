"""The contract's state as a value: one pure function per call, so that a test can keep it beside the contract."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from harness.channels import model
from harness.channels.judge import ChannelInfo
from harness.channels.locks import LockTree, pool_commitment
from harness.channels.messages import Messages
from harness.channels.model import Closing
from harness.channels.types import ChannelState, CloseTogether, Funds, Lock, Side, Status, Terms


@dataclass(frozen=True, slots=True)
class Shadow:
    """What a channel must look like on chain. Callers make no call that the contract would reject.

    ``locks`` are the posted state's in tree order, None where one has been decided.
    """

    terms: Terms
    status: Status = Status.NONE
    funds: Funds = field(default_factory=Funds)
    closing: Closing | None = None
    locks: tuple[Lock | None, ...] = ()

    def opened(self) -> Shadow:
        return replace(self, status=Status.OPEN)

    def deposited(self, side: Side, total: int) -> Shadow:
        if side is Side.A:
            return replace(self, funds=replace(self.funds, held_a=total))
        return replace(self, funds=replace(self.funds, held_b=total))

    def withdrawn(self, side: Side, total: int) -> Shadow:
        if side is Side.A:
            return replace(self, funds=replace(self.funds, withdrawn_a=total))
        return replace(self, funds=replace(self.funds, withdrawn_b=total))

    def closed(self, closer: Side, state: ChannelState, locks: tuple[Lock, ...], at: int) -> Shadow:
        closing = Closing(closer, state, state, False, at + self.terms.window)
        return replace(self, status=Status.CLOSING, closing=closing, locks=locks)

    def updated(self, state: ChannelState, locks: tuple[Lock, ...], submitter: Side | None) -> Shadow:
        assert self.closing is not None
        stale = self.closing.stale or model.proves_stale(self.closing, state, submitter)
        return replace(self, closing=replace(self.closing, posted=state, stale=stale), locks=locks)

    def settled(self) -> Shadow:
        assert self.closing is not None
        result = model.settle(self.terms, self.funds, self.closing)
        return self._with_balances(result.a, result.b)

    def closed_together(self, close: CloseTogether) -> Shadow:
        result = model.together(self.funds, close)
        return replace(self, locks=())._with_balances(result.a, result.b)

    def unlocked(self, lock: Lock, revealed_at: int, now: int) -> Shadow:
        winner = model.beneficiary(lock, revealed_at, now)
        assert winner is not None, f"{lock} is still open at {now}"
        held = [self.funds.held_a, self.funds.held_b]
        held[winner] += lock.amount
        index = self.locks.index(lock)
        remaining = (*self.locks[:index], None, *self.locks[index + 1 :])
        return replace(self, locks=remaining)._with_balances(*held)

    def paid_out(self, side: Side) -> Shadow:
        held = [self.funds.held_a, self.funds.held_b]
        held[side] = 0
        return self._with_balances(*held)

    def info(self, messages: Messages) -> ChannelInfo:
        """Return what `ChannelJudge.info` must return."""
        closing = self.closing
        commitment = bytes(32)
        if self.status is Status.CLOSING and closing is not None:
            commitment = messages.struct_hash(closing.posted)
        elif self.status is Status.SETTLED:
            tree = LockTree.partial(self.locks)
            commitment = pool_commitment(tree.root, tree.pool)
        deadline, version, stale = (
            (closing.deadline, closing.posted.version, closing.stale) if closing else (0, 0, False)
        )
        return ChannelInfo(self.status, deadline, version, stale, self.funds, commitment)

    def _with_balances(self, a: int, b: int) -> Shadow:
        return replace(self, status=Status.SETTLED, funds=replace(self.funds, held_a=a, held_b=b))
