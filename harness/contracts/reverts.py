"""``with reverts(...)``: the body must revert, and for the stated reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from harness.chain.errors import Panicked, RevertedWithMessage
from harness.chain.values.abi import Entry, names_of, selector
from harness.chain.values.codec import decode_fields, same_value
from harness.chain.values.decoded import shown
from harness.contracts.binding.members import ErrorType, Variant, meant
from harness.contracts.errors import DidNotRevert, RevertedForAnotherReason, WrongArguments
from harness.errors import Reverted, did_you_mean


class reverts:
    """Expect the body of a ``with`` statement to revert.

    - ``reverts()`` takes any revert;
    - ``reverts("text")`` wants ``Error(string)`` with exactly this text;
    - ``reverts(Token.NotOwner, caller=bob)`` wants a custom error, and the given ones of its fields;
    - ``reverts(panic=0x11)`` wants ``Panic(uint256)`` with this code.

    ``with reverts(...) as caught`` gives an object whose ``error`` is the exception. Raises DidNotRevert if the body
    ends normally, and RevertedForAnotherReason for another revert; both are AssertionErrors. Any exception but Reverted
    passes through. Raises WrongArguments if the expectation itself makes no sense.
    """

    def __init__(self, expected: ErrorType | str | None = None, /, **fields: Any) -> None:
        self._panic: int | None = fields.pop("panic", None) if expected is None else None
        self._fields = fields
        self._expected = expected if expected is None or isinstance(expected, str) else meant(ErrorType, expected)
        if expected is not None and self._expected is None:
            raise WrongArguments("reverts", expected, "a message, or an error of a contract such as Token.NotOwner")
        if fields and not isinstance(self._expected, ErrorType):
            raise WrongArguments("reverts", fields, "panic=code, or a custom error ahead of its fields")
        self.error: Reverted | None = None

    def __enter__(self) -> reverts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if error is None:
            raise DidNotRevert(self._wanted())
        if not isinstance(error, Reverted):
            return False
        self.error = error
        problem = self._mismatch(error)
        if problem:
            raise RevertedForAnotherReason(self._wanted(), problem, error) from error
        return True

    def _wanted(self) -> str:
        if self._panic is not None:
            return f"panic 0x{self._panic:02x}"
        if isinstance(self._expected, str):
            return f"message {self._expected!r}"
        if self._expected is None:
            return "any reason"
        fields = ", ".join(f"{key}={shown(value)}" for key, value in self._fields.items())
        return f"{self._expected!r}({fields})"

    def _mismatch(self, error: Reverted) -> str:
        if self._panic is not None:
            same = isinstance(error, Panicked) and error.code == self._panic
            return "" if same else error.reason
        if isinstance(self._expected, str):
            same = isinstance(error, RevertedWithMessage) and error.message == self._expected
            return "" if same else error.reason
        if isinstance(self._expected, ErrorType):
            variants = [each for each in self._expected.variants if selector(each.entry) == error.data[:4]]
            return _differing(variants[0], error, self._fields) if variants else error.reason
        return ""


def _differing(variant: Variant, error: Reverted, expected: Mapping[str, Any]) -> str:
    """Say which fields differ from the expected ones; the ABI of the expected error decodes them."""
    actual = decode_fields(variant.inputs, error.data[4:])
    if actual is None:
        return f"{error.reason}: its data does not decode as {variant.signature}" if expected else ""
    items: dict[str, Entry] = dict(zip(names_of(variant.inputs), variant.inputs, strict=True))
    wrong = []
    for name, wanted in expected.items():
        if name not in items:
            wrong.append(f"it has no field {name!r}, only {', '.join(actual)}{did_you_mean(name, actual)}")
        elif not same_value(items[name], wanted, actual[name]):
            wrong.append(f"{name} is {shown(actual[name])}, expected {shown(getattr(wanted, 'address', wanted))}")
    return "; ".join(wrong)
