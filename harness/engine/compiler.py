"""Compiles a stretch of bytecode, from one entry on, to the source of one Python function.

The function follows the code along constant jumps, past branches that revert, and through internal calls whose return
address the code itself pushed. A jump back to the entry becomes a loop. Items of the stack are local variables: what is
put there and taken away again never reaches the list. The function checks gas ahead, for a whole block up to the next
opcode that goes through the table, and subtracts it where somebody can see it. An opcode that is not written out here
goes through the fork's table; stack, gas and program counter are put in order before.

INVARIANT: whenever the function returns, the computation is what the plain loop would have made of it at that program
counter. If gas, stack or memory might not suffice, if a jump leads nowhere or a range is beyond the bound, then the
function returns False *before* the opcode. The plain loop then runs the opcode, or fails in its own words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.engine.bytecode import aborts, jump_destinations
from harness.engine.operations import PURE, READ_TWICE, fold
from harness.engine.rules import Rules
from harness.engine.values import DEFERRED, WORD, Value, constant
from harness.primitives.opcodes import CALLS, CREATES, HALTING, Fork, Opcode, opcodes_of

LONGEST = 240
"""Opcodes that one function follows at most."""

_REVISITS = 16
"""How often one function may come by the same JUMPDEST, each time on its way back to somewhere else."""

_TOLD_APART = 4
"""Items at the top of the stack that tell a return address, and so a call from a loop."""

_PRELUDE = {
    "data": "data = c.msg.data",
    "calldatasize": "calldatasize = len(c.msg.data)",
    "callvalue": "callvalue = c.msg.value",
    "caller": 'caller = from_bytes(c.msg.sender, "big")',
    "address": 'address = from_bytes(c.msg.storage_address, "big")',
    "memory": "memory = c._memory; mem = memory._bytes",
}
"""What a function reads once when it begins, by the name of the variable that it needs."""

_FRAME_WORDS: dict[int, tuple[str, int]] = {
    Opcode.ADDRESS: ("address", (1 << 160) - 1),
    Opcode.CALLER: ("caller", (1 << 160) - 1),
    Opcode.CALLVALUE: ("callvalue", WORD),
    Opcode.CALLDATASIZE: ("calldatasize", (1 << 64) - 1),
}
_OPCODES = opcodes_of(Fork.OSAKA)
_TOUCHES_MEMORY = CALLS | CREATES | {op for op in Opcode if op.writes} - {Opcode.MSTORE, Opcode.MSTORE8}
"""Opcodes that the table runs and that may change memory or its size."""

_BLOCK = re.compile(r"@(\d+)@")


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a function, and how many opcodes it stands for."""

    text: str
    opcodes: int


def compile_trace(code: bytes, entry: int, rules: Rules) -> Source:
    """Return the function that begins at ``entry``."""
    first = _Trace(code, entry, rules, None)
    first.follow()
    if not first.loops:
        return first.source()
    loop = _Trace(code, entry, rules, first.base)
    loop.follow()
    return loop.source()


class _Trace:
    """One function in the making.

    ``stack`` is what the EVM's stack holds from some depth on. ``listed`` is what the list behind it holds there now,
    None where that is out of date. ``base`` is the number of items that both took over from the entry. ``cost`` is the
    gas used since ``g`` was last brought up to date. ``held`` is how many bytes memory has at least. ``carried`` is the
    number of items that a loop keeps in variables, None if this is no loop.
    """

    def __init__(self, code: bytes, entry: int, rules: Rules, carried: int | None) -> None:
        self.code, self.entry, self.rules, self.carried = code, entry, rules, carried
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

    def again(self) -> list[str]:
        """Return the lines that go back to the head of the loop."""
        assert self.carried is not None
        changed = [(f"s{n}", self._item(value)) for n, value in enumerate(self.stack) if value.text != f"s{n}"]
        lines = []
        if changed:
            lines.append(f"{', '.join(name for name, _ in changed)} = {', '.join(text for _, text in changed)}")
        more = len(self.listed) - self.carried
        if more:
            lines.append(f"del v[-{more}:]" if more > 0 else f"v += (0,) * {-more}")
        if self.cost:
            lines.append(f"g -= {self.cost}")
        return [*lines, "continue"]

    def returns_to_entry(self, target: int) -> bool:
        """Return whether a jump goes back to the entry with the stack as high as it was there."""
        if target != self.entry or len(self.stack) != self.base:
            return False
        self.loops = True
        return self.carried is not None

    # -- opcodes

    def follow(self) -> None:
        """Write the function, opcode by opcode."""
        self.open_block()
        while self.is_open:
            if self.pc >= len(self.code) or self.opcodes >= LONGEST:
                self.leave(self.pc, done=self.pc < len(self.code))
                return
            if self.pc == self.entry and self.opcodes:
                self.go(self.entry)
                return
            opcode = self.code[self.pc]
            self.opcodes += 1
            price = self.rules.prices.get(opcode)
            if price is None:
                self.run_table(opcode)
            else:
                self.write_out(opcode, price)

    def write_out(self, opcode: int, price: int) -> None:
        """Write an opcode out that the compiler knows."""
        if Opcode.PUSH0 <= opcode <= Opcode.PUSH32:
            size = opcode - Opcode.PUSH0
            self.cost += price
            data = self.code[self.pc + 1 : self.pc + 1 + size].ljust(size, b"\0")
            self.push(constant(int.from_bytes(data, "big")))
            self.pc += 1 + size
        elif Opcode.DUP1 <= opcode <= Opcode.DUP16:
            self.duplicate(opcode - Opcode.DUP1 + 1, price)
        elif Opcode.SWAP1 <= opcode <= Opcode.SWAP16:
            depth = opcode - Opcode.SWAP1 + 2
            self.ensure(depth)
            self.stack[-1], self.stack[-depth] = self.stack[-depth], self.stack[-1]
            self.advance(price)
        elif opcode in PURE:
            self.compute(opcode, price)
        elif opcode in (Opcode.JUMP, Opcode.JUMPI):
            self.jump(opcode, price)
        elif opcode in (Opcode.MLOAD, Opcode.MSTORE, Opcode.MSTORE8):
            self.access_memory(opcode, price)
        elif opcode == Opcode.KECCAK256:
            self.hash(price)
        else:
            self.look_up(opcode, price)

    def advance(self, price: int) -> None:
        self.cost += price
        self.pc += 1

    def duplicate(self, depth: int, price: int) -> None:
        self.ensure(depth)
        value = self.stack[-depth]
        if not value.is_simple:
            value = self.stack[-depth] = self.name(value)
        self.push(value)
        self.advance(price)

    def compute(self, opcode: int, price: int) -> None:
        """Write a pure function of words."""
        count, operation, _ = PURE[opcode]
        operands = self.take(count)
        twice = READ_TWICE.get(opcode)
        if twice is not None and not operands[twice].is_simple:
            operands[twice] = self.name(operands[twice])
        value = operation(operands)
        self.push(fold(value) if all(operand.const is not None for operand in operands) else value)
        self.advance(price)

    def look_up(self, opcode: int, price: int) -> None:
        """Write a value that a frame knows of itself."""
        if opcode == Opcode.POP:
            self.ensure(1)
            self.stack.pop()
        elif opcode == Opcode.PC:
            self.push(constant(self.pc))
        elif opcode == Opcode.CODESIZE:
            self.push(constant(len(self.code)))
        elif opcode == Opcode.RETURNDATASIZE:
            self.push(self.name(Value("len(c.return_data)", (1 << 64) - 1)))
        elif opcode == Opcode.CALLDATALOAD:
            (offset,) = self.take(1)
            self.push(Value(f"word_at({self.need('data')}, {offset.text})", WORD, offset.size + 3))
        elif opcode in _FRAME_WORDS:
            name, high = _FRAME_WORDS[opcode]
            self.push(Value(self.need(name), high))
        self.advance(price)

    def run_table(self, opcode: int) -> None:
        """Have the fork's table run an opcode, which sees the computation as the plain loop would have left it."""
        row = _OPCODES.get(opcode)
        pops, pushes = (0, 0) if row is None else (row.inputs, row.outputs)
        self.ensure(pops)
        self.close_block()
        self.emit(*self.written())
        self.listed = list(self.stack)
        gas = f"meter.gas_remaining = g - {self.cost}" if self.cost else "meter.gas_remaining = g"
        self.emit(f"stream.program_counter = {self.pc + 1}", gas, f"op_{opcode:02x}(c)")
        if opcode in HALTING or row is None:
            self.emit("return True")
            self.is_open = False
            return
        self.emit("g = meter.gas_remaining")
        if opcode in _TOUCHES_MEMORY:
            self.emit(f"mem = {self.need('memory')}._bytes")
        del self.stack[len(self.stack) - pops :]
        del self.listed[len(self.listed) - pops :]
        for _ in range(pushes):
            item = Value(None)
            self.push(item)
            self.listed.append(item)
        self.cost = 0
        self.pc += 1
        self.open_block()

    # -- memory

    def reach(self, offset: Value, end: str, extra: str = "") -> None:
        """Grow memory up to ``end`` and pay for it, and for ``extra``; or leave the opcode to the plain loop."""
        bound, block = self.rules.range_bound, f"@{len(self.blocks) - 1}@"
        is_far = f"{offset.text} > {bound} or " if offset.const is None or offset.const > bound else ""
        if extra:
            self.emit(f"d = {extra}", f"if {end} > len(mem): d += growth(len(mem), {end})")
            self.give_up(f"{is_far}g - d < {block}")
            self.emit("g -= d", f"if {end} > len(mem): mem = grown(memory, {end})")
            return
        if end.isdigit() and int(end) <= self.held:
            return
        self.emit(f"if {end} > len(mem)" + (f" or {is_far[:-4]}:" if is_far else ":"))
        self.emit(f"    if {is_far}g - (d := growth(len(mem), {end})) < {block}:")
        self.emit(*self.left(self.pc, done=False), deeper=2)
        self.emit("    g -= d", f"    mem = grown(memory, {end})")
        if end.isdigit():
            self.held = int(end)

    def access_memory(self, opcode: int, price: int) -> None:
        """Write MLOAD, MSTORE or MSTORE8."""
        self.need("memory")
        operands = self.take_simple(1 if opcode == Opcode.MLOAD else 2)
        offset = operands[0]
        after, self.stack = self.stack, [*self.stack, *reversed(operands)]  # who gives up has taken nothing
        size = 1 if opcode == Opcode.MSTORE8 else 32
        end = str(offset.const + size) if offset.const is not None else f"{offset.text} + {size}"
        self.reach(offset, end)
        self.stack = after
        where = f"mem[{offset.text}:{end}]"
        if opcode == Opcode.MLOAD:
            self.push(self.name(Value(f'from_bytes({where}, "big")')))
        elif opcode == Opcode.MSTORE:
            self.emit(f"{where} = {self._bytes_of(operands[1])}")
        else:
            self.emit(f"mem[{offset.text}] = {operands[1].text} & 255")
        self.advance(price)

    @staticmethod
    def _bytes_of(value: Value) -> str:
        if value.const is not None:
            return repr(value.const.to_bytes(32, "big"))
        return f'(+{value.text}).to_bytes(32, "big")' if value.high <= 1 else f'{value.text}.to_bytes(32, "big")'

    def hash(self, price: int) -> None:
        """Write KECCAK256."""
        self.need("memory")
        offset, size = operands = self.take_simple(2)
        after, self.stack = self.stack, [*self.stack, *reversed(operands)]
        self.close_range(size)
        end = f"{offset.text} + {size.text}" if None in (offset.const, size.const) else str(offset.const + size.const)  # type: ignore[operator]
        self.reach(offset, end, f"6 * ({size.text} + 31 >> 5)")
        self.stack = after
        self.push(self.name(Value(f'from_bytes(keccak256(bytes(mem[{offset.text}:{end}])), "big")')))
        self.advance(price)

    def close_range(self, size: Value) -> None:
        """Leave empty ranges, which may lie anywhere, and ranges beyond the bound to the plain loop."""
        bound = self.rules.range_bound
        if size.const is None or not 0 < size.const <= bound:
            self.give_up(f"not 0 < {size.text} <= {bound}")

    # -- jumps

    def jump(self, opcode: int, price: int) -> None:
        """Write JUMP or JUMPI."""
        self.ensure(opcode - Opcode.JUMP + 1)
        target = self.stack[-1].const
        if target is None or target not in self.destinations:
            self.jump_anywhere(opcode, price)
        elif opcode == Opcode.JUMP:
            self.stack.pop()
            self.advance(price)
            self.go(target)
        else:
            self.stack.pop()
            self.branch(target, price)

    def jump_anywhere(self, opcode: int, price: int) -> None:
        """Write a jump to a place that only the stack knows, or to no JUMPDEST."""
        if opcode == Opcode.JUMPI:
            condition = self.stack[-2]
            self.load(condition)
            if not condition.is_simple:
                condition = self.stack[-2] = self.name(condition)
            if condition.const is None:
                self.give_up(condition.text or "")
            elif condition.const:
                self.leave(self.pc, done=False)
                return
            del self.stack[-2:]
            self.advance(price)
            return
        target = self.stack[-1]
        if target.const is not None:
            self.leave(self.pc, done=False)
            return
        self.load(target)
        if not target.is_simple:
            target = self.stack[-1] = self.name(target)
        self.give_up(f"{target.text} not in destinations")
        self.stack.pop()
        self.cost += price
        self.leave(target.text or "")

    def branch(self, target: int, price: int) -> None:
        """Write a JUMPI to a known place: follow the likely side, and leave the function for the other."""
        (condition,) = self.take(1)
        self.advance(price)
        if condition.const is not None:
            if condition.const:
                self.go(target)
            return
        if aborts(self.code, self.pc) and not aborts(self.code, target) and target != self.entry:
            self.emit(f"if not {condition.text}:")
            self.emit(*self.left(self.pc, done=True), deeper=1)
            self.go(target)
            return
        if target == self.entry and self.carried is not None:
            for value in self.stack:
                self.load(value)
        self.emit(f"if {condition.text}:")
        lines = self.again() if self.returns_to_entry(target) else self.left(target, done=True)
        self.emit(*lines, deeper=1)

    def go(self, target: int) -> None:
        """Continue at a known place, or leave the function if continuing would never end."""
        if target == self.entry:
            if self.carried is not None:
                for value in self.stack:
                    self.load(value)
            if self.returns_to_entry(target):
                self.close_block()
                self.emit(*self.again())
                self.is_open = False
            else:
                self.leave(target)
            return
        seen = self.visits.setdefault(target, [])
        top = [v.const if v.const in self.destinations else None for v in reversed(self.stack[-_TOLD_APART:])]
        state = (len(self.stack) - self.base, tuple(top + [None] * (_TOLD_APART - len(top))))
        if state in seen or len(seen) >= _REVISITS:
            self.leave(target)
            return
        seen.append(state)
        self.pc = target
