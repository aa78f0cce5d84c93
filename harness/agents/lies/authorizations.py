"""Lies about authorisations (EIP-7702): who gave one, of which nonce, and for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from harness.agents.lies import altered_machine as altered
from harness.agents.lies.altered_machine import Alteration, RunningMachine
from harness.agents.lies.lie import Lie, lie_name
from harness.agents.lies.steps import THIEF, step_lie
from harness.primitives.delegation import designator
from harness.proofs.trace import Trace as InputTrace
from harness.rollup.machine.state import AccountState, AuthorizationLink, Code


def wrong_delegate(nth: int = 0) -> Lie:
    """The ``nth`` authorisation has its authority run the code of a thief."""
    return _authorization_lie("wrong_delegate", nth, lambda who: altered.change_account(who, _robbed))


def wrong_authority(nth: int = 0) -> Lie:
    """The ``nth`` authorisation holds for a thief's account, as if the thief had signed it."""
    return _authorization_lie("wrong_authority", nth, _moved_to_thief)


def wrong_authority_nonce(nth: int = 0) -> Lie:
    """The ``nth`` authorisation does not count, so that it can be used again."""
    return _authorization_lie(
        "wrong_authority_nonce", nth, lambda who: altered.change_account(who, altered.one_nonce_less)
    )


def _robbed(old: AccountState) -> AccountState:
    return AccountState(old.nonce, old.balance, Code(designator(THIEF)), old.storage)


def _moved_to_thief(authority: bytes) -> Alteration:
    def alter(running: RunningMachine) -> None:
        account = running.journal.account(authority)
        running.journal.write(THIEF, AccountState(1, 0, account.code))
        running.journal.write(authority, AccountState(account.nonce - 1, account.balance, storage=account.storage))

    return alter


def _authorization_lie(name: str, nth: int, alteration: Callable[[bytes], Alteration]) -> Lie:
    """Return the lie that the ``nth`` authorisation does something else to its authority."""

    def alterations(trace: InputTrace, step: int) -> Iterable[Alteration]:
        entry = trace.step_at(step).entry
        assert isinstance(entry, AuthorizationLink)
        authority = entry.tuple.authority
        return () if authority is None else (alteration(authority),)

    return step_lie(lie_name(name, nth), "AUTHORIZE", nth, alterations)
