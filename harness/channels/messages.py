"""The EIP-712 types of channels: domains, struct hashes, digests and signatures.

Every signed message names its type, channel and epoch. The domain adds chain id and contract.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from coincurve import PrivateKey, PublicKey

from harness.channels.errors import BadChannelSignature
from harness.channels.types import ChannelState, CloseTogether, Terms, Withdrawal, address_word
from harness.primitives.hashing import keccak256, word

DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
STATE_TYPE = (
    "ChannelState(bytes32 channel,uint64 epoch,uint64 version,uint64 base,uint128 paidA,uint128 paidB,"
    "uint128 lockedA,uint128 lockedB,bytes32 lockRoot)"
)
WITHDRAWAL_TYPE = "Withdrawal(bytes32 channel,uint64 epoch,uint8 side,uint128 total,uint64 expiry)"
CLOSE_TYPE = "CloseTogether(bytes32 channel,uint64 epoch,uint128 balanceA,uint128 balanceB,uint64 expiry)"
APP_STATE_TYPE = "AppState(bytes32 channel,uint64 epoch,uint64 turn,bytes data)"
APP_TOGETHER_TYPE = "ConcludeTogether(bytes32 channel,uint64 epoch,uint256 balanceA,uint64 expiry)"

HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Half of secp256k1's order: the highest s that is accepted."""

ORDER = 2 * HALF_ORDER + 1
"""The order of secp256k1. For every signature (s, v) there is a malleable twin with ``ORDER - s``."""

_TYPES = (STATE_TYPE, WITHDRAWAL_TYPE, CLOSE_TYPE, APP_STATE_TYPE, APP_TOGETHER_TYPE)
_HASHES = {kind: keccak256(kind.encode()) for kind in _TYPES}


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a signature counts: one contract on one chain."""

    chain_id: int
    contract: str
    name: str = "PaymentChannel"

    @property
    def separator(self) -> bytes:
        return keccak256(
            keccak256(DOMAIN_TYPE.encode())
            + keccak256(self.name.encode())
            + keccak256(b"1")
            + word(self.chain_id)
            + address_word(self.contract)
        )

    def typed(self) -> dict[str, Any]:
        """Return the domain as eth-account's sign_typed_data takes it."""
        return {"name": self.name, "version": "1", "chainId": self.chain_id, "verifyingContract": self.contract}


@dataclass(frozen=True, slots=True)
class Messages:
    """The digests of one channel's messages. What does not change between payments is hashed once."""

    domain: Domain
    channel: bytes
    epoch: int
    _head: bytes = field(init=False, repr=False)
    _prefix: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_head", b"\x19\x01" + self.domain.separator)
        object.__setattr__(self, "_prefix", _HASHES[STATE_TYPE] + self.channel + word(self.epoch))

    @classmethod
    def of(cls, domain: Domain, terms: Terms) -> Messages:
        return cls(domain, terms.channel, terms.epoch)

    def struct_hash(self, state: ChannelState) -> bytes:
        """Return the EIP-712 struct hash of a state; the contract stores it as the channel's commitment."""
        return keccak256(
            self._prefix
            + state.version.to_bytes(32, "big")
            + state.base.to_bytes(32, "big")
            + state.paid_a.to_bytes(32, "big")
            + state.paid_b.to_bytes(32, "big")
            + state.locked_a.to_bytes(32, "big")
            + state.locked_b.to_bytes(32, "big")
            + state.lock_root
        )

    def state(self, state: ChannelState) -> bytes:
        return keccak256(self._head + self.struct_hash(state))

    def withdrawal(self, withdrawal: Withdrawal) -> bytes:
        words = (int(withdrawal.side), withdrawal.total, withdrawal.expiry)
        return self._digest(WITHDRAWAL_TYPE, *words)

    def close_together(self, close: CloseTogether) -> bytes:
        return self._digest(CLOSE_TYPE, close.balance_a, close.balance_b, close.expiry)

    def app_state(self, turn: int, data: bytes) -> bytes:
        return self._digest(APP_STATE_TYPE, turn, keccak256(data))

    def app_together(self, balance_a: int, expiry: int) -> bytes:
        return self._digest(APP_TOGETHER_TYPE, balance_a, expiry)

    def _digest(self, kind: str, *words: int | bytes) -> bytes:
        body = b"".join(map(word, words))
        return keccak256(self._head + keccak256(_HASHES[kind] + self.channel + word(self.epoch) + body))

    def typed_state(self, state: ChannelState) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Return domain, types and message of a state, for wallets that sign typed data."""
        kinds = [part.split(" ") for part in STATE_TYPE[len("ChannelState(") : -1].split(",")]
        values = (self.channel, self.epoch, *state.as_tuple())
        types = {"ChannelState": [{"type": kind, "name": name} for kind, name in kinds]}
        return self.domain.typed(), types, {name: value for (_, name), value in zip(kinds, values, strict=True)}


class Signer:
    """A secp256k1 key that signs digests, with a low s and a v of 27 or 28."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = PrivateKey(key)

    def sign(self, digest: bytes) -> bytes:
        """Return a signature of 65 bytes: r, s, v."""
        signature = self._key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([signature[64] + 27])


class Verifier:
    """Checks the signatures of one address. It recovers the public key once and compares public keys from then on."""

    __slots__ = ("_public", "address")

    def __init__(self, address: str) -> None:
        self.address = address
        self._public = b""

    def check(self, digest: bytes, signature: bytes) -> None:
        """Raise BadChannelSignature unless ``address`` signed ``digest`` with a low s."""
        public = recover_public(digest, signature).format()
        if public == self._public:
            return
        actual = recover(digest, signature)
        if actual != self.address:
            raise BadChannelSignature(actual, self.address)
        self._public = public


def recover(digest: bytes, signature: bytes) -> str:
    """Return the checksum address that signed ``digest``.

    Raises BadChannelSignature unless the signature has 65 bytes, a low s, a v of 27 or 28, and belongs to a point of
    the curve.
    """
    public = recover_public(digest, signature)
    return _checksum(keccak256(public.format(compressed=False)[1:])[12:])


def recover_public(digest: bytes, signature: bytes) -> PublicKey:
    if len(signature) != 65 or signature[64] not in (27, 28):
        raise BadChannelSignature(f"{len(signature)} bytes", "65 bytes ending in v 27 or 28")
    if int.from_bytes(signature[32:64], "big") > HALF_ORDER:
        raise BadChannelSignature("a high s", "s in the lower half of the group")
    try:
        return PublicKey.from_signature_and_message(signature[:64] + bytes([signature[64] - 27]), digest, hasher=None)
    except ValueError as error:
        raise BadChannelSignature(str(error), "a point of the curve") from None


def _checksum(raw: bytes) -> str:
    text = raw.hex()
    digest = keccak256(text.encode()).hex()
    return "0x" + "".join(c.upper() if int(h, 16) > 7 else c for c, h in zip(text, digest, strict=False))
