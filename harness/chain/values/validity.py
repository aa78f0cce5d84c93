"""The rules for entering a block: what a transaction's bytes must fulfil, and what its sender must.

Every backend applies them. So py-evm, which accepts more than consensus does, and anvil, which keeps what does not fit
yet, refuse the same transactions with the same exceptions.
"""

from __future__ import annotations

from typing import Protocol

from harness.chain.values.causes import MAX_INITCODE
from harness.chain.values.refusals import (
    FeeTooLow,
    GasAboveCap,
    InitcodeTooLarge,
    InsufficientFunds,
    IntrinsicGasTooLow,
    MalformedTransaction,
    NonceTooHigh,
    NonceTooLow,
    SenderHasCode,
    WrongChainId,
)
from harness.chain.values.transactions import LAST_NONCE, TX_GAS_CAP, Sent, Unsigned
from harness.primitives.addresses import checksum_address
from harness.primitives.delegation import delegate_of


class AccountView(Protocol):
    """What validation reads of the state that the transaction is applied to."""

    def nonce(self, address: bytes) -> int:
        """Return the nonce of an address."""

    def balance(self, address: bytes) -> int:
        """Return the balance of an address in wei."""

    def code(self, address: bytes) -> bytes:
        """Return the code at an address."""


def check_rules(sent: Sent | Unsigned, chain_id: int, gas_cap: int | None = TX_GAS_CAP) -> None:
    """Check what the bytes alone decide: chain id (EIP-155), gas cap (EIP-7825), intrinsic gas, initcode size, fees.

    ``gas_cap`` None means no cap. Raises the TransactionRejected of the first rule broken.
    """
    tx = sent.tx
    if tx.chain_id is not None and tx.chain_id != chain_id:
        raise WrongChainId(tx.chain_id, chain_id)
    if gas_cap is not None and tx.gas > gas_cap:
        raise GasAboveCap(tx.gas, gas_cap)
    if tx.gas < tx.intrinsic_gas:
        raise IntrinsicGasTooLow(tx.gas, tx.intrinsic_gas)
    if tx.priority_fee > tx.max_fee:
        raise FeeTooLow(tx.max_fee, tx.priority_fee, "priority fee")
    if tx.to is None and len(tx.data) > MAX_INITCODE and not _is_measured(tx.data):
        raise InitcodeTooLarge(len(tx.data), MAX_INITCODE)
    if tx.type_id in (3, 4) and tx.to is None:
        raise MalformedTransaction(f"a transaction of type {tx.type_id} cannot create a contract")
    if tx.type_id == 4 and not tx.authorizations:
        raise MalformedTransaction("a set-code transaction needs an authorization (EIP-7702)")
    if tx.type_id == 3 and (not tx.blob_hashes or any(item[0] != 1 for item in tx.blob_hashes)):
        raise MalformedTransaction("a blob transaction needs blob hashes of version 1 (EIP-4844)")


def _is_measured(initcode: bytes) -> bool:
    from harness.engine.marking import is_measured  # py-evm, which an L1 on another node does not need

    return is_measured(initcode, creation=True)


def check_account(sent: Sent, view: AccountView, base_fee: int, *, impersonated: bool = False) -> None:
    """Check what depends on state and block: base fee, nonce, code of the sender, funds; raises TransactionRejected."""
    tx, sender = sent.tx, checksum_address(sent.sender)
    if tx.max_fee < base_fee:
        raise FeeTooLow(tx.max_fee, base_fee)
    nonce = view.nonce(sent.sender)
    if tx.nonce < nonce:
        raise NonceTooLow(sender, tx.nonce, nonce)
    if tx.nonce > nonce:
        raise NonceTooHigh(sender, tx.nonce, nonce)
    if nonce == LAST_NONCE:
        raise MalformedTransaction(f"nonce of {sender} is {nonce}, at most {LAST_NONCE - 1} is allowed (EIP-2681)")
    if not impersonated:
        code = view.code(sent.sender)
        if code and delegate_of(code) is None:
            raise SenderHasCode(sender)
    check_funds(sent, view)


def check_funds(sent: Sent | Unsigned, view: AccountView) -> None:
    """Raise InsufficientFunds unless the sender holds the most that the transaction may cost."""
    balance = view.balance(sent.sender)
    if balance < sent.tx.highest_cost:
        raise InsufficientFunds(checksum_address(sent.sender), balance, sent.tx.highest_cost)


def check_call(sent: Sent | Unsigned, view: AccountView, base_fee: int, gas_cap: int | None = None) -> None:
    """Check a call, which nobody signs: funds, fees if it names any, and the rules of its bytes.

    Nonce and code of the sender do not matter. Raises TransactionRejected.
    """
    check_funds(sent, view)
    if 0 < sent.tx.max_fee < base_fee:
        raise FeeTooLow(sent.tx.max_fee, base_fee)
    check_rules(sent, sent.tx.chain_id or 0, gas_cap)
