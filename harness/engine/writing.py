"""Writes one opcode after the other into a draft; jumps are the compiler's."""

from __future__ import annotations

from harness.engine.drafts import Draft
from harness.engine.operations import PURE, READ_TWICE, fold
from harness.engine.values import WORD, Value, constant
from harness.primitives.opcodes import CALLS, CREATES, HALTING, Fork, Opcode, opcodes_of

_FRAME_WORDS: dict[int, tuple[str, int]] = {
    Opcode.ADDRESS: ("address", (1 << 160) - 1),
    Opcode.CALLER: ("caller", (1 << 160) - 1),
    Opcode.CALLVALUE: ("callvalue", WORD),
    Opcode.CALLDATASIZE: ("calldatasize", (1 << 64) - 1),
}
_OPCODES = opcodes_of(Fork.OSAKA)
_TOUCHES_MEMORY = CALLS | CREATES | {op for op in Opcode if op.writes} - {Opcode.MSTORE, Opcode.MSTORE8}
"""Opcodes that the table runs and that may change memory or its size."""


class Writer(Draft):
    """A draft that opcodes are written into."""

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
        elif opcode in (Opcode.MLOAD, Opcode.MSTORE, Opcode.MSTORE8):
            self.access_memory(opcode, price)
        elif opcode == Opcode.KECCAK256:
            self.hash(price)
        elif opcode in HALTING:
            self.halt(opcode)
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
        end = self._end_of(offset, size)
        self.reach(offset, end, f"6 * ({size.text} + 31 >> 5)")
        self.stack = after
        hashed = f"bytes(mem[{offset.text}:{end}])"
        is_pair = size.const == 64
        self.push(self.name(Value(f"hash_of_pair({hashed})" if is_pair else f'from_bytes(keccak256({hashed}), "big")')))
        self.advance(price)

    @staticmethod
    def _end_of(offset: Value, size: Value) -> str:
        if offset.const is None or size.const is None:
            return f"{offset.text} + {size.text}"
        return str(offset.const + size.const)

    def halt(self, opcode: int) -> None:
        """Write RETURN or STOP, which are free: the function returns HALTED, so that nobody has to raise Halt."""
        if opcode == Opcode.RETURN:
            self.need("memory")
            offset, size = operands = self.take_simple(2)
            after, self.stack = self.stack, [*self.stack, *reversed(operands)]
            self.close_range(size)
            end = self._end_of(offset, size)
            self.reach(offset, end)
            self.stack = after
            self.emit(f"c._output = bytes(mem[{offset.text}:{end}])")
        self.pc += 1
        gas = f"g - {self.cost}" if self.cost else "g"
        self.emit(*self.written(), f"stream.program_counter = {self.pc}; meter.gas_remaining = {gas}; return HALTED")
        self.close_block()
        self.is_open = False

    def close_range(self, size: Value) -> None:
        """Leave empty ranges, which may lie anywhere, and ranges beyond the bound to the plain loop."""
        bound = self.rules.range_bound
        if size.const is None or not 0 < size.const <= bound:
            self.give_up(f"not 0 < {size.text} <= {bound}")
