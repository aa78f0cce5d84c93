"""What the parties of channels send each other, and the form that a message must have.

The receiver checks the type and range of everything in a message here, before any other code reads it. So no code
behind it meets a number that is too large, a hash of 31 bytes, or a list in place of bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.channels.errors import MalformedMessage
from harness.channels.locks import MAX_LOCKS
from harness.channels.routing import MAX_HOPS, Hop
from harness.channels.types import ChannelState, CloseTogether, Lock, Side, SignedState, Terms, Withdrawal

AMOUNT_BITS = 128
NUMBER_BITS = 64
"""Bits of versions, epochs and times."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A state that its proposer signed."""

    channel: bytes
    signed: SignedState
    signature: bytes


@dataclass(frozen=True, slots=True)
class Ack:
    """The receiver's signature on a proposal."""

    channel: bytes
    version: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class Forward:
    """Tells the receiver of a lock where the payment goes next. Without hops it stays there."""

    channel: bytes
    lock: Lock
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Preimage:
    """Opens a lock off chain."""

    channel: bytes
    hashlock: bytes
    preimage: bytes


Message = Proposal | Ack
"""What two ends of a channel send each other."""

NodeMessage = Message | Forward | Preimage


def check_message(message: object) -> None:
    """Raise MalformedMessage unless every field has its type and its range."""
    if isinstance(message, Proposal):
        check_signed(message.signed)
        check_bytes("signature", message.signature)
    elif isinstance(message, Ack):
        check_uint("version", message.version, NUMBER_BITS)
        check_bytes("signature", message.signature)
    elif isinstance(message, Forward):
        check_lock(message.lock)
        check_hops(message.hops)
    elif isinstance(message, Preimage):
        check_bytes("hashlock", message.hashlock, 32)
        check_bytes("preimage", message.preimage, 32)
    else:
        raise MalformedMessage("message", message, "a proposal, an acknowledgement, a forward or a preimage")
    check_bytes("channel", message.channel, 32)


def check_signed(signed: SignedState) -> None:
    """Check a state and its locks. `rules` checks whether the locks are the state's."""
    _check_kind("signed state", signed, SignedState)
    state = signed.state
    _check_kind("state", state, ChannelState)
    check_uint("version", state.version, NUMBER_BITS)
    check_uint("base", state.base, NUMBER_BITS)
    check_uint("A's total", state.paid_a, AMOUNT_BITS)
    check_uint("B's total", state.paid_b, AMOUNT_BITS)
    check_uint("A's locked total", state.locked_a, AMOUNT_BITS)
    check_uint("B's locked total", state.locked_b, AMOUNT_BITS)
    check_bytes("lock root", state.lock_root, 32)
    check_bytes("A's signature", signed.signature_a)
    check_bytes("B's signature", signed.signature_b)
    check_locks(signed.locks)


def check_locks(locks: tuple[Lock, ...]) -> None:
    _check_kind("locks", locks, tuple)
    if len(locks) > MAX_LOCKS:
        raise MalformedMessage("number of locks", len(locks), f"at most {MAX_LOCKS}")
    for lock in locks:
        check_lock(lock)


def check_lock(lock: Lock) -> None:
    _check_kind("lock", lock, Lock)
    check_bytes("hashlock", lock.hashlock, 32)
    check_uint("lock's amount", lock.amount, AMOUNT_BITS, least=1)
    check_uint("lock's expiry", lock.expiry, NUMBER_BITS)
    _check_kind("lock's payer", lock.payer, Side)


def check_hops(hops: tuple[Hop, ...]) -> None:
    _check_kind("hops", hops, tuple)
    if len(hops) > MAX_HOPS:
        raise MalformedMessage("number of hops", len(hops), f"at most {MAX_HOPS}")
    for hop in hops:
        _check_kind("hop", hop, Hop)
        check_bytes("hop's channel", hop.channel, 32)
        check_address("hop's recipient", hop.recipient)
        check_uint("hop's amount", hop.amount, AMOUNT_BITS, least=1)
        check_uint("hop's expiry", hop.expiry, NUMBER_BITS)


def check_terms(terms: Terms) -> None:
    _check_kind("terms", terms, Terms)
    for name, address in (("token", terms.token), ("party A", terms.a), ("party B", terms.b)):
        check_address(name, address)
    check_uint("epoch", terms.epoch, NUMBER_BITS)
    check_uint("window", terms.window, 32)
    check_uint("penalty", terms.penalty, 16)


def check_withdrawal(withdrawal: Withdrawal) -> None:
    _check_kind("withdrawal", withdrawal, Withdrawal)
    _check_kind("withdrawal's side", withdrawal.side, Side)
    check_uint("withdrawal's total", withdrawal.total, AMOUNT_BITS, least=1)
    check_uint("withdrawal's expiry", withdrawal.expiry, NUMBER_BITS)


def check_close(close: CloseTogether) -> None:
    _check_kind("close", close, CloseTogether)
    check_uint("A's balance", close.balance_a, AMOUNT_BITS)
    check_uint("B's balance", close.balance_b, AMOUNT_BITS)
    check_uint("close's expiry", close.expiry, NUMBER_BITS)


def check_uint(what: str, value: int, bits: int, *, least: int = 0) -> None:
    """Raise MalformedMessage for anything but an int from ``least`` to 2**bits - 1. A bool is none."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 1 << bits:
        raise MalformedMessage(what, value, f"an integer from {least} to 2**{bits} - 1")


def check_bytes(what: str, value: bytes, length: int | None = None) -> None:
    """Raise MalformedMessage for anything but bytes, of ``length`` if one is given."""
    if not isinstance(value, bytes) or (length is not None and len(value) != length):
        raise MalformedMessage(what, value, "bytes" if length is None else f"{length} bytes")


def check_address(what: str, value: str) -> None:
    """Raise MalformedMessage for anything but 0x and 40 hexadecimal digits."""
    digits = value[2:] if isinstance(value, str) and value.startswith("0x") else ""
    if len(digits) != 40 or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
        raise MalformedMessage(what, value, "an address")


def _check_kind(what: str, value: object, kind: type) -> None:
    if not isinstance(value, kind):
        raise MalformedMessage(what, value, f"a {kind.__name__}")
