"""Transactions from their bytes, against eth-account and the rlp package; prices of precompiles and of transactions."""

from __future__ import annotations

import random
from typing import Any

import pytest
import rlp
from eth_account import Account
from eth_keys.constants import SECPK1_N
from eth_utils import to_checksum_address

from harness.primitives.hashing import keccak256
from harness.rollup.errors import InvalidTransaction
from harness.rollup.machine.validity import decode

KEY = "0x" + "11" * 32
TO = to_checksum_address("0x" + "ab" * 20)


def _access(entries: list[tuple[str, list[int]]]) -> list[dict[str, Any]]:
    return [{"address": who, "storageKeys": [f"0x{slot:064x}" for slot in slots]} for who, slots in entries]


LIST = _access(
    [(TO, [1, 2]), (to_checksum_address("0x" + "cd" * 20), []), (to_checksum_address("0x" + "ef" * 20), [2**255])]
)
TRANSACTIONS: dict[str, dict[str, Any]] = {
    "protected": {"gasPrice": 7, "chainId": 901, "to": TO},
    "unprotected": {"gasPrice": 7, "to": TO},
    "creation": {"gasPrice": 2**100, "chainId": 901, "data": b"\x60" * 300},
    "type 1": {"type": 1, "gasPrice": 7, "chainId": 901, "to": TO, "accessList": LIST},
    "type 2": {"type": 2, "maxFeePerGas": 9, "maxPriorityFeePerGas": 2, "chainId": 901, "to": TO, "accessList": LIST},
    "type 4": {
        "type": 4,
        "maxFeePerGas": 9,
        "maxPriorityFeePerGas": 2,
        "chainId": 901,
        "to": TO,
        "accessList": LIST,
        "authorizationList": [
            {"chainId": 901, "address": TO, "nonce": 2**64 - 1, "yParity": 1, "r": 2**256 - 1, "s": 5},
            {"chainId": 0, "address": "0x" + "00" * 20, "nonce": 0, "yParity": 0, "r": 0, "s": 2**255},
        ],
    },
    "type 2, plain": {"type": 2, "maxFeePerGas": 9, "maxPriorityFeePerGas": 0, "chainId": 2**60, "to": TO},
}


def _raw(fields: dict[str, Any]) -> bytes:
    base = {"nonce": 5, "gas": 100_000, "value": 10**18, "data": b"\x00\x01" * 30}
    return bytes(Account.sign_transaction({**base, **fields}, KEY).raw_transaction)


def _chain(entries: list[dict[str, Any]], authorizations: list[dict[str, Any]]) -> bytes:
    flat: list[tuple[str, int, int]] = []
    for entry in entries:
        flat.append((entry["address"], 0, 0))
        flat += [(entry["address"], 1, int(slot, 16)) for slot in entry["storageKeys"]]
    chain = bytes(32)
    for who, kind, slot in reversed(flat):
        words = [10, int.from_bytes(chain, "big"), int(who, 16), kind, slot]
        chain = keccak256(b"".join(word.to_bytes(32, "big") for word in words))
    for tuple_ in reversed(authorizations):
        numbers = (int(v, 16) if isinstance(v, str) else v for v in tuple_.values())
        words = [19, int.from_bytes(chain, "big"), *numbers]
        chain = keccak256(b"".join(word.to_bytes(32, "big") for word in words))
    return chain


@pytest.mark.parametrize("name", TRANSACTIONS)
def test_decode_signed_transaction_succeeds(probe: Any, name: str) -> None:
    fields = TRANSACTIONS[name]
    valid, signed, sender = probe.decode(_raw(fields))
    got = dict(zip(signed.names, signed, strict=True))

    assert valid
    assert sender == Account.from_key(KEY).address
    assert got["nonce"] == 5 and got["gasLimit"] == 100_000 and got["value"] == 10**18
    assert got["maxFee"] == fields.get("maxFeePerGas", fields.get("gasPrice"))
    assert got["maxPriorityFee"] == fields.get("maxPriorityFeePerGas", fields.get("gasPrice"))
    assert got["chainId"] == fields.get("chainId", 0)
    assert got["isUnprotected"] == ("chainId" not in fields)
    assert got["isCreation"] == ("to" not in fields)
    assert got["to"].lower() == fields.get("to", "0x" + "00" * 20).lower()
    assert got["data"] == fields.get("data", b"\x00\x01" * 30)
    authorizations = fields.get("authorizationList", [])
    assert got["pending"] == _chain(fields.get("accessList", []), authorizations)
    slots = sum(len(entry["storageKeys"]) for entry in fields.get("accessList", []))
    assert got["pendingGas"] == 2400 * len(fields.get("accessList", [])) + 1900 * slots + 25_000 * len(authorizations)


def _items(raw: bytes) -> list[Any]:
    return list(rlp.decode(raw, strict=False)) if raw[0] >= 0xC0 else list(rlp.decode(raw[1:], strict=False))


def _with(name: str, place: int, value: Any) -> bytes:
    """Return a transaction with one of its items replaced, signature and all."""
    raw = _raw(TRANSACTIONS[name])
    items = _items(raw)
    items[place] = value
    return (b"" if raw[0] >= 0xC0 else raw[:1]) + bytes(rlp.encode(items))


BAD: dict[str, bytes] = {
    "no bytes": b"",
    "a string": b"\x80",
    "type 3": b"\x03" + _raw(TRANSACTIONS["type 2"])[1:],
    "type 0x7f": b"\x7f" + _raw(TRANSACTIONS["type 2"])[1:],
    "a trailing byte": _raw(TRANSACTIONS["protected"]) + b"\x00",
    "a missing byte": _raw(TRANSACTIONS["protected"])[:-1],
    "a field too few": rlp.encode(_items(_raw(TRANSACTIONS["protected"]))[:-1]),
    "a field too many": rlp.encode([*_items(_raw(TRANSACTIONS["protected"])), b""]),
    "a leading zero": _with("protected", 0, b"\x00\x05"),
    "zero as a byte": _with("protected", 0, b"\x00"),
    "a nonce of 2^64": _with("protected", 0, b"\x01" + bytes(8)),
    "a gas limit of 2^64": _with("protected", 2, b"\x01" + bytes(8)),
    "a value of 33 bytes": _with("protected", 4, b"\x01" + bytes(32)),
    "a short address": _with("protected", 3, b"\x01" * 19),
    "a long address": _with("protected", 3, b"\x01" * 21),
    "a list as an address": _with("protected", 3, []),
    "a list as data": _with("protected", 5, [b"\x01"]),
    "v of 29": _with("protected", 6, b"\x1d"),
    "v of 34": _with("protected", 6, b"\x22"),
    "parity 2": _with("type 2", 9, b"\x02"),
    "no authorisation": _with("type 4", 9, []),
    "authorisations that are a string": _with("type 4", 9, b"\x01"),
    "an authorisation of five items": _with("type 4", 9, [[b"", b"\x01" * 20, b"", b"", b""]]),
    "an authorisation of seven items": _with("type 4", 9, [[b"", b"\x01" * 20, b"", b"", b"", b"", b""]]),
    "an authorisation with a short address": _with("type 4", 9, [[b"", b"\x01" * 19, b"", b"", b"", b""]]),
    "an authorisation with a nonce of 2^64": _with(
        "type 4", 9, [[b"", b"\x01" * 20, b"\x01" + bytes(8), b"", b"", b""]]
    ),
    "an authorisation with a parity of 256": _with("type 4", 9, [[b"", b"\x01" * 20, b"", b"\x01\x00", b"", b""]]),
    "authorisations and a creation": _with("type 4", 5, b""),
    "an access list that is a string": _with("type 2", 8, b"\x01"),
    "an entry of one item": _with("type 2", 8, [[b"\x01" * 20]]),
    "an entry of three items": _with("type 2", 8, [[b"\x01" * 20, [], []]]),
    "an entry with a short address": _with("type 2", 8, [[b"\x01" * 19, []]]),
    "an entry with a short slot": _with("type 2", 8, [[b"\x01" * 20, [b"\x01" * 31]]]),
    "a long form for a short list": b"\xf8\x09" + bytes(rlp.encode([b"\x01"] * 9))[1:],
    "a length with a leading zero": b"\xf9\x00" + _raw(TRANSACTIONS["protected"])[1:],
    "a byte in the long form": b"\xca\x81\x05" + b"\x01" * 8,
}


@pytest.mark.parametrize("name", BAD)
def test_decode_malformed_transaction_is_refused(probe: Any, name: str) -> None:
    assert probe.decode(BAD[name])[0] is False


@pytest.mark.parametrize("seed", range(6))
def test_decode_any_bytes_never_reverts(probe: Any, seed: int) -> None:
    rng = random.Random(seed)
    raw = bytearray(_raw(TRANSACTIONS[rng.choice(sorted(TRANSACTIONS))]))
    for _ in range(rng.randrange(1, 4)):
        raw[rng.randrange(len(raw))] = rng.randrange(256)
    probe.decode(bytes(raw))
    probe.decode(rng.randbytes(rng.randrange(1, 200)))


@pytest.mark.parametrize(("r", "s"), [(0, 1), (SECPK1_N, 1), (1, 0), (1, SECPK1_N // 2 + 1), (2**256 - 1, 1)], ids=str)
def test_recover_signature_out_of_range_gives_nobody(probe: Any, r: int, s: int) -> None:
    items = _items(_raw(TRANSACTIONS["protected"]))
    items[7:9] = [n.to_bytes(32, "big").lstrip(b"\x00") for n in (r, s)]
    valid, _, sender = probe.decode(rlp.encode(items))
    assert valid and int(sender, 16) == 0


@pytest.mark.parametrize("size", [0, 1, 31, 32, 33, 500])
@pytest.mark.parametrize("is_creation", [False, True])
def test_intrinsic_gas_counts_bytes(probe: Any, size: int, is_creation: bool) -> None:
    rng = random.Random(size)
    data = bytes(rng.choice((0, 1, 0x7F, 0x80, 0xFF)) for _ in range(size))
    expected = 21_000 + sum(16 if byte else 4 for byte in data)
    expected += (32_000 + 2 * (-(-size // 32))) if is_creation else 0
    assert probe.intrinsicGas(data, is_creation) == expected


def _spoiled(rng: random.Random) -> bytes:
    """A signed transaction with one of its items, or one or two of its bytes, changed."""
    raw = _raw(TRANSACTIONS[rng.choice(sorted(TRANSACTIONS))])
    if rng.random() < 0.4:
        items = _items(raw)
        place = rng.randrange(len(items))
        items[place] = rng.choice(([], b"", b"\x00", b"\x01", rng.randbytes(rng.choice((8, 9, 19, 20, 32, 33)))))
        return (b"" if raw[0] >= 0xC0 else raw[:1]) + bytes(rlp.encode(items))
    data = bytearray(raw)
    for _ in range(rng.randrange(1, 3)):
        place = rng.choice((rng.randrange(8), rng.randrange(len(data))))
        how = rng.randrange(3)
        if how == 0:
            data[place] ^= 1 << rng.randrange(8)
        elif how == 1:
            data.insert(place, rng.randrange(256))
        else:
            del data[place]
    return bytes(data)


@pytest.mark.parametrize("seed", range(8))
def test_decode_agrees_with_the_rules_in_python(probe: Any, seed: int) -> None:
    """Both implementations take the same bytes for a transaction of chain 901, and recover the same sender."""
    rng = random.Random(1000 + seed)
    for _ in range(25):
        raw = _spoiled(rng)
        valid, signed, sender = probe.decode(raw)
        is_taken = valid and int(sender, 16) != 0 and (signed.isUnprotected or signed.chainId == 901)
        try:
            expected = decode(raw, 901)
        except InvalidTransaction:
            assert not is_taken, raw.hex()
        else:
            assert is_taken, raw.hex()
            assert expected.sender == bytes.fromhex(sender[2:])
