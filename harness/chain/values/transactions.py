"""Ethereum transactions as plain values: encode, sign, decode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from rlp import DecodingError
from rlp import decode as decode_rlp

from harness.chain.values.refusals import BadSignature, MalformedTransaction
from harness.chain.values.rules import GAS_PER_BLOB
from harness.chain.values.value_errors import NotBytes, OutOfRange
from harness.primitives.addresses import checksum_address
from harness.primitives.hashing import keccak256
from harness.primitives.rlp import Encodable, minimal
from harness.primitives.rlp import encode as encode_rlp
from harness.primitives.signatures import HALF_ORDER, recover_signer, sign_digest, signer_of

TX_GAS_CAP = 2**24
"""The most gas one transaction may ask for (EIP-7825): consensus since Osaka, and the harness's own rule on Prague."""

PLAIN_GAS = 21_000
"""What a transaction without data, access list or creation costs at least."""

LAST_NONCE = 2**64 - 1
"""A nonce that no transaction may have (EIP-2681)."""

AccessList = tuple[tuple[bytes, tuple[int, ...]], ...]
Authorization = tuple[int, bytes, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction of any type, signed or not.

    ``chain_id`` is None for an unprotected legacy transaction. Legacy and access-list transactions have equal
    ``max_fee`` and ``priority_fee``: their gas price. ``to`` is None for a contract creation. Fees are wei per gas.
    """

    type_id: int
    chain_id: int | None
    nonce: int
    priority_fee: int
    max_fee: int
    gas: int
    to: bytes | None
    value: int
    data: bytes
    access_list: AccessList = ()
    max_blob_fee: int = 0
    blob_hashes: tuple[bytes, ...] = ()
    authorizations: tuple[Authorization, ...] = ()
    y_parity: int = 0
    r: int = 0
    s: int = 0

    @property
    def intrinsic_gas(self) -> int:
        """The least gas limit that Prague accepts: the cost of the bytes, or EIP-7623's floor if that is higher."""
        return max(self.execution_cost, self.floor_cost)

    @property
    def floor_cost(self) -> int:
        """What the transaction is charged at least for its data (EIP-7623), in gas."""
        return PLAIN_GAS + 10 * self._tokens

    @property
    def _tokens(self) -> int:
        return 4 * len(self.data) - 3 * self.data.count(0)

    @property
    def execution_cost(self) -> int:
        """What the bytes of the transaction cost before its code runs, in gas."""
        cost = PLAIN_GAS + 4 * self._tokens
        if self.to is None:
            cost += 32_000 + self.initcode_cost
        cost += sum(2_400 + 1_900 * len(slots) for _, slots in self.access_list)
        return cost + 25_000 * len(self.authorizations)

    @property
    def initcode_cost(self) -> int:
        """The part of `execution_cost` that a creation pays for the length of its code (EIP-3860), in gas."""
        return 2 * ((len(self.data) + 31) // 32) if self.to is None else 0

    @property
    def highest_cost(self) -> int:
        """Wei that the sender must hold: gas at the highest fee, and the value."""
        return self.gas * self.max_fee + self.value + len(self.blob_hashes) * GAS_PER_BLOB * self.max_blob_fee


@dataclass(frozen=True, slots=True)
class Sent:
    """A signed transaction with its bytes, hash and sender.

    ``wire`` has the sidecar of its blobs, if one was given. ``extra`` is what JSON-RPC shows of a type that L1 has not.
    """

    tx: Transaction
    raw: bytes
    hash: bytes
    sender: bytes
    wire: bytes | None = None
    extra: Mapping[str, Any] | None = None


class Unsigned(NamedTuple):
    """A call as the transaction that nobody signs. It has no bytes until something asks for them."""

    tx: Transaction
    sender: bytes

    def marked(self) -> Sent:
        """Return what `impersonate` makes of it."""
        return impersonate(self.tx, self.sender)


# Fields of a typed transaction's RLP list, signature apart. A legacy one lacks chain id and access list.
#   1: chain_id nonce gas_price                gas to value data access_list
#   2: chain_id nonce priority_fee max_fee     gas to value data access_list
#   3: as 2, then max_blob_fee blob_hashes
#   4: as 2, then authorizations


def _payload(tx: Transaction) -> list[Encodable]:
    fees = [tx.max_fee] if tx.type_id < 2 else [tx.priority_fee, tx.max_fee]
    numbers = map(minimal, (tx.nonce, *fees, tx.gas))
    middle: list[Encodable] = [*numbers, tx.to or b"", minimal(tx.value), tx.data]
    if tx.type_id == 0:
        return middle
    slots: list[Encodable] = [
        [address, [slot.to_bytes(32, "big") for slot in keys_]] for address, keys_ in tx.access_list
    ]
    fields: list[Encodable] = [minimal(tx.chain_id or 0), *middle, slots]
    if tx.type_id == 3:
        fields += [minimal(tx.max_blob_fee), tx.blob_hashes]
    if tx.type_id == 4:
        fields.append([_authorization_fields(item) for item in tx.authorizations])
    return fields


def _authorization_fields(item: Authorization) -> list[Encodable]:
    chain_id, delegate, *numbers = item
    return [minimal(chain_id), delegate, *map(minimal, numbers)]


def signing_hash(tx: Transaction) -> bytes:
    """Return the 32 bytes that the sender signs (EIP-155 for type 0, EIP-2718 for others)."""
    fields = _payload(tx)
    if tx.type_id == 0:
        if tx.chain_id is not None:
            fields += [minimal(tx.chain_id), b"", b""]
        return keccak256(encode_rlp(fields))
    return keccak256(bytes([tx.type_id]) + encode_rlp(fields))


def encode(tx: Transaction) -> bytes:
    """Return the bytes of the signed transaction (EIP-2718)."""
    fields = _payload(tx)
    if tx.type_id == 0:
        offset = 27 if tx.chain_id is None else 35 + 2 * tx.chain_id
        return encode_rlp([*fields, *map(minimal, (tx.y_parity + offset, tx.r, tx.s))])
    return bytes([tx.type_id]) + encode_rlp([*fields, *map(minimal, (tx.y_parity, tx.r, tx.s))])


def sign(tx: Transaction, key: bytes, sender: bytes | None = None) -> Sent:
    """Sign a transaction; a given ``sender`` saves deriving the address from the key."""
    y_parity, r, s = sign_digest(key, signing_hash(tx))
    signed = replace(tx, y_parity=y_parity, r=r, s=s)
    raw = encode(signed)
    return Sent(signed, raw, keccak256(raw), sender or signer_of(key))


def impersonate(tx: Transaction, sender: bytes) -> Sent:
    """Put a mark in place of a signature: r is the sender and s is 0, which no curve point gives.

    The bytes carry their sender, so a block that holds them can be replayed. Only a backend's own method admits them;
    `decode` refuses them by default.
    """
    if tx.type_id == 0:
        raise MalformedTransaction("an impersonated transaction needs a type")
    marked = replace(tx, y_parity=0, r=int.from_bytes(sender, "big"), s=0)
    raw = encode(marked)
    return Sent(marked, raw, keccak256(raw), sender)


def decode(raw: bytes, *, impersonated: bool = False) -> Sent:
    """Read a signed transaction and recover its sender.

    With ``impersonated``, the marks of `impersonate` pass too. Raises MalformedTransaction and BadSignature.
    """
    tx = _parse(raw)
    if impersonated and tx.s == 0 and tx.type_id != 0:
        return Sent(tx, raw, keccak256(raw), tx.r.to_bytes(20, "big"))
    if not 0 < tx.s <= HALF_ORDER:
        raise BadSignature(f"s is {tx.s:#x}, expected 1 to {HALF_ORDER:#x} (EIP-2)")
    sender = recover_signer(signing_hash(tx), tx.y_parity, tx.r, tx.s)
    if sender is None:
        raise BadSignature(f"r is {tx.r:#x}, expected one that belongs to a key")
    return Sent(tx, raw, keccak256(raw), sender)


def _parse(raw: bytes) -> Transaction:
    if not raw:
        raise MalformedTransaction("it is empty")
    try:
        if raw[0] >= 0xC0:
            return _parse_legacy(decode_rlp(raw))
        if raw[0] not in (1, 2, 3, 4):
            raise MalformedTransaction(f"type {raw[0]} is none of 0 to 4")
        return _parse_typed(raw[0], decode_rlp(raw[1:]))
    except (DecodingError, ValueError, TypeError, IndexError) as error:
        raise MalformedTransaction(str(error)) from error


def _parse_legacy(fields: Sequence[bytes]) -> Transaction:
    _expect_length(fields, 9)
    nonce, price, gas = (_uint(item) for item in fields[:3])
    value, v, r, s = _uint(fields[4]), _uint(fields[6]), _uint(fields[7]), _uint(fields[8])
    if v in (27, 28):
        chain_id, y_parity = None, v - 27
    elif v >= 35:
        chain_id, y_parity = (v - 35) // 2, (v - 35) % 2
    else:
        raise BadSignature(f"v is {v}, expected 27, 28 or at least 35")
    return Transaction(
        0, chain_id, nonce, price, price, gas, _to(fields[3]), value, bytes(fields[5]), y_parity=y_parity, r=r, s=s
    )


def _parse_typed(type_id: int, fields: Sequence[Any]) -> Transaction:
    _expect_length(fields, {1: 11, 2: 12, 3: 14, 4: 13}[type_id])
    if type_id == 1:
        chain_id, nonce, max_fee, gas = (_uint(item) for item in fields[:4])
        priority_fee, rest = max_fee, fields[4:]
    else:
        chain_id, nonce, priority_fee, max_fee, gas = (_uint(item) for item in fields[:5])
        rest = fields[5:]
    y_parity, r, s = (_uint(item) for item in fields[-3:])
    if y_parity > 1:
        raise BadSignature(f"y parity is {y_parity}, expected 0 or 1")
    tx = Transaction(
        type_id, chain_id, nonce, priority_fee, max_fee, gas, _to(rest[0]), _uint(rest[1]), bytes(rest[2]),
        access_list=tuple(
            (_address(address), tuple(int.from_bytes(_word(slot), "big") for slot in slots))
            for address, slots in rest[3]  
        ),
        y_parity=y_parity, r=r, s=s,
    )  # fmt: skip
    if type_id == 3:
        return replace(tx, max_blob_fee=_uint(rest[4]), blob_hashes=tuple(_word(item) for item in rest[5]))
    if type_id == 4:
        return replace(tx, authorizations=tuple(_authorization(item) for item in rest[4]))
    return tx


def _authorization(item: Sequence[bytes]) -> Authorization:
    """Return a tuple of a set-code transaction; one whose fields are too long makes the whole transaction invalid."""
    _expect_length(item, 6)
    nonce, y_parity = _uint(item[2], 8), _uint(item[3], 1)
    return (_uint(item[0]), _address(item[1]), nonce, y_parity, _uint(item[4]), _uint(item[5]))


def _expect_length(fields: object, length: int) -> None:
    if not isinstance(fields, (list, tuple)) or len(fields) != length:
        actual = len(fields) if isinstance(fields, (list, tuple)) else "no list"
        raise MalformedTransaction(f"{actual} fields, expected {length}")


def _uint(item: bytes, size: int = 32) -> int:
    if not isinstance(item, bytes) or len(item) > size or item[:1] == b"\0":
        raise MalformedTransaction(f"{item!r} is not a canonical integer of at most {size} bytes")
    return int.from_bytes(item, "big")


def _address(item: bytes) -> bytes:
    if not isinstance(item, bytes) or len(item) != 20:
        raise MalformedTransaction(f"{item!r} is not an address of 20 bytes")
    return item


def _word(item: bytes) -> bytes:
    if not isinstance(item, bytes) or len(item) != 32:
        raise MalformedTransaction(f"{item!r} is not a word of 32 bytes")
    return item


def _to(item: bytes) -> bytes | None:
    return None if item == b"" else _address(item)


def contract_address(sender: bytes, nonce: int) -> bytes:
    """Return the address of the contract that ``sender`` creates with ``nonce``."""
    return keccak256(encode_rlp([sender, minimal(nonce)]))[12:]


def create_address(sender: bytes, nonce: int) -> str:
    """Return what `contract_address` returns, as text."""
    return checksum_address(contract_address(sender, nonce))


_BITS = {"nonce": 64, "gas": 64, "priority_fee": 256, "max_fee": 256, "value": 256, "max_blob_fee": 256}


def check_number(name: str, value: object, bits: int) -> None:
    """Raise OutOfRange unless ``value`` is a whole number of at most ``bits`` bits."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**bits:
        raise OutOfRange(name, value, bits)


def check_numbers(tx: Transaction) -> None:
    """Raise OutOfRange for a field that a transaction's encoding does not hold."""
    for name, bits in _BITS.items():
        check_number(name, getattr(tx, name), bits)
    check_authorizations(tx.authorizations)


def check_authorizations(listed: Sequence[Authorization]) -> None:
    """Raise OutOfRange for a number that the encoding of an authorisation does not hold."""
    for chain_id, _, nonce, y_parity, r, s in listed:
        named = {
            "chain id": (chain_id, 256),
            "nonce": (nonce, 64),
            "y parity": (y_parity, 8),
            "r": (r, 256),
            "s": (s, 256),
        }
        for name, (value, bits) in named.items():
            check_number(f"{name} of an authorization", value, bits)


def as_bytes(name: str, value: object) -> bytes:
    """Return bytes from bytes or from hex text; raises NotBytes."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if not isinstance(value, str):
        raise NotBytes(name, value)
    try:
        return bytes.fromhex(value.removeprefix("0x"))
    except ValueError:
        raise NotBytes(name, value) from None
