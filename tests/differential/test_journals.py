"""A transaction's two views of the state agree: the overlay that nodes run on, and the journal of snapshots that
recorders run on."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from harness.primitives.opcodes import Opcode
from harness.proofs.oracle.programs import CONTRACTS, flat_program, push
from harness.proofs.recorder import StepRecorder
from harness.proofs.samples import programs as P
from harness.rollup.forks import FORKS, Fork
from harness.rollup.machine.chains import chain_hash
from harness.rollup.machine.environment import TX_GAS_CAP, Env, Ring
from harness.rollup.machine.evm import L2Machine
from harness.rollup.machine.execution import TransactionOutcome, contract_address, execute, simulate
from harness.rollup.machine.opcodes import OPCODES
from harness.rollup.machine.opening import TOLD
from harness.rollup.machine.overlay import Overlay
from harness.rollup.machine.state import CREATED, NO_CODE, WARM, AccountState, Code, State, StateJournal
from harness.rollup.machine.validity import L2Transaction
from tests.support.engines import Engines, both_engines, by

SENDER = b"\x22" * 20
CALLER, CALLEE, THIRD = CONTRACTS
ENV = Env(9, 1_000, b"\xfe" * 20, TX_GAS_CAP, b"\x77" * 32, 7, 3, 901, 3)
SLOTS = range(3)


@pytest.fixture
def engines() -> Iterator[dict[str, Engines]]:
    with both_engines() as found:
        yield found


Both = Callable[..., TransactionOutcome]


@pytest.fixture
def both(engines: dict[str, Engines]) -> Both:
    """Calls a contract on either view of the state; the outcome, which is the same."""

    def call(state: State, to: bytes | None = CALLER, data: bytes = b"", **more: Any) -> TransactionOutcome:
        def run() -> TransactionOutcome:
            return simulate(state, ENV, Ring(), sender=SENDER, to=to, data=data, is_bounded=True, **more)

        expected = by(engines["plain"], run)
        engines["eager"].use()
        outcome = run()
        assert outcome.answers == expected
        return outcome

    return call


def contract(state: State, address: bytes, code: bytes, balance: int = 0, **slots: int) -> State:
    """Put a contract into a state; ``s3=5`` is 5 in slot 3."""
    storage = {int(name[1:]): value for name, value in slots.items()}
    return state.with_account(address, code=code, nonce=1, balance=balance, storage=storage)


def words(outcome: TransactionOutcome) -> list[int]:
    data = outcome.return_value
    return [int.from_bytes(data[at : at + 32], "big") for at in range(0, len(data), 32)]


def sstore(slot: int, value: int) -> bytes:
    return P.invocation(Opcode.SSTORE, (slot, value))


def answer(*parts: bytes) -> bytes:
    """Return what each part pushes, as words."""
    stored = b"".join(part + push(32 * n) + b"\x52" for n, part in enumerate(parts))
    return stored + P.invocation(Opcode.RETURN, (0, 32 * len(parts)))


def if_called_with_data(then: bytes, otherwise: bytes) -> bytes:
    """Code with two behaviours, by whether there is calldata."""
    start = 6 + len(otherwise)
    return b"\x36\x61" + start.to_bytes(2, "big") + b"\x57" + otherwise + b"\x00\x5b" + then


REVERT = P.invocation(Opcode.REVERT, (0, 0))
PRICE_OF_SLOT_1 = bytes.fromhex("5a6001545a90910390")  # GAS PUSH1 1 SLOAD GAS SWAP1 SWAP2 SUB SWAP1: value above price


# -- who runs on which


def test_only_executions_that_nobody_records_run_on_an_overlay(engines: dict[str, Engines]) -> None:
    for engine, kind in (("eager", Overlay), ("plain", StateJournal)):
        engines[engine].use()
        assert type(L2Machine(State(), ENV, Ring()).journal) is kind
        assert type(L2Machine(State(), ENV, Ring(), StepRecorder()).journal) is StateJournal


# -- operation by operation


def _drawn_state() -> tuple[State, list[bytes]]:
    """A contract with and one without storage, an account, storage without code or nonce, an empty account, nobody."""
    addresses = [bytes([0xA0 + n]) * 20 for n in range(6)]
    with_slots, without, plain, only_storage, empty, _ = addresses
    state = State().with_account(with_slots, nonce=1, code=b"\x00", balance=3, storage={0: 5, 1: 6})
    state = state.with_account(without, nonce=1, code=b"\x00").with_account(plain, balance=9)
    state = state.with_account(only_storage, balance=1, storage={2: 7})
    return state.with_account(empty, keep_empty=True), addresses


def _view(journal: Any, addresses: list[bytes]) -> list[Any]:
    """Everything that a machine can ask of a journal."""
    seen: list[Any] = [journal.refund, chain_hash(journal.logs), chain_hash(journal.destroyed), journal.state().root]
    for address in addresses:
        account = journal.account(address)
        seen.append((account.nonce, account.balance, account.code.data, account.is_empty))
        seen.append((journal.flags(address), journal.has_storage(address)))
        for slot in SLOTS:
            seen.append((journal.storage(address, slot), journal.original(address, slot)))
            seen.append((journal.is_slot_warm(address, slot), journal.transient(address, slot)))
    return seen


def _change(journal: Any, kind: str, address: bytes, slot: int, value: int) -> None:
    """Do to a journal what opcodes and frames do."""
    account = journal.account(address)
    if kind == "pay":
        journal.write(address, AccountState(account.nonce, value, account.code, account.storage))
    elif kind == "count":
        journal.write(address, AccountState(account.nonce + 1, account.balance, account.code, account.storage))
    elif kind == "code":
        code = Code(bytes(value)) if value else NO_CODE
        journal.write(address, AccountState(account.nonce, account.balance, code, account.storage))
    elif kind == "store" and not account.is_empty:  # who runs SSTORE has code, or is being created
        journal.write_slot(address, slot, value)
        journal.warm_slot(address, slot)
    elif kind == "load":
        journal.warm_slot(address, slot)
    elif kind == "flag":
        journal.set_flag(address, CREATED if value else WARM)
    elif kind == "tstore":
        journal.write_transient(address, slot, value)
    elif kind == "touch":
        journal.touch(address)
    elif kind == "drop":
        journal.drop(address)
    elif kind == "log":
        journal.log(address, (slot,), b"x")
    elif kind == "destroy":
        journal.destroy(address)
    elif kind == "refund":
        journal.add_refund(value - 1)


KINDS = ("pay", "count", "code", "touch", "drop", "flag", "tstore", "log", "destroy", "refund", *("store", "load") * 3)


@pytest.mark.parametrize("seed", range(60))
def test_any_changes_and_reverts_leave_the_same_view(seed: int) -> None:
    rnd = random.Random(seed)
    state, addresses = _drawn_state()
    journals: tuple[Any, Any] = StateJournal(state), Overlay(state)
    marks: list[tuple[Any, Any]] = []
    for _ in range(60):
        what = rnd.random()
        if what < 0.15:
            marks.append((journals[0].mark(), journals[1].mark()))
        elif what < 0.3 and marks:
            place = rnd.randrange(len(marks))  # a revert of a frame takes its children with it, whatever they did
            for journal, mark in zip(journals, marks[place], strict=True):
                journal.revert(mark)
            del marks[place:]
        else:
            change = rnd.choice(KINDS), rnd.choice(addresses), rnd.choice(SLOTS), rnd.randrange(3)
            for journal in journals:
                _change(journal, *change)
        if rnd.random() < 0.5:  # asking fills what an overlay remembers
            assert _view(journals[0], addresses) == _view(journals[1], addresses)
    assert _view(journals[0], addresses) == _view(journals[1], addresses)
    assert journals[0].state().root == journals[1].state().root


# -- program by program


@pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name.lower())
def test_any_programs_that_call_and_create_give_the_same_answers(engines: dict[str, Engines], fork: Fork) -> None:
    """Three frames of two drawn programs, which end as they may, below one that ends well."""
    env = Env(9, 1_000, b"\xfe" * 20, TX_GAS_CAP, b"\x77" * 32, 7, 3, 901, 3, fork=fork)
    frames = ((Opcode.CALL, CALLEE), (Opcode.DELEGATECALL, THIRD), (Opcode.CALL, CALLEE))
    code = b"".join(P.call(opcode, target, gas=200_000) for opcode, target in frames) + b"\x01\x01"
    counted = {0: 0, 1: 0, 2: 0, 3: 0}
    for seed in range(60):
        rnd = random.Random(seed)
        state = contract(State(), CALLER, code + bytes.fromhex("5f5260205ff3"), rnd.choice((0, 10**9)), s5=1)
        for address in (CALLEE, THIRD):
            slots = {rnd.randrange(130): rnd.randrange(1, 9) for _ in range(4)}
            drawn, balance = flat_program(rnd, OPCODES, CONTRACTS), rnd.choice((0, 10**9))
            state = state.with_account(address, code=drawn, balance=balance, nonce=1, storage=slots)

        def run(state: State = state) -> TransactionOutcome:
            return simulate(state, env, Ring(), sender=SENDER, to=CALLER, is_bounded=True)

        plain = by(engines["plain"], run)
        assert by(engines["eager"], run) == plain, f"seed {seed}"
        counted[int.from_bytes(plain[4], "big")] += 1
    assert counted[0] < 55, counted
    assert counted[1] and counted[2], counted


@pytest.mark.parametrize(
    "program", list(P.programs()), ids=lambda program: f"{program.cell.opcode:02x}-{program.cell.outcome}"
)
def test_every_opcode_ends_the_same_way_with_any_gas(engines: dict[str, Engines], program: P.Program) -> None:
    """In a frame of its own below a transaction that ends well, and in the top frame; and with a recorder."""
    state = contract(State(), CALLEE, program.code, 10**18, s9=1)
    state = state.with_account(b"\x0c\x0c".rjust(20, b"\0"), code=answer(b"\x34"), balance=1)
    calls = Opcode.STATICCALL if program.is_static else Opcode.CALL
    state = contract(state, CALLER, P.call(calls, CALLEE) + answer(b"\x50\x3d"))
    for to in (CALLER, CALLEE):

        def run(limit: int, recorder: Any = None, to: bytes = to) -> TransactionOutcome:
            return simulate(
                state, ENV, Ring(), sender=SENDER, to=to, gas_limit=limit, is_bounded=True, recorder=recorder
            )

        spent = 2**18 - run(2**18).gas_left
        for limit in (2**18, *(spent + more for more in (-2_301, -2_300, -2_100, -100, -1, 0, 40, 700, 2_300))):
            expected = by(engines["plain"], partial(run, limit))
            assert by(engines["eager"], partial(run, limit)) == expected, f"gas limit {limit}"
            assert run(limit, StepRecorder()).answers == expected, f"gas limit {limit}"


# -- story by story


def test_a_frame_that_reverts_takes_back_all_that_it_and_its_children_did(both: Both) -> None:
    """Storage, transient storage, logs, ether, the refund, and what is warm: the next SLOAD of the slot is cold."""
    deep = contract(State(), THIRD, sstore(5, 1) + P.invocation(Opcode.LOG0, (0, 1)))
    changes = sstore(1, 7) + sstore(2, 0) + P.invocation(Opcode.TSTORE, (1, 9)) + P.invocation(Opcode.LOG0, (0, 1))
    look = answer(PRICE_OF_SLOT_1, b"\x60\x02\x54", b"\x60\x01\x5c")
    spend = P.call(Opcode.CALL, THIRD, value=3)
    code = if_called_with_data(PRICE_OF_SLOT_1 + look, changes + spend + REVERT)
    state = contract(deep, CALLEE, code, 10, s1=3, s2=5)
    look_again = P.call(Opcode.CALL, CALLEE, sent=(0, 1), got=(0, 96))
    caller = P.call(Opcode.CALL, CALLEE) + look_again + P.invocation(Opcode.RETURN, (0, 96))
    state = contract(state, CALLER, caller)
    outcome = both(state)
    assert words(outcome) == [3, 5, 0]
    assert outcome.logs == ()
    assert outcome.gas_used == TX_GAS_CAP - outcome.gas_left  # nothing is refunded
    assert (outcome.state.balance(CALLEE), outcome.state.balance(THIRD)) == (10, 0)
    assert outcome.state.storage(THIRD, 5) == 0


def test_a_slot_is_cold_again_behind_a_revert_and_warm_behind_a_success(both: Both) -> None:
    price = bytes.fromhex("5a600154505a900360005260206000f3")  # GAS PUSH1 1 SLOAD POP GAS SWAP1 SUB, returned
    prices = []
    for end in (REVERT, b"\x00"):
        state = contract(State(), CALLEE, if_called_with_data(price, sstore(1, 7) + end))
        code = P.call(Opcode.CALL, CALLEE) + P.call(Opcode.CALL, CALLEE, sent=(0, 1), got=(0, 32))
        prices.append(words(both(contract(state, CALLER, code + P.invocation(Opcode.RETURN, (0, 32)))))[0])
    assert prices[0] - prices[1] == 2_000


def test_an_address_warmed_by_a_frame_that_reverts_is_cold_again(both: Both) -> None:
    look = P.invocation(Opcode.BALANCE, (0xBEEF,)) + b"\x50"
    price = b"\x5a" + look + bytes.fromhex("5a900360005260206000f3")
    prices = []
    for end in (REVERT, b"\x00"):
        state = contract(State(), CALLEE, look + end)
        prices.append(words(both(contract(state, CALLER, P.call(Opcode.CALL, CALLEE) + b"\x50" + price)))[0])
    assert prices[0] - prices[1] == 2_500


def test_a_frame_below_a_static_one_is_static(both: Both) -> None:
    state = contract(State(), THIRD, sstore(5, 1))
    state = contract(state, CALLEE, answer(P.call(Opcode.CALL, THIRD)))
    code = P.call(Opcode.STATICCALL, CALLEE, got=(0, 32)) + P.invocation(Opcode.RETURN, (0, 32))
    outcome = both(contract(state, CALLER, code))
    assert words(outcome) == [0]
    assert not outcome.state.has_storage(THIRD)


def test_delegated_code_runs_as_its_caller(both: Both) -> None:
    """On the caller's storage, and with what called the caller."""
    state = contract(State(), CALLEE, sstore(1, 7) + answer(b"\x30", b"\x33", b"\x34"), s1=3)
    code = P.call(Opcode.DELEGATECALL, CALLEE, got=(0, 96)) + P.invocation(Opcode.RETURN, (0, 96))
    state = contract(state.with_account(SENDER, balance=9), CALLER, code)
    outcome = both(state, value=4)
    assert words(outcome) == [int.from_bytes(CALLER, "big"), int.from_bytes(SENDER, "big"), 4]
    assert (outcome.state.storage(CALLER, 1), outcome.state.storage(CALLEE, 1)) == (7, 3)


def test_ether_for_nobody_costs_a_new_account(both: Both) -> None:
    used = []
    for balance in (0, 1):
        state = State().with_account(b"\xd0" * 20, balance=balance)
        outcome = both(contract(state, CALLER, P.call(Opcode.CALL, b"\xd0" * 20, value=1), 9))
        used.append(outcome.gas_used)
        assert outcome.state.balance(b"\xd0" * 20) == balance + 1
    assert used[0] - used[1] == 25_000


DESTROYS_ITSELF = b"\x30\xff"


def _creating(runtime: bytes) -> bytes:
    """Initcode that adds 1 to slot 0, and then returns code."""
    return bytes.fromhex("5f546001015f55") + P.store(runtime) + P.invocation(Opcode.RETURN, (0, len(runtime)))


def _create2(initcode: bytes) -> bytes:
    return P.store(initcode) + P.invocation(Opcode.CREATE2, (0, 0, len(initcode), 5))


def test_a_contract_that_destroyed_itself_is_in_the_way_until_the_transaction_ends(both: Both) -> None:
    """Then it is gone with its storage, and can be created anew."""
    create = _create2(_creating(DESTROYS_ITSELF))
    call_it = bytes.fromhex("5f5f5f5f5f8561fffff150")  # CALL of the address on the stack, POP
    both_words = bytes.fromhex("5f52602052")  # MSTORE at 0 and 32
    code = create + call_it + create + both_words + P.invocation(Opcode.RETURN, (0, 64))
    state = contract(State(), CALLER, code)
    for _ in range(2):
        outcome = both(state)
        again, address = words(outcome)
        assert again == 0
        assert address != 0
        created = address.to_bytes(20, "big")
        state = outcome.state
        assert (state.code(created), state.nonce(created), state.storage(created, 0)) == (b"", 0, 0)
        assert not state.has_storage(created)


def test_a_contract_created_in_a_frame_that_reverts_can_be_created_once_more(both: Both) -> None:
    """Its storage starts from nothing again."""
    create = _create2(_creating(b"\x00"))
    code = if_called_with_data(create + bytes.fromhex("5f5260205ff3"), create + REVERT)
    state = contract(State(), CALLEE, code)
    call_twice = P.call(Opcode.CALL, CALLEE) + P.call(Opcode.CALL, CALLEE, sent=(0, 1), got=(0, 32))
    outcome = both(contract(state, CALLER, call_twice + P.invocation(Opcode.RETURN, (0, 32))))
    created = words(outcome)[0].to_bytes(20, "big")
    assert (outcome.state.code(created), outcome.state.storage(created, 0)) == (b"\x00", 1)


@pytest.mark.parametrize(
    "taken", [{"nonce": 1}, {"code": b"\x00"}, {"storage": {7: 1}}], ids=["nonce", "code", "storage"]
)
def test_creation_collides_with_nonce_code_or_storage(both: Both, taken: dict[str, Any]) -> None:
    """With storage also if this transaction wrote nothing there (EIP-7610)."""
    place = contract_address(CALLER, 1)
    state = State().with_account(place, balance=4, **taken)
    outcome = both(contract(state, CALLER, answer(P.invocation(Opcode.CREATE, (0, 0, 0)))))
    assert words(outcome) == [0]
    assert outcome.state.balance(place) == 4
    assert outcome.state.account(place).storage_root == state.account(place).storage_root


def test_an_empty_account_disappears_when_it_is_touched_unless_the_frame_reverts(both: Both) -> None:
    nobody = b"\xe0" * 20
    for end, is_left in ((b"\x00", False), (REVERT, True)):
        state = State().with_account(nobody, keep_empty=True)
        state = contract(state, CALLEE, P.call(Opcode.CALL, nobody) + end)
        before = contract(state, CALLER, P.call(Opcode.CALL, CALLEE))
        root = contract(
            contract(State(), CALLEE, P.call(Opcode.CALL, nobody) + end), CALLER, P.call(Opcode.CALL, CALLEE)
        )
        outcome = both(before)
        without_sender = outcome.state.with_account(SENDER, nonce=0)
        assert without_sender.root == (before.root if is_left else root.root)


@pytest.mark.parametrize("value", [0, 5])
@pytest.mark.parametrize("data", [b"", b"\x01" * 400], ids=["nothing", "data below the floor"])
@pytest.mark.parametrize("whom", ["nobody", "empty", "somebody", "sender", "coinbase", "storage", "precompile"])
def test_a_transfer_of_ether_is_what_the_plain_loop_makes_of_it(
    engines: dict[str, Engines], whom: str, data: bytes, value: int
) -> None:
    targets = {"sender": SENDER, "coinbase": ENV.coinbase, "precompile": bytes(19) + b"\x04"}
    target = targets.get(whom, b"\xd0" * 20)
    state = State().with_account(SENDER, balance=10**18)
    if whom == "somebody":
        state = state.with_account(target, nonce=3, balance=1)
    elif whom == "empty":
        state = state.with_account(target, keep_empty=True)
    elif whom == "storage":
        state = state.with_account(target, storage={1: 2}, keep_empty=True)
    for fee in (7, 9):  # nothing for the coinbase, and something
        tx = L2Transaction(2, 901, 0, fee - 7, fee, 100_000, target, value, data, (), SENDER, b"")
        outcomes = []
        for kind in ("plain", "eager"):
            engines[kind].use()
            outcomes.append(execute(state, ENV, Ring(), tx))
        assert outcomes[0].answers == outcomes[1].answers
        assert outcomes[0].status == 1
        assert outcomes[1].state.account(target).balance == outcomes[0].state.account(target).balance


@pytest.mark.parametrize("told", sorted(TOLD), ids=["history", "L1Block"])
@pytest.mark.parametrize("code", [b"\x5f\x54", sstore(0, 1)], ids=["reads", "writes"])
def test_code_that_sees_what_a_block_tells_is_bound_to_its_block(both: Both, told: bytes, code: bytes) -> None:
    state = contract(contract(State(), told, code), CALLER, P.call(Opcode.CALL, told))
    assert both(state).is_block_bound
    assert not both(contract(state, CALLER, code)).is_block_bound


def test_a_slot_that_ends_as_it_began_or_empty_is_stored_so(both: Both) -> None:
    code = sstore(1, 8) + sstore(1, 3) + sstore(2, 0) + sstore(4, 1) + sstore(4, 0)
    state = contract(State(), CALLER, code, s1=3, s2=5)
    outcome = both(state)
    expected = contract(State(), CALLER, code, s1=3).with_account(SENDER, nonce=1)
    assert outcome.state.root == expected.root
    assert outcome.gas_used < TX_GAS_CAP - outcome.gas_left  # something is refunded
