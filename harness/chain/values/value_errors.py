"""Errors between Python values and the ABI; `harness.chain.errors` draws their tree."""

from __future__ import annotations

from collections.abc import Iterable

from harness.errors import ChainError, brief, did_you_mean


class UnknownField(ChainError, AttributeError):
    """A decoded struct, event or error has no field of this name; ``known`` are the names that it has."""

    def __init__(self, what: str, name: str, known: Iterable[str], kind: str = "field") -> None:
        self.known = tuple(known)
        listed = ", ".join(self.known) or "none"
        super().__init__(f"{what} has no {kind} {name!r}; it has {listed}{did_you_mean(name, self.known)}")
        self.what = what
        self.field = name


class NotAnAddress(ChainError):
    """A value is no account, no contract, and no address in hex or bytes."""

    def __init__(self, actual: object, reason: str) -> None:
        super().__init__(
            f"{brief(actual)} is no address ({reason}): expected an account, a contract, 0x and 40 hex digits, or"
            " 20 bytes"
        )
        self.actual = actual
        self.reason = reason


class NotAPrivateKey(ChainError, ValueError):
    """A value is no private key. The message and the attributes hold nothing of the value, which may be a secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"private key {reason}: expected 32 bytes, a number or hex text, from 1 to below secp256k1's order"
        )
        self.reason = reason


class ValueMisfit(ChainError):
    """A value does not fit its ABI type; ``where`` is the parameter and the path within it.

    ``out_of_range`` says that the value is of the right kind, but too large or too small.
    """

    def __init__(self, where: str, actual: object, expected: str, out_of_range: bool = False) -> None:
        super().__init__(f"{where} is {brief(actual)}, expected {expected}")
        self.where = where
        self.actual = actual
        self.expected = expected
        self.out_of_range = out_of_range


class Undecodable(ChainError):
    """Bytes do not decode as the expected ABI types."""

    def __init__(self, data: bytes, expected: str, reason: str) -> None:
        super().__init__(f"0x{data.hex()} does not decode as {expected}: {reason}")
        self.data = data
        self.expected = expected
        self.reason = reason


class OutOfRange(ChainError, ValueError):
    """A number does not fit where it is to be stored: ``bits`` is the width."""

    def __init__(self, name: str, value: object, bits: int) -> None:
        super().__init__(f"{name} is {value!r}, expected a whole number from 0 to 2**{bits} - 1")
        self.name = name
        self.value = value
        self.bits = bits


class NotBytes(ChainError, TypeError):
    """A value that is to be sent or stored as bytes is neither bytes nor hex text."""

    def __init__(self, name: str, value: object) -> None:
        super().__init__(f"{name} is {value!r}, expected bytes or hex text")
        self.name = name
        self.value = value


class UnknownAccount(ChainError):
    """No key is known for this name or address."""

    def __init__(self, wanted: object, known: tuple[str, ...]) -> None:
        super().__init__(f"no account {wanted!r}; known: {', '.join(known)}{did_you_mean(wanted, known)}")
        self.wanted = wanted
        self.known = known


class UnknownL1Fork(ChainError, ValueError):
    """An L1 has no fork of this name."""

    def __init__(self, actual: object, known: tuple[str, ...]) -> None:
        super().__init__(f"fork of L1 is {actual!r}, expected one of {', '.join(known)}")
        self.actual = actual
        self.known = known


class UnknownBlobSchedule(ChainError, ValueError):
    """A fork's schedule of blob parameters (EIP-7892) has no entry of this name."""

    def __init__(self, actual: object, fork: str, known: tuple[str, ...]) -> None:
        super().__init__(f"blobs of L1 are {actual!r}, expected one of {', '.join(known)} on {fork}")
        self.actual = actual
        self.fork = fork
        self.known = known
