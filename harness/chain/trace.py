"""Call trees with names: the contract, the function, its arguments, its gas, and the line that failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.chain.backend import Frame
from harness.chain.console import CONSOLE, console_line
from harness.chain.effects import Effect, effects_of, shown_effect
from harness.chain.errors import CodeTooLarge
from harness.chain.knowledge import ContractInfo, Knowledge
from harness.chain.lines import Lines
from harness.chain.values.causes import CODE_TOO_LARGE, INITCODE_TOO_LARGE, MAX_CODE, MAX_INITCODE, NEVER_BEGAN, size_in
from harness.chain.values.decoded import shown

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

_LONGEST = 80
"""Characters of an argument from which on only its beginning and end are shown."""


@dataclass(frozen=True, slots=True)
class CallTrace:
    """One call and the calls it made.

    Iteration yields every call of the tree, outermost first. `str` and rich show the tree; with ``with_effects``, they
    show changes of storage and events at their place in it.
    """

    frame: Frame
    knowledge: Knowledge
    lines: Lines | None = field(default=None, compare=False, repr=False)
    with_effects: bool = field(default=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.lines is None:
            object.__setattr__(self, "lines", Lines(self.frame, self.knowledge))

    @property
    def children(self) -> tuple[CallTrace, ...]:
        """The calls that this one made, in order."""
        return tuple(self._of(child) for child in self.frame.children)

    def _of(self, child: Frame) -> CallTrace:
        return CallTrace(child, self.knowledge, self.lines, self.with_effects)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What this call changed and told by itself, in order: StorageChange, DecodedEvent, or Log of an unknown event.

        What a call that failed did was undone. The transaction is executed again for it, outside of the chain; effects
        are empty where that is impossible.
        """
        return tuple(effect for _, effect in self._effects())

    @property
    def entries(self) -> tuple[CallTrace | Effect, ...]:
        """The calls that this one made and its own `effects`, in the order in which they happened."""
        rows: list[CallTrace | Effect] = []
        effects = self._effects()
        for place, child in enumerate((None, *self.frame.children)):
            if child is not None:
                rows.append(self._of(child))
            rows += [effect for at, effect in effects if at == place]
        return tuple(rows)

    def _effects(self) -> list[tuple[int, Effect]]:
        assert self.lines is not None
        return effects_of(self.frame, self.lines, self.knowledge, self._info) or []

    @property
    def kind(self) -> str:
        """The opcode that made the call: CALL, STATICCALL, DELEGATECALL, CALLCODE, CREATE or CREATE2."""
        return self.frame.kind

    @property
    def gas_used(self) -> int:
        """Gas that this call used, the calls below it included; of the outermost, the intrinsic gas too."""
        return self.frame.gas_used

    @property
    def output(self) -> bytes:
        """What the call returned: return data, revert data, or the created code."""
        return self.frame.output

    @property
    def _info(self) -> ContractInfo | None:
        """The contract whose code runs; a proxy's own code where it is the proxy's."""
        assert self.lines is not None
        return self.lines.contract(self.frame)

    @property
    def contract(self) -> str:
        """Name of the contract whose code ran; its address if no known contract has that code."""
        name, info = self.knowledge.name(self.frame.code_address), self._info
        return name if info is None or name != self.frame.code_address else info.name

    @property
    def function(self) -> str | None:
        """Name of the called function, "constructor" for a creation; None if no known ABI explains the call."""
        if self._creates:
            return "constructor"
        info = self._info
        call = None if info is None else info.index.decode_call(self.frame.input)
        return None if call is None else call.name

    @property
    def _creates(self) -> bool:
        return self.frame.kind.startswith("CREATE")

    @property
    def arguments(self) -> dict[str, Any] | None:
        """Arguments by name; None if no known ABI explains the call."""
        info = self._info
        call = None if info is None or self._creates else info.index.decode_call(self.frame.input)
        return None if call is None or call.fields is None else dict(call.fields)

    @property
    def error(self) -> str | None:
        """Why the call failed, decoded by the known ABIs; None if it succeeded."""
        if self.frame.error is None:
            return None
        large = self.too_large()
        if large is not None:
            return large.reason
        cause = self.knowledge.refusal(self.frame) or self.frame.error
        return self.knowledge.reverted(self.frame.output, cause, address=self.frame.code_address).reason

    def too_large(self, **evidence: Any) -> CodeTooLarge | None:
        """Return the error if the failure is a creation above a limit of size (EIP-170, EIP-3860), else None.

        The creation may be this call, or the one below whose failure this call passed on.
        """
        error = self.frame.error
        if error is None or error in NEVER_BEGAN or self.frame.output:
            return None
        if error in (CODE_TOO_LARGE, INITCODE_TOO_LARGE) and self.lines is not None:
            error = self.lines.cause(self.frame) or error
        size = size_in(error)
        if error.startswith(INITCODE_TOO_LARGE):
            return CodeTooLarge(self.contract, "initcode", size, MAX_INITCODE, **evidence)
        info = self._info if self._creates else None
        known = 0 if info is None else info.runtime_size
        if error.startswith(CODE_TOO_LARGE) or known > MAX_CODE:
            return CodeTooLarge(self.contract, "code", size or known or None, MAX_CODE, **evidence)
        passed_on = self.children[-1] if self._passed_on is not None else None
        return None if passed_on is None else passed_on.too_large(**evidence)

    @property
    def location(self) -> str | None:
        """Solidity file:line of the statement that failed; None if the call succeeded or no line is known.

        If this call passed on the failure of another call, it is the line of the statement that made that call.
        """
        if self.frame.error is None or self.lines is None:
            return None
        passed_on = self._passed_on
        return self.lines.of(self.frame, passed_on if self.frame.output else None)

    @property
    def _passed_on(self) -> Frame | None:
        """The failed call whose error this one passed on; None if the error arose here."""
        last = self.frame.children[-1] if self.frame.children else None
        same = last is not None and last.error is not None and last.output == self.frame.output
        return last if same and self.frame.error is not None else None

    @property
    def console(self) -> list[str]:
        """What console.log printed, in order; failed calls count too."""
        return [console_line(call.frame.input) for call in self if call.frame.code_address == CONSOLE]

    def __iter__(self) -> Iterator[CallTrace]:
        yield self
        for child in self.children:
            yield from child

    def find(self, function: str) -> CallTrace | None:
        """Return the first call of ``function`` or ``Contract.function``, outermost first; None if there is none."""
        wanted = function.rpartition(".")
        return next(
            (call for call in self if call.function == wanted[2] and wanted[0] in ("", call.contract)),
            None,
        )

    def headline(self) -> str:
        """Return ``Contract.function(arguments) [gas]``, with the error and its line if the call failed."""
        if self.frame.code_address == CONSOLE:
            return f"console.log: {console_line(self.frame.input)}"
        text = f"{self.contract}.{self._called()} [{self.frame.gas_used} gas]"
        if self.frame.kind not in ("CALL", "CREATE"):
            text = f"{self.frame.kind.lower()} {text}"
        if self.frame.value:
            text += f" {{value: {self.frame.value}}}"
        if self.frame.error is not None:
            text += " ✗" if self._passed_on is not None else f" ✗ {self.error}"
            if self.location is not None:
                text += f" at {self.location}"
        return text

    def _called(self) -> str:
        function = self.function
        if function is None:
            return f"0x{self.frame.input[:4].hex()}(…)" if self.frame.input else "receive()"
        fields = self.arguments or {}
        return f"{function}({', '.join(f'{name}={self._shown(value)}' for name, value in fields.items())})"

    def _shown(self, value: Any) -> str:
        known = self.knowledge.known_name(value) if isinstance(value, str) else None
        return known or shown(value, _LONGEST)

    def _lines(self) -> Iterator[str]:
        yield self.headline()
        entries = self.entries if self.with_effects else self.children
        for position, entry in enumerate(entries):
            last = position == len(entries) - 1
            lines = entry._lines() if isinstance(entry, CallTrace) else (shown_effect(entry),)
            for number, line in enumerate(lines):
                branch = ("└─ " if last else "├─ ") if number == 0 else ("   " if last else "│  ")
                yield branch + line

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        for line in self._lines():
            yield Text(line, style="red" if "✗" in line else "")
