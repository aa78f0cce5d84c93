"""How a transaction is applied around its frames: gas bought, nonce counted, gas settled, empty accounts removed.

The order is py-evm's, whose own executor spends as long on this as most transactions do on their code: it decodes the
transaction again, and puts it into the text of log lines that nobody reads. Answers are equal but for one fault of
py-evm's: its receipts show less gas than was paid where the floor of the data and the cap of refunds meet.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from eth.vm.forks.cancun.constants import BLOB_TX_TYPE
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.state import PragueTransactionExecutor
from eth.vm.forks.spurious_dragon._utils import collect_touched_accounts
from eth.vm.message import Message

from harness.chain.values.rules import GAS_PER_BLOB
from harness.chain.values.transactions import AccessList, Sent, Unsigned, contract_address

_REFUND_QUOTIENT = 5


class Prepared(NamedTuple):
    """A transaction whose sender is known, under the names that py-evm reads it by."""

    sender: bytes
    type_id: int
    to: bytes
    gas: int
    value: int
    data: bytes
    max_fee_per_gas: int
    max_priority_fee_per_gas: int
    access_list: AccessList
    intrinsic_gas: int
    floor_gas: int
    blob_versioned_hashes: tuple[bytes, ...]
    authorization_list: tuple[Any, ...]
    is_forgotten: bool = False
    """Nobody looks at the state afterwards, so what only changes that is left out."""


def to_pyevm(sent: Sent) -> Any:
    """Return py-evm's own object for a transaction whose sender is known."""
    transaction: Any = PragueVM.get_transaction_builder().decode(sent.raw)
    transaction.__dict__["sender"] = sent.sender
    return transaction


def prepare(sent: Sent | Unsigned) -> Prepared:
    """Return what `Executor` applies."""
    tx = sent.tx
    before_code = tx.execution_cost - tx.initcode_cost  # which the frame of a creation pays itself
    authorizations: tuple[Any, ...] = ()
    if tx.authorizations:
        authorizations = tuple(to_pyevm(sent if isinstance(sent, Sent) else sent.marked()).authorization_list)
    return Prepared(
        sent.sender, tx.type_id, tx.to or b"", tx.gas, tx.value, tx.data, tx.max_fee, tx.priority_fee, tx.access_list,
        before_code, tx.floor_cost, tx.blob_hashes, authorizations, isinstance(sent, Unsigned),
    )  # fmt: skip


class Executor(PragueTransactionExecutor):
    """Applies a prepared transaction that was validated; the computation knows in ``settled_gas`` what was paid for."""

    def validate_transaction(self, transaction: Any) -> None:
        """Do nothing: transactions are validated before they reach this."""

    def build_evm_message(self, transaction: Any) -> Any:
        """Buy the gas, count the transaction, take its authorizations; return the outermost call."""
        state: Any = self.vm_state
        fee = transaction.gas * state.get_gas_price(transaction)
        if transaction.type_id == BLOB_TX_TYPE:
            fee += GAS_PER_BLOB * len(transaction.blob_versioned_hashes) * state.blob_base_fee
        if fee:
            state.delta_balance(transaction.sender, -fee)
        nonce = state.get_nonce(transaction.sender)
        state.increment_nonce(transaction.sender)
        refund = self.calc_message_refund(transaction)
        if transaction.to:
            created: Any = None
            data = transaction.data
            code, delegate = self.get_code_at_address(transaction.to)
        else:
            created, data = contract_address(transaction.sender, nonce), b""
            code, delegate = transaction.data, None
        return Message(
            gas=transaction.gas - transaction.intrinsic_gas,
            to=transaction.to,
            sender=transaction.sender,
            value=transaction.value,
            data=data,
            code=code,
            create_address=created,
            refund=refund,
            is_delegation=delegate is not None,
        )

    def finalize_computation(self, transaction: Any, computation: Any) -> Any:
        """Pay back what is left, pay the fee recipient, and remove accounts (EIP-6780, EIP-161)."""
        state: Any = self.vm_state
        spent = transaction.gas - computation.get_gas_remaining()
        refund = min(computation.get_gas_refund(), spent // _REFUND_QUOTIENT)
        used = computation.settled_gas = max(spent - refund, transaction.floor_gas)
        if transaction.is_forgotten:
            return computation
        if paid_back := (transaction.gas - used) * state.get_gas_price(transaction):
            state.delta_balance(transaction.sender, paid_back)
        state.delta_balance(state.coinbase, used * state.get_tip(transaction))
        for account in computation.get_accounts_for_deletion():
            state.delete_account(account)
        for account in collect_touched_accounts(computation):
            if state.account_exists(account) and state.account_is_empty(account):
                state.delete_account(account)
        return computation
