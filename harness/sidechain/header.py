"""Headers of QBFT blocks, as Besu writes them: an Ethereum header whose extra data hold the validators and their seals.

The extra data are the RLP of ``[vanity, validators, vote, round, seals]``. A block's hash leaves the round and the
seals out, so that it is the same in every round. What a validator seals leaves out the seals alone. In both, what is
left out is empty, not missing.

Source: Besu's documentation of QBFT, and its classes QbftExtraDataCodec and BftBlockHashing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from harness.chain.jsonrpc.local import BlockHeader
from harness.primitives.hashing import keccak256
from harness.primitives.rlp import Item, RlpError, decode, encode, minimal, to_bytes, to_int, to_list
from harness.primitives.signatures import recover_signer, signature_of, signer_of
from harness.sidechain.errors import BadValidators, HeaderRefused

QBFT_DIGEST = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
"""The mix hash of every block ("ctical byzantine fault tolerance")."""

DIFFICULTY = 1
"""The difficulty of every block."""

MAX_VALIDATORS = 255
"""Most validators that the light client counts: each has a seat of one byte, and 255 means none."""

_ADD = b"\xff"
_EXTRA_DATA = 12
"""The place of the extra data among a header's fields."""

_SEALED = "_sealed"
"""Where a header keeps what it was last with seals."""


@dataclass(frozen=True, slots=True)
class Vote:
    """A proposer's vote to add a validator, or to drop one. An address has 20 bytes."""

    candidate: bytes
    add: bool


@dataclass(frozen=True, slots=True)
class ExtraData:
    """What QBFT writes into a header: ``validators`` seal this block. A seal has 65 bytes: r, s, and v as 0 or 1.

    The vanity has 32 bytes. A light client takes it for the chain's domain: headers of two chains with the same
    validators are told apart by it.
    """

    vanity: bytes
    validators: tuple[bytes, ...]
    vote: Vote | None = None
    round: int = 0
    seals: tuple[bytes, ...] = ()

    def encode(self) -> bytes:
        """Return the RLP."""
        vote = [] if self.vote is None else [self.vote.candidate, _ADD if self.vote.add else b""]
        return encode([self.vanity, list(self.validators), vote, minimal(self.round), list(self.seals)])

    @classmethod
    def decode(cls, data: bytes) -> ExtraData:
        """Return what bytes hold; raises HeaderRefused."""
        try:
            vanity, validators, vote, round_, seals = to_list(decode(data), (5,))
            return cls(
                to_bytes(vanity, (32,)),
                tuple(to_bytes(each, (20,)) for each in to_list(validators)),
                _vote(vote),
                to_int(round_, 2**32),
                tuple(to_bytes(each, (65,)) for each in to_list(seals)),
            )
        except RlpError as problem:
            raise HeaderRefused(f"extra data 0x{data.hex()}: {problem}") from None


def check_count(count: int) -> None:
    """Raise BadValidators unless a chain can have so many validators."""
    if not 0 < count <= MAX_VALIDATORS:
        raise BadValidators(f"{count} validators, expected 1 to {MAX_VALIDATORS}")


def _vote(item: Item) -> Vote | None:
    parts = to_list(item, (0, 2))
    if not parts:
        return None
    choice = to_bytes(parts[1], (0, 1))
    if choice not in (b"", _ADD):
        raise RlpError(f"a vote is 0x{choice.hex()}, expected 0xff to add or nothing to drop")
    return Vote(to_bytes(parts[0], (20,)), choice == _ADD)


@dataclass(frozen=True, kw_only=True)
class Header(BlockHeader):
    """A header of QBFT: ``extra`` takes the place of the extra data."""

    extra: ExtraData

    @classmethod
    def of(cls, execution: BlockHeader, extra: ExtraData, parent_hash: bytes, proposer: bytes) -> Header:
        """Return the header of a block that a backend executed."""
        values = execution.__dict__
        return cls._new(
            {name: values[name] for name in BlockHeader.__dataclass_fields__},
            parent_hash=parent_hash,
            coinbase=proposer,
            difficulty=DIFFICULTY,
            mix_hash=QBFT_DIGEST,
            nonce=bytes(8),
            extra_data=b"",
            extra=extra,
        )

    @classmethod
    def decode(cls, data: bytes) -> Header:
        """Return the header that bytes encode.

        Raises HeaderRefused if they are not the one encoding of one, and BadValidators for none or too many validators.
        """
        try:
            items = to_list(decode(data), (20, 21))
            header = _read(cls, items)
        except RlpError as problem:
            raise HeaderRefused(f"header of {len(data)} bytes: {problem}") from None
        if header.difficulty != DIFFICULTY or header.mix_hash != QBFT_DIGEST or header.nonce != bytes(8):
            raise HeaderRefused(
                f"header {header.number}: difficulty {header.difficulty}, mix hash 0x{header.mix_hash.hex()} and nonce"
                f" 0x{header.nonce.hex()}, expected {DIFFICULTY}, 0x{QBFT_DIGEST.hex()} and 0x{bytes(8).hex()}"
            )
        check_count(len(header.extra.validators))
        return header

    def fields(self) -> list[bytes]:
        """Return the fields as bytes, in the order of the RLP."""
        fields = super().fields()
        fields[_EXTRA_DATA] = self.extra.encode()
        return fields

    @cached_property
    def hash(self) -> bytes:
        """The block's hash, which neither the round nor the seals change."""
        return self.digest if self.extra.round == 0 else self._hash_of(replace(self.extra, round=0, seals=()))

    @cached_property
    def digest(self) -> bytes:
        """What a validator seals: all but the seals."""
        return self._hash_of(replace(self.extra, seals=()) if self.extra.seals else self.extra)

    def _hash_of(self, extra: ExtraData) -> bytes:
        fields = super().fields()
        fields[_EXTRA_DATA] = extra.encode()
        return keccak256(encode(fields))

    def in_round(self, round_: int) -> Header:
        """Return the same block as another round proposes it, without seals."""
        if self.extra.round == round_ and not self.extra.seals:
            return self
        found = self._with(replace(self.extra, round=round_, seals=()))
        found.__dict__.pop("digest", None)  # it has the round in it
        return found

    def sealed(self, seals: tuple[bytes, ...]) -> Header:
        """Return the header with these seals; the same one as the last time if the seals are."""
        found: Header | None = self.__dict__.get(_SEALED)
        if found is None or found.extra.seals != seals:
            # Validators who share this header seal it alike, and a header is never changed.
            found = self.__dict__[_SEALED] = self._with(replace(self.extra, seals=seals))
        return found

    def _with(self, extra: ExtraData) -> Header:
        """Return the header with other extra data, and with the hashes that are known: neither has the seals in it."""
        found = self._new(self.__dict__, extra=extra)
        found.__dict__.pop(_SEALED, None)
        return found

    @classmethod
    def _new(cls, values: Mapping[str, Any], **others: Any) -> Header:
        """Return the header with these values: `replace` and the initializer would hand over 22 fields one by one."""
        found = object.__new__(cls)
        found.__dict__.update(values, **others)
        return found

    def sealed_by(self, keys: Iterable[bytes]) -> Header:
        """Return the header with the seals of these private keys, in the order of their addresses."""
        ordered = sorted(keys, key=signer_of)
        return self.sealed(tuple(seal(key, self.digest) for key in ordered))

    def signers(self) -> tuple[bytes | None, ...]:
        """Return who made each seal; None for a seal that nobody made, such as one with a high s."""
        return tuple(signer(self.digest, seal) for seal in self.extra.seals)


_KEPT = 4_096
_made: dict[tuple[bytes, bytes], bytes] = {}
"""Seals that this process has made, with their keys: recovering their makers would take most of a block's time."""


def seal(key: bytes, digest: bytes) -> bytes:
    """Return a private key's seal on a digest."""
    made = signature_of(key, digest)
    if len(_made) > _KEPT:
        _made.clear()
    _made[digest, made] = key
    return made


@lru_cache(maxsize=4_096)
def signer(digest: bytes, sealed: bytes) -> bytes | None:
    """Return who made a seal of 65 bytes on a digest; None if nobody did. Each validator asks the same."""
    if len(sealed) != 65:
        return None
    if (key := _made.get((digest, sealed))) is not None:
        return signer_of(key)
    r, s = int.from_bytes(sealed[:32], "big"), int.from_bytes(sealed[32:64], "big")
    return recover_signer(digest, sealed[64], r, s)


def executed(block: Mapping[str, Any]) -> BlockHeader:
    """Return the header that a node's ``eth_getBlockByNumber`` answers with."""

    def number(name: str) -> int:
        return int(block[name], 16)

    def data(name: str) -> bytes:
        return bytes.fromhex(block[name][2:])

    return BlockHeader(
        number=number("number"),
        parent_hash=data("parentHash"),
        state_root=data("stateRoot"),
        coinbase=data("miner"),
        mix_hash=data("mixHash"),
        gas_limit=number("gasLimit"),
        gas_used=number("gasUsed"),
        timestamp=number("timestamp"),
        base_fee=number("baseFeePerGas"),
        transaction_root=data("transactionsRoot"),
        receipt_root=data("receiptsRoot"),
        bloom=int.from_bytes(data("logsBloom"), "big"),
        withdrawals_root=data("withdrawalsRoot"),
        blob_gas_used=number("blobGasUsed"),
        excess_blob_gas=number("excessBlobGas"),
        parent_beacon_block_root=data("parentBeaconBlockRoot"),
        requests_hash=data("requestsHash") if "requestsHash" in block else None,
    )


def _read(cls: type[Header], items: list[Item]) -> Header:
    hashes = [to_bytes(items[at], (32,)) for at in (0, 1, 3, 4, 5)]
    numbers = [to_int(item, 2**64) for item in items[7:12]]
    return cls(
        parent_hash=hashes[0],
        uncles_hash=hashes[1],
        coinbase=to_bytes(items[2], (20,)),
        state_root=hashes[2],
        transaction_root=hashes[3],
        receipt_root=hashes[4],
        bloom=int.from_bytes(to_bytes(items[6], (256,)), "big"),
        difficulty=numbers[0],
        number=numbers[1],
        gas_limit=numbers[2],
        gas_used=numbers[3],
        timestamp=numbers[4],
        extra=ExtraData.decode(to_bytes(items[_EXTRA_DATA])),
        mix_hash=to_bytes(items[13], (32,)),
        nonce=to_bytes(items[14], (8,)),
        base_fee=to_int(items[15]),
        withdrawals_root=to_bytes(items[16], (32,)),
        blob_gas_used=to_int(items[17], 2**64),
        excess_blob_gas=to_int(items[18], 2**64),
        parent_beacon_block_root=to_bytes(items[19], (32,)),
        requests_hash=to_bytes(items[20], (32,)) if len(items) == 21 else None,
    )
