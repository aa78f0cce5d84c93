"""The light client on another chain, and who keeps it up to date: anybody may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils import to_checksum_address

from harness.chain.chain import Chain
from harness.chain.receipts import Receipt
from harness.chain.values.accounts import Account
from harness.chain.values.transactions import create_address
from harness.contracts.bindings import Contract, ContractType
from harness.contracts.project import built_in_contracts
from harness.primitives.rlp import encode_bytes
from harness.sidechain.header import Header
from harness.sidechain.validators import quorum

NOBODY = "0x" + "00" * 20
"""The address of no contract."""

NO_SEAT = 255
"""The seat of somebody who has none."""


def contract_type(name: str) -> ContractType:
    """Return one of the built-in contracts as a type to deploy or to bind."""
    return ContractType(built_in_contracts()[name])


def joined(validators: Sequence[bytes]) -> bytes:
    """Return a set as the light client names it: the RLP of its addresses, joined."""
    return b"".join(map(encode_bytes, validators))


def seats(header: Header) -> int:
    """Return the places of those who sealed a header among its validators, one bit each."""
    signers = set(header.signers())
    return sum(1 << place for place, validator in enumerate(header.extra.validators) if validator in signers)


def evidence(header: Header, trusted: Sequence[bytes]) -> tuple[bytes, int, bytes]:
    """Return a sealed header as ``ILightClient.Evidence``."""
    places = {address: place for place, address in enumerate(trusted)}
    known = bytes(places.get(signer or b"", NO_SEAT) for signer in header.signers())
    return header.encode(), seats(header), known


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the contract keeps of an accepted header, as a hash. ``timestamp`` is in seconds."""

    state_root: bytes
    timestamp: int
    previous: int

    @property
    def words(self) -> tuple[bytes, int, int]:
        """The fields in the order of ``ILightClient.Checkpoint``."""
        return self.state_root, self.timestamp, self.previous


class LightClient:
    """A light client, and what its users have to remember of the headers that it accepted."""

    def __init__(self, contract: Contract, trusted: Header) -> None:
        self.contract = contract
        self.newest = trusted
        self._headers = {trusted.number: trusted}
        self.spans = [trusted.extra.validators]
        self.checkpoints = {trusted.number: Checkpoint(trusted.state_root, trusted.timestamp, 0)}

    @classmethod
    def deploy(
        cls, chain: Chain, trusted: Header, trusting_period: int, *, stake: Any = None, sender: Account | None = None
    ) -> LightClient:
        """Deploy one that trusts a header. The period is in seconds; ``stake`` is where its validators have a stake."""
        by = sender or chain.accounts.trent
        kind = contract_type("LightClient")
        return cls(chain.deploy(kind, trusted.encode(), trusting_period, stake or NOBODY, sender=by), trusted)

    @classmethod
    def deploy_with_stake(cls, chain: Chain, trusted: Header, trusting_period: int, minimum: int) -> LightClient:
        """Deploy one with a contract for stakes, which stay locked a day longer than the period. Amounts are in wei."""
        by = chain.accounts.trent
        client = create_address(by.address_bytes, chain.nonce(by) + 1)
        lock = trusting_period + 86_400
        stake = chain.deploy(contract_type("ValidatorStake"), client, minimum, lock, trusting_period, sender=by)
        return cls.deploy(chain, trusted, trusting_period, stake=stake, sender=by)

    @property
    def stake(self) -> Contract:
        """The contract for stakes."""
        return self.contract.chain.at(contract_type("ValidatorStake"), self.contract.stake())

    def known(self) -> tuple[Header, dict[int, Checkpoint], list[tuple[bytes, ...]]]:
        """Return what is remembered, for `learn`."""
        return self.newest, dict(self.checkpoints), list(self.spans)

    def learn(self, known: tuple[Header, dict[int, Checkpoint], list[tuple[bytes, ...]]]) -> None:
        """Return to what was remembered."""
        self.newest, self.checkpoints, self.spans = known[0], dict(known[1]), list(known[2])

    def header(self, height: int) -> Header:
        """Return the header that was accepted at a height; raises KeyError for another height."""
        return self._headers[height]

    def sync(self) -> None:
        """Go back to what the contract has, if a reorg took headers away."""
        height = self.contract.head()[0]
        if height != self.newest.number:
            self.newest = self._headers[height]
            self.spans = self.spans[: self.contract.spanCount()]

    def counted(self, header: Header, seals: Mapping[bytes, bytes]) -> Header:
        """Return a header with a quorum of its seals, by validator, that this client counts.

        Seals of validators without a stake are left out where there are stakes; those whom the client trusts already
        come first.
        """
        stake = None if self.contract.stake() == NOBODY else self.stake
        counting = [each for each in sorted(seals) if stake is None or stake.countOf([to_checksum_address(each)])]
        best = sorted(counting, key=lambda each: each not in self.spans[-1])[: quorum(len(header.extra.validators))]
        return header.sealed(tuple(seals[each] for each in sorted(best)))

    def update(self, header: Header, *, sender: Account | None = None) -> Receipt:
        """Have a header accepted; raises Reverted if the contract refuses it."""
        receipt = self.hand_in(header, self.spans[-1], sender=sender or self.contract.chain.accounts.trent)
        self.remember(header)
        return receipt

    def hand_in(self, header: Header, trusted: tuple[bytes, ...], *, sender: Account, **options: Any) -> Receipt:
        """Send a header to the contract, which trusts this set; remember nothing of it."""
        if header.extra.validators == trusted:
            receipt: Receipt = self.contract.update(header.encode(), seats(header), sender=sender, **options)
        else:
            receipt = self.contract.updateSet(evidence(header, trusted), joined(trusted), sender=sender, **options)
        return receipt

    def remember(self, header: Header) -> None:
        """Remember a header that the contract has just accepted."""
        if header.extra.validators != self.spans[-1]:
            self.spans.append(header.extra.validators)
        self.checkpoints[header.number] = Checkpoint(header.state_root, header.timestamp, self.newest.number)
        self.newest = self._headers[header.number] = header

    def freeze(self, first: Header, second: Header, *, span: int = -1, sender: Account | None = None) -> Receipt:
        """Show two blocks that were sealed at one height; ``span`` is the place of the set trusted for both."""
        place = span % len(self.spans)
        trusted = self.spans[place]
        by = sender or self.contract.chain.accounts.trent
        shown = evidence(first, trusted), evidence(second, trusted)
        receipt: Receipt = self.contract.freeze(place, joined(trusted), *shown, sender=by)
        return receipt
