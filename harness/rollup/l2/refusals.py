"""Reasons why a sequencer refuses a transaction, as the exceptions that every chain raises."""

from __future__ import annotations

from eth_utils import to_checksum_address

from harness.chain.errors import (
    BadSignature,
    FeeTooLow,
    GasAboveCap,
    InitcodeTooLarge,
    InsufficientFunds,
    IntrinsicGasTooLow,
    MalformedTransaction,
    NonceTooHigh,
    NonceTooLow,
    SenderHasCode,
    TransactionRejected,
    WrongChainId,
)
from harness.chain.values.transactions import Sent
from harness.rollup.errors import InvalidTransaction
from harness.rollup.machine.environment import Env
from harness.rollup.machine.state import State
from harness.rollup.machine.validity import MAX_INITCODE_SIZE, RULE_OF_CODE, floor_gas, intrinsic_gas


def refusal(reason: InvalidTransaction, sent: Sent, state: State, env: Env) -> TransactionRejected:
    """Return the exception for a rule of validity that ``sent`` breaks on ``state``."""
    tx = sent.tx
    sender = to_checksum_address(sent.sender)
    if reason.rule == 2:
        return WrongChainId(tx.chain_id or 0, env.chain_id)
    if reason.rule == 3:
        return BadSignature(reason.reason)
    if reason.rule == 4:
        return GasAboveCap(tx.gas, env.gas_limit)
    if reason.rule == 5:
        if tx.max_fee < env.base_fee:
            return FeeTooLow(tx.max_fee, env.base_fee)
        return FeeTooLow(tx.max_fee, tx.priority_fee, "priority fee")
    if reason.rule == 6:
        return InitcodeTooLarge(len(tx.data), MAX_INITCODE_SIZE)
    if reason.rule == 7:
        least = intrinsic_gas(tx.to is None, tx.data, tx.access_list, len(tx.authorizations))
        return IntrinsicGasTooLow(tx.gas, max(least, floor_gas(tx.data, env.fork)))
    if reason.rule == 8:
        nonce = state.nonce(sent.sender)
        return (NonceTooLow if tx.nonce < nonce else NonceTooHigh)(sender, tx.nonce, nonce)
    if reason.rule == 9:
        return InsufficientFunds(sender, state.balance(sent.sender), tx.highest_cost)
    if reason.rule == RULE_OF_CODE:
        return SenderHasCode(sender)
    return MalformedTransaction(reason.reason)
