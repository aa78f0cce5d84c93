"""Calls of L2: what they are checked for, and the state and block that overrides make of those that are there."""

from __future__ import annotations

from dataclasses import replace

from eth_utils import to_checksum_address

from harness.chain.backend import CallRequest
from harness.chain.errors import FeeTooLow, InsufficientFunds, IntrinsicGasTooLow, MalformedTransaction
from harness.chain.jsonrpc.local import AccountOverride, BlockOverride, Overrides
from harness.chain.values.causes import common_cause
from harness.rollup.forks import Fork
from harness.rollup.machine.environment import Env
from harness.rollup.machine.execution import TransactionOutcome
from harness.rollup.machine.state import AccountState, Authorization, State, write_account
from harness.rollup.machine.validity import floor_gas, intrinsic_gas


def authorizations(call: CallRequest) -> tuple[Authorization, ...]:
    """Return a call's authorisations as L2's machine takes them."""
    return tuple(Authorization(*fields) for fields in call.authorizations)


def check_authorizations(call: CallRequest, env: Env) -> None:
    """Raise MalformedTransaction for authorisations that no transaction of L2 can carry."""
    if not call.authorizations:
        return
    if env.fork < Fork.PRAGUE:
        raise MalformedTransaction(f"L2 takes no authorisations before Prague (EIP-7702), its fork is {env.fork.name}")
    if call.to is None:
        raise MalformedTransaction("a transaction of type 4 cannot create a contract")


def check_call(call: CallRequest, limit: int, state: State, env: Env) -> None:
    """Raise a TransactionRejected unless a call with this gas limit can be executed."""
    max_fee = call.fees[0] if call.fees else 0
    cost, balance = limit * max_fee + call.value, state.balance(call.sender)
    if balance < cost:
        raise InsufficientFunds(to_checksum_address(call.sender), balance, cost)
    if 0 < max_fee < env.base_fee:
        raise FeeTooLow(max_fee, env.base_fee)
    check_authorizations(call, env)
    intrinsic = intrinsic_gas(call.to is None, call.data, call.access_list, len(call.authorizations))
    needed = max(intrinsic, floor_gas(call.data, env.fork))
    if limit < needed:
        raise IntrinsicGasTooLow(limit, needed)


def cause(outcome: TransactionOutcome) -> str | None:
    """Return why a call failed, in the words of `common_cause`; None if it did not."""
    return None if outcome.status else common_cause(f"{type(outcome.error).__name__}: {outcome.error}")


def overridden(state: State, env: Env, overrides: Overrides | None) -> tuple[State, Env]:
    """Return the state and the environment that a call finds."""
    if overrides is None:
        return state, env
    for address, override in overrides.accounts.items():
        state = _with_account(state, address, override)
    return state, _with_block(env, overrides.block)


def _with_account(state: State, address: bytes, override: AccountOverride) -> State:
    if override.is_whole:
        old = state.account(address)
        bare = AccountState(old.nonce, old.balance, old.code)
        state = State(write_account(state.accounts, address, bare))
    storage = None if override.storage is None else dict(override.storage)
    return state.with_account(
        address, nonce=override.nonce, balance=override.balance, code=override.code, storage=storage
    )


def _with_block(env: Env, block: BlockOverride) -> Env:
    return replace(
        env,
        number=env.number if block.number is None else block.number,
        timestamp=env.timestamp if block.timestamp is None else block.timestamp,
        coinbase=env.coinbase if block.coinbase is None else block.coinbase,
        gas_limit=env.gas_limit if block.gas_limit is None else block.gas_limit,
        prev_randao=env.prev_randao if block.prev_randao is None else block.prev_randao,
        base_fee=env.base_fee if block.base_fee is None else block.base_fee,
        blob_base_fee=env.blob_base_fee if block.blob_base_fee is None else block.blob_base_fee,
    )
