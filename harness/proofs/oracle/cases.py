"""Random transactions for a fork, each a state test without a result: drawn by seed, or around a given program."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coincurve import PrivateKey

from harness.primitives import rlp
from harness.primitives.hashing import keccak256
from harness.primitives.opcodes import Fork, opcodes_of
from harness.proofs.oracle.programs import CONTRACTS, TARGETS, flat_program, push, structured_program
from harness.proofs.oracle.steps import BOUND, RANGES
from harness.proofs.statetests import Case

PRECOMPILES = tuple(n.to_bytes(20, "big") for n in (*range(1, 0x14), 0x100, 0x101))
"""Addresses of precompiles in some fork, and of none."""

_WHOLE_INPUTS = {1: 128, 5: 100, 6: 128, 7: 96, 8: 192, 9: 213, 10: 192, 11: 256, 12: 160, 13: 512, 14: 288, 15: 384,
                 16: 64, 17: 128, 256: 160}  # fmt: skip
"""Sizes of input that some precompiles take. Zeros are often points at infinity, so that the precompile succeeds."""

DELEGATED = bytes([0x70]) * 20
"""An account that is delegated to the first contract, in forks that have EIP-7702."""

_GAS = (*(45_000, 60_000, 80_000, 100_000) * 25, 1_000_000)
"""Gas limits: mostly small, since an endless loop uses all of it."""

_SENDER_KEY, _OTHER_KEY = b"\x05" * 32, b"\x06" * 32
_COINBASE = b"\xfe" * 20
_ETHER = 10**18


def drawn_case(fork: Fork, types: Sequence[int], seed: int) -> Case:
    """Return the transaction of this seed: its type is one of ``types``, and its programs are random."""
    rnd = random.Random(f"{fork.name}:{seed}")
    codes = [_program(rnd, fork) for _ in CONTRACTS]
    return case_of(fork, rnd.choice(types), codes, rnd, f"seed {seed}", delegates=4 in types)


def case_of(
    fork: Fork, type_id: int, codes: Sequence[bytes], rnd: random.Random, name: str, *, delegates: bool = False
) -> Case:
    """Return a transaction that runs ``codes``, those of the contracts; what else it has is drawn.

    ``delegates`` puts a delegated account (EIP-7702) into the prestate.
    """
    pre = {_hex(_sender(_SENDER_KEY)): _account(nonce=0, balance=1_000 * _ETHER)}
    for address, code in zip(CONTRACTS, codes, strict=True):
        storage = {rnd.randrange(5): rnd.randrange(1, 9) for _ in range(rnd.randrange(4))}
        pre[_hex(address)] = _account(1, rnd.choice((0, 10**9)), code, storage)
    if delegates:
        pre[_hex(DELEGATED)] = _account(1, 0, b"\xef\x01\x00" + CONTRACTS[0])
    document = {"env": _env(rnd), "pre": pre, "transaction": _transaction(fork, type_id, codes[0], rnd)}
    post = {"indexes": {"data": 0, "gas": 0, "value": 0}}
    return Case(Path(name), "", name, fork, document, post)


def _program(rnd: random.Random, fork: Fork) -> bytes:
    opcodes = opcodes_of(fork)
    start = b"".join(_whole_call(rnd) for _ in range(rnd.choice((0, 0, 0, 1, 3))))
    start += _far_range(rnd) if rnd.random() < 0.03 else b""
    start += (
        push(rnd.getrandbits(rnd.randrange(1, 257))) + b"\x1e\x50" if 0x1E in opcodes and rnd.random() < 0.2 else b""
    )
    start += _delegated(rnd) if fork >= Fork.PRAGUE and rnd.random() < 0.2 else b""
    if rnd.random() < 0.6:
        return start + structured_program(rnd, tuple(opcode for opcode in (0x1E,) * 3 if opcode in opcodes))
    return start + flat_program(rnd, opcodes, (*TARGETS, *PRECOMPILES, DELEGATED))


def _far_range(rnd: random.Random) -> bytes:
    """An opcode with a range of memory near L2's bound; it gets no less than its operands."""
    opcode = rnd.choice(tuple(RANGES))
    ends = (BOUND - 31, BOUND - 1, BOUND, BOUND + 1)
    return b"".join(push(rnd.choice((0, 1, rnd.choice(ends)))) for _ in range(7)) + bytes([opcode])


def _delegated(rnd: random.Random) -> bytes:
    """A look at the delegated account's code, or a call of it."""
    opcode = rnd.choice((0x3B, 0x3F, 0xF1, 0xF2, 0xF4, 0xFA))
    gas = push(rnd.choice((700, 8_000))) if opcode > 0x3F else b""
    return b"\x5f" * 5 + push(int.from_bytes(DELEGATED, "big")) + gas + bytes([opcode])


def _whole_call(rnd: random.Random) -> bytes:
    """A call of a precompile with an input of a size that it takes."""
    number = rnd.choice(tuple(_WHOLE_INPUTS))
    size = _WHOLE_INPUTS[number] + rnd.choice((0, 0, 0, -1, 1))
    given = push(rnd.getrandbits(256)) + push(1_000 + rnd.randrange(size)) + b"\x52" if rnd.random() < 0.3 else b""
    operands = (rnd.choice((0, 32, 64)), rnd.randrange(64), size, 1_000, number, rnd.choice((3_000, 100_000)))
    return given + b"".join(map(push, operands)) + b"\xfa"


def _env(rnd: random.Random) -> dict[str, str]:
    return {
        "currentNumber": hex(rnd.randrange(1, 12)),
        "currentTimestamp": hex(1_700_000_000 + rnd.randrange(100)),
        "currentCoinbase": _hex(_COINBASE),
        "currentGasLimit": hex(2**23),
        "currentRandom": hex(rnd.getrandbits(256)),
        "currentBaseFee": hex(7),
        "currentExcessBlobGas": "0x0",
    }


def _transaction(fork: Fork, type_id: int, code: bytes, rnd: random.Random) -> dict[str, Any]:
    is_creation = type_id != 4 and rnd.random() < 0.15
    data = code if is_creation else rnd.randbytes(rnd.randrange(80)) + bytes(rnd.randrange(40))
    target = rnd.choice((CONTRACTS[0],) * 20 + (CONTRACTS[1], PRECOMPILES[3], b"\x0d" * 20))
    authorizations = [_authorization(rnd) for _ in range(rnd.choice((1, 1, 2, 3)))] if type_id == 4 else []
    fields: dict[str, Any] = {
        "nonce": "0x0",
        "gasLimit": [hex(rnd.choice(_GAS) + 30_000 * len(authorizations) + (40_000 + 16 * len(data)) * is_creation)],
        "value": [hex(rnd.choice((0, 0, 5)))],
        "data": [_hex(data)],
        "to": "" if is_creation else _hex(target),
        "secretKey": _hex(_SENDER_KEY),
    }
    if type_id < 2:
        fields["gasPrice"] = hex(rnd.choice((7, 10)))
    else:
        fields |= {"maxFeePerGas": hex(rnd.choice((7, 20))), "maxPriorityFeePerGas": hex(rnd.choice((0, 3, 7)))}
    if type_id:
        fields["accessLists"] = [[_listed(rnd) for _ in range(rnd.randrange(3))]]
    if type_id == 4:
        fields["authorizationList"] = authorizations
    return fields


def _listed(rnd: random.Random) -> dict[str, Any]:
    """An entry of an access list."""
    keys = [f"{rnd.randrange(4):#066x}" for _ in range(rnd.randrange(3))]
    return {"address": _hex(rnd.choice(TARGETS)), "storageKeys": keys}


def _authorization(rnd: random.Random) -> dict[str, str]:
    """A tuple of EIP-7702, most often valid."""
    key = rnd.choice((_SENDER_KEY, _OTHER_KEY))
    nonce = rnd.choice((1, 1, 1, 0, 2)) if key == _SENDER_KEY else rnd.choice((0, 0, 0, 1))
    chain_id = rnd.choice((0, 1, 1, 1, 2))
    delegate = rnd.choice((CONTRACTS[0], CONTRACTS[1], bytes(20), PRECOMPILES[3], DELEGATED))
    message = rlp.encode([rlp.minimal(chain_id), delegate, rlp.minimal(nonce)])
    signature = PrivateKey(key).sign_recoverable(keccak256(b"\x05" + message), hasher=None)
    return {
        "chainId": hex(chain_id),
        "address": _hex(delegate),
        "nonce": hex(nonce),
        "yParity": hex(signature[64] ^ (rnd.random() < 0.1)),
        "r": _hex(signature[:32]),
        "s": _hex(signature[32:64]),
    }


def _account(nonce: int, balance: int, code: bytes = b"", storage: dict[int, int] | None = None) -> dict[str, Any]:
    words = {hex(slot): hex(value) for slot, value in (storage or {}).items()}
    return {"nonce": hex(nonce), "balance": hex(balance), "code": _hex(code), "storage": words}


def _sender(key: bytes) -> bytes:
    return keccak256(PrivateKey(key).public_key.format(compressed=False)[1:])[12:]


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
