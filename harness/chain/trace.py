"""Call trees with names: which contract, which function, what arguments, what gas, which line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.chain.backend import Frame
from harness.chain.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class CallTrace:
    """One call and the calls it made. Iterating gives every call, outermost first."""

    frame: Frame
    knowledge: Knowledge

    @property
    def children(self) -> tuple[CallTrace, ...]:
        return tuple(CallTrace(child, self.knowledge) for child in self.frame.children)

    @property
    def kind(self) -> str:
        return self.frame.kind

    @property
    def gas_used(self) -> int:
        return self.frame.gas_used

    @property
    def contract(self) -> str:
        """Name of the contract whose code runs, or its address."""
        return self.knowledge.name(self.frame.code_address)

    @property
    def function(self) -> str | None:
        """Name of the function called; None if unknown."""
        if self.frame.kind.startswith("CREATE"):
            return "constructor"
        info = self.knowledge.at(self.frame.code_address)
        call = None if info is None else info.index.decode_call(self.frame.input)
        return None if call is None else call.name

    @property
    def arguments(self) -> dict[str, Any] | None:
        """Arguments by name; None if unknown."""
        info = self.knowledge.at(self.frame.code_address)
        call = None if info is None else info.index.decode_call(self.frame.input)
        return None if call is None or call.fields is None else dict(call.fields)

    @property
    def error(self) -> str | None:
        """Why the call failed, decoded; None if it did not."""
        if self.frame.error is None:
            return None
        cause = self.frame.error
        return self.knowledge.reverted(self.frame.output, cause, address=self.frame.code_address).reason

    @property
    def location(self) -> str | None:
        """Solidity file:line where a failed call stopped; None if unknown."""
        if self.frame.error is None or self.frame.stopped_at is None:
            return None
        return self._line(self.frame.stopped_at)

    def _line(self, pc: int) -> str | None:
        info = self.knowledge.at(self.frame.code_address)
        return None if info is None else info.location(pc, creation=self.frame.kind.startswith("CREATE"))

    def __iter__(self) -> Iterator[CallTrace]:
        yield self
        for child in self.children:
            yield from child

    def lines(self, depth: int = 0) -> Iterator[str]:
        yield "  " * depth + self.headline()
        for child in self.children:
            yield from child.lines(depth + 1)

    def headline(self) -> str:
        """Contract.function(arguments) [gas] and, for a failure, the error and its line."""
        arguments = self.arguments
        shown = "" if arguments is None else ", ".join(f"{key}={_short(value)}" for key, value in arguments.items())
        function = self.function or (f"0x{self.frame.input[:4].hex()}" if self.frame.input else "receive")
        text = f"{self.contract}.{function}({shown}) [{self.frame.gas_used} gas]"
        if self.frame.kind not in ("CALL", "CREATE"):
            text = f"{self.frame.kind.lower()} {text}"
        if self.frame.value:
            text += f" {{value: {self.frame.value}}}"
        if self.frame.error is not None:
            text += f" ✗ {self.error}"
            if self.location is not None:
                text += f" at {self.location}"
        return text

    def __str__(self) -> str:
        return "\n".join(self.lines())


def _short(value: Any) -> str:
    text = "0x" + value.hex() if isinstance(value, bytes) else repr(value)
    return text if len(text) <= 80 else f"{text[:40]}…({len(text)} characters)"
