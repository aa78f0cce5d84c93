"""A function in the making: its text, what it knows of the EVM's stack, and how it is left."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.engine.bytecode import jump_destinations
from harness.engine.marks import REACHED
from harness.engine.rules import Rules
from harness.engine.values import DEFERRED, Value

_PRELUDE = {
    "data": "data = c.msg.data",
    "calldatasize": "calldatasize = len(c.msg.data)",
    "callvalue": "callvalue = c.msg.value",
    "caller": 'caller = from_bytes(c.msg.sender, "big")',
    "address": 'address = from_bytes(c.msg.storage_address, "big")',
    "memory": "memory = c._memory; mem = memory._bytes",
    "hits": "hits = c.hits",
}
"""What a function reads once when it begins, by the name of the variable that it needs."""

_BLOCK = re.compile(r"@(\d+)@")


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a function, and how many opcodes it stands for."""

    text: str
    opcodes: int


class Draft:
    """One function, as far as it is written.

    ``stack`` is what the EVM's stack holds from some depth on. ``listed`` is what the list behind it holds there now,
    None where that is out of date. ``base`` is the number of items that both took over from the entry. ``cost`` is the
    gas used since ``g`` was last brought up to date. ``held`` is how many bytes memory has at least. ``carried`` is the
    number of items that a loop keeps in variables, None if this is no loop. ``ends`` has the kinds of opcodes, as in
    `harness.engine.marks`, if what runs is to be marked.
    """

    def __init__(self, code: bytes, entry: int, rules: Rules, carried: int | None, ends: bytes | None = None) -> None:
        self.code, self.entry, self.rules, self.carried, self.ends = code, entry, rules, carried, ends
        self.destinations = jump_destinations(code)
        self.lines: list[tuple[int, str]] = []
        self.prelude: set[str] = set()
        self.pc = entry
        self.cost = 0
        self.base = carried or 0
        self.stack = [Value(f"s{n}") for n in range(self.base)]
        self.listed: list[Value | None] = [None] * self.base
        self.highest = 0
        self.names = 0
        self.opcodes = 0
        self.blocks: list[int | None] = []
        self.opened = (0, 0)
        self.checked = 0
        self.indent = 1 if carried is None else 2
        self.loops = False
        self.is_open = True
        self.held = 0
        self.visits: dict[int, list[tuple[int, tuple[int | None, ...]]]] = {}

    # -- text

    def emit(self, *lines: str, deeper: int = 0) -> None:
        self.lines.extend((self.indent + deeper, line) for line in lines)

    def source(self) -> Source:
        """Return the finished function."""
        ends = self.blocks
        body = ["    " * depth + _BLOCK.sub(lambda found: str(ends[int(found[1])]), line) for depth, line in self.lines]
        head = [
            "def trace(c, destinations):",
            "    stream = c.code; v = c._stack.values; meter = c._gas_meter; g = meter.gas_remaining",
            f"    if not {self.base} <= len(v) <= {1024 - max(self.highest, 0)}: return False",
            *(f"    {_PRELUDE[name]}" for name in sorted(self.prelude)),
        ]
        if self.carried is not None:
            for n in range(self.carried):
                head += [
                    f"    s{n} = v[{n - self.carried}]",
                    f'    if s{n}.__class__ is not int: s{n} = from_bytes(s{n}, "big")',
                ]
            head.append("    while True:")
        return Source("\n".join(head + body) + "\n", self.opcodes)

    def mark(self, pc: int, way: int = REACHED) -> list[str]:
        """Return the lines that mark how the stretch that ends at ``pc`` ended; none if that is not wanted."""
        return [] if self.ends is None else [f"{self.need('hits')}[{pc}] |= {way}"]

    def need(self, name: str) -> str:
        """Have a variable set when the function begins."""
        self.prelude.add(name)
        return name

    # -- the stack

    def ensure(self, count: int) -> None:
        """Have ``count`` items known."""
        while len(self.stack) < count:
            assert self.carried is None, "a loop goes the way that was measured before"
            item = Value(None)
            self.stack.insert(0, item)
            self.listed.insert(0, item)
            self.base += 1

    def push(self, value: Value) -> None:
        self.stack.append(value)
        self.highest = max(self.highest, len(self.stack) - self.base)

    def place(self, value: Value) -> str:
        """Return where the list holds an item."""
        at = next(n for n, listed in enumerate(self.listed) if listed is value)
        return f"v[{at - len(self.listed)}]"

    def name(self, value: Value) -> Value:
        """Compute a value now, into a variable."""
        self.names += 1
        name = f"t{self.names}"
        self.emit(f"{name} = {value.text}")
        return Value(name, value.high)

    def load(self, value: Value) -> None:
        """Read an item that lies in the list."""
        if value.text is None:
            self.names += 1
            name = f"t{self.names}"
            self.emit(
                f"{name} = {self.place(value)}", f'if {name}.__class__ is not int: {name} = from_bytes({name}, "big")'
            )
            value.text = name

    def take(self, count: int) -> list[Value]:
        """Pop operands, the top first, ready to be named in an expression."""
        self.ensure(count)
        taken = [self.stack.pop() for _ in range(count)]
        for n, value in enumerate(taken):
            self.load(value)
            if value.size > DEFERRED:
                taken[n] = self.name(value)
        return taken

    def take_simple(self, count: int) -> list[Value]:
        """Pop operands that an opcode names more than once."""
        return [value if value.is_simple else self.name(value) for value in self.take(count)]

    def written(self) -> list[str]:
        """Return the lines that bring the list up to date; nothing is remembered of it."""
        same = 0
        while same < min(len(self.stack), len(self.listed)) and self.stack[same] is self.listed[same]:
            same += 1
        gone = len(self.listed) - same
        items = [self._item(value) for value in self.stack[same:]]
        if not items:
            return [f"del v[-{gone}:]"] if gone else []
        if len(items) == 1 and gone < 2:
            return [f"v[-1] = {items[0]}" if gone else f"v.append({items[0]})"]
        listed = f"({', '.join(items)},)"
        return [f"v[-{gone}:] = {listed}" if gone else f"v += {listed}"]

    def _item(self, value: Value) -> str:
        if value.text is None:
            return self.place(value)
        return f"+{value.text}" if value.high <= 1 and value.const is None else value.text

    # -- leaving

    def left(self, pc: int | str, done: bool) -> list[str]:
        """Return the lines that leave the function at ``pc``; ``done`` unless the plain loop has to go on there."""
        gas = f"g - {self.cost}" if self.cost else "g"
        if not done:
            return [*self.written(), f"return handed_over(stream, {pc}, meter, {gas})"]
        return [*self.written(), f"stream.program_counter = {pc}; meter.gas_remaining = {gas}; return True"]

    def leave(self, pc: int | str, done: bool = True) -> None:
        self.emit(*self.left(pc, done))
        self.close_block()
        self.is_open = False

    def give_up(self, condition: str) -> None:
        """Leave the present opcode to the plain loop if ``condition`` holds; nothing of it was done yet."""
        self.emit(f"if {condition}:")
        self.emit(*self.left(self.pc, done=False), deeper=1)

    def open_block(self) -> None:
        """Check that the gas does for all that the next block is sure to use."""
        self.blocks.append(None)
        self.opened = len(self.lines), self.cost
        self.emit(f"if g < @{len(self.blocks) - 1}@:")
        self.emit(*self.left(self.pc, done=False), deeper=1)
        self.checked = len(self.lines)

    def close_block(self) -> None:
        if self.blocks and self.blocks[-1] is None:
            self.blocks[-1] = self.cost
            start, cost = self.opened
            if cost == self.cost:  # nothing in it costs gas
                del self.lines[start : self.checked]
