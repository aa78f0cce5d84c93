"""What validators who collude can do: have a state that never was believed, by a header that they seal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from eth_utils import to_canonical_address

from harness.primitives.hashing import keccak256
from harness.primitives.patricia import Trie, nibbles, prove, put, root_hash
from harness.primitives.rlp import encode, minimal
from harness.primitives.signatures import signer_of
from harness.sidechain.bridge import SENT, BridgedMessage, SidechainBridge, slot_of
from harness.sidechain.header import Header

_NO_CODE = keccak256(b"")


@dataclass(frozen=True, slots=True)
class ForgedState:
    """A state with one account, whose storage is as one likes, and the proof of one of its slots."""

    root: bytes
    account: tuple[bytes, ...]
    slot: tuple[bytes, ...]

    @classmethod
    def of(cls, address: bytes, storage: Mapping[int, int], shown: int) -> ForgedState:
        """Return a state in which the account at ``address`` has these words, with the proof of the slot ``shown``."""
        words: Trie = None
        for slot, value in storage.items():
            words = put(words, _key(slot.to_bytes(32, "big")), value)
        account = encode([minimal(1), b"", root_hash(words), _NO_CODE])
        accounts = put(None, _key(address), account)
        return cls(
            root_hash(accounts),
            tuple(prove(accounts, _key(address))),
            tuple(prove(words, _key(shown.to_bytes(32, "big")))),
        )


def forged_message(bridge: SidechainBridge, to: str, value: int, nonce: int = 10**6) -> BridgedMessage:
    """Return a message to L1 that pays ``value`` wei to an account, and that nobody has sent."""
    words = (nonce, to, to, value, 0, 0, b"")
    return BridgedMessage(bridge.near.idOf(words, False), words)


def state_with(bridge: SidechainBridge, message: BridgedMessage) -> ForgedState:
    """Return a state of the sidechain in which its end of the bridge has sent a message."""
    slot = slot_of(message.id, SENT)
    return ForgedState.of(to_canonical_address(bridge.far.address), {slot: 1}, slot)


def forged(parent: Header, state_root: bytes, keys: Iterable[bytes], *, later: int = 1, alone: bool = False) -> Header:
    """Return a header with a state of one's own, ``later`` blocks and seconds behind another, sealed by these keys.

    ``alone`` makes those who seal it all the validators that there are, so that they are a quorum.
    """
    sealing = tuple(keys)
    members = tuple(sorted(map(signer_of, sealing))) if alone else parent.extra.validators
    header = replace(
        parent.in_round(0),
        number=parent.number + later,
        timestamp=parent.timestamp + later,
        parent_hash=parent.hash,
        state_root=state_root,
    )
    return replace(header, extra=replace(header.extra, validators=members, vote=None)).sealed_by(sealing)


def _key(data: bytes) -> bytes:
    return nibbles(keccak256(data))
