"""What the parties of a channel sign, and what the contract is called with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from harness.primitives.hashing import keccak256, word

ETHER = "0x" + 40 * "0"
"""The token address that stands for ether."""

ID_TAG = keccak256(b"rollup-harness/channel/id")
APP_ID_TAG = keccak256(b"rollup-harness/channel/app-id")


class Side(IntEnum):
    """A party of a channel; A has the lower address."""

    A = 0
    B = 1

    @property
    def other(self) -> Side:
        return Side.B if self is Side.A else Side.A


class Status(IntEnum):
    """The state of a channel's life on chain."""

    NONE = 0
    OPEN = 1
    CLOSING = 2
    SETTLED = 3


def address_word(address: str) -> bytes:
    """Return an address as 32 bytes."""
    return word(bytes.fromhex(address[2:]))


@dataclass(frozen=True, slots=True)
class Terms:
    """All terms of a channel; their hash is its id.

    ``window`` is in seconds. ``penalty`` is in 1/10,000 of the closer's balance. ``epoch`` counts the pair's channels
    from 1.
    """

    token: str
    a: str
    b: str
    epoch: int
    window: int
    penalty: int = 0

    @property
    def channel(self) -> bytes:
        """The channel's id."""
        addresses = b"".join(map(address_word, (self.token, self.a, self.b)))
        return keccak256(ID_TAG + addresses + word(self.epoch) + word(self.window) + word(self.penalty))

    def side_of(self, address: str) -> Side | None:
        """Return the side of a party; None for anybody else."""
        return {self.a: Side.A, self.b: Side.B}.get(address)

    def party(self, side: Side) -> str:
        return self.a if side is Side.A else self.b

    def as_tuple(self) -> tuple[str, str, str, int, int, int]:
        return (self.token, self.a, self.b, self.epoch, self.window, self.penalty)


@dataclass(frozen=True, slots=True)
class Lock:
    """A payment by ``payer`` on condition that the preimage of ``hashlock`` is published by ``expiry``, included."""

    hashlock: bytes
    amount: int
    expiry: int
    payer: Side

    def as_tuple(self) -> tuple[bytes, int, int, int]:
        return (self.hashlock, self.amount, self.expiry, int(self.payer))


@dataclass(frozen=True, slots=True)
class ChannelState:
    """Signed balances at a version: totals since the opening, which only grow, and what is under locks.

    A proposes odd versions and B even ones. Version 0 is the initial state, which nobody signs. ``base`` is the highest
    version signed by the other party that the proposer held.
    """

    version: int = 0
    base: int = 0
    paid_a: int = 0
    paid_b: int = 0
    locked_a: int = 0
    locked_b: int = 0
    lock_root: bytes = bytes(32)

    @property
    def proposer(self) -> Side:
        return Side.A if self.version & 1 else Side.B

    def paid(self, side: Side) -> int:
        return self.paid_a if side is Side.A else self.paid_b

    def locked(self, side: Side) -> int:
        return self.locked_a if side is Side.A else self.locked_b

    def as_tuple(self) -> tuple[int, int, int, int, int, int, bytes]:
        return (self.version, self.base, self.paid_a, self.paid_b, self.locked_a, self.locked_b, self.lock_root)


INITIAL = ChannelState()


@dataclass(frozen=True, slots=True)
class SignedState:
    """A state with the locks under its root, in tree order, and the signatures that its holder has.

    A missing signature is empty.
    """

    state: ChannelState
    locks: tuple[Lock, ...] = ()
    signature_a: bytes = b""
    signature_b: bytes = b""

    def signature(self, side: Side) -> bytes:
        return self.signature_a if side is Side.A else self.signature_b

    def signed(self, side: Side, signature: bytes) -> SignedState:
        """Return the state with one side's signature added."""
        if side is Side.A:
            return SignedState(self.state, self.locks, signature, self.signature_b)
        return SignedState(self.state, self.locks, self.signature_a, signature)

    @property
    def version(self) -> int:
        return self.state.version


OPENING = SignedState(INITIAL)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A permission of both parties: ``side`` takes out up to ``total`` in all, until ``expiry``, included."""

    side: Side
    total: int
    expiry: int


@dataclass(frozen=True, slots=True)
class CloseTogether:
    """An agreement of both parties to split the channel at once, until ``expiry``, included.

    Each party gets half of what the channel holds beyond both balances.
    """

    balance_a: int
    balance_b: int
    expiry: int


@dataclass(frozen=True, slots=True)
class Funds:
    """The chain's view of a channel: deposits and withdrawals, as totals per side."""

    held_a: int = 0
    held_b: int = 0
    withdrawn_a: int = 0
    withdrawn_b: int = 0

    @property
    def pool(self) -> int:
        return self.held_a + self.held_b - self.withdrawn_a - self.withdrawn_b

    def balances(self, state: ChannelState) -> tuple[int, int]:
        """Return the free balances of A and B under ``state``; negative for an overdrawn side."""
        flow = state.paid_a - state.paid_b
        return (
            self.held_a - self.withdrawn_a - flow - state.locked_a,
            self.held_b - self.withdrawn_b + flow - state.locked_b,
        )
