"""The promise: every step of every L2 transaction fits into one L1 transaction, the worst ones included.

Each case is a transaction really sent to the prover on L1 under Prague's rules: it must use less than 2^24 gas
(EIP-7825; the calldata floor of EIP-7623 included) and be shorter than the 128 KiB that clients' pools take.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import rlp
from eth_utils import to_checksum_address

from harness.primitives.bls12 import BLS12_PRECOMPILES
from harness.primitives.delegation import designator
from harness.primitives.hashing import Tag, keccak256, tagged_hash, word
from harness.proofs.hosts import PyEvmHost, verify_calldata
from harness.proofs.machine import Kind, Phase
from harness.proofs.memory import LEVELS
from harness.proofs.samples.delegation import AUTHORITY, authorization, authorization_fields
from harness.proofs.samples.programs import P256_SIGNED
from harness.proofs.witness import Witness, to_words
from harness.rollup.codec.messages import L1Attributes
from harness.rollup.forks import FORKS, Fork
from harness.rollup.machine.chains import Authorization
from harness.rollup.machine.environment import Env, Ring
from harness.rollup.machine.execution import contract_address
from harness.rollup.machine.machine import Cursor
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
    halted,
    scratch_key,
)

MAX_GAS = 2**24
MAX_BYTES = 128 * 1024
ENVELOPE = 250
"""More than a transaction adds to its calldata: fields, list headers, signature."""

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


def _differ(*addresses: bytes) -> bool:
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
    coinbase = next(a for a in (bytes([n]) * 20 for n in range(1, 99)) if _differ(a, b"\x0a" * 20))
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
    deep = [
        DeepTrie({keccak256(word(slot)): bytes(rlp.encode(2**256 - 1)) for slot, _ in writes})
        for _, writes in writes_of(env, bytes(32))
    ]
    return _told(*deep, env)


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


@pytest.fixture(scope="module")
def host() -> PyEvmHost:
    return PyEvmHost()


def hosts_of_cases() -> Callable[[str], PyEvmHost]:
    """Open the L1s that prove the cases, one of Osaka, and one of Prague for what that one cannot compute."""
    prague, osaka = PyEvmHost(Fork.PRAGUE), PyEvmHost()
    return lambda name: prague if name == BEFORE_OSAKA else osaka


@pytest.fixture(scope="module")
def hosts() -> Callable[[str], PyEvmHost]:
    return hosts_of_cases()


@cache
def _built(name: str) -> tuple[bytes, bytes]:
    return CASES[name]().build()


def _measure(host: PyEvmHost, pre_hash: bytes, index: int, end_batch: int, witness: bytes) -> tuple[int, int]:
    """Return gas and bytes of a real transaction that proves the step."""
    size = len(verify_calldata(pre_hash, index, end_batch, witness)) + ENVELOPE
    return host.gas_of(pre_hash, index, end_batch, witness), size


@pytest.mark.parametrize("name", CASES)
def test_worst_step_fits_into_one_transaction(
    hosts: Callable[[str], PyEvmHost], record_property: Any, name: str
) -> None:
    pre_hash, witness = _built(name)
    gas, size = _measure(hosts(name), pre_hash, 1, 1, witness)
    record_property("gas", gas)
    record_property("bytes", size)
    assert gas < MAX_GAS
    assert size < MAX_BYTES


def _siblings(first: int, last: int) -> tuple[int, int]:
    """How many siblings a read opening of these words has, and a write opening."""
    read = write = 0
    for _ in range(LEVELS):
        read += first % 2 + (last % 2 == 0)
        write += 1 if first == last else 0 if first ^ 1 == last else 2
        first, last = first // 2, last // 2
    return read, write


def test_no_longest_range_has_a_longer_opening_than_the_cases_have() -> None:
    """Of all places in the memory that a transaction can pay for, so that an offset needs no bound."""
    words = RANGE // 32 + 1
    every = [_siblings(first, first + words - 1) for first in range(MEMORY_WORDS - words)]
    first, last = WORST // 32, (WORST + RANGE - 1) // 32
    assert last - first + 1 == words and WORST % 32
    assert _siblings(first, last) == (max(read for read, _ in every), max(write for _, write in every)) == (28, 38)
    memory = filled_memory()
    assert len(memory.open_read(first, last)) == words + 28
    assert len(memory.open_write(first, last)) == 2 + 38


def test_worst_step_is_not_a_halt(hosts: Callable[[str], PyEvmHost]) -> None:
    """The cases measure what they say: none of them ends in an exceptional halt, which would be cheap."""
    for name in CASES:
        pre_hash, witness = _built(name)
        assert hosts(name).verify(pre_hash, 1, 1, witness) != _halted(CASES[name]()), name


def _halted(scene: Scene) -> bytes:
    """The hash of the machine if the scene's top frame halted; nothing for a scene in which no top frame runs."""
    if scene.phase is not Phase.EXECUTE or scene.parent is not None:
        return b""
    return halted(scene.machine())


def _input_witness(host: PyEvmHost, raw: bytes, sender: bytes, target: bytes, code: bytes) -> tuple[bytes, int, bytes]:
    data = b"\x00" + len(raw).to_bytes(3, "big") + raw
    data += NOISE[: 98_304 - len(data)] + NOISE[: max(0, 98_304 - len(data) - len(NOISE))]
    batch = host.post(data)
    state = DeepTrie({keccak256(sender): account(nonce=0), keccak256(target): account(code=code)})
    env = Env(9, 99, b"\xc0" * 20, GAS, b"\x0f" * 32, 7, 1, 901, 3, fork=FORKS[-1], base_fee_scalar=1)
    cursor = Cursor(batch.index, True, 0, budget=GAS)
    words = (
        state.root, cursor.batch, 1, 0, 0, 0, cursor.budget, env.hash, Ring().root, bytes(32), bytes(32),
    )  # fmt: skip
    witness = Witness(
        machine=to_words(words),
        env=to_words(env.words()),
        data=data,
        input=to_words(batch.words()),
        nodes=tuple(state.nodes),
    )
    return tagged_hash(Tag.MACHINE, *words), batch.index, witness.encode()


@pytest.mark.parametrize(
    "shape",
    ["data", "access list of slots", "access list of addresses", "authorisations", "authorisations beyond the gas"],
)
def test_worst_input_fits_into_one_transaction(host: PyEvmHost, record_property: Any, shape: str) -> None:
    """A full batch whose first item is the longest transaction."""
    from eth_account import Account

    signers = (Account.from_key(bytes([n]) * 32) for n in range(1, 99))
    signer = next(s for s in signers if _differ(bytes.fromhex(s.address[2:]), OTHER))
    fields: dict[str, Any] = {
        "type": 2, "chainId": 901, "nonce": 0, "gas": GAS, "maxFeePerGas": 99, "maxPriorityFeePerGas": 1,
        "to": OTHER, "value": 1, "data": b"", "accessList": [],
    }  # fmt: skip
    if shape == "data":
        fields["data"] = NOISE + NOISE[: 50_000 - len(NOISE) - 130]
    elif shape == "access list of slots":
        keys = [f"0x{n:064x}" for n in range(1500)]
        fields["accessList"] = [{"address": to_checksum_address(OTHER), "storageKeys": keys}]
    elif shape == "authorisations":
        # As many as the gas of a transaction buys, each as long as it can be, and data behind them.
        given = Authorization(2**256 - 1, OTHER, 2**64 - 1, 1, 2**256 - 1, 2**256 - 1)
        fields |= {"type": 4, "authorizationList": [authorization_fields(given)] * ((GAS - 51_000) // 25_000)}
        fields["data"] = bytes(5_500)
    elif shape == "authorisations beyond the gas":
        # Decoded all the same, before the gas limit is found too low.
        given = Authorization(0, OTHER, 0, 0, 0, 0)
        fields |= {"type": 4, "authorizationList": [authorization_fields(given)] * 1_840}
    else:
        addresses = [to_checksum_address(random.Random(n).randbytes(20)) for n in range(2100)]
        fields["accessList"] = [{"address": address, "storageKeys": []} for address in addresses]
    raw = bytes(signer.sign_transaction(fields).raw_transaction)
    assert 46_000 < len(raw) <= 50_000
    pre_hash, index, witness = _input_witness(host, raw, bytes.fromhex(signer.address[2:]), OTHER, b"\x00")

    gas, size = _measure(host, pre_hash, index << 24, index + 1, witness)
    record_property("gas", gas)
    record_property("bytes", size)
    assert host.verify(pre_hash, index << 24, index + 1, witness) != pre_hash
    assert gas < MAX_GAS
    assert size < MAX_BYTES
