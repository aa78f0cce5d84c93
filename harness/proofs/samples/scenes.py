"""Programs in which frames begin and end in every way there is, for the coverage gate of the prover."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.proofs.samples.delegation import AUTHORITY, authorization
from harness.proofs.samples.programs import call, invocation, push, store

CALLEE = bytes.fromhex("ca" * 20)
CREATOR = bytes.fromhex("c7" * 20)
_HEIR = bytes.fromhex("4e" * 20)
_LAST_NONCE = 2**64 - 1

Contract = tuple[bytes, int, int]
"""Code, balance, nonce."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A transaction and how one of its frames ends: kind, ending and halt."""

    code: bytes
    ending: tuple[str, str, str]
    accounts: Mapping[bytes, Contract] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


def creating(initcode: bytes, *, opcode: int = 0xF0, value: int = 0, salt: int = 0) -> bytes:
    """Code that creates a contract from initcode."""
    extra = (salt,) if opcode == 0xF5 else ()
    return store(initcode) + invocation(opcode, (value, 0, len(initcode), *extra))


def returning(size: int, first: int = 0) -> bytes:
    """Initcode that returns ``size`` bytes of which the first is given."""
    return push(first) + push(0) + b"\x53" + invocation(0xF3, (0, size))


_REVERT = store(b"no") + invocation(0xFD, (0, 50))
_ANSWER = store(bytes(range(1, 65))) + invocation(0xF3, (0, 64))
_CALL_BACK = call(0xF1, CALLEE, gas=2**40)
_DEPTH_GAS = 2**23
_DESTROY = invocation(0xFF, (int.from_bytes(_HEIR, "big"),))
_DESTROY_SELF = b"\x30\xff"
_OK = ("CALL", "success", "")
_FALLS_SHORT = call(0xF1, CALLEE, value=2**100) + b"\x3d" + creating(b"\x00", value=2**100)


def _of(callee: bytes, **more: Any) -> dict[bytes, Contract]:
    return {CALLEE: (callee, more.get("balance", 0), more.get("nonce", 1))}


def _precompiles() -> dict[str, Scene]:
    """Each precompile with input that it takes, with input that it does not take, and with too little gas."""
    scenes = {}
    pairing = bytes(range(192))
    blake = (12).to_bytes(4, "big") + bytes(208) + b"\x01"
    good = {
        1: bytes(128), 2: b"abc", 3: b"abc", 4: bytes(range(70)), 5: _modexp(3, 5, 7), 6: bytes(128), 7: bytes(96),
        8: b"", 9: blake, 10: b"",
    }  # fmt: skip
    bad = {6: b"\x01" * 128, 7: b"\x01" * 96, 8: pairing, 9: blake[:-1] + b"\x02", 10: bytes(192)}
    for number in range(1, 11):
        target = number.to_bytes(20, "big")
        given = good[number]
        code = store(given) + call(0xFA, target, sent=(0, len(given)), got=(32, 40)) + b"\x3d"
        ending = ("PRECOMPILE", "halt", "VMError") if number == 10 else ("PRECOMPILE", "success", "")
        scenes[f"precompile {number}"] = Scene(code, ending)
        starved = store(given) + call(0xF1, target, gas=10, sent=(0, len(given)), got=(32, 40)) + b"\x3d"
        scenes[f"precompile {number} out of gas"] = Scene(starved, ("PRECOMPILE", "halt", "OutOfGas"))
        if number in bad:
            wrong = store(bad[number]) + call(0xF4, target, sent=(0, len(bad[number])), got=(0, 9))
            scenes[f"precompile {number} refuses"] = Scene(wrong, ("PRECOMPILE", "halt", "VMError"))
    return scenes


def _modexp(base: int, exponent: int, modulus: int) -> bytes:
    return b"".join(n.to_bytes(32, "big") for n in (1, 1, 1)) + bytes((base, exponent, modulus))


def _calls() -> dict[str, Scene]:
    """The four kinds of calls, with everything that a callee can do."""
    scenes = {}
    for opcode, name in ((0xF1, "call"), (0xF2, "callcode"), (0xF4, "delegatecall"), (0xFA, "staticcall")):
        answered = store(b"x" * 100) + call(opcode, CALLEE, sent=(3, 70), got=(10, 40)) + b"\x3d\x60\x00\x51"
        scenes[f"{name} answered"] = Scene(answered, _OK, _of(_ANSWER))
        scenes[f"{name} reverted"] = Scene(answered, ("CALL", "revert", "Revert"), _of(_REVERT))
        scenes[f"{name} halted"] = Scene(answered, ("CALL", "halt", "InvalidInstruction"), _of(b"\xfe"))
        scenes[f"{name} to nobody"] = Scene(answered, _OK)
        deep = call(opcode, CALLEE, gas=2**40)
        scenes[f"{name} writes"] = Scene(
            deep,
            ("CALL", "halt", "WriteProtection") if opcode == 0xFA else _OK,
            _of(invocation(0x55, (1, 2)) + invocation(0xA1, (0, 3, 9)) + invocation(0x5D, (1, 2))),
        )
    for opcode, name in ((0xF1, "call"), (0xF2, "callcode")):
        scenes[f"{name} with value"] = Scene(call(opcode, CALLEE, value=9), _OK, _of(b"\x34\x47"))
        scenes[f"{name} with value to nobody"] = Scene(call(opcode, _HEIR, value=9), _OK)
    return scenes


def _creates() -> dict[str, Scene]:
    scenes = {}
    for opcode, name in ((0xF0, "create"), (0xF5, "create2")):

        def scene(
            initcode: bytes, kind: str, error: str = "", opcode: int = opcode, value: int = 0, **fields: Any
        ) -> Scene:
            return Scene(creating(initcode, opcode=opcode, value=value), ("CREATE", kind, error), {}, fields)

        scenes[f"{name} code"] = scene(returning(40, 1), "success", value=3)
        scenes[f"{name} nothing"] = scene(b"\x00", "success")
        scenes[f"{name} reverted"] = scene(_REVERT, "revert", "Revert")
        scenes[f"{name} halted"] = scene(b"\xfe", "halt", "InvalidInstruction")
        scenes[f"{name} largest code"] = scene(returning(24_576), "success")
        scenes[f"{name} too much code"] = scene(returning(24_577), "halt", "OutOfGas")
        scenes[f"{name} reserved code"] = scene(returning(1, 0xEF), "halt", "ReservedBytesInCode")
        scenes[f"{name} unpaid code"] = scene(returning(4_000), "halt", "OutOfGas", gas=300_000)
        scenes[f"{name} destroying itself"] = scene(_DESTROY, "success", value=3)
        scenes[f"{name} destroying itself for itself"] = scene(_DESTROY_SELF, "success", value=3)
        twice = creating(b"\x00", opcode=opcode) * 2
        scenes[f"{name} twice"] = Scene(twice, ("CREATE", "success", ""))
        by_last = {CREATOR: (creating(b"\x00", opcode=opcode) + b"\x3d", 0, _LAST_NONCE)}
        scenes[f"{name} with the last nonce"] = Scene(call(0xF1, CREATOR), _OK, by_last)
    return scenes


def _transactions() -> dict[str, Scene]:
    listed = [{"address": CALLEE, "storageKeys": [(5).to_bytes(32, "big")]}, {"address": _HEIR, "storageKeys": []}]
    refunds = invocation(0x55, (7, 1)) + invocation(0x55, (7, 0)) + invocation(0x55, (8, 1))
    return {
        "a plain transfer": Scene(b"", _OK, {}, {"to": _HEIR, "value": 5}),
        "a transfer of nothing": Scene(b"", _OK, {}, {"to": _HEIR}),
        "a transaction that reverts": Scene(_REVERT, ("CALL", "revert", "Revert")),
        "a transaction that halts": Scene(b"\xfe", ("CALL", "halt", "InvalidInstruction")),
        "a creation": Scene(b"", ("CREATE", "success", ""), {}, {"to": b"", "data": returning(9, 1), "value": 2}),
        "a creation that halts": Scene(b"", ("CREATE", "halt", "InvalidInstruction"), {}, {"to": b"", "data": b"\xfe"}),
        "a creation that destroys itself": Scene(b"", ("CREATE", "success", ""), {}, {"to": b"", "data": _DESTROY}),
        "an access list": Scene(
            invocation(0x54, (5,)) + call(0xF1, CALLEE), _OK, _of(invocation(0x54, (5,))), {"accessList": listed}
        ),
        "an authorisation": Scene(
            b"", _OK, _of(invocation(0x54, (5,))), {"to": AUTHORITY, "authorizations": (authorization(CALLEE),)}
        ),
        "a tip": Scene(b"\x3a", _OK, {}, {"maxFeePerGas": 50, "maxPriorityFeePerGas": 3}),
        "a refund": Scene(refunds, _OK),
        "a call of a precompile": Scene(
            b"", ("PRECOMPILE", "success", ""), {}, {"to": (4).to_bytes(20, "big"), "data": b"abc"}
        ),
    }


def _others() -> dict[str, Scene]:
    return {
        "a call beyond the deepest frame": Scene(_CALL_BACK, _OK, _of(_CALL_BACK + b"\x3d"), {"gas": _DEPTH_GAS}),
        "value beyond the balance": Scene(_FALLS_SHORT, _OK, _of(b"\x00")),
        "an account that destroys itself": Scene(call(0xF1, CALLEE), _OK, _of(_DESTROY, balance=9)),
        "an account that destroys itself for itself": Scene(call(0xF1, CALLEE), _OK, _of(_DESTROY_SELF, balance=9)),
        "a revert that undoes everything": Scene(
            invocation(0x55, (1, 2)) + call(0xF1, CALLEE) + invocation(0x54, (1,)),
            ("CALL", "revert", "Revert"),
            _of(
                invocation(0x55, (3, 4)) + invocation(0x5D, (3, 4)) + invocation(0xA0, (0, 3)) + creating(_DESTROY)
                + invocation(0xFD, (0, 0)),
                balance=5,
            ),
        ),
        "an immediate beyond the code": Scene(b"\x61\x01", _OK),
        "returndata copied": Scene(
            call(0xFA, CALLEE) + invocation(0x3E, (5, 1, 60)) + invocation(0x20, (0, 70)), _OK, _of(_ANSWER)
        ),
        "another account's code": Scene(
            invocation(0x3C, (int.from_bytes(CALLEE, "big"), 1, 2, 50))
            + push(int.from_bytes(CALLEE, "big")) + b"\x3b\x3f",
            _OK,
            _of(_ANSWER),
        ),
    }  # fmt: skip


SCENES = {**_precompiles(), **_calls(), **_creates(), **_transactions(), **_others()}
"""All scenes by what happens in them."""
