"""A chain like L1, whose blocks only come when its validators seal them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from harness.chain.backend import Backend
from harness.chain.chain import Chain
from harness.primitives.hashing import keccak256
from harness.primitives.rlp import encode, minimal
from harness.primitives.signatures import signer_of
from harness.sidechain.errors import SafetyBroken
from harness.sidechain.execution import Execution, SealedBackend
from harness.sidechain.header import ExtraData, Header
from harness.sidechain.network import agree
from harness.sidechain.validator import Colluder, Equivocator, Silent, Validator, Vouched
from harness.sidechain.validators import Tally, ordered


def validator_keys(count: int, seed: int = 0) -> tuple[bytes, ...]:
    """Return the private keys of a chain's first validators."""
    return tuple(keccak256(b"validator" + encode([minimal(seed), minimal(at)])) for at in range(count))


def domain_of(chain_id: int) -> bytes:
    """Return the vanity of a chain's headers: light clients tell chains with the same validators apart by it."""
    return keccak256(b"sidechain" + encode([minimal(chain_id)]))


class SealedChain:
    """A chain sealed by validators. ``chain`` is used as L1 is; each of its blocks is agreed on as it is made.

    ``evidence`` are the pairs of headers that broke safety, oldest first. The chain goes on with the first of a pair.
    """

    def __init__(self, chain: Chain, keys: Sequence[bytes]) -> None:
        inner = chain.backend
        self.execution = Execution(inner)
        self.validators: dict[bytes, Validator] = {}
        self.evidence: list[tuple[Header, Header]] = []
        self.vouched: dict[bytes, Vouched] = defaultdict(dict)
        for key in keys:
            self.join(key)
        start = self.execution.at(inner.head().number)
        tally = Tally(ordered(self.validators))
        extra = ExtraData(domain_of(inner.chain_id), tally.validators)
        self._sealed = {inner.head().hash: (Header.of(start, extra, bytes(32), bytes(20)), tally)}
        self._seals: dict[bytes, dict[bytes, bytes]] = {inner.head().hash: {}}
        sealed = SealedBackend(inner, self._seal)
        self.chain = Chain(cast(Backend, sealed), name="sidechain", accounts=chain.accounts)

    def close(self) -> None:
        """Let go of the backend."""
        self.chain.backend.close()

    # -- validators

    def join(self, key: bytes) -> Validator:
        """Let somebody take part who may be voted in; return its honest validator."""
        validator = Validator(key, self.execution, self.vouched[signer_of(key)])
        self.validators[validator.address] = validator
        return validator

    def silence(self, *addresses: bytes) -> None:
        """Take validators offline."""
        for address in addresses:
            self.validators[address] = Silent(self.validators[address].key, self.execution)

    def corrupt(self, *addresses: bytes) -> None:
        """Let validators equivocate together."""
        for address in addresses:
            self.validators[address] = Equivocator(self.validators[address].key, self.execution, addresses)

    def collude(self, *addresses: bytes, lie: Callable[[Header], Header]) -> None:
        """Let validators propose and seal together what ``lie`` makes of a block, such as one with another state."""
        for address in addresses:
            self.validators[address] = Colluder(self.validators[address].key, self.execution, addresses, lie)

    def mend(self, *addresses: bytes) -> None:
        """Let validators be honest and online again."""
        for address in addresses:
            self.join(self.validators[address].key)

    def vote(self, candidate: bytes, add: bool, by: Sequence[bytes]) -> None:
        """Let validators vote on a candidate when they propose."""
        for address in by:
            self.validators[address].ballot[candidate] = add

    # -- blocks

    @property
    def head(self) -> Header:
        """The newest header."""
        return self.header(self.chain.head.number)

    @property
    def members(self) -> tuple[bytes, ...]:
        """The validators of the next block, in order."""
        return self._at(self.chain.head.number)[1].validators

    def header(self, number: int) -> Header:
        """Return a sealed header; raises UnknownBlock."""
        return self._at(number)[0]

    def seals(self, number: int) -> Mapping[bytes, bytes]:
        """Return every seal on a block that one of its validators has, by validator; a header has just a quorum."""
        return self._seals[self.execution.backend.block(number).hash]

    def online(self) -> tuple[bytes, ...]:
        """Return the validators that take part and are not silent, in order."""
        return tuple(sorted(each for each, validator in self.validators.items() if not isinstance(validator, Silent)))

    def keys(self) -> Mapping[bytes, bytes]:
        """Return the private key of each validator that takes part, by address."""
        return {address: validator.key for address, validator in self.validators.items()}

    def _at(self, number: int) -> tuple[Header, Tally]:
        return self._sealed[self.execution.backend.block(number).hash]

    def _seal(self, number: int) -> None:
        """Have a block sealed that the backend has made; raises NoQuorum."""
        parent, tally = self._at(number - 1)
        self.execution.open(number)
        try:
            header = agree(self.validators, parent, tally)
        except SafetyBroken as broken:
            self.evidence.append((broken.first, broken.second))
            header = broken.first
        if header.extra.vote is not None:
            tally = tally.copy()
            tally.cast(header.coinbase, header.extra.vote)
        made = self.execution.backend.block(number).hash
        self._sealed[made] = header, tally
        seals = self._seals[made] = {}
        for each in self.validators.values():
            if each.finished is not None and each.finished.digest == header.digest:
                seals |= each.seals
