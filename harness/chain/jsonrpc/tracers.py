"""geth's tracers over a watched execution: struct logs, the state before and after, and an access list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from harness.chain.backend import World
from harness.chain.errors import RpcError
from harness.chain.jsonrpc import formatting as fmt
from harness.chain.jsonrpc.answers import LIMIT_EXCEEDED
from harness.chain.jsonrpc.local import Step
from harness.primitives.opcodes import CALLS, Opcode

MOST_STEPS = 1_000_000
"""Most opcodes that struct logs show. Each takes about a kilobyte."""


_LOOKS_AT_TOP = frozenset(
    (Opcode.BALANCE, Opcode.EXTCODESIZE, Opcode.EXTCODECOPY, Opcode.EXTCODEHASH, Opcode.SELFDESTRUCT)
)
_OPCODES: Mapping[int, Opcode] = {int(each): each for each in Opcode}
_STORAGE = frozenset((Opcode.SLOAD, Opcode.SSTORE))


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What struct logs show; ``limit`` is the most steps, 0 all."""

    has_stack: bool = True
    has_storage: bool = True
    has_memory: bool = False
    has_returndata: bool = False
    limit: int = 0


ALL_BUT_MEMORY = LogOptions()


@dataclass(slots=True)
class _Open:
    """A frame that runs: the log of its latest opcode, whose price is not known yet, and the gas before it."""

    log: fmt.Json | None = None
    gas: int = 0


class StructLogger:
    """geth's opcode logger. The price of a call has the gas that it hands on in it."""

    def __init__(self, options: LogOptions) -> None:
        self._options = options
        self._open: list[_Open] = []
        self._storage: dict[bytes, dict[int, int]] = {}
        self._loading: tuple[fmt.Json, bytes, int] | None = None
        self.logs: list[fmt.Json] = []

    def enter(self, address: bytes, code_address: bytes, paid: int | None) -> None:
        if self._open and paid is not None:
            self._price(self._open[-1], paid)
        self._open.append(_Open())

    def step(self, step: Step) -> None:
        frame, options = self._open[-1], self._options
        self._price(frame, step.gas)
        frame.gas = step.gas
        self._loaded(step)
        if options.limit and len(self.logs) >= options.limit:
            frame.log = None
            return
        if len(self.logs) >= MOST_STEPS:
            raise RpcError("debug_trace", f"more than {MOST_STEPS} opcodes; set limit", LIMIT_EXCEEDED)
        log: fmt.Json = {
            "pc": step.pc, "op": opcode_name(step.opcode), "gas": step.gas, "gasCost": 0, "depth": step.depth,
            "refund": step.refund,
        }  # fmt: skip
        if options.has_stack:
            log["stack"] = [hex(word) for word in step.stack]
        if options.has_memory:
            log["memory"] = list(_words(step.memory()))
        if options.has_returndata:
            log["returnData"] = fmt.data(step.returndata)
        if options.has_storage:
            self._touch(step, log)
        frame.log = log
        self.logs.append(log)

    def leave(self, gas_left: int, is_error: bool) -> None:
        frame, self._loading = self._open.pop(), None
        if not is_error:
            self._price(frame, gas_left)

    def _price(self, frame: _Open, gas: int) -> None:
        """Set the price of the frame's latest opcode, unless it is set."""
        if frame.log is not None:
            frame.log["gasCost"] = frame.gas - gas
            frame.log = None

    def _touch(self, step: Step, log: fmt.Json) -> None:
        """Show what the frame's account had in the words that were read or written so far, if the opcode does either.

        What SLOAD reads is on the stack of the next opcode.
        """
        stack = step.stack
        if step.opcode == Opcode.SLOAD and stack:
            self._loading = log, step.address, stack[-1]
        elif step.opcode == Opcode.SSTORE and len(stack) >= 2:
            self._show(log, step.address, stack[-1], stack[-2])

    def _loaded(self, step: Step) -> None:
        if self._loading is not None:
            self._show(*self._loading, step.stack[-1])
            self._loading = None

    def _show(self, log: fmt.Json, address: bytes, slot: int, value: int) -> None:
        words = self._storage.setdefault(address, {})
        words[slot] = value
        log["storage"] = {_word(key): _word(word) for key, word in words.items()}


def opcode_name(opcode: int) -> str:
    """Return geth's name of an opcode."""
    known = _OPCODES.get(opcode)
    return f"opcode {opcode:#x} not defined" if known is None else known.name


def _word(value: int) -> str:
    return fmt.data(value.to_bytes(32, "big"))


def _words(memory: bytes) -> Iterable[str]:
    return (fmt.data(memory[place : place + 32]) for place in range(0, len(memory), 32))


@dataclass(slots=True)
class Touched:
    """A watcher that notes which accounts and slots an execution looks at; ``created`` are those that it makes."""

    accounts: dict[bytes, dict[int, None]] = field(default_factory=dict)
    listed: dict[bytes, dict[int, None]] = field(default_factory=dict)
    """Only what an opcode looked at, as an access list names it."""

    def note(self, address: bytes) -> None:
        self.accounts.setdefault(address, {})

    def enter(self, address: bytes, code_address: bytes, paid: int | None) -> None:
        self.note(address)
        self.note(code_address)

    def step(self, step: Step) -> None:
        opcode, stack = step.opcode, step.stack
        if opcode in _STORAGE and stack:
            self.note(step.address)
            self.accounts[step.address][stack[-1]] = None
            self.listed.setdefault(step.address, {})[stack[-1]] = None
        elif opcode in _LOOKS_AT_TOP and stack:
            self._look(stack[-1])
        elif opcode in CALLS and len(stack) >= 5:
            self._look(stack[-2])

    def _look(self, word: int) -> None:
        address = (word % 2**160).to_bytes(20, "big")
        self.note(address)
        self.listed.setdefault(address, {})

    def leave(self, gas_left: int, is_error: bool) -> None:
        return None


def prestate(touched: Touched, world: World) -> fmt.Json:
    """Return the accounts that were looked at, as geth's prestate tracer shows them, with slots that hold 0."""
    return {fmt.data(address): _account(world, address, slots, True) for address, slots in touched.accounts.items()}


def difference(touched: Touched, before: World, after: World) -> fmt.Json:
    """Return what an execution changed, as geth's prestate tracer shows it in diff mode."""
    pre, post = {}, {}
    for address, slots in touched.accounts.items():
        old, new = (_account(world, address, slots, False) for world in (before, after))
        if old == new:
            continue
        was_there = _exists(before, address)
        changed = {key: value for key, value in new.items() if key != "storage" and old.get(key) != value}
        if "code" in old and "code" not in new:
            changed["code"] = "0x"
        old_words, new_words = old.pop("storage", {}), new.get("storage", {})
        moved = [slot for slot in {**old_words, **new_words} if old_words.get(slot) != new_words.get(slot)]
        if kept := {slot: old_words[slot] for slot in moved if slot in old_words}:
            old["storage"] = kept
        if fresh := {slot: new_words[slot] for slot in moved if slot in new_words}:
            changed["storage"] = fresh
        if was_there:
            pre[fmt.data(address)] = old
        if _exists(after, address):
            post[fmt.data(address)] = changed
    return {"pre": pre, "post": post}


def _exists(world: World, address: bytes) -> bool:
    return bool(world.nonce(address) or world.balance(address) or world.code(address))


def _account(world: World, address: bytes, slots: Iterable[int], has_zeros: bool) -> fmt.Json:
    shown: fmt.Json = {"balance": fmt.quantity(world.balance(address))}
    if nonce := world.nonce(address):
        shown["nonce"] = nonce
    if code := world.code(address):
        shown["code"] = fmt.data(code)
    held = {slot: word for slot in slots if (word := world.storage(address, slot)) or has_zeros}
    if held:
        shown["storage"] = {_word(slot): _word(word) for slot, word in held.items()}
    return shown
