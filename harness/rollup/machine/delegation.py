"""Accounts that run the code of another one (EIP-7702), on L2's machine."""

from __future__ import annotations

from typing import Protocol

from harness.primitives.delegation import LAST_NONCE, REFUND_PER_AUTHORIZATION, delegate_of, designator
from harness.rollup.forks import Fork
from harness.rollup.machine.chains import Authorization
from harness.rollup.machine.rules import is_precompile
from harness.rollup.machine.state import NO_CODE, AccountState, Code


class Accounts(Protocol):
    """Where accounts are read: a state, a transaction's journal, or what a witness touches."""

    def account(self, address: bytes) -> AccountState: ...


def delegate_in(code: bytes, fork: Fork) -> bytes | None:
    """Return the delegate that an account with this code has; None if it is no designator, or before Prague."""
    return delegate_of(code) if fork >= Fork.PRAGUE else None


def code_called(accounts: Accounts, target: bytes, fork: Fork) -> Code | None:
    """Return the code that a call of ``target`` runs; None if it is not looked up: it has none, or is a precompile."""
    if is_precompile(target, fork):
        return None
    code = accounts.account(target).code
    delegate = delegate_in(code.data, fork)
    if delegate is None:
        return code if code.data else None
    return NO_CODE if is_precompile(delegate, fork) else accounts.account(delegate).code


def authority_of(authorization: Authorization, chain_id: int) -> bytes | None:
    """Return the account that an authorisation is of; None if its chain, nonce or signature makes it nobody's here."""
    if authorization.chain_id not in (0, chain_id) or authorization.nonce == LAST_NONCE:
        return None
    return authorization.authority


def refund_of(account: AccountState) -> int:
    """Return the gas that an authorisation costs less where the authority is there already."""
    return 0 if account.is_empty else REFUND_PER_AUTHORIZATION


def authorized(account: AccountState, authorization: Authorization) -> AccountState | None:
    """Return the authority behind an authorisation; None if its code or its nonce does not allow it."""
    code = account.code.data
    if (code and delegate_of(code) is None) or account.nonce != authorization.nonce:
        return None
    delegate = authorization.delegate
    new = Code(designator(delegate)) if any(delegate) else NO_CODE
    return AccountState(account.nonce + 1, account.balance, new, account.storage)
