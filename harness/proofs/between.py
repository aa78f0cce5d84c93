"""The witnesses of the steps between opcodes, but for the one that takes an input."""

from __future__ import annotations

from dataclasses import replace

from harness.proofs.machine import Kind, Machine, Phase
from harness.proofs.recorder import RecordedStep
from harness.proofs.touch import Touched
from harness.proofs.trace import Trace
from harness.proofs.witness import Witness, Words, to_words
from harness.rollup.machine.delegation import authority_of, authorized, delegate_in
from harness.rollup.machine.environment import Env
from harness.rollup.machine.opening import HISTORY, L1_FEE_VAULT, writes_of
from harness.rollup.machine.rules import FORK_BOUND, is_precompile
from harness.rollup.machine.state import WARM, Authorization, AuthorizationLink, DestroyedLink


def base(machine: Machine) -> Witness:
    """Return the words of a machine that runs a transaction, and of its frame if it has one."""
    assert machine.tx is not None
    frame: Words = () if machine.frame is None else to_words(machine.frame.words())
    return Witness(machine=to_words(machine.words()), tx=to_words(machine.tx.words()), frame=frame)


def between(trace: Trace, machine: Machine, step: RecordedStep) -> Witness:
    """Return the witness of a step between opcodes; one of them reads the frame, which is not open yet."""
    env = trace.after.env
    touched = Touched(step.now.accounts, step.now.scratch, env.fork)
    if step.phase is Phase.BLOCK:
        return _block(trace, machine, touched)
    if step.phase in (Phase.SENDER, Phase.OPEN):
        return replace(_of_code(machine, step, touched), env=to_words(env.words()))
    witness = replace(base(machine), frame=())
    if step.phase is Phase.END:
        return _end(env, machine, witness, touched)
    if step.phase is Phase.FEE:
        assert machine.tx is not None
        touched.credit(L1_FEE_VAULT, machine.tx.data_fee)
        return replace(witness, nodes=tuple(touched.nodes()))
    entry = step.entry
    assert entry is not None
    witness = replace(witness, chain=to_words(entry.words()))
    if isinstance(entry, AuthorizationLink):
        data = _authorize(touched, entry.tuple, env.chain_id)
        witness = replace(witness, env=to_words(env.words()), data=data)
    elif isinstance(entry, DestroyedLink):
        touched.remove(entry.address)
    else:
        witness = replace(witness, env=fork_of(trace, entry.address))
        if entry.slot is None:
            touched.mark(entry.address, WARM)
        else:
            touched.load_slot(entry.address, entry.slot)
    return replace(witness, nodes=tuple(touched.nodes()))


def _block(trace: Trace, machine: Machine, touched: Touched) -> Witness:
    """The witness of the step that writes the words of a new block."""
    env, ring = trace.after.env, trace.after.ring.opening(trace.after.env.number - 1)
    told_history = False
    for address, writes in writes_of(env, ring[0]):
        told_history |= touched.tell(address, writes) and address == HISTORY
    words = to_words(ring) if told_history else ()
    return replace(base(machine), frame=(), env=to_words(env.words()), ring=words, nodes=tuple(touched.nodes()))


def fork_of(trace: Trace, address: bytes) -> Words:
    """Return the block's environment if whether an address is a precompile depends on the fork."""
    return to_words(trace.after.env.words()) if address in FORK_BOUND else ()


def look_at_delegate(touched: Touched, code: bytes) -> None:
    """Warm the delegate that a target's code names, and read its account."""
    delegate = delegate_in(code, touched.fork)
    if delegate is None:
        return
    touched.mark(delegate, WARM)
    if not is_precompile(delegate, touched.fork):
        touched.account(delegate)


def _of_code(machine: Machine, step: RecordedStep, touched: Touched) -> Witness:
    """The witness of a step that looks at code: the sender's, or that of the top frame."""
    if step.phase is Phase.OPEN:
        return _open(machine, touched)
    assert machine.tx is not None
    code = touched.account(machine.tx.origin).code.data
    return replace(base(machine), frame=(), data=code, nodes=tuple(touched.nodes()))


def _open(machine: Machine, touched: Touched) -> Witness:
    """The witness of the step that opens the top frame."""
    assert machine.frame is not None
    frame, target = machine.frame, machine.frame.self_address
    data = b""
    if frame.kind is Kind.CREATE:
        found = touched.account(target)
        if not (found.nonce or found.code.data or found.storage is not None):
            touched.create(frame.caller, target, frame.value)
    else:
        if not is_precompile(target, touched.fork):
            data = touched.account(target).code.data
            look_at_delegate(touched, data)
        touched.transfer(frame.caller, target, frame.value)
    return replace(base(machine), data=data, nodes=tuple(touched.nodes()))


def _authorize(touched: Touched, authorization: Authorization, chain_id: int) -> bytes:
    """Take an authorisation; return the authority's code, which is read if it gets so far."""
    authority = authority_of(authorization, chain_id)
    if authority is None:
        return b""
    touched.mark(authority, WARM)
    account = touched.account(authority)
    changed = authorized(account, authorization)
    if changed is not None:
        touched.write(authority, changed)
    return account.code.data


def _end(env: Env, machine: Machine, witness: Witness, touched: Touched) -> Witness:
    """The witness of the step that pays."""
    assert machine.tx is not None
    tx = machine.tx
    used = tx.gas_limit - tx.gas_left
    used = max(used - min(tx.refund, used // 5), tx.floor)
    touched.credit(tx.origin, (tx.gas_limit - used) * tx.gas_price)
    touched.credit(env.coinbase, used * tx.tip)
    return replace(witness, env=to_words(env.words()), nodes=tuple(touched.nodes()))
