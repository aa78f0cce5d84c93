"""No witness proves anything but the right poststate: the prover rejects it, or it changes nothing that is read."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.proofs.errors import ProverRejected
from harness.proofs.samples import programs as P
from harness.proofs.samples.scenes import SCENES
from harness.proofs.witness import CHECKED_AGAINST, Witness
from harness.rollup.machine.opcodes import OPCODES

SCENES_USED = (
    "call answered", "staticcall writes", "callcode with value", "delegatecall reverted", "call halted", "create code",
    "create2 reverted", "create too much code", "create destroying itself", "precompile 1", "precompile 8 refuses",
    "precompile 5 out of gas", "an access list", "an authorisation", "a refund", "a tip",
    "a creation that destroys itself", "a revert that undoes everything", "returndata copied",
    "another account's code", "value beyond the balance",
    "create twice", "an account that destroys itself",
)  # fmt: skip


def spoil(value: Any, rnd: random.Random) -> Iterator[Any]:
    """A field with a bit flipped, with its end cut off, with something added, with two parts swapped, and empty."""
    if isinstance(value, bytes):
        if value:
            at = rnd.randrange(len(value))
            yield value[:at] + bytes([value[at] ^ 1 << rnd.randrange(8)]) + value[at + 1 :]
            yield value[:-1]
            yield value[1:] + value[:1]
        yield value + b"\x00"
        yield b""
        return
    for at in {0, len(value) - 1, *(rnd.randrange(len(value)) for _ in range(4))} if value else ():
        flipped = bytearray(value[at])
        flipped[rnd.choice((0, -1, rnd.randrange(len(flipped))))] ^= 1 << rnd.randrange(8)
        yield (*value[:at], bytes(flipped), *value[at + 1 :])
    if value:
        yield value[:-1]
        yield value[1:]
        yield (value[0], *value)
    if len(value) > 1:
        one, two = rnd.sample(range(len(value)), 2)
        swapped = list(value)
        swapped[one], swapped[two] = swapped[two], swapped[one]
        yield tuple(swapped)
    yield (*value, bytes(32))
    yield ()


def spoiled(witness: Witness, rnd: random.Random) -> Iterator[tuple[str, Witness]]:
    """The witness with one field spoiled, for each field and each way."""
    for field in fields(witness):
        for value in spoil(getattr(witness, field.name), rnd):
            if value != getattr(witness, field.name):
                yield field.name, replace(witness, **{field.name: value})


def kinds(lab: Any) -> Iterator[tuple[str, Any, int]]:
    """One step of each kind: every opcode, the same where it ends its frame, and the steps between opcodes."""
    seen = set()
    for code in (*(P.success(opcode) for opcode in OPCODES), *SCENES_USED):
        scene = SCENES[code] if isinstance(code, str) else None
        state = lab.state
        if scene is not None:
            for address, (callee, balance, nonce) in scene.accounts.items():
                state = state.with_account(address, code=callee, balance=balance, nonce=nonce)
        more = {"data": bytes(range(64))} if scene is None else dict(scene.fields)
        trace = lab.run(code if scene is None else scene.code, state=state, **more)
        for step in range(1, len(trace)):
            frame = trace.step_at(step).frame
            ends = frame is not None and frame.end == step
            kind = f"{trace.name_at(step)} {frame.kind.name + ' ' + frame.ending if ends else ''}".strip()
            if kind not in seen and not (
                kind.startswith(("PUSH", "DUP", "SWAP")) and int(kind.strip("PUSHDWA") or 0) > 2
            ):
                seen.add(kind)
                yield kind, trace, step


def judge(lab: Any, trace: Any, step: int, witness: Any, what: str) -> bool:
    """Whether a witness was taken; if so, the poststate must be the right one."""
    try:
        given = lab.verify(trace, step, witness)
    except ProverRejected:
        return False
    assert given == trace.hash_at(step + 1), f"{what}: the prover was led to another poststate"
    return True


def test_a_witness_holds_only_openings(lab: Any) -> None:
    """Each field is checked against a hash of the prestate; none is for gas, a cost, a result or a reason."""
    assert [field.name for field in fields(Witness)] == list(CHECKED_AGAINST)
    for forbidden in ("gas", "cost", "halt", "post", "result", "output"):
        assert not any(forbidden in name for name in CHECKED_AGAINST)


def test_spoiled_witnesses_never_prove_another_poststate(lab: Any) -> None:
    rnd = random.Random(4)
    rejected: dict[str, int] = {}
    for kind, trace, step in kinds(lab):
        witness = lab.witness(trace, step)
        assert judge(lab, trace, step, witness, kind)
        for name, other in spoiled(witness, rnd):
            if not judge(lab, trace, step, other, f"{kind}, {name}"):
                rejected[name] = rejected.get(name, 0) + 1
    # Each field was rejected at least once, so each is really checked; `input` and `ring` belong to the input step.
    assert set(rejected) >= set(CHECKED_AGAINST) - {"input"}, set(CHECKED_AGAINST) - set(rejected)


def test_spoiled_bytes_never_prove_another_poststate(lab: Any) -> None:
    rnd = random.Random(5)
    for kind, trace, step in kinds(lab):
        encoded = lab.witness(trace, step).encode()
        for _ in range(6):
            at = 32 * rnd.randrange(len(encoded) // 32)
            word = rnd.choice(
                (bytes(32), b"\xff" * 32, encoded[:32], rnd.randbytes(32), (32 * rnd.randrange(40)).to_bytes(32, "big"))
            )
            judge(lab, trace, step, encoded[:at] + word + encoded[at + 32 :], kind)
        judge(lab, trace, step, encoded[: rnd.randrange(len(encoded))], kind)


def test_too_little_l1_gas_never_proves_another_poststate(lab: Any, fast_host: Any) -> None:
    for kind, trace, step in kinds(lab):
        witness = lab.witness(trace, step).encode()
        for gas in (40_000, 90_000, 120_000, 180_000, 260_000, 400_000):
            try:
                given = fast_host.verify(trace.hash_at(step), step, 1, witness, gas=gas)
            except ProverRejected:
                continue
            assert given == trace.hash_at(step + 1), f"{kind} with {gas} gas"


words = st.lists(st.binary(min_size=32, max_size=32), max_size=30).map(tuple)
blobs = st.binary(max_size=200)
random_witnesses = st.builds(
    Witness, words, words, words, words, words, words, blobs, blobs, words, words, words, words, words,
    st.lists(blobs, max_size=6).map(tuple),
)  # fmt: skip


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(witness=random_witnesses, data=st.data())
def test_random_witnesses_are_rejected(lab: Any, witness: Witness, data: st.DataObject) -> None:
    steps = _steps(lab)
    kind, trace, step = steps[data.draw(st.integers(0, len(steps) - 1))]
    assert not judge(lab, trace, step, witness, kind)


@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(witness=random_witnesses, data=st.data())
def test_witnesses_with_random_fields_never_prove_another_poststate(
    lab: Any, witness: Witness, data: st.DataObject
) -> None:
    steps = _steps(lab)
    kind, trace, step = steps[data.draw(st.integers(0, len(steps) - 1))]
    names = data.draw(st.sets(st.sampled_from(list(CHECKED_AGAINST)), min_size=1, max_size=3))
    right = lab.witness(trace, step)
    judge(lab, trace, step, replace(right, **{name: getattr(witness, name) for name in names}), kind)


_STEPS: dict[int, list[tuple[str, Any, int]]] = {}


def _steps(lab: Any) -> list[tuple[str, Any, int]]:
    if id(lab.host) not in _STEPS:
        _STEPS[id(lab.host)] = list(kinds(lab))
    return _STEPS[id(lab.host)]


# -- what others got wrong ("Patricia proofs and one-step proofs that others got wrong" in PITFALLS)


def the(trace: Any, name: str) -> int:
    """The last step of that name."""
    return max(step for step in range(1, len(trace)) if trace.name_at(step) == name)


def test_code_is_bound_to_its_hash(lab: Any) -> None:
    trace = lab.run(P.invocation(0x01))
    step = the(trace, "ADD")
    other = replace(lab.witness(trace, step), code=P.invocation(0x02))
    with pytest.raises(ProverRejected):
        lab.verify(trace, step, other)


@pytest.mark.parametrize("excess", [2**64, 2**64 + 31, 2**128, 2**255, 2**256 - 1])
@pytest.mark.parametrize("opcode", [0x35, 0x37, 0x39, 0x3C, 0x40, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x5C, 0x5D, 0xF3])
def test_operands_are_not_truncated_to_64_bits(lab: Any, opcode: int, excess: int) -> None:
    values = [excess, *P.operands(opcode)[1:]]
    if opcode in (0x37, 0x39):
        values[:2] = [0, excess]
    if opcode == 0x3C:
        values[2] = excess
    lab.prove(lab.run(P.invocation(opcode, tuple(values)), data=bytes(range(1, 80))))


def test_running_out_of_gas_ends_the_step(lab: Any) -> None:
    callee = b"\x0f" * 20
    state = lab.state.with_account(callee, code=P.invocation(0x55, (1, 2)))
    trace = lab.run(P.call(0xF1, callee, gas=2_500) + b"\x5a", state=state)
    step = the(trace, "SSTORE")
    lab.prove(trace, [step])
    after = trace.machine_at(step + 1)
    assert trace.step_at(step).frame.error == "OutOfGas"
    assert after.state_root == trace.machine_at(1).state_root
    assert trace.step_at(step + 1).stack.value == 0


@pytest.mark.parametrize("offset", [0, 31, 32, 63, 64, 1_000])
def test_mstore8_grows_memory_by_its_size(lab: Any, offset: int) -> None:
    trace = lab.run(P.invocation(0x53, (offset, 255)) + b"\x59")
    lab.prove(trace)
    assert trace.machine_at(the(trace, "MSIZE")).frame.memory_size == offset // 32 + 1


def test_sload_pops_what_it_pushes_over(lab: Any) -> None:
    trace = lab.run(P.push(7) + P.invocation(0x54, (1,)) + b"\x50")
    step = the(trace, "SLOAD")
    lab.prove(trace)
    assert trace.machine_at(step).frame.stack_size == trace.machine_at(step + 1).frame.stack_size == 2


def test_a_precompiles_failure_is_not_a_lack_of_l1_gas(lab: Any, fast_host: Any) -> None:
    """A pairing that succeeds: with whatever gas, L1 says that it does, or says nothing."""
    code = P.store(bytes(192)) + P.call(0xFA, (8).to_bytes(20, "big"), sent=(0, 192), got=(0, 32))
    trace = lab.run(code)
    step = the(trace, "PRECOMPILE")
    witness = lab.witness(trace, step).encode()
    answers = 0
    for gas in range(60_000, 400_000, 2_500):
        try:
            given = fast_host.verify(trace.hash_at(step), step, 1, witness, gas=gas)
        except ProverRejected:
            continue
        assert given == trace.hash_at(step + 1)
        answers += 1
    assert answers


def test_absence_cannot_be_forged_by_leaving_nodes_out(lab: Any) -> None:
    full = {slot: slot + 1 for slot in range(60)}
    state = lab.state.with_account(bytes.fromhex("c0de" + "00" * 17 + "01"), storage=full)
    trace = lab.run(P.invocation(0x54, (9,)), state=state)
    step = the(trace, "SLOAD")
    witness = lab.witness(trace, step)
    lab.prove(trace, [step])
    for left_out in range(len(witness.nodes)):
        fewer = (*witness.nodes[:left_out], *witness.nodes[left_out + 1 :])
        with pytest.raises(ProverRejected):
            lab.verify(trace, step, replace(witness, nodes=fewer))


def test_an_inner_node_of_memory_does_not_pass_for_a_word(lab: Any) -> None:
    """A read of one word opened one level higher has one sibling fewer, and is rejected for it."""
    trace = lab.run(P.store(bytes(range(1, 65))) + P.invocation(0x51, (0,)))
    step = the(trace, "MLOAD")
    witness = lab.witness(trace, step)
    from harness.primitives.hashing import Tag, tagged_hash

    parent = tagged_hash(Tag.MEMORY, witness.read[0], witness.read[1])
    with pytest.raises(ProverRejected):
        lab.verify(trace, step, replace(witness, read=(parent, *witness.read[2:])))


def test_solidity_reads_the_vectors_of_the_machine(fast_host: Any) -> None:
    """The prover opens an idle machine of these words by this hash, and no other."""
    idle = json.loads((Path(__file__).parents[1] / "vectors" / "machine.json").read_text())["idle"]
    pre_hash = bytes.fromhex(idle["hash"][2:])
    machine = tuple(bytes.fromhex(word[2:]) for word in idle["words"])
    assert fast_host.verify(pre_hash, 1, 0, Witness(machine=machine).encode()) == pre_hash
    with pytest.raises(ProverRejected):
        fast_host.verify(pre_hash, 1, 0, Witness(machine=(*machine[:-1], b"\x01" * 32)).encode())
