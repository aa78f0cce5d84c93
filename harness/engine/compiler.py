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

from harness.engine.bytecode import aborts
from harness.engine.drafts import Source
from harness.engine.marks import JUMPED
from harness.engine.rules import Rules
from harness.engine.writing import Writer
from harness.primitives.opcodes import HALTING, Opcode

LONGEST = 240
"""Opcodes that one function follows at most."""

_REVISITS = 16
"""How often one function may come by the same JUMPDEST, each time on its way back to somewhere else."""

_TOLD_APART = 4
"""Items at the top of the stack that tell a return address, and so a call from a loop."""


def compile_trace(code: bytes, entry: int, rules: Rules, ends: bytes | None = None) -> Source:
    """Return the function that begins at ``entry``; it marks what runs if it is told where by ``ends``."""
    first = _Trace(code, entry, rules, None, ends)
    first.follow()
    if not first.loops:
        return first.source()
    loop = _Trace(code, entry, rules, first.base, ends)
    loop.follow()
    return loop.source()


class _Trace(Writer):
    """A draft that follows the code."""

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
            opcode, pc = self.code[self.pc], self.pc
            self.opcodes += 1
            price = self.rules.prices.get(opcode)
            if price is None or (opcode in HALTING and self.ends is not None):  # the table's way of ending is marked
                self.run_table(opcode)
            elif opcode in (Opcode.JUMP, Opcode.JUMPI):
                self.jump(opcode, price)
                continue
            else:
                self.write_out(opcode, price)
            if self.ends is not None and self.ends[pc] and self.is_open:
                self.emit(*self.mark(pc))

    # -- loops

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

    # -- jumps

    def jump(self, opcode: int, price: int) -> None:
        """Write JUMP or JUMPI."""
        self.ensure(opcode - Opcode.JUMP + 1)
        target = self.stack[-1].const
        if target is None or target not in self.destinations:
            self.jump_anywhere(opcode, price)
        elif opcode == Opcode.JUMP:
            self.stack.pop()
            self.emit(*self.mark(self.pc))
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
            self.emit(*self.mark(self.pc))
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
        self.emit(*self.mark(self.pc))
        self.leave(target.text or "")

    def branch(self, target: int, price: int) -> None:
        """Write a JUMPI to a known place: follow the likely side, and leave the function for the other."""
        (condition,) = self.take(1)
        reached, jumped = self.mark(self.pc), self.mark(self.pc, JUMPED)
        self.advance(price)
        if condition.const is not None:
            self.emit(*(jumped if condition.const else reached))
            if condition.const:
                self.go(target)
            return
        if aborts(self.code, self.pc) and not aborts(self.code, target) and target != self.entry:
            self.emit(f"if not {condition.text}:")
            self.emit(*reached, *self.left(self.pc, done=True), deeper=1)
            self.emit(*jumped)
            self.go(target)
            return
        if target == self.entry and self.carried is not None:
            for value in self.stack:
                self.load(value)
        self.emit(f"if {condition.text}:")
        lines = self.again() if self.returns_to_entry(target) else self.left(target, done=True)
        self.emit(*jumped, *lines, deeper=1)
        self.emit(*reached)

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
