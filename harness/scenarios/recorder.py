"""Writes down what happens on L1 during a run, block by block, and who caused it and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.chain.backend import Frame
from harness.chain.chain import Chain
from harness.chain.receipts import Receipt
from harness.chain.trace import CallTrace
from harness.chain.values.codec import DecodedEvent
from harness.scenarios.records import BlockRecord, CallRecord, Event, ReorgRecord, TransactionRecord

Transfer = tuple[str, str, int]
"""Ether that moved within a transaction: from, to, wei."""


@dataclass(slots=True)
class Sent:
    """A transaction that was mined, with what the result's record of it leaves out; ``created`` has new contracts."""

    record: TransactionRecord
    receipt: Receipt
    events: list[DecodedEvent]
    transfers: tuple[Transfer, ...]
    created: tuple[str, ...]


@dataclass(slots=True)
class Recorder:
    """Follows one chain from the block after ``since``. ``name_of`` gives an address's name.

    `note` begins an event; the transactions that are mined until the next one belong to it.
    """

    chain: Chain
    name_of: Callable[[str], str]
    since: int = 0
    tape: list[BlockRecord | ReorgRecord] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    timeline: list[Event] = field(default_factory=list)
    _current: int | None = None
    _step: int | None = None
    _senders: dict[str, int] = field(default_factory=dict)
    _places: list[tuple[int, int]] = field(default_factory=list)
    """For each block of L1 after ``since``: its place on the tape, and of its first transaction in ``sent``."""
    _rewritten: int = field(init=False)
    _restored: int = field(init=False)

    def __post_init__(self) -> None:
        self._rewritten, self._restored = self.chain.rewritten, self.chain.restored

    # -- events

    def note(
        self,
        kind: str,
        actor: str,
        what: str,
        why: str = "",
        layer: Literal["l1", "l2"] = "l1",
        step: int | None = None,
    ) -> int:
        """Begin an event; return its number. ``step`` is the scenario's step that caused it."""
        self.sync()
        return self.begin(kind, actor, what, why, layer, self._step if step is None else step)

    def begin(
        self,
        kind: str,
        actor: str,
        what: str,
        why: str = "",
        layer: Literal["l1", "l2"] = "l1",
        step: int | None = None,
    ) -> int:
        """Begin an event that the newest blocks belong to, if they are not written down yet; return its number."""
        number, now = len(self.timeline), self.chain.now
        self.timeline.append(
            Event(number=number, time=now, layer=layer, kind=kind, actor=actor, what=what, why=why, step=step)
        )
        self._current = number
        return number

    def begin_step(self, number: int | None) -> None:
        """Say which step causes what follows; None if none does."""
        self.sync()
        self._step, self._current = number, None

    def amend(self, number: int, **changes: Any) -> None:
        """Change an event, as when only its end shows what it was."""
        self.timeline[number] = self.timeline[number].model_copy(update=changes)

    # -- blocks

    def sync(self) -> None:
        """Write down the blocks that are new."""
        if self.chain.has_open_block:
            return
        self.notice()
        for number in range(self.since + len(self._places) + 1, self.chain.block_number + 1):
            self._take(number)

    def notice(self) -> None:
        """Write down that L1 lost blocks, if it did behind the recorder's back. A restored chain never had them."""
        chain = self.chain
        if self._rewritten == chain.rewritten:
            return
        is_restored = self._restored != chain.restored
        self._rewritten, self._restored = chain.rewritten, chain.restored
        depth = 0
        while depth < len(self._places) and self._is_gone(depth):
            depth += 1
        if depth and is_restored:
            self._forget(depth)
        elif depth:
            self._lose(depth)
            self.begin("reorg", "", f"L1 loses its newest {depth} blocks")

    def _is_gone(self, depth: int) -> bool:
        """Return whether L1 no longer has the block that is ``depth`` below the newest one that is written down."""
        number, record = self.since + len(self._places) - depth, self.tape[self._places[-1 - depth][0]]
        if number > self.chain.block_number or not isinstance(record, BlockRecord):
            return True
        return record.hash != _hex(self.chain.block_at(number).hash)

    def is_new(self, receipt: Receipt) -> bool:
        """Return whether a transaction is in a block that is not written down yet."""
        return receipt.raw.block_number > self.since + len(self._places)

    def _take(self, number: int) -> None:
        head, hashes = self.chain.block_at(number), self.chain.backend.transactions(number)
        self._places.append((len(self.tape), len(self.sent)))
        raws = tuple(self._raw(tx_hash) for tx_hash in hashes)
        self.tape.append(
            BlockRecord(
                number=number,
                hash=_hex(head.hash),
                time=head.timestamp,
                base_fee=head.base_fee,
                gas_used=head.gas_used,
                raw=raws,
            )
        )
        for tx_hash in hashes:
            self._enter(bytes(tx_hash))

    def _raw(self, tx_hash: bytes) -> str:
        answer = self.chain.backend.answer("eth_getRawTransactionByHash", [_hex(tx_hash)])
        return str(answer["result"])

    def _enter(self, tx_hash: bytes) -> None:
        receipt = self.chain.receipt(tx_hash)
        trace, raw, name = receipt.trace(), receipt.raw, _hex(tx_hash)
        events = receipt.events
        by = self._senders.setdefault(name, -1 if self._current is None else self._current)
        if by >= 0 and name not in self.timeline[by].transactions:
            self.amend(by, transactions=(*self.timeline[by].transactions, name))
        to = raw.to or raw.contract_address
        record = TransactionRecord(
            hash=name,
            block=raw.block_number,
            block_hash=_hex(raw.block_hash),
            index=raw.index,
            time=raw.timestamp,
            sender=self.name_of(raw.sender),
            to=None if to is None else self.name_of(to),
            function=trace.function,
            value=trace.frame.value,
            gas_used=raw.gas_used,
            data_gas=4 * tokens_in(trace.frame.input),
            gas_price=raw.gas_price,
            succeeded=raw.succeeded,
            error=trace.error,
            events=tuple(f"{event.name}({_shown(event)})" for event in events),
            call=self._call(trace),
            by=by if by >= 0 else None,
        )
        self.sent.append(Sent(record, receipt, events, tuple(_transfers(trace.frame)), tuple(_created(trace.frame))))

    def _call(self, trace: CallTrace) -> CallRecord:
        fields = trace.arguments or {}
        return CallRecord(
            kind=trace.kind,
            contract=trace.contract,
            address=trace.frame.address,
            function=trace.function,
            arguments=", ".join(f"{name}={trace._shown(value)}" for name, value in fields.items()),
            value=trace.frame.value,
            gas=trace.gas_used,
            error=trace.error,
            calls=tuple(self._call(child) for child in trace.children),
        )

    # -- reorgs

    def reorg(self, depth: int) -> list[bytes]:
        """Let L1 lose its newest blocks; return the bytes of their transactions, oldest first."""
        self.sync()
        removed = self.chain.reorg(depth)
        self._rewritten = self.chain.rewritten
        self._lose(depth)
        return removed

    def _lose(self, depth: int) -> None:
        place, first = self._places[-depth]
        for at in range(place, len(self.tape)):
            self.tape[at] = self.tape[at].model_copy(update={"lost": True} if self.tape[at].op == "block" else {})
        for one in self.sent[first:]:
            one.record = one.record.model_copy(update={"lost": True})
        del self._places[-depth:]
        self.tape.append(ReorgRecord(depth=depth, head=self.since + len(self._places), time=self.chain.now))

    def _forget(self, depth: int) -> None:
        """Take out the newest blocks, and the events since the last one that is left."""
        place, first = self._places[-depth]
        del self.tape[place:], self.sent[first:], self._places[-depth:]
        left = 1 + max((one.record.by for one in self.sent if one.record.by is not None), default=-1)
        del self.timeline[left:]
        self._senders = {name: by for name, by in self._senders.items() if by < left}
        self._current = None

    # -- the end

    @property
    def kept(self) -> list[Sent]:
        """The transactions that L1 has, in their order."""
        return [one for one in self.sent if not one.record.lost]

    def events(self) -> tuple[Event, ...]:
        """Return the timeline; an event is lost if L1 has none of its transactions any more."""
        here = {one.record.hash for one in self.kept}
        return tuple(
            event.model_copy(update={"lost": bool(event.transactions) and not here.intersection(event.transactions)})
            for event in self.timeline
        )


def tokens_in(data: bytes) -> int:
    """Return the tokens of calldata (EIP-7623): 1 for a zero byte, 4 for another."""
    return 4 * len(data) - 3 * data.count(0)


def _hex(data: bytes) -> str:
    return "0x" + bytes(data).hex()


def _shown(event: DecodedEvent) -> str:
    from harness.chain.values.decoded import shown

    return ", ".join(f"{name}={shown(value, 80)}" for name, value in dict(event.fields).items())


def _transfers(frame: Frame) -> Iterator[Transfer]:
    """Yield the ether that moved in a call and below it; a failed call moves none."""
    if frame.error is not None:
        return
    if frame.value and frame.kind in ("CALL", "CREATE", "CREATE2"):
        yield frame.sender, frame.address, frame.value
    for child in frame.children:
        yield from _transfers(child)


def _created(frame: Frame) -> Iterator[str]:
    """Yield the addresses of the contracts that a call and those below it created."""
    if frame.error is not None:
        return
    if frame.kind in ("CREATE", "CREATE2"):
        yield frame.address
    for child in frame.children:
        yield from _created(child)
