"""What a chain knows of its contracts, so that reverts, events and traces show names.

The contracts layer registers them; the chain only looks them up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from harness.chain.backend import Frame, Log, Swap
from harness.chain.errors import (
    Panicked,
    RevertedOpaquely,
    RevertedSilently,
    RevertedWithError,
    RevertedWithMessage,
)
from harness.chain.values.causes import REVERTED
from harness.chain.values.codec import (
    ERROR_STRING,
    PANIC,
    PANIC_MEANINGS,
    AbiIndex,
    DecodedError,
    DecodedEvent,
    decode_fields,
)
from harness.errors import Reverted


class ContractInfo(Protocol):
    """A contract's name and ABI, and where its code comes from."""

    name: str
    index: AbiIndex
    runtime_size: int
    """Bytes of its code once it is deployed; 0 if unknown."""

    def line(self, code: bytes, steps: Sequence[int], *, creation: bool) -> str | None:
        """Return the Solidity file:line of the statement that the last executed program counter belongs to.

        ``code`` is the contract's, or one of its `plain_codes`. Returns None for other code, and if no step has a line.
        """

    def plain_codes(self) -> Sequence[Swap]:
        """Return functions that replace this contract's code by the same source compiled without an optimizer.

        The best one comes first.
        """

    def creates(self, code: bytes) -> bool:
        """Return whether ``code`` is this contract's creation code with any constructor arguments."""

    def runs(self, code: bytes) -> bool:
        """Return whether ``code`` is this contract's runtime code; immutables and library addresses may differ."""

    def variables(self, slot: int, before: int, after: int) -> Iterable[tuple[str, str, str]]:
        """Return name, old and new value of each state variable that a change of a word of storage changes."""

    def related(self) -> Iterable[ContractInfo]:
        """Return contracts that this one may have created: those of the files it imports."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What was known at one time."""

    by_address: dict[str, ContractInfo]
    seen: dict[int, ContractInfo]
    labels: dict[str, str]


class Knowledge:
    """Contracts by address, and every ABI seen. ``code_at`` reads code, to recognise unregistered contracts."""

    def __init__(self, code_at: Callable[[str], bytes]) -> None:
        self._code_at = code_at
        self._by_address: dict[str, ContractInfo] = {}
        self._seen: dict[int, ContractInfo] = {}
        self._labels: dict[str, str] = {}
        self._recognised: set[str] = set()

    def memory(self) -> Memory:
        """Return what is known now, for `remember`."""
        return Memory(dict(self._by_address), dict(self._seen), dict(self._labels))

    def remember(self, memory: Memory) -> None:
        """Return to what was known then. After a restore, addresses are used again."""
        self._by_address = dict(memory.by_address)
        self._seen = dict(memory.seen)
        self._labels = dict(memory.labels)
        self._recognised &= self._by_address.keys()

    def doubt(self) -> None:
        """Forget which contracts were recognised by their code; after a reorg, other code may lie there."""
        for address in self._recognised:
            self._by_address.pop(address, None)
        self._recognised.clear()

    def replaced(self, address: str, code: bytes) -> None:
        """Note that an address has this code now; its contract is the known one with that code, if any."""
        info = self.running(code)
        if info is not None:
            self.learn(info, address)

    def learn(self, info: ContractInfo, address: str | None = None) -> None:
        """Remember a contract's ABI and, if given, its address."""
        self._seen.setdefault(id(info.index), info)
        if address is not None:
            self._by_address[address] = info
            self._recognised.discard(address)

    def label(self, address: str, name: str) -> None:
        """Show ``name`` for an address in traces."""
        self._labels[address] = name

    def at(self, address: str) -> ContractInfo | None:
        """Return the contract at an address: the registered one, or else by its code; None if it is unknown."""
        return self._by_address.get(address) or self._recognise(address)

    def addresses_of(self, info: ContractInfo) -> tuple[str, ...]:
        """Return where contracts with this one's ABI are registered; their code may have gone since."""
        return tuple(place for place, other in self._by_address.items() if other.index is info.index)

    def _recognise(self, address: str) -> ContractInfo | None:
        code = self._code_at(address)
        if not code:
            return None
        info = self.running(code)
        if info is not None:
            self.learn(info, address)
            self._recognised.add(address)
        return info

    def running(self, code: bytes) -> ContractInfo | None:
        """Return the contract with this code, whatever is registered at its address; None if it is unknown."""
        return next((info for info in self._all() if info.runs(code)), None)

    def created_by(self, code: bytes) -> ContractInfo | None:
        """Return the contract with this creation code and any constructor arguments; None if it is unknown."""
        return next((info for info in self._all() if info.creates(code)), None)

    def _all(self) -> Iterator[ContractInfo]:
        """Yield every contract seen, then those related to them."""
        seen = tuple(self._seen.values())
        yield from seen
        for info in seen:
            yield from info.related()

    def name(self, address: str) -> str:
        """Return the label, the contract's name or the address itself.

        Contracts of one name are numbered in the order learned.
        """
        if address in self._labels:
            return self._labels[address]
        info = self.at(address)
        if info is None:
            return address
        namesakes = [place for place, other in self._by_address.items() if other.name == info.name]
        return info.name if len(namesakes) == 1 else f"{info.name}#{namesakes.index(address) + 1}"

    def known_name(self, address: str) -> str | None:
        """Return the label or the contract's name, if the address is registered."""
        return self.name(address) if address in self._labels or address in self._by_address else None

    @property
    def contracts(self) -> Sequence[ContractInfo]:
        """Every contract type that this chain has met, in order."""
        return tuple(self._seen.values())

    def _asked_first(self, address: str | None) -> Iterator[ContractInfo]:
        first = self._by_address.get(address) if address is not None else None
        if first is not None:
            yield first
        yield from self._all()

    def error(self, data: bytes, address: str | None = None) -> DecodedError | None:
        """Return the custom error in revert data; the ABI at ``address`` is asked first. None if no ABI has it."""
        for info in self._asked_first(address):
            found = info.index.decode_error(data)
            if found is not None:
                return DecodedError(found.name, found.signature, found.fields, info.name)
        return None

    def event(self, log: Log) -> DecodedEvent | None:
        """Return the event in a log; an anonymous one of the ABI at its address only. None if no ABI has it."""
        named = self.named_event(log)
        own = self._by_address.get(log.address)
        if named is not None or own is None:
            return named
        found = own.index.decode_anonymous(log.address, log.topics, log.data)
        return None if found is None else replace(found, contract=own.name)

    def named_event(self, log: Log) -> DecodedEvent | None:
        """Return the event whose topic a log bears; the ABI at its address is asked first. None if no ABI has it."""
        for info in self._asked_first(log.address):
            found = info.index.decode_event(log.address, log.topics, log.data)
            if found is not None:
                return replace(found, contract=info.name)
        return None

    def refusal(self, frame: Frame) -> str:
        """Return which function or value the called contract lacks, if that is why it reverted at once; else ""."""
        running = frame
        while len(running.children) == 1 and running.children[0].kind == "DELEGATECALL":
            running = running.children[0]
        if running.children or running.output or running.error != REVERTED:
            return ""
        info = self.at(running.code_address)
        creation = running.kind.startswith("CREATE")
        reason = "" if info is None else info.index.refusal(running.input, frame.value, creation=creation)
        return f"{info.name}: {reason}" if info is not None and reason else ""

    def reverted(self, data: bytes, cause: str = "", **evidence: Any) -> Reverted:
        """Return the exception for revert data; ``cause`` is the node's word for a failure without data."""
        evidence["data"] = data
        if not data:
            return RevertedSilently("" if cause == REVERTED else cause, **evidence)
        if data[:4] == ERROR_STRING:
            fields = decode_fields([{"type": "string", "name": "message"}], data[4:])
            return RevertedWithMessage(fields["message"], **evidence) if fields else RevertedOpaquely(**evidence)
        if data[:4] == PANIC:
            fields = decode_fields([{"type": "uint256", "name": "code"}], data[4:])
            if fields is None:
                return RevertedOpaquely(**evidence)
            return Panicked(fields["code"], PANIC_MEANINGS.get(fields["code"], "unknown panic"), **evidence)
        found = self.error(data, evidence.get("address"))
        if found is None:
            return RevertedOpaquely(**evidence)
        return RevertedWithError(found.name, found.signature, found.fields, **evidence)
