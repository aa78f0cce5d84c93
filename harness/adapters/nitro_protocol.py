"""The adapter of statechannels' NitroAdjudicator, from the package @statechannels/nitro-protocol of npm.

Both parties sign one state with its outcome. Whoever registers it starts a challenge, which a state of a later turn
replaces, with a full time of its own. When the time is over, the outcome is paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from eth_abi.abi import encode

from harness.adapters.channel import Channel, Pair, Parties, Signatures, State
from harness.adapters.published import STATE_CHANNELS, WithPackage
from harness.channels.messages import Signer
from harness.primitives.hashing import keccak256

if TYPE_CHECKING:
    from harness.chain.chain import Chain
    from harness.chain.values.accounts import Account
    from harness.contracts.bindings import Contract, ContractType

DURATION = 3_600
"""Seconds of a challenge."""
_LAST_TURN = 2**48 - 1
_NOBODY = "0x" + 40 * "0"
_PERSONAL = b"\x19Ethereum Signed Message:\n32"
_STATE = ["(uint48,bool,bytes32,bytes32,bytes32)"]


@dataclass(frozen=True, slots=True)
class Pipe:
    """A channel: its parties, a number that tells it from others of theirs, and what it pays in."""

    chain_id: int
    parties: Parties
    nonce: int
    asset: str

    @property
    def fixed(self) -> tuple[Any, ...]:
        """What no state changes; no application has rules of its own."""
        return (self.chain_id, [who.address for who in self.parties], self.nonce, _NOBODY, DURATION)

    @property
    def id(self) -> bytes:
        """The channel's id at the contract."""
        return keccak256(encode(["uint256", "address[]", "uint48"], self.fixed[:3]))

    def outcome(self, shares: Pair) -> bytes:
        """Return what each party has to get as the contract reads it."""
        rows = [(bytes(12) + bytes.fromhex(who.address[2:]), share)
                for who, share in zip(self.parties, shares, strict=True)]  # fmt: skip
        allocation = encode(["(bytes32,uint256)[]"], [rows])
        return encode(["(address,bytes)[]"], [[(self.asset, encode(["(uint8,bytes)"], [(0, allocation)]))]])

    def hash(self, state: State) -> bytes:
        """Return the hash of a state, which the parties sign."""
        turn = min(state.version, _LAST_TURN)
        rules = keccak256(encode(["uint256", "address", "bytes"], [DURATION, _NOBODY, b""]))
        return keccak256(encode(_STATE, [(turn, False, self.id, rules, keccak256(self.outcome(state.shares)))]))


class NitroProtocol(Channel):
    """Drives NitroAdjudicator: a version is a turn, and shares are an allocation."""

    assets: ClassVar[tuple[str, ...]] = ("ether", "erc20")

    def __init__(self, chain: Chain, contracts: Mapping[str, ContractType]) -> None:
        super().__init__(chain, WithPackage(contracts, STATE_CHANNELS))
        self._nonce = 0
        self._known: dict[tuple[bytes, int], tuple[State, Pair]] = {}
        """States, with what is left of their shares, by channel and fingerprint."""

    def deploy(self) -> None:
        """Deploy the adjudicator, which holds the money of all channels."""
        self.adjudicator: Contract = self.create("NitroAdjudicator")

    def open(self, parties: Parties, deposits: Pair) -> Pipe:
        """Pay both deposits; nothing else opens a channel."""
        self._nonce += 1
        asset = _NOBODY if self.token is None else str(self.token.address)
        channel = Pipe(self.chain.chain_id, parties, self._nonce, asset)
        held = 0
        for who, amount in zip(parties, deposits, strict=True):
            if amount:
                value = amount if self.token is None else 0
                self.adjudicator.deposit(asset, channel.id, held, amount, sender=who, value=value)
                held += amount
        return channel

    def sign(self, channel: Pipe, state: State, who: Account) -> bytes:
        """Sign a state."""
        self._note(channel, state)
        return _personal(who, channel.hash(state))

    def submit(self, channel: Pipe, state: State, signatures: Signatures, sender: Account) -> Any:
        """Register a challenge with a state; the sender signs that it is the one who challenges."""
        self._note(channel, state)
        own = _personal(sender, keccak256(encode(["bytes32", "string"], [channel.hash(state), "forceMove"])))
        part = (channel.outcome(state.shares), b"")
        signed = [_split(each) for each in signatures]
        return self.adjudicator.challenge(
            channel.fixed, min(state.version, _LAST_TURN), [part], 0, signed, [0, 0], _split(own), sender=sender
        )  # fmt: skip

    def _note(self, channel: Pipe, state: State) -> None:
        """Remember a state by each fingerprint that it may get: a payment of one party leaves it nothing."""
        first, second = state.shares
        for left in ((first, second), (0, second), (first, 0), (0, 0)):
            self._known[channel.id, _fingerprint(channel, state, left)] = (state, left)

    def _posted(self, channel: Pipe) -> tuple[State, Pair]:
        """Return the state that was registered last, and what is left of its shares."""
        fingerprint = int(self.adjudicator.unpackStatus(channel.id).fingerprint)
        return self._known.get((channel.id, fingerprint), (State(0, (0, 0)), (0, 0)))

    def settle(self, channel: Pipe, sender: Account) -> Any:
        """Pay by the state that was registered last."""
        return self._pay(channel, *self._posted(channel), sender)

    def settle_with(self, channel: Pipe, state: State, sender: Account) -> Any:
        """Pay by a state that the caller names."""
        return self._pay(channel, state, state.shares, sender)

    def _pay(self, channel: Pipe, state: State, left: Pair, sender: Account) -> Any:
        return self.adjudicator.transferAllAssets(
            channel.id, channel.outcome(left), channel.hash(state), sender=sender
        )  # fmt: skip

    def withdraw(self, channel: Pipe, who: Account, sender: Account) -> Any:
        """Pay one party's share alone, for where the other one refuses its own."""
        state, left = self._posted(channel)
        place = 0 if who.address == channel.parties[0].address else 1
        outcome, state_hash = channel.outcome(left), channel.hash(state)
        return self.adjudicator.transfer(0, channel.id, outcome, state_hash, [place], sender=sender)

    def deadline(self, channel: Pipe) -> int | None:
        """Return the last second of the challenge."""
        status = self.adjudicator.unpackStatus(channel.id)
        return int(status.finalizesAt) - 1 if status.finalizesAt else None


def _personal(who: Account, digest: bytes) -> bytes:
    return Signer(who.private_key).sign(keccak256(_PERSONAL + digest))


def _split(signature: bytes) -> tuple[int, bytes, bytes]:
    """Return v, r and s; what is no signature gives zeros, which the contract refuses."""
    whole = signature.ljust(65, b"\0")[:65]
    return whole[64], whole[:32], whole[32:64]


def _fingerprint(channel: Pipe, state: State, left: Pair) -> int:
    both = keccak256(encode(["bytes32", "bytes32"], [channel.hash(state), keccak256(channel.outcome(left))]))
    return int.from_bytes(both[12:], "big")
