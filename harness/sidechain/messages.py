"""What validators say to each other about one block, after the paper "The Istanbul BFT consensus algorithm" (Moniz).

A message comes straight from its author, as over an authenticated connection. What others pass on as evidence carries a
signature besides: prepares and round changes. It binds the chain's domain, for validators may seal several chains.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

from harness.primitives.hashing import keccak256
from harness.primitives.rlp import encode, minimal
from harness.primitives.signatures import signer_of
from harness.sidechain.header import Header, seal, signer

_PREPARE, _ROUND_CHANGE = 0x13, 0x15
"""The codes of the messages that are signed, as in Besu."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A key's signature on a word, whose bytes are made when somebody needs them.

    Equal keys and words give equal bytes (RFC 6979), so nobody can tell when they were made, and their author is the
    key's, as recovering would say.
    """

    key: bytes = field(repr=False)
    word: bytes

    def read(self) -> bytes:
        """Return the bytes."""
        return seal(self.key, self.word)


@dataclass(frozen=True, slots=True)
class Prepare:
    """A validator's word that it accepted a proposal: the digest of its header in that round."""

    height: int
    round: int
    digest: bytes
    signature: bytes | Unread

    @classmethod
    def signed(cls, key: bytes, domain: bytes, height: int, round_: int, digest: bytes) -> Prepare:
        """Return a validator's own, for the chain whose headers have this vanity."""
        return cls(height, round_, digest, Unread(key, _signed(_PREPARE, domain, height, round_, digest)))

    def author(self, domain: bytes) -> bytes | None:
        """Return who signed it for the chain with this vanity; None if nobody did."""
        word, signature = _signed(_PREPARE, domain, self.height, self.round, self.digest), self.signature
        if isinstance(signature, bytes):
            return signer(word, signature)
        return signer_of(signature.key) if signature.word == word else signer(word, signature.read())

    def shown(self) -> Prepare:
        """Return it with the bytes of its signature, as evidence for those who did not hear it from its author."""
        return self if isinstance(self.signature, bytes) else replace(self, signature=self.signature.read())


@dataclass(frozen=True, slots=True)
class Commit:
    """A validator's seal on a prepared proposal."""

    height: int
    round: int
    digest: bytes
    seal: bytes


@dataclass(frozen=True, slots=True)
class RoundChange:
    """A validator's wish to go on to a round.

    ``prepared`` is the last block that it saw prepared, and ``prepares`` its evidence.
    """

    height: int
    round: int
    prepared: Header | None
    prepares: tuple[Prepare, ...]
    signature: bytes

    @classmethod
    def signed(
        cls,
        key: bytes,
        domain: bytes,
        height: int,
        round_: int,
        prepared: Header | None,
        prepares: tuple[Prepare, ...],
    ) -> RoundChange:
        """Return a validator's own, for the chain whose headers have this vanity."""
        digest = bytes(32) if prepared is None else prepared.digest
        word = _signed(_ROUND_CHANGE, domain, height, round_, digest)
        return cls(height, round_, prepared, tuple(each.shown() for each in prepares), seal(key, word))

    def author(self, domain: bytes) -> bytes | None:
        """Return who signed it for the chain with this vanity; None if nobody did."""
        digest = bytes(32) if self.prepared is None else self.prepared.digest
        return signer(_signed(_ROUND_CHANGE, domain, self.height, self.round, digest), self.signature)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A block, and why its round may propose it: the round changes of a quorum, none in round 0."""

    header: Header
    changes: tuple[RoundChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Finished:
    """A sealed block, for who missed the messages about it."""

    header: Header


Message = Proposal | Prepare | Commit | RoundChange | Finished


@lru_cache(maxsize=1_024)
def _signed(code: int, domain: bytes, height: int, round_: int, digest: bytes) -> bytes:
    return keccak256(encode([minimal(code), domain, minimal(height), minimal(round_), digest]))
