"""`with reverts(...)`: the block must revert, and for this reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from harness.chain.errors import Panicked, RevertedWithError, RevertedWithMessage
from harness.contracts.bindings import ErrorType
from harness.contracts.errors import DidNotRevert, RevertedForAnotherReason
from harness.errors import Reverted

_ANY = object()


class reverts:
    """Expect a revert: of any kind, with a message, a custom error (some of its fields given), or a panic code.

    ``as`` gives an object whose ``error`` is the exception. Raises DidNotRevert or RevertedForAnotherReason, which are
    AssertionErrors; any exception but Reverted passes through.
    """

    def __init__(self, expected: ErrorType | str | None = None, /, **fields: Any) -> None:
        self._expected = expected
        self._panic: int | None = fields.pop("panic", None) if expected is None else None
        self._fields = fields
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
        shown = ", ".join(f"{key}={value!r}" for key, value in self._fields.items())
        return f"{self._expected!r}({shown})"

    def _mismatch(self, error: Reverted) -> str:
        if self._panic is not None:
            same = isinstance(error, Panicked) and error.code == self._panic
            return "" if same else error.reason
        if isinstance(self._expected, str):
            same = isinstance(error, RevertedWithMessage) and error.message == self._expected
            return "" if same else error.reason
        if isinstance(self._expected, ErrorType):
            if error.data[:4] != self._expected.selector:
                return error.reason
            return _differing(self._fields_of(error), self._fields)
        return ""

    def _fields_of(self, error: Reverted) -> Mapping[str, Any]:
        if isinstance(error, RevertedWithError) and error.signature == getattr(self._expected, "signature", None):
            return error.fields
        return {}


def _differing(actual: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    wrong = []
    for name, value in expected.items():
        found = actual.get(name, _ANY)
        wanted = getattr(value, "address", value)
        if found is _ANY:
            wrong.append(f"it has no field {name!r}, only {', '.join(actual)}")
        elif found != wanted:
            wrong.append(f"{name} is {found!r}, expected {wanted!r}")
    return "; ".join(wrong)
