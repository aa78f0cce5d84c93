"""What the entry of the prover refuses, what it ignores, and what it answers without a family."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import pytest

from harness import reverts
from harness.contracts.project import built_in_contracts
from harness.primitives.hashing import Tag, keccak256, tagged_hash
from harness.proofs.deploy import PARTS
from harness.proofs.errors import ProverRejected
from harness.proofs.hosts import VERIFY, PyEvmHost, verify_calldata
from harness.proofs.machine import Kind, Machine
from harness.proofs.witness import Witness, to_words
from harness.rollup.machine.environment import Ring
from harness.rollup.machine.machine import Cursor

from .deep import EMPTY_ROOT, GAS, Scene, blank_frame, halted

EIP_170 = 24_576
ADD, TWO_AND_THREE = b"\x01", (2, 3)


@pytest.fixture(scope="module")
def host() -> PyEvmHost:
    return PyEvmHost()


@pytest.fixture
def refusal(host: PyEvmHost, contracts: Any) -> Callable[..., Any]:
    """An expected error of the prover's own, by name."""
    return lambda name, **values: reverts(getattr(contracts["OneStepProver"], name), **values)


def _after(scene: Scene, *, pushed: int, gas: int) -> bytes:
    """The machine after the scene's operands were replaced by one result."""
    machine = scene.machine()
    assert machine.frame is not None
    frame = replace(
        machine.frame,
        pc=machine.frame.pc + 1,
        gas=machine.frame.gas - gas,
        stack=tagged_hash(Tag.STACK, b"\xee" * 32, pushed),
        stack_size=1001,
    )
    return replace(machine, frame=frame).hash()


def _witness(scene: Scene, **changed: Any) -> bytes:
    machine = scene.machine()
    assert machine.tx is not None and machine.frame is not None
    witness = Witness(
        machine=to_words(machine.words()),
        tx=to_words(machine.tx.words()),
        frame=to_words(machine.frame.words()),
        stack=to_words((b"\xee" * 32, *scene.items)),
        code=scene.code,
    )
    return replace(witness, **changed).encode()


@pytest.mark.parametrize("name", [*PARTS, "NextInput", "OneStepProver"])
def test_deployed_code_is_within_eip_170(name: str) -> None:
    assert len(built_in_contracts()[name].runtime) <= EIP_170


def test_verify_opcode_succeeds(host: PyEvmHost) -> None:
    scene = Scene(ADD, TWO_AND_THREE)
    assert host.prover.verify(scene.machine().hash(), 1, 1, _witness(scene)) == _after(scene, pushed=5, gas=3)


def test_verify_bytes_that_are_no_witness_reverts(host: PyEvmHost, refusal: Callable[..., Any]) -> None:
    with refusal("MalformedWitness", length=3):
        host.prover.verify(bytes(32), 0, 1, b"abc")
    with refusal("MalformedWitness", length=480):
        host.prover.verify(bytes(32), 0, 1, (64).to_bytes(32, "big") + bytes(448))


def _relocated(witness: bytes, field: int, offset: int) -> bytes:
    """The witness with one field's offset word replaced; the struct follows one word."""
    place = 32 + 32 * field
    return witness[:place] + (offset % 2**256).to_bytes(32, "big") + witness[place + 32 :]


@pytest.mark.parametrize("offset", [-224, -32, -1, 2**255, 2**64, 10**6])
@pytest.mark.parametrize("field", range(len(fields(Witness))))
def test_verify_field_outside_of_the_witness_reverts(
    host: PyEvmHost, refusal: Callable[..., Any], field: int, offset: int
) -> None:
    """What stands before or behind a witness differs from one call to the next."""
    scene = Scene(ADD, TWO_AND_THREE)
    witness = _relocated(_witness(scene), field, offset)
    with refusal("MalformedWitness", length=len(witness)):
        host.prover.verify(scene.machine().hash(), 1, 1, witness)


@pytest.mark.parametrize("field", range(len(fields(Witness))))
def test_verify_field_that_ends_outside_of_the_witness_reverts(
    host: PyEvmHost, refusal: Callable[..., Any], field: int
) -> None:
    scene = Scene(ADD, TWO_AND_THREE)
    witness = _witness(scene)
    for length in (len(witness), 2**255, 2**256 - 1):
        longer = _relocated(witness + length.to_bytes(32, "big"), field, len(witness) - 32)
        with refusal("MalformedWitness", length=len(longer)):
            host.prover.verify(scene.machine().hash(), 1, 1, longer)


def test_verify_code_in_front_of_the_witness_reverts(host: PyEvmHost) -> None:
    """The families would read what stands in front of the witness in their own calldata."""
    scene = Scene(bytes.fromhex("61aaaa"))
    machine = scene.machine()
    witness = _relocated(_witness(scene, code=b"", stack=()), 6, -224)
    head = machine.hash() + b"".join(n.to_bytes(32, "big") for n in (1, 1, 128 + 192))
    gap = bytes(32) + (3).to_bytes(32, "big") + scene.code.ljust(32, b"\x00") + bytes(96)
    calldata = VERIFY + head + gap + len(witness).to_bytes(32, "big") + witness
    with reverts():
        host.chain.call(to=host.prover.address, data=calldata)


@pytest.mark.parametrize("part", ["machine", "tx", "frame"])
def test_verify_other_words_reverts(host: PyEvmHost, refusal: Callable[..., Any], part: str) -> None:
    scene = Scene(ADD, TWO_AND_THREE)
    machine = scene.machine()
    opened = {"machine": machine, "tx": machine.tx, "frame": machine.frame}[part]
    assert opened is not None
    words = to_words(opened.words())
    for index in range(len(words)):
        forged = list(words)
        forged[index] = (int.from_bytes(words[index], "big") ^ 1).to_bytes(32, "big")
        with refusal("WrongOpening", field=part.encode().ljust(32, b"\x00")):
            host.prover.verify(machine.hash(), 1, 1, _witness(scene, **{part: tuple(forged)}))
    for wrong in (words[:-1], (*words, bytes(32))):
        with refusal("WrongLength", actual=len(wrong), expected=len(words)):
            host.prover.verify(machine.hash(), 1, 1, _witness(scene, **{part: wrong}))


def test_verify_code_that_the_frame_does_not_run_reverts(host: PyEvmHost, refusal: Callable[..., Any]) -> None:
    """The prover does not let anybody pick the next opcode."""
    scene = Scene(ADD, TWO_AND_THREE)
    for code in (b"\x03", b"", ADD + b"\x00"):
        with refusal("WrongOpening", actual=keccak256(code), expected=keccak256(ADD)):
            host.prover.verify(scene.machine().hash(), 1, 1, _witness(scene, code=code))


@pytest.mark.parametrize(
    ("stack", "error"),
    [
        ((b"\xee" * 32, 2, 4), "WrongOpening"),
        ((b"\xee" * 32, 3, 2), "WrongOpening"),
        ((b"\xef" * 32, 2, 3), "WrongOpening"),
        ((b"\xee" * 32, 2), "WrongLength"),
        ((b"\xee" * 32, 2, 3, 0), "WrongLength"),
        ((), "WrongLength"),
    ],
)
def test_verify_other_stack_reverts(
    host: PyEvmHost, refusal: Callable[..., Any], stack: tuple[int | bytes, ...], error: str
) -> None:
    scene = Scene(ADD, TWO_AND_THREE)
    with refusal(error):
        host.prover.verify(scene.machine().hash(), 1, 1, _witness(scene, stack=to_words(stack)))


def test_verify_field_that_the_step_does_not_read_is_ignored(host: PyEvmHost) -> None:
    scene = Scene(ADD, TWO_AND_THREE)
    expected = _after(scene, pushed=5, gas=3)
    word = b"\x77" * 32
    for item in fields(Witness):
        if item.name in ("machine", "env", "tx", "frame", "stack", "code"):
            continue
        junk: Any = b"junk" if item.name == "data" else (word,)
        assert host.prover.verify(scene.machine().hash(), 1, 1, _witness(scene, **{item.name: junk})) == expected


def test_verify_environment_that_the_step_does_not_read_is_checked_all_the_same(
    host: PyEvmHost, refusal: Callable[..., Any]
) -> None:
    """Whether the fork is known hangs on it."""
    scene = Scene(ADD, TWO_AND_THREE)
    right = to_words(scene.env.words())
    expected = _after(scene, pushed=5, gas=3)
    assert host.prover.verify(scene.machine().hash(), 1, 1, _witness(scene, env=right)) == expected
    for wrong, error in ((right[1:], "WrongLength"), ((*right[:-1], b"\xff" * 32), "WrongOpening")):
        with refusal(error):
            host.prover.verify(scene.machine().hash(), 1, 1, _witness(scene, env=wrong))


@pytest.mark.parametrize("code", [b"\x0c", b"\xfe", b"\xef", b"\x21", b"\x4b", b"\xf6"])
def test_verify_undefined_opcode_halts(host: PyEvmHost, code: bytes) -> None:
    scene = Scene(code)
    assert host.prover.verify(scene.machine().hash(), 1, 1, _witness(scene)) == halted(scene.machine())


def test_verify_stack_underflow_halts_whatever_the_stack_field(host: PyEvmHost) -> None:
    scene = Scene(ADD)
    machine = scene.machine()
    assert machine.frame is not None
    machine = replace(machine, frame=replace(machine.frame, stack_size=1))
    assert machine.frame is not None
    for stack in ((), to_words((b"\xee" * 32, 2, 3))):
        witness = _witness(scene, machine=to_words(machine.words()), frame=to_words(machine.frame.words()), stack=stack)
        assert host.prover.verify(machine.hash(), 1, 1, witness) == halted(machine)


@pytest.mark.parametrize(
    ("size", "code", "halts"), [(1023, b"\x5f", False), (1024, b"\x5f", True), (1024, b"\x01", False)]
)
def test_verify_stack_limit(host: PyEvmHost, size: int, code: bytes, halts: bool) -> None:
    items = TWO_AND_THREE if code == ADD else ()
    scene = Scene(code, items)
    machine = scene.machine()
    assert machine.frame is not None
    machine = replace(machine, frame=replace(machine.frame, stack_size=size))
    assert machine.frame is not None
    witness = _witness(scene, machine=to_words(machine.words()), frame=to_words(machine.frame.words()))
    assert (host.prover.verify(machine.hash(), 1, 1, witness) == halted(machine)) is halts


@pytest.mark.parametrize(("gas", "halts"), [(3, False), (2, True), (0, True)])
def test_verify_static_gas(host: PyEvmHost, gas: int, halts: bool) -> None:
    scene = Scene(ADD, TWO_AND_THREE)
    machine = scene.machine()
    assert machine.frame is not None
    machine = replace(machine, frame=replace(machine.frame, gas=gas))
    assert machine.frame is not None
    witness = _witness(scene, machine=to_words(machine.words()), frame=to_words(machine.frame.words()))
    assert (host.prover.verify(machine.hash(), 1, 1, witness) == halted(machine)) is halts


@pytest.mark.parametrize("opcode", [0x55, 0x5D, 0xA0, 0xA4, 0xF0, 0xF5, 0xFF])
def test_verify_static_violation_halts(host: PyEvmHost, opcode: int) -> None:
    """Nothing is opened for it: the rule is decided by the opcode and the frame alone."""
    scene = Scene(bytes([opcode]), (1, 2, 3, 4, 5, 6))
    machine = scene.machine()
    assert machine.frame is not None
    machine = replace(machine, frame=replace(machine.frame, is_static=True))
    assert machine.frame is not None
    witness = _witness(scene, machine=to_words(machine.words()), frame=to_words(machine.frame.words()), stack=())
    assert host.prover.verify(machine.hash(), 1, 1, witness) == halted(machine)


IDLE = Machine(EMPTY_ROOT, Cursor(4, False, 2), b"\x05" * 32, Ring().root, None, None)


@pytest.mark.parametrize(
    ("index", "end_batch"),
    [(1, 99), (1 << 23, 99), ((1 << 24) + 5, 99), ((1 << 24) - 1, 99), (0, 4), (7 << 24, 3), (0, 0)],
)
def test_verify_idle_machine_stays_itself(host: PyEvmHost, index: int, end_batch: int) -> None:
    witness = Witness(machine=to_words(IDLE.words())).encode()
    assert host.prover.verify(IDLE.hash(), index, end_batch, witness) == IDLE.hash()


@pytest.mark.parametrize("index", [0, 1 << 24, 65_535 << 24])
def test_verify_idle_machine_before_its_end_needs_the_next_input(
    host: PyEvmHost, refusal: Callable[..., Any], index: int
) -> None:
    witness = Witness(machine=to_words(IDLE.words())).encode()
    with refusal("WrongLength", actual=0, expected=11):
        host.prover.verify(IDLE.hash(), index, 5, witness)


def test_verify_idle_machine_without_its_opening_reverts(host: PyEvmHost, refusal: Callable[..., Any]) -> None:
    """Not even a machine that stays itself is taken on trust."""
    with refusal("WrongOpening"):
        host.prover.verify(bytes(32), 1, 0, Witness(machine=to_words(IDLE.words())).encode())


@dataclass(frozen=True)
class Precompile:
    """A precompile's frame with input on which it succeeds."""

    number: int
    data: bytes

    def scene(self) -> Scene:
        return Scene(
            b"",
            kind=Kind.PRECOMPILE,
            code_hash=self.number.to_bytes(32, "big"),
            calldata=self.data,
            data=self.data,
            parent=blank_frame(),
        )


_SIGNED = keccak256(b"m") + (27).to_bytes(32, "big") + (1).to_bytes(32, "big") * 2
PRECOMPILES = [
    Precompile(1, _SIGNED),
    Precompile(2, b"\x01" * 5000),
    Precompile(4, b"\x01" * 5000),
    Precompile(5, b"".join(n.to_bytes(32, "big") for n in (64, 64, 64)) + b"\xfd" * 192),
    Precompile(7, (1).to_bytes(32, "big") + (2).to_bytes(32, "big") + b"\xff" * 32),
    Precompile(9, (2_000).to_bytes(4, "big") + bytes(208) + b"\x01"),
]


def _gas_ladder(calldata: bytes) -> Iterator[int]:
    """Gas limits from what the calldata alone costs upwards, in small steps where the precompile is called."""
    start = 21_000 + sum(40 if byte else 10 for byte in calldata)
    yield from (start + extra for extra in range(0, 150_000, 7_000))


@pytest.mark.parametrize("case", PRECOMPILES, ids=lambda case: f"precompile {case.number}")
def test_verify_with_too_little_gas_reverts_and_never_lies(host: PyEvmHost, case: Precompile) -> None:
    """A precompile that fails for the lack of L1 gas must not pass for one that fails by itself."""
    scene = case.scene()
    pre_hash, witness = scene.build()
    expected = host.verify(pre_hash, 1, 1, witness)
    answers = 0
    for gas in _gas_ladder(verify_calldata(pre_hash, 1, 1, witness)):
        try:
            assert host.verify(pre_hash, 1, 1, witness, gas=gas) == expected
            answers += 1
        except ProverRejected:
            assert answers == 0, "more gas may not turn an answer into a refusal"
    assert answers


_SIZES = (1024, 32, 1024)
DEAR = {
    "MODEXP": (
        Precompile(5, b"".join(size.to_bytes(32, "big") for size in _SIZES) + b"\xff" * sum(_SIZES)),
        2 * (1024 // 8) ** 2 * 255,
    ),
    "BLS12_PAIRING_CHECK": (Precompile(0x0F, bytes(128 * 384)), 37_700 + 128 * 32_600),
}
"""Precompiles with inputs that take most of a frame's gas, and their prices. MODEXP never fails by itself."""


@pytest.mark.parametrize("name", DEAR)
def test_verify_dear_precompile_with_too_little_gas_never_lies(host: PyEvmHost, name: str) -> None:
    """There is about as much L1 gas as the precompile costs: what a call may not forward is then a lot."""
    case, price = DEAR[name]
    scene = case.scene()
    pre_hash, witness = scene.build()
    expected = host.verify(pre_hash, 1, 1, witness)
    answers = refusals = 0
    for gas in range(price + 100_000, price * 64 // 63 + 700_000, 20_000):
        try:
            assert host.verify(pre_hash, 1, 1, witness, gas=gas) == expected
            answers += 1
        except ProverRejected:
            refusals += 1
    assert answers and refusals


def test_verify_gas_of_the_machine_is_not_that_of_l1(host: PyEvmHost) -> None:
    """GAS pushes what the frame has after its own price."""
    scene = Scene(b"\x5a")
    expected = _after(scene, pushed=GAS - 2, gas=2)
    assert host.prover.verify(scene.machine().hash(), 1, 1, _witness(scene)) == expected
