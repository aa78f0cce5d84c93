"""Executes one transaction or deposit on L2's state, for the node and the recorder alike.

The order is that of ``contracts/SPEC.md``: nonce, gas purchase, warming, authorisations, access list, the point that a
revert returns to, value, code, refund and floor, fees, destruction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from eth_typing import Address

from harness.primitives.frozen import quick
from harness.primitives.hashing import keccak256
from harness.primitives.rlp import encode_bytes, encode_int, encode_list
from harness.rollup.codec.messages import Deposit
from harness.rollup.machine.environment import Env, Ring
from harness.rollup.machine.evm import L2Computation, L2Machine, Recorder
from harness.rollup.machine.opening import L1_FEE_VAULT
from harness.rollup.machine.rules import is_precompile, rules_of
from harness.rollup.machine.shortcuts import KnownContext, KnownMessage
from harness.rollup.machine.state import (
    NO_ACCOUNT,
    AccessLink,
    AccountState,
    Authorization,
    AuthorizationLink,
    DestroyedLink,
    LogLink,
    PendingLink,
    State,
    account_in,
    write_account,
)
from harness.rollup.machine.validity import (
    AccessList,
    L2Transaction,
    check_sender,
    floor_gas,
    intrinsic_gas,
    validate,
    validate_input,
)

_LAST_NONCE = 2**64 - 1
REFUND_QUOTIENT = 5
"""At most this part of the gas that a transaction used is refunded (EIP-3529)."""


@quick
@dataclass(frozen=True, slots=True)
class Log:
    """An event; topics and data as emitted."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@quick
@dataclass(frozen=True, slots=True)
class TransactionOutcome:
    """The outcome of a transaction.

    ``status`` is 1 for success, 0 for a failed or reverted call. ``return_value`` is the output, or the revert data.
    ``created`` is the address of a creation, successful or not. ``error`` is py-evm's exception of a failed top frame.
    ``is_bound_hit`` says that a memory range beyond L2's bound halted a frame. ``is_block_bound`` says that it paid for
    its bytes on L1, or that its code read PREVRANDAO, BLOCKHASH, or the storage of an account of `TOLD`. ``gas_left``
    is what the top frame left, before the refund.
    """

    state: State
    gas_used: int
    status: int
    logs: tuple[Log, ...]
    return_value: bytes
    created: bytes | None = None
    error: Exception | None = None
    is_bound_hit: bool = False
    is_block_bound: bool = False
    gas_left: int = 0

    def on(self, state: State) -> TransactionOutcome:
        """Return the outcome with another state."""
        return TransactionOutcome(
            state, self.gas_used, self.status, self.logs, self.return_value, self.created, self.error,
            self.is_bound_hit, self.is_block_bound, self.gas_left,
        )  # fmt: skip

    @property
    def answers(self) -> tuple[object, ...]:
        """All that two ways to execute the same transaction must agree on, in values that can be compared."""
        return (
            self.state.root, self.gas_used, self.status, self.logs, self.return_value, self.created,
            type(self.error), str(self.error), self.is_bound_hit, self.is_block_bound, self.gas_left,
        )  # fmt: skip


@quick
@dataclass(frozen=True, slots=True)
class Call:
    """What execution needs of a transaction or deposit that may run."""

    origin: bytes
    to: bytes | None
    value: int
    data: bytes
    gas_limit: int
    gas_price: int
    tip: int
    intrinsic: int
    floor: int
    pending: PendingLink | None = None
    mint: int = 0
    is_deposit: bool = False
    is_free: bool = False
    is_short: bool = False
    data_fee: int = 0
    is_bounded: bool = True


class TransactionRecorder(Recorder, Protocol):
    """A recorder that also learns of the steps around the opcodes."""

    def begin(self, machine: L2Machine, call: Call, target: bytes) -> None:
        """Note that the gas is bought; the top frame will run as ``target``."""

    def sender(self) -> None:
        """Note that the sender's code is looked at next."""

    def open(self) -> None:
        """Note that nothing is pending; the top frame opens next."""

    def end(self, gas_left: int) -> None:
        """Note that no frame is left; refund and fees come next."""

    def fee(self) -> None:
        """Note that the L1 data fee is paid next."""

    def destroy(self, entry: DestroyedLink) -> None:
        """Note that an account is deleted next."""

    def finish(self) -> None:
        """Note that the machine is idle again."""


def execute(
    state: State, env: Env, ring: Ring, tx: L2Transaction, recorder: TransactionRecorder | None = None
) -> TransactionOutcome:
    """Execute a signed transaction; raises InvalidTransaction if L2 skips it, and then nothing has changed.

    A recorder hears of the step in which the sender turns out to be a contract.
    """
    (validate if recorder is None else validate_input)(tx, state, env)
    if recorder is None and _is_transfer(state, env, tx):
        return _transfer(state, env, tx)
    price = tx.price(env.base_fee)
    call = Call(
        tx.sender, tx.to, tx.value, tx.data, tx.gas_limit, price, price - env.base_fee, tx.intrinsic_gas,
        floor_gas(tx.data, env.fork), pending_chain(tx.access_list, tx.authorizations),
        data_fee=env.data_fee(tx.raw),
    )  # fmt: skip
    machine = _begin(state, env, ring, call, recorder)
    # A draft only guesses L1's fees, and with them the balances.
    machine.is_block_bound = env.has_data_fee
    if recorder is not None and (account := state.account(tx.sender)).code.data:
        recorder.sender()
        check_sender(tx, account, env.fork)
    return _execute(machine, call, recorder)


def execute_deposit(
    state: State, env: Env, ring: Ring, deposit: Deposit, recorder: TransactionRecorder | None = None
) -> TransactionOutcome:
    """Execute a deposit. Deposits are never skipped: the mint stays even if the call fails.

    So it does for a deposit whose gas limit its fork finds too low. That deposit uses all of its gas, and nothing runs.
    """
    intrinsic, floor = intrinsic_gas(deposit.to is None, deposit.data), floor_gas(deposit.data, env.fork)
    call = Call(
        deposit.sender, deposit.to, deposit.value, deposit.data, deposit.gas_limit, 0, 0, intrinsic,
        min(floor, deposit.gas_limit), mint=deposit.mint, is_deposit=True,
        is_short=deposit.gas_limit < max(intrinsic, floor),
    )  # fmt: skip
    return _execute(_begin(state, env, ring, call, recorder), call, recorder)


def simulate(
    state: State,
    env: Env,
    ring: Ring,
    *,
    sender: bytes,
    to: bytes | None,
    data: bytes = b"",
    value: int = 0,
    gas_limit: int | None = None,
    gas_price: int = 0,
    access_list: AccessList = (),
    authorizations: Sequence[Authorization] = (),
    is_bounded: bool = False,
    recorder: TransactionRecorder | None = None,
) -> TransactionOutcome:
    """Run a call as eth_call does: without a signature and without buying gas. Callers usually drop the new state.

    ``gas_limit`` None is the cap of a transaction. A value above the balance fails with status 0. Nobody proves a call,
    so memory ranges have no bound; ``is_bounded`` bounds them as in the transaction that a call stands for.
    """
    intrinsic = intrinsic_gas(to is None, data, access_list, len(authorizations))
    floor = floor_gas(data, env.fork)
    limit = max(env.gas_limit if gas_limit is None else gas_limit, intrinsic, floor)
    call = Call(
        sender, to, value, data, limit, gas_price, 0, intrinsic, floor, pending_chain(access_list, authorizations),
        is_deposit=True, is_free=True, is_bounded=is_bounded,
    )  # fmt: skip
    return _execute(_begin(state, env, ring, call, recorder), call, recorder)


def contract_address(sender: bytes, nonce: int) -> bytes:
    """Return the address of the contract that ``sender`` creates with ``nonce``."""
    return keccak256(encode_list([encode_bytes(sender), encode_int(nonce)]))[12:]


def pending_chain(access_list: AccessList, authorizations: Sequence[Authorization] = ()) -> PendingLink | None:
    """Return what is to be done before the top frame opens as a chain, the first outermost.

    That is to take the authorisations, then to warm the access list: each address, then its slots.
    """
    link: PendingLink | None = None
    for address, slots in reversed(access_list):
        for slot in reversed(slots):
            link = AccessLink(link, address, slot)
        link = AccessLink(link, address, None)
    for authorization in reversed(authorizations):
        link = AuthorizationLink(link, authorization)
    return link


def _begin(state: State, env: Env, ring: Ring, call: Call, recorder: TransactionRecorder | None) -> L2Machine:
    """Count the transaction, buy its gas, and warm the addresses that are warm from its beginning."""
    machine = L2Machine(state, env, ring, recorder, is_bounded=call.is_bounded)
    journal = machine.journal
    sender = journal.account(call.origin)
    nonce = min(sender.nonce + 1, _LAST_NONCE)
    price = 0 if call.is_free else call.gas_price
    balance = sender.balance + call.mint - call.gas_limit * price - call.data_fee
    journal.write(call.origin, AccountState(nonce, balance, sender.code, sender.storage))
    target = contract_address(call.origin, sender.nonce) if call.to is None else call.to
    for address in (call.origin, env.coinbase, target):
        machine.mark_address_warm(address)
    if recorder is not None:
        recorder.begin(machine, call, target)
    machine.target = target
    return machine


def _execute(machine: L2Machine, call: Call, recorder: TransactionRecorder | None) -> TransactionOutcome:
    computation = None
    gas_left, target = 0, machine.target
    is_refused = call.is_short or (call.is_deposit and machine.get_balance(call.origin) < call.value)
    if not is_refused:
        machine.prepare(call.pending)
        if recorder is not None:
            recorder.open()
        if not (call.to is None and machine.has_code_or_nonce(target)):
            computation = _run(machine, call, target)
            gas_left = computation.get_gas_remaining()
    created = target if call.to is None else None
    if computation is None:
        return _finish(machine, call, recorder, gas_left, 0, b"", created, None)
    status = int(computation.is_success)
    error = None if status else computation.error
    return _finish(machine, call, recorder, gas_left, status, computation.output, created, error)


def _is_transfer(state: State, env: Env, tx: L2Transaction) -> bool:
    """Return whether a signed transaction runs no code, so that the top frame's only step is the STOP past its end.

    One that pays for its bytes on L1 needs a machine, which notes that.
    """
    to = tx.to
    if to is None or tx.access_list or tx.authorizations or env.has_data_fee or is_precompile(to, env.fork):
        return False
    return not state.account(to).code.data and not rules_of(env.fork).engine.is_plain


def _transfer(state: State, env: Env, tx: L2Transaction) -> TransactionOutcome:
    """Execute a signed transaction that runs no code, without a machine: it changes three accounts at most.

    An account that stays or becomes empty is not stored, as after any touch (EIP-161).
    """
    assert tx.to is not None
    price, intrinsic = tx.price(env.base_fee), tx.intrinsic_gas
    used = max(intrinsic, floor_gas(tx.data, env.fork))
    accounts = state.accounts
    paid = (tx.sender, 1, -tx.value - used * price)
    for address, counted, amount in (paid, (tx.to, 0, tx.value), (env.coinbase, 0, used * (price - env.base_fee))):
        old = account_in(accounts, address)
        if not amount and not counted and (old is NO_ACCOUNT or not old.is_empty):
            continue
        new = AccountState(old.nonce + counted, old.balance + amount, old.code, old.storage)
        accounts = write_account(accounts, address, new)
    return TransactionOutcome(State(accounts), used, 1, (), b"", gas_left=tx.gas_limit - intrinsic)


def _run(machine: L2Machine, call: Call, target: bytes) -> L2Computation:
    """Run the top frame."""
    is_creation = call.to is None
    message = KnownMessage(
        call.gas_limit - call.intrinsic,
        Address(b"" if is_creation else target),
        Address(call.origin),
        call.value,
        b"" if is_creation else call.data,
        call.data if is_creation else machine.top_code(target),
        storage_address=Address(target),
    )
    context = KnownContext(call.gas_price, Address(call.origin))
    apply = machine.computation_class.apply_create_message if is_creation else machine.computation_class.apply_message
    return apply(machine, message, context)


def _finish(
    machine: L2Machine,
    call: Call,
    recorder: TransactionRecorder | None,
    gas_left: int,
    status: int,
    output: bytes,
    created: bytes | None,
    error: Exception | None,
) -> TransactionOutcome:
    """Refund gas, pay the coinbase, and delete the accounts that destroyed themselves."""
    journal = machine.journal
    if recorder is not None:
        recorder.end(gas_left)
    used = call.gas_limit - gas_left
    used = max(used - min(journal.refund, used // REFUND_QUOTIENT), call.floor)
    if not call.is_free:
        machine.delta_balance(call.origin, (call.gas_limit - used) * call.gas_price)
        machine.delta_balance(machine.env.coinbase, used * call.tip)
    if call.data_fee:
        if recorder is not None:
            recorder.fee()
        machine.delta_balance(L1_FEE_VAULT, call.data_fee)
    entry = journal.destroyed
    while entry is not None:
        if recorder is not None:
            recorder.destroy(entry)
        journal.drop(entry.address)
        entry = entry.rest
    if recorder is not None:
        recorder.finish()
    return TransactionOutcome(
        journal.state(),
        used,
        status,
        _logs(journal.logs),
        output,
        created,
        error,
        machine.is_bound_hit,
        machine.is_block_bound,
        gas_left,
    )


def _logs(link: LogLink | None) -> tuple[Log, ...]:
    """Return the logs in the order in which they were emitted."""
    logs = []
    while link is not None:
        logs.append(Log(link.address, tuple(topic.to_bytes(32, "big") for topic in link.topics), link.data))
        link = link.rest
    return tuple(reversed(logs))
