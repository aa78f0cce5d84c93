"""The worst steps that L2 allows: scenes with the longest code, the deepest tries, the most to hash or to compute."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import rlp

from harness.primitives.bls12 import BLS12_PRECOMPILES
from harness.primitives.delegation import designator
from harness.primitives.hashing import Tag, keccak256, tagged_hash, word
from harness.proofs.hosts import PyEvmHost
from harness.proofs.machine import Kind, Phase
from harness.proofs.samples.delegation import AUTHORITY, authorization
from harness.proofs.samples.programs import P256_SIGNED
from harness.rollup.codec.messages import L1Attributes
from harness.rollup.forks import FORKS, Fork
from harness.rollup.machine.environment import Env
from harness.rollup.machine.execution import contract_address
from harness.rollup.machine.opening import HISTORY, L1_BLOCK, L1_FEE_VAULT, writes_of

from .deep import (
    BLOCK,
    EMPTY_ROOT,
    GAS,
    MAX_CODE,
    MEMORY_WORDS,
    RANGE,
    WORST,
    DeepTrie,
    Scene,
    account,
    apart,
    blank_frame,
    filled_memory,
    scratch_key,
)

JUMPDEST = b"\x5b"
SELF, OTHER, THIRD = apart(3, keccak256, lambda address: scratch_key(1, address))
SLOT = 7
NOISE = random.Random(5).randbytes(RANGE).replace(b"\x00", b"\x01")


def _initcode(opcode: int) -> bytes:
    """The longest initcode, dense, beginning with one opcode."""
    return bytes([opcode]) + NOISE[1:]


def _word(address: bytes) -> int:
    return int.from_bytes(address, "big")


def _jump() -> Scene:
    code = b"\x56" + JUMPDEST * (RANGE - 1)
    return Scene(code, (RANGE - 1,), kind=Kind.CREATE)


def _memory(opcode: int, items: tuple[int, ...], **more: Any) -> Scene:
    return Scene(_initcode(opcode), items, filled_memory(), kind=Kind.CREATE, **more)


def _mcopy() -> Scene:
    bounds = (WORST, RANGE)
    return _memory(0x5E, (RANGE, WORST, WORST), read=bounds, write=bounds)


def _returndatacopy() -> Scene:
    return _memory(0x3E, (RANGE, 0, WORST), returndata=NOISE, data=NOISE, write=(WORST, RANGE))


def _keccak() -> Scene:
    return _memory(0x20, (RANGE, WORST), read=(WORST, RANGE))


def _log4() -> Scene:
    return _memory(0xA4, (1, 2, 3, 4, RANGE, WORST), read=(WORST, RANGE))


def _call() -> Scene:
    state = DeepTrie({keccak256(SELF): account(), keccak256(OTHER): None})
    scratch = DeepTrie({scratch_key(1, OTHER): None})
    items = (0, 0, RANGE, WORST, 1, _word(OTHER), GAS)
    return _memory(0xF1, items, read=(WORST, RANGE), state=state, scratch=scratch, address=SELF)


def _looked_up_call() -> Scene:
    """The second step of a call: what it runs was found out by the first one."""
    return replace(_call(), lookup=keccak256(NOISE[:MAX_CODE]))


def _lookup() -> Scene:
    code = NOISE[:MAX_CODE]
    state = DeepTrie({keccak256(OTHER): account(code=code)})
    items = (0, 0, RANGE, WORST, 1, _word(OTHER), GAS)
    return _memory(0xF1, items, state=state, address=SELF, data=code, opens_env=True)


def _delegated_lookup() -> Scene:
    """Three proofs more: the target, its delegate, and that the delegate is cold."""
    code = designator(THIRD)
    state = DeepTrie({keccak256(OTHER): account(code=code), keccak256(THIRD): account(code=b"\x00")})
    scratch = DeepTrie({scratch_key(1, THIRD): None})
    items = (0, 0, RANGE, WORST, 1, _word(OTHER), GAS)
    return _memory(0xF1, items, state=state, scratch=scratch, address=SELF, data=code, opens_env=True)


def _opened_delegated_call() -> Scene:
    code = designator(THIRD)
    accounts = {b"\x0a" * 20: account(), SELF: account(code=code), THIRD: account(code=b"\x00")}
    state = DeepTrie({keccak256(address): value for address, value in accounts.items()})
    scratch = DeepTrie({scratch_key(1, THIRD): None})
    return Scene(b"", state=state, scratch=scratch, address=SELF, data=code, phase=Phase.OPEN)


def _authorization(code: bytes) -> Scene:
    """An authority whose code is opened whole, and whose account is written if that is a designator."""
    entry = (bytes(32), *authorization(nonce=1, chain_id=901))
    state = DeepTrie({keccak256(AUTHORITY): account(code=code)})
    scratch = DeepTrie({scratch_key(1, AUTHORITY): None})
    return Scene(
        b"", state=state, scratch=scratch, data=code,
        phase=Phase.PREPARE, chain=entry, pending=tagged_hash(Tag.AUTHORIZATION, *entry),
    )  # fmt: skip


def _sender(code: bytes) -> Scene:
    return Scene(b"", state=DeepTrie({keccak256(b"\x0a" * 20): account(code=code)}), data=code, phase=Phase.SENDER)


def _opened_call() -> Scene:
    code = NOISE[:MAX_CODE]
    state = DeepTrie({keccak256(b"\x0a" * 20): account(), keccak256(SELF): account(code=code)})
    return Scene(b"", state=state, address=SELF, data=code, phase=Phase.OPEN)


def _opened_creation() -> Scene:
    state = DeepTrie({keccak256(b"\x0a" * 20): account(), keccak256(SELF): None})
    scratch = DeepTrie({scratch_key(1, SELF): b"\x01"})
    return Scene(b"", state=state, scratch=scratch, address=SELF, kind=Kind.CREATE, phase=Phase.OPEN)


def _create() -> Scene:
    nonce = next(n for n in range(99) if _key_of_new(n)[0] >> 4 != keccak256(SELF)[0] >> 4)
    new = contract_address(SELF, nonce)
    state = DeepTrie({keccak256(SELF): account(nonce), keccak256(new): None})
    scratch = DeepTrie({scratch_key(1, new): None})
    return _memory(0xF0, (RANGE, WORST, 7), read=(WORST, RANGE), state=state, scratch=scratch, address=SELF)


def _key_of_new(nonce: int) -> bytes:
    return keccak256(contract_address(SELF, nonce))


def _extcodecopy() -> Scene:
    code = NOISE[:MAX_CODE]
    state = DeepTrie({keccak256(OTHER): account(code=code)})
    scratch = DeepTrie({scratch_key(1, OTHER): None})
    items = (RANGE, 0, WORST, _word(OTHER))
    return _memory(0x3C, items, data=code, write=(WORST, RANGE), state=state, scratch=scratch)


def _selfdestruct() -> Scene:
    state = DeepTrie({keccak256(SELF): account(), keccak256(OTHER): None})
    scratch = DeepTrie({scratch_key(1, SELF): b"\x03", scratch_key(1, OTHER): None})
    return _memory(0xFF, (_word(OTHER),), state=state, scratch=scratch, address=SELF)


def differ(*addresses: bytes) -> bool:
    return len({keccak256(address)[0] >> 4 for address in addresses}) == len(addresses)


def _storage(opcode: int, items: tuple[int, ...], transient: bool = False) -> Scene:
    storage = DeepTrie({keccak256(SLOT.to_bytes(32, "big")): rlp.encode(2**255)})
    state = DeepTrie({keccak256(SELF): account(storage=storage.root)})
    scratch = DeepTrie({scratch_key(3 if transient else 2, SELF, SLOT): b"\x01" if transient else None})
    if transient:
        return _memory(opcode, items, scratch=scratch, address=SELF)
    return _memory(opcode, items, state=state, storage=storage, scratch=scratch, address=SELF)


def _return_to_parent() -> Scene:
    parent, memory = blank_frame(), filled_memory()
    parent = _with_memory(parent, memory)
    return Scene(
        b"\xf3" + NOISE[: MAX_CODE - 1],
        (RANGE, WORST),
        filled_memory(),
        read=(WORST, RANGE),
        parent=parent,
        parent_write=(memory, WORST, RANGE),
        return_range=(WORST, RANGE),
    )


def _with_memory(frame: Any, memory: Any) -> Any:
    return replace(frame, memory_root=memory.root(), memory_size=MEMORY_WORDS)


def _return_from_create() -> Scene:
    state = DeepTrie({keccak256(SELF): account()})
    return _memory(0xF3, (MAX_CODE, WORST), read=(WORST, MAX_CODE), state=state, address=SELF, parent=blank_frame())


def run_bls(number: int, data: bytes) -> bytes:
    return next(each for each in BLS12_PRECOMPILES if each.address[-1] == number).run(data)


def _precompile(number: int, data: bytes, size: int) -> Scene:
    memory = filled_memory()
    return Scene(
        b"",
        kind=Kind.PRECOMPILE,
        code_hash=number.to_bytes(32, "big"),
        calldata=data,
        data=data,
        parent=_with_memory(blank_frame(), memory),
        parent_write=(memory, WORST, size),
        return_range=(WORST, size),
    )


def _identity() -> Scene:
    return _precompile(4, NOISE, RANGE)


def _modexp(exponent: int = 32, fork: Fork = FORKS[-1]) -> Scene:
    """As dear as the gas of a transaction allows, with the longest input: 1,024 bytes to a power of so many bytes."""
    head = b"".join(size.to_bytes(32, "big") for size in (1024, exponent, 1024))
    return replace(_precompile(5, head + b"\xff" * (RANGE - len(head)), 1024), env=replace(BLOCK, fork=fork))


def _access_entry() -> Scene:
    scene = _storage(0, ())
    entry = (bytes(32), SELF, 1, SLOT)
    return Scene(
        b"", state=scene.state, storage=scene.storage, scratch=scene.scratch,
        phase=Phase.PREPARE, chain=entry, pending=tagged_hash(Tag.ACCESS, *entry),
    )  # fmt: skip


def _end() -> Scene:
    coinbase = next(a for a in (bytes([n]) * 20 for n in range(1, 99)) if differ(a, b"\x0a" * 20))
    state = DeepTrie({keccak256(b"\x0a" * 20): account(), keccak256(coinbase): None})
    env = Env(9, 99, coinbase, GAS, b"\x0f" * 32, 7, 1, 901, 3)
    return Scene(b"", state=state, phase=Phase.END, env=env)


def _data_fee() -> Scene:
    return Scene(b"", state=DeepTrie({keccak256(L1_FEE_VAULT): account()}), phase=Phase.FEE, data_fee=2**180)


def _destroy() -> Scene:
    entry = (bytes(32), SELF)
    return Scene(
        b"", state=DeepTrie({keccak256(SELF): account()}), phase=Phase.DESTROY,
        chain=entry, destroyed=tagged_hash(Tag.DESTROYED, *entry),
    )  # fmt: skip


def _bls(number: int, row: bytes, size: int) -> Scene:
    """The longest input of a BLS12-381 precompile that memory ranges allow, of points that are not at infinity."""
    return _precompile(number, row * (RANGE // len(row)), size)


def _point(number: int, size: int) -> bytes:
    """A point that a map of BLS12-381 gives."""
    return run_bls(number, bytes(size - 1) + b"\x07")


def _pairs() -> Scene:
    return _bls(0x0F, _point(0x10, 64) + _point(0x11, 128), 32)


def _products(number: int, point: bytes) -> Scene:
    return _bls(number, point + b"\xfe" * 32, len(point))


def _told(storage: DeepTrie | None, history: DeepTrie, env: Env) -> Scene:
    storage_root = EMPTY_ROOT if storage is None else storage.root
    accounts = {L1_BLOCK: account(storage=storage_root, code=b"\x00")}
    accounts[HISTORY] = account(storage=history.root, code=b"\x00")
    state = DeepTrie({keccak256(address): value for address, value in accounts.items()})
    return Scene(b"", state=state, storage=storage, history=history, phase=Phase.BLOCK, env=env)


def _words(env: Env) -> Scene:
    """Each slot lies below 16 branches of its own, and had the longest value."""
    storage, history = (
        DeepTrie({keccak256(word(slot)): bytes(rlp.encode(2**256 - 1)) for slot, _ in writes})
        for _, writes in writes_of(env, bytes(32))
    )
    return _told(storage, history, env)


_SEEN = L1Attributes(2**256 - 1, 2**64 - 1, b"\xff" * 32, 2**256 - 1)
_FIRST = Env(9, 99, b"\xc0" * 20, GAS, b"\x0f" * 32, 7, 1, 901, 3, l1=_SEEN)

BEFORE_OSAKA = "MODEXP of Prague at 2^23 gas with 48 KiB"

CASES: dict[str, Callable[[], Scene]] = {
    "JUMP over 49,152 JUMPDESTs": _jump,
    "MCOPY of 48 KiB in 48 KiB of initcode": _mcopy,
    "RETURNDATACOPY of 48 KiB in 48 KiB of initcode": _returndatacopy,
    "KECCAK256 of 48 KiB in 48 KiB of initcode": _keccak,
    "LOG4 of 48 KiB in 48 KiB of initcode": _log4,
    "CALL with 48 KiB in 48 KiB of initcode": _call,
    "CALL with 48 KiB, looked up": _looked_up_call,
    "lookup of 24 KiB in 48 KiB of initcode": _lookup,
    "lookup of a delegate in 48 KiB of initcode": _delegated_lookup,
    "opening of a call of 24 KiB": _opened_call,
    "opening of a call with a delegate": _opened_delegated_call,
    "opening of a creation": _opened_creation,
    "CREATE of 48 KiB in 48 KiB of initcode": _create,
    "EXTCODECOPY of 24 KiB in 48 KiB of initcode": _extcodecopy,
    "SELFDESTRUCT in 48 KiB of initcode": _selfdestruct,
    "SLOAD, cold": lambda: _storage(0x54, (SLOT,)),
    "SSTORE, cold": lambda: _storage(0x55, (0, SLOT)),
    "TSTORE of zero": lambda: _storage(0x5D, (0, SLOT), transient=True),
    "RETURN of 48 KiB to the parent": _return_to_parent,
    "RETURN of 24 KiB of code": _return_from_create,
    "identity of 48 KiB": _identity,
    "MODEXP at 2^23 gas with 48 KiB": _modexp,
    BEFORE_OSAKA: lambda: _modexp(192, Fork.PRAGUE),
    "signature of P-256": lambda: _precompile(0x100, P256_SIGNED, 32),
    "pairing check of 128 pairs (BLS12-381)": _pairs,
    "sum of 307 products (BLS12-381, G1)": lambda: _products(0x0C, _point(0x10, 64)),
    "sum of 170 products (BLS12-381, G2)": lambda: _products(0x0E, _point(0x11, 128)),
    "access list, a slot": _access_entry,
    "authorisation of a delegated account": lambda: _authorization(designator(OTHER)),
    "authorisation of 24 KiB of code": lambda: _authorization(NOISE[:MAX_CODE]),
    "words of a batch's first block": lambda: _words(_FIRST),
    "words of a batch's first block, all zero": lambda: _words(replace(_FIRST, l1=L1Attributes(), l1_block=0)),
    "words of a later block": lambda: _words(replace(_FIRST, sequence_number=2**255)),
    "sender with 24 KiB of code": lambda: _sender(NOISE[:MAX_CODE]),
    "sender with a designator": lambda: _sender(designator(OTHER)),
    "fees": _end,
    "L1 data fee": _data_fee,
    "destruction": _destroy,
}


def hosts_of_cases() -> Callable[[str], PyEvmHost]:
    """Open the L1s that prove the cases, one of Osaka, and one of Prague for what that one cannot compute."""
    prague, osaka = PyEvmHost(Fork.PRAGUE), PyEvmHost()
    return lambda name: prague if name == BEFORE_OSAKA else osaka
