"""What a party of a channel refuses, and why.

ChannelError
├── BadChannelSignature
├── ForeignState
├── StaleState
├── IllegalProposal
│   └── MalformedMessage
├── IllegalAmount
├── ChannelOverdrawn
├── ChannelFrozen
├── UnknownChannel
├── UnknownLock
├── NotAChannelParty
├── IncompleteState
├── NoRoute
├── JournalCorrupt
└── UnknownRecord
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import ChannelError


class BadChannelSignature(ChannelError):
    """The signature is another account's, or there is none."""

    def __init__(self, actual: str, expected: str) -> None:
        super().__init__(f"signed by {actual}, expected {expected}")
        self.actual = actual
        self.expected = expected


class ForeignState(ChannelError):
    """The message belongs to another channel."""

    def __init__(self, actual: bytes, expected: bytes) -> None:
        super().__init__(f"message of channel 0x{actual.hex()}, expected 0x{expected.hex()}")
        self.actual = actual
        self.expected = expected


class StaleState(ChannelError):
    """The proposal is not newer than what its receiver has signed or holds."""

    def __init__(self, actual: int, newest: int) -> None:
        super().__init__(f"proposal has version {actual}, expected more than {newest}")
        self.actual = actual
        self.newest = newest


class IllegalProposal(ChannelError):
    """The proposer had no right to propose this state."""

    def __init__(self, what: str, actual: object, expected: object) -> None:
        super().__init__(f"{what} is {actual}, expected {expected}")
        self.what = what
        self.actual = actual
        self.expected = expected


class MalformedMessage(IllegalProposal):
    """A field of the message has a wrong type, length or range."""

    def __init__(self, what: str, actual: object, expected: object) -> None:
        super().__init__(what, _shown(actual), expected)
        self.actual = actual


class IllegalAmount(ChannelError, ValueError):
    """Nobody can pay this amount: it is zero, negative, or no whole number."""

    def __init__(self, actual: object) -> None:
        super().__init__(f"the amount is {_shown(actual)}, expected a positive whole number")
        self.actual = actual


class ChannelOverdrawn(ChannelError):
    """A side would owe more than it has in the channel."""

    def __init__(self, side: str, owes: int, has: int) -> None:
        super().__init__(f"side {side} would owe {owes}, expected at most {has}")
        self.side = side
        self.owes = owes
        self.has = has


class ChannelFrozen(ChannelError):
    """The channel is being closed and takes no payments."""

    def __init__(self, channel: bytes, reason: str) -> None:
        super().__init__(f"channel 0x{channel.hex()} takes no more payments: {reason}")
        self.channel = channel
        self.reason = reason


class UnknownChannel(ChannelError):
    """No channel of this party has that id or peer."""

    def __init__(self, wanted: object, known: int) -> None:
        super().__init__(f"no channel {wanted} among the {known} known")
        self.wanted = wanted
        self.known = known


class UnknownLock(ChannelError):
    """The state does not hold this lock."""

    def __init__(self, lock: object, held: int) -> None:
        super().__init__(f"no lock {lock} among the {held} of the state")
        self.lock = lock
        self.held = held


class NotAChannelParty(ChannelError):
    """The account is neither of the two parties."""

    def __init__(self, actual: str, a: str, b: str) -> None:
        super().__init__(f"{actual} is no party of the channel of {a} and {b}")
        self.actual = actual
        self.a = a
        self.b = b


class IncompleteState(ChannelError):
    """The holder cannot post the state because the other party has not signed it."""

    def __init__(self, version: int, missing: str) -> None:
        super().__init__(f"state of version {version} lacks the signature of {missing}")
        self.version = version
        self.missing = missing


class NoRoute(ChannelError):
    """No path of channels carries the payment within the limits of hops, fees and time."""

    def __init__(self, source: str, target: str, amount: int, hops: int) -> None:
        super().__init__(f"no route from {source} to {target} for {amount} within {hops} hops")
        self.source = source
        self.target = target
        self.amount = amount
        self.hops = hops


class JournalCorrupt(ChannelError):
    """A record before the last one is damaged.

    A torn last record is dropped instead, because nobody has acted on it.
    """

    def __init__(self, path: str, record: int) -> None:
        super().__init__(f"{path}: record {record} is damaged and is not the last")
        self.path = path
        self.record = record


def _shown(value: object) -> str:
    """Return a peer's value in at most one line, whatever it is."""
    if isinstance(value, int):
        return str(int(value)) if value.bit_length() <= 256 else f"an integer of {value.bit_length()} bits"
    if isinstance(value, (bytes, str)):
        shown = f"0x{value[:32].hex()}" if isinstance(value, bytes) else repr(value[:64])
        return f"{shown} ({len(value)} {'bytes' if isinstance(value, bytes) else 'characters'})"
    return f"a {type(value).__name__}"


class UnknownRecord(ChannelError):
    """This version does not write records of this kind."""

    def __init__(self, record: Sequence[object]) -> None:
        kind = record[0] if record else None
        super().__init__(f"journal has a record of kind {kind!r}, expected one that this version writes")
        self.record = record
