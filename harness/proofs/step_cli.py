"""`harness step`: shows one L2 transaction opcode by opcode, and proves a step on L1."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields

from eth_account import Account as Signer
from rich.console import Console

from harness.chain.opening import open_chain
from harness.primitives.opcodes import CALLS, MemoryRange, Opcode
from harness.proofs.errors import NoSuchCase, NoSuchTransaction, StateTestUnreadable
from harness.proofs.hosts import NetworkHost, PyEvmHost, verify_calldata
from harness.proofs.inputs import InputOpening, opening_of, trace_of
from harness.proofs.machine import Phase
from harness.proofs.maker import make_witness
from harness.proofs.recorder import RecordedStep
from harness.proofs.stack import items_of, to_int
from harness.proofs.statetests import L2_FORKS, find_cases
from harness.proofs.trace import Execution, Trace
from harness.proofs.witness import Witness
from harness.rollup.codec.batch import Item
from harness.rollup.codec.messages import Batch
from harness.rollup.config import Addresses, RollupConfig
from harness.rollup.contracts import ORDER, attach
from harness.rollup.deployed import address_in, check_chain, read_deployment
from harness.rollup.forks import DEFAULT_FORK, Fork, fork_named
from harness.rollup.machine.environment import TX_GAS_CAP, Env, Ring
from harness.rollup.machine.machine import Cursor, Idle
from harness.rollup.machine.opcodes import OPCODES
from harness.rollup.machine.state import AccessLink, DestroyedLink, State
from harness.rollup.machine.validity import decode
from harness.rollup.node.derivation import Input
from harness.rollup.node.node import RollupNode

_PROGRAM = bytes.fromhex("c0de" + "00" * 18)
_KEY = b"\x01" * 32
_CHAIN_ID = 901
_BASE_FEE = 10**7
_GAS = 1_000_000


@dataclass(frozen=True, slots=True)
class Subject:
    """A transaction's trace, the opening of its input step, and the host that proves its steps."""

    trace: Trace
    opening: InputOpening
    host: PyEvmHost | NetworkHost


def run(chosen: argparse.Namespace) -> int:
    """Run the command and return the exit code."""
    console = Console(highlight=False)
    if chosen.transaction is not None:
        _deployed(chosen, console)
        return 0
    if chosen.code is not None:
        fork = DEFAULT_FORK if chosen.fork is None else fork_named(chosen.fork)
        gas = _GAS if chosen.gas is None else chosen.gas
        subject = program(chosen.code, chosen.calldata or b"", chosen.value or 0, gas, fork)
    else:
        subject = _posted(*_case(chosen))
    _show_and_prove(subject, chosen, console)
    return 0


def program(code: bytes, calldata: bytes = b"", value: int = 0, gas: int = _GAS, fork: Fork = DEFAULT_FORK) -> Subject:
    """Post a call of ``code`` in a real batch, and return its trace with the host that proves its steps."""
    signer = Signer.from_key(_KEY)
    sender = bytes.fromhex(signer.address[2:])
    state = State().with_account(sender, balance=10**20).with_account(_PROGRAM, code=code)
    env = Env(1, 1_700_000_000, b"\xfe" * 20, TX_GAS_CAP, bytes(32), _BASE_FEE, 1, _CHAIN_ID, 1, fork=fork)
    fields = {
        "type": 2,
        "chainId": _CHAIN_ID,
        "nonce": 0,
        "gas": gas,
        "maxFeePerGas": 2 * _BASE_FEE,
        "maxPriorityFeePerGas": 1,
        "to": _PROGRAM,
        "value": value,
        "data": calldata,
    }
    return _posted(bytes(signer.sign_transaction(fields).raw_transaction), state, env, Ring())


def _posted(raw: bytes, state: State, env: Env, ring: Ring) -> Subject:
    """Post a transaction to a new inbox, and record how the machine executes it."""
    host = PyEvmHost(env.fork)
    batch = host.post(Item(raw).encode())
    before = Idle(state, Cursor(batch.index, opened=True, budget=env.gas_cap), env, ring)
    tx = decode(raw, env.chain_id, env.fork)
    cursor = Cursor(batch.index + 1, budget=env.gas_cap).spend(tx.gas_limit)
    trace = Trace(before, execution=Execution(state, env, ring, tx), cursor=cursor)
    return Subject(trace, InputOpening(batch), host)


def _show_and_prove(subject: Subject, chosen: argparse.Namespace, console: Console) -> None:
    show(subject.trace, console, chosen.first, chosen.count)
    if chosen.prove is not None:
        prove(subject.trace, subject.opening, subject.host, chosen.prove, console)
        if chosen.openings:
            show_openings(make_witness(subject.trace, chosen.prove, subject.opening), console)


def _deployed(chosen: argparse.Namespace, console: Console) -> None:
    """Show a transaction of a deployed rollup."""
    content = read_deployment(chosen.deployment)
    places = {name: address_in(chosen.deployment, content, name) for name in (*ORDER, "prover")}
    with open_chain(chosen.rpc) as chain:
        check_chain(chain, chosen.deployment, content)
        genesis = RollupConfig.of(content["parameters"]).genesis
        contracts = attach(chain, Addresses(**{name: places[name] for name in ORDER}), genesis)
        node = RollupNode(chain, contracts.addresses, contracts.genesis, since=content["firstBlock"])
        node.sync()
        taken, batch = find_input(node, chosen.transaction)
        host = NetworkHost(chain, places["prover"])
        _show_and_prove(Subject(trace_of(taken), opening_of(taken, batch), host), chosen, console)


def find_input(node: RollupNode, tx_hash: bytes) -> tuple[Input, Batch]:
    """Return the input with this hash, and its batch. A transaction has its own hash, a deposit that of its message.

    Raises NoSuchTransaction if there is none.
    """
    batches = len(node.derived)
    for index in range(batches):
        for taken in node.inputs(index):
            identity = taken.tx.hash if taken.tx is not None else None
            if identity is None and taken.deposit is not None and taken.message is not None:
                identity = taken.message.transaction_hash
            if identity == tx_hash:
                return taken, node.inbox.batch(index)
    raise NoSuchTransaction(tx_hash, batches)


def _case(chosen: argparse.Namespace) -> tuple[bytes, State, Env, Ring]:
    """Return a state test's transaction: the named case, or the first one of the file."""
    forks = L2_FORKS if chosen.fork is None else (fork_named(chosen.fork),)
    for case in find_cases(chosen.source, forks):
        if chosen.case is None or chosen.case in case.name:
            try:
                return case.raw, case.state, case.env, case.ring
            except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as problem:
                raise StateTestUnreadable(str(case.path), f"{case.name} cannot be read: {problem!r}") from problem
    raise NoSuchCase(str(chosen.source), chosen.case, tuple(fork.name.title() for fork in forks))


def show(trace: Trace, console: Console, first: int, count: int) -> None:
    """Print for each step: index, depth, pc, opcode, gas before it, the top of the stack, what it touches.

    Nothing is cut. Values that do not fit into the console's width get lines of their own below the step.
    """
    _print(console, _LINE.format("step", "depth", "pc", "opcode", "gas", "stack top", "touches"))
    for index in range(first, min(first + count, len(trace))):
        if index == 0:
            _print(console, _LINE.format("0", "", "", "INPUT", "", "", ""))
            continue
        step = trace.step_at(index)
        running = step.phase is Phase.EXECUTE and step.frame is not None
        depth = str(step.frame.depth) if step.frame is not None else ""
        pc, gas = (str(step.pc), str(step.gas)) if running else ("", "")
        top = f"0x{to_int(step.stack.value):x}" if step.stack is not None else ""
        for line in _lines_of((str(index), depth, pc, trace.name_at(index), gas), top, touches(step), console.width):
            _print(console, line)
    outcome = trace.outcome
    if outcome is not None:
        _print(console, f"steps: {len(trace)}, gas used: {outcome.gas_used}, status: {outcome.status}")


_LINE = "{:<7} {:>5} {:>6} {:14} {:>8}  {:18}  {}"
_INDENT = " " * 8


def _lines_of(columns: tuple[str, ...], top: str, touched: tuple[str, ...], width: int) -> list[str]:
    """Return the lines of a step: one if everything fits; otherwise long values get lines of their own."""
    line = _LINE.format(*columns, top, "".join(touched))
    if len(line) <= width and (len(top) <= 18 or not touched):
        return [line.rstrip()]
    short = top if len(top) <= 18 else ""
    lines = [_LINE.format(*columns, short, "").rstrip()]
    if not short and top:
        lines.append(f"{_INDENT}top {top}")
    whole = f"{_INDENT}{''.join(touched)}"
    if touched:
        lines += [whole] if len(whole) <= width else [f"{_INDENT}{part.strip()}" for part in touched]
    return lines


def _print(console: Console, line: str) -> None:
    console.print(line.rstrip(), markup=False, highlight=False, soft_wrap=True)


def touches(step: RecordedStep) -> tuple[str, ...]:
    """Return which storage, account, memory or entry a step touches, as the parts of one line."""
    if isinstance(step.entry, AccessLink):
        return _slot(step.entry.address, step.entry.slot)
    if isinstance(step.entry, DestroyedLink):
        return _slot(step.entry.address, None)
    opcode = step.opcode
    if opcode is None or opcode < 0 or step.frame is None:
        return ()
    row = OPCODES.get(opcode)
    if row is None:
        return ()
    items = [to_int(item) for item in items_of(step.stack, row.inputs)]
    if len(items) < row.inputs:
        return ()
    if opcode in (Opcode.SLOAD, Opcode.SSTORE, Opcode.TLOAD, Opcode.TSTORE):
        written = (f" <- 0x{items[1]:x}",) if opcode in (Opcode.SSTORE, Opcode.TSTORE) else ()
        return (*_slot(step.frame.address, items[0]), *written)
    if opcode in (Opcode.BALANCE, Opcode.EXTCODESIZE, Opcode.EXTCODECOPY, Opcode.EXTCODEHASH, Opcode.SELFDESTRUCT):
        return (f"0x{items[0] % 2**160:040x}",)
    if opcode in CALLS:
        return (f"0x{items[1] % 2**160:040x}",)
    both = (("reads", row.reads), ("writes", row.writes))
    parts = [_range(name, operand, items) for name, operand in both if operand is not None]
    return tuple([", ".join(part for part in parts if part)] if any(parts) else [])


def _slot(address: bytes, slot: int | None) -> tuple[str, ...]:
    return (f"0x{address.hex()}",) if slot is None else (f"0x{address.hex()}", f"[0x{slot:x}]")


def _range(name: str, operand: MemoryRange, items: list[int]) -> str:
    offset, size = items[operand[0]], operand[2] if operand[1] is None else items[operand[1]]
    return f"{name} memory[{offset}:{offset + size}]" if size else ""


def prove(trace: Trace, opening: InputOpening, host: PyEvmHost | NetworkHost, index: int, console: Console) -> None:
    """Prove a step by a real L1 transaction, and print its cost.

    Raises StepOutsideTrace if the trace has no such step, and ProverRejected if L1 rejects the witness.
    """
    expected = trace.hash_at(index + 1)
    name = trace.name_at(index)
    witness = make_witness(trace, index, opening).encode()
    given = host.verify(trace.hash_at(index), index, opening.batch.index + 1, witness)
    gas = host.gas_of(trace.hash_at(index), index, opening.batch.index + 1, witness)
    size = len(verify_calldata(trace.hash_at(index), index, opening.batch.index + 1, witness))
    verdict = "proven" if given == expected else f"REFUTED: L1 gives 0x{given.hex()}"
    console.print(f"step {index} ({name}): {verdict}")
    console.print(f"  prestate  0x{trace.hash_at(index).hex()}")
    console.print(f"  poststate 0x{expected.hex()}")
    console.print(f"  L1 gas {gas:,}, witness {len(witness):,} bytes, calldata {size:,} bytes")


def show_openings(witness: Witness, console: Console) -> None:
    """Print the parts of the prestate that a witness opens, by field: words as numbers, byte strings as hex."""
    for field in fields(witness):
        opened = getattr(witness, field.name)
        if isinstance(opened, bytes):
            shown = [f"0x{opened.hex()}"] if opened else []
        elif field.name == "nodes":
            shown = [f"0x{node.hex()}" for node in opened]
        else:
            shown = [f"0x{int.from_bytes(word, 'big'):x}" for word in opened]
        if shown:
            console.print("\n    ".join((f"  {field.name}", *shown)), soft_wrap=True)
