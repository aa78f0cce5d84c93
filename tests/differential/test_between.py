"""The coverage gate of the steps between opcodes: each of them, with each outcome that it can have, is proven.

What happened in a step is read from the machine before it and from the rules of the specification, not from the scene
that was meant to bring it about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.primitives import patricia
from harness.primitives.delegation import delegate_of, designator
from harness.proofs.machine import Phase
from harness.proofs.samples import programs as P
from harness.proofs.samples.delegation import AUTHORITY, authorization
from harness.proofs.samples.scenes import creating
from harness.proofs.touch import Touched
from harness.proofs.trace import called
from harness.rollup.codec.messages import Deposit
from harness.rollup.machine.execution import REFUND_QUOTIENT, contract_address
from harness.rollup.machine.rules import is_precompile
from harness.rollup.machine.state import WARM, AccessLink, scratch_path
from tests.differential.conftest import PROGRAM, Lab

OTHER, DELEGATE, HEIR = (bytes([n]) * 20 for n in (0x0D, 0xDE, 0x4E))
IDENTITY = (4).to_bytes(20, "big")
SLOT = (5).to_bytes(32, "big")
STOPS, DESTROYS = b"\x00", P.invocation(0xFF, (int.from_bytes(HEIR, "big"),))
CLEARS = b"".join(P.invocation(0x55, (slot, 0)) for slot in range(8))

EXPECTED = {
    "SENDER": {"a designator, something is pending", "a designator", "a contract"},
    "AUTHORIZE": {"taken, an authorisation follows", "taken, a list follows", "taken, the call follows"},
    "ACCESS": {"a cold address", "a warm address", "a precompile", "a cold slot", "a warm slot"},
    "OPEN": {
        "no code", "code", "a precompile", "a creation", "a collision",
        "a delegate with code", "a delegate without code", "a precompile as delegate", "its own delegate",
    },
    "LOOKUP": {"code", "a cold delegate", "a warm delegate", "a precompile as delegate", "no gas for the delegate"},
    "END": {
        "idle", "something to destroy", "no refund", "a whole refund", "a refund at its cap", "the floor",
        "a tip", "no tip", "a frame that left nothing",
    },
    "DESTROY": {"the last", "another follows", "an account that is gone"},
}  # fmt: skip
"""What the specification lets each step do; what AUTHORIZE does to an account has a gate in test_delegation.py."""

ELSEWHERE = {"INPUT", "BLOCK", "FEE", "PRECOMPILE"}
"""Steps with files of their own: test_{inputs,block_opening_step,data_fee_step,precompiles}.py."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A transaction, the code that it calls, and accounts: code, balance and nonce by address.

    ``storage`` is that of the code, ``sender`` is the sender's own code, ``taken`` stands where a creation will.
    """

    fields: Mapping[str, Any]
    accounts: Mapping[bytes, tuple[bytes, int, int]] = field(default_factory=dict)
    code: bytes = b""
    storage: Mapping[int, int] = field(default_factory=dict)
    sender: bytes = b""
    taken: bytes = b""


def _listed(*addresses: bytes) -> list[dict[str, Any]]:
    return [{"address": address, "storageKeys": [SLOT, SLOT]} for address in addresses]


_DELEGATED = {AUTHORITY: (designator(DELEGATE), 7, 1), DELEGATE: (STOPS, 0, 1)}
_CREATED = creating(P.store(DESTROYS) + P.invocation(0xF3, (0, len(DESTROYS))))
_CALLS_IT = bytes.fromhex("5f5f5f5f5f855af150")
"""Calls the address on the stack, and leaves it there."""

SCENES = {
    "a list": Scene({"to": OTHER, "accessList": _listed(HEIR, HEIR, IDENTITY)}),
    "authorisations and a list": Scene(
        {"to": OTHER, "authorizations": (authorization(), authorization(HEIR, 1)), "accessList": _listed(HEIR)}
    ),
    "an authorisation": Scene({"to": OTHER, "authorizations": (authorization(),)}),
    "nobody": Scene({"to": OTHER, "value": 1, "maxFeePerGas": 9, "maxPriorityFeePerGas": 0}),
    "a precompile": Scene({"to": IDENTITY, "data": b"abc"}),
    "a creation": Scene({"to": b"", "data": STOPS}),
    "a delegate with code": Scene({"to": AUTHORITY}, _DELEGATED),
    "a delegate without code": Scene({"to": AUTHORITY}, {AUTHORITY: (designator(DELEGATE), 7, 1)}),
    "a precompile as delegate": Scene({"to": AUTHORITY}, {AUTHORITY: (designator(IDENTITY), 7, 1)}),
    "its own delegate": Scene({"to": AUTHORITY}, {AUTHORITY: (designator(AUTHORITY), 7, 1)}),
    "calls of a delegated account": Scene({}, _DELEGATED, P.call(0xF1, AUTHORITY) * 2),
    "a delegated sender": Scene({"to": OTHER}, sender=designator(DELEGATE)),
    "a delegated sender with a list": Scene({"to": OTHER, "accessList": _listed(HEIR)}, sender=designator(DELEGATE)),
    "a contract as sender": Scene({"to": OTHER}, sender=STOPS),
    "a collision": Scene({"to": b"", "data": STOPS}, taken=STOPS),
    "a call of one whose delegate is a precompile": Scene(
        {}, {AUTHORITY: (designator(IDENTITY), 7, 1)}, P.call(0xF1, AUTHORITY)
    ),
    "a call of a contract": Scene({}, {OTHER: (STOPS, 0, 1)}, P.call(0xFA, OTHER)),
    "a contract": Scene({"to": OTHER}, {OTHER: (STOPS, 0, 1)}),
    "a call that cannot pay for the delegate": Scene({"gas": 22_000}, _DELEGATED, P.call(0xF1, AUTHORITY, gas=0)),
    "a whole refund": Scene({}, code=P.invocation(0x55, (1, 0)), storage={1: 1}),
    "a refund at its cap": Scene({}, code=CLEARS, storage={slot: 1 for slot in range(8)}),
    "the floor": Scene({"to": OTHER, "data": b"\x01" * 900}),
    "a halt": Scene({}, code=b"\xfe"),
    "destruction": Scene({}, code=creating(DESTROYS) * 2),
    "one that destroys itself twice": Scene({}, code=_CREATED + _CALLS_IT * 2),
}


def prepared(lab: Lab, scene: Scene) -> Any:
    state = lab.state
    for address, (code, balance, nonce) in scene.accounts.items():
        state = state.with_account(address, code=code, balance=balance, nonce=nonce)
    if scene.storage:
        state = state.with_account(PROGRAM, nonce=1, storage=dict(scene.storage))
    if scene.taken:
        state = state.with_account(contract_address(lab.sender, 0), code=scene.taken)
    return state.with_account(lab.sender, code=scene.sender)


def what_happens(trace: Any, step: int) -> Iterator[str]:
    """The outcomes of a step between opcodes, by the specification."""
    return _OUTCOMES[trace.name_at(step)](trace, step)


def _sender(trace: Any, step: int) -> Iterator[str]:
    code = trace.execution.state.code(trace.execution.payload.sender)
    if delegate_of(code) is None:
        yield "a contract"
    else:
        pending = trace._call.pending is not None
        yield "a designator" + (", something is pending" if pending else "")


def _authorize(trace: Any, step: int) -> Iterator[str]:
    following = {"AUTHORIZE": "an authorisation", "ACCESS": "a list", "OPEN": "the call"}[trace.name_at(step + 1)]
    yield f"taken, {following} follows"


def _access(trace: Any, step: int) -> Iterator[str]:
    now, entry = trace.step_at(step).now, trace.step_at(step).entry
    assert isinstance(entry, AccessLink)
    if entry.slot is not None:
        found = patricia.get(now.scratch, scratch_path(2, entry.address, entry.slot))
        yield "a cold slot" if found is None else "a warm slot"
    elif is_precompile(entry.address, trace.after.env.fork):
        yield "a precompile"
    else:
        yield f"a {_heat(trace, now, entry.address)} address"


def _open(trace: Any, step: int) -> Iterator[str]:
    payload, accounts = trace.execution.payload, trace.execution.state
    if payload.to is None:
        address = contract_address(payload.sender, accounts.nonce(payload.sender))
        account = accounts.account(address)
        yield "a collision" if account.nonce or account.code.data or accounts.has_storage(address) else "a creation"
    elif is_precompile(payload.to, trace.after.env.fork):
        yield "a precompile"
    else:
        code = accounts.code(payload.to)
        delegate = delegate_of(code)
        if delegate is None:
            yield "code" if code else "no code"
        elif delegate == payload.to:
            yield "its own delegate"
        elif is_precompile(delegate, trace.after.env.fork):
            yield "a precompile as delegate"
        else:
            yield f"a delegate {'with' if accounts.code(delegate) else 'without'} code"


def _lookup(trace: Any, step: int) -> Iterator[str]:
    recorded = trace.step_at(step)
    delegate = delegate_of(trace.execution.state.code(called(recorded)))
    if delegate is None:
        yield "code"
    elif recorded.frame.end == step:
        yield "no gas for the delegate"
    elif is_precompile(delegate, trace.after.env.fork):
        yield "a precompile as delegate"
    else:
        yield f"a {_heat(trace, recorded.now, delegate)} delegate"


def _end(trace: Any, step: int) -> Iterator[str]:
    now, payload = trace.step_at(step).now, trace.execution.payload
    yield "something to destroy" if now.destroyed is not None else "idle"
    assert not isinstance(payload, Deposit)
    used = payload.gas_limit - trace.outcome.gas_left
    cap = used // REFUND_QUOTIENT
    yield "no refund" if not now.refund else "a whole refund" if now.refund < cap else "a refund at its cap"
    if trace.outcome.gas_used > used - min(now.refund, cap):
        yield "the floor"
    yield "a tip" if payload.price(trace.after.env.base_fee) > trace.after.env.base_fee else "no tip"
    if trace.outcome.gas_left == 0:
        yield "a frame that left nothing"


def _destroy(trace: Any, step: int) -> Iterator[str]:
    entry = trace.step_at(step).entry
    yield "another follows" if entry.rest is not None else "the last"
    if _touched(trace, trace.step_at(step).now).account(entry.address).is_empty:
        yield "an account that is gone"


_OUTCOMES = {
    "SENDER": _sender, "AUTHORIZE": _authorize, "ACCESS": _access, "OPEN": _open, "LOOKUP": _lookup, "END": _end,
    "DESTROY": _destroy,
}  # fmt: skip


def _touched(trace: Any, now: Any) -> Touched:
    return Touched(now.accounts, now.scratch, trace.after.env.fork)


def _heat(trace: Any, now: Any, address: bytes) -> str:
    return "warm" if _touched(trace, now).flags(address) & WARM else "cold"


def test_every_step_between_opcodes_is_proven_with_every_outcome(lab: Lab) -> None:
    found: dict[str, set[str]] = {name: set() for name in EXPECTED}
    for name, scene in SCENES.items():
        trace = lab.run(scene.code, state=prepared(lab, scene), **dict(scene.fields))
        between = [step for step in range(1, len(trace)) if trace.name_at(step) in EXPECTED]
        assert between, name
        lab.prove(trace, between)
        for step in between:
            found[trace.name_at(step)].update(what_happens(trace, step))
    assert found == EXPECTED


def test_every_step_between_opcodes_has_its_outcomes_listed() -> None:
    """PREPARE takes two kinds of entries; a call and a precompile have steps of their own within EXECUTE."""
    phases = {phase.name for phase in Phase} - {"PREPARE", "EXECUTE"}
    assert EXPECTED.keys() | ELSEWHERE == phases | {"INPUT", "AUTHORIZE", "ACCESS", "LOOKUP", "PRECOMPILE"}
