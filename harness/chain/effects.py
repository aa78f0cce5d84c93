"""What one call of a trace changed and told by itself: words of storage, and events."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.chain.backend import Frame, Log, Write
from harness.chain.knowledge import ContractInfo, Knowledge
from harness.chain.lines import Lines
from harness.chain.values.decoded import DecodedEvent, shown, shown_event


@dataclass(frozen=True, slots=True)
class StorageChange:
    """A word of storage that changed. ``variables`` has name, old and new value of those in it whose place is known.

    ``transient`` is True for a word that lasts as long as the transaction (EIP-1153).
    """

    address: str
    slot: int
    before: int
    after: int
    transient: bool = False
    variables: tuple[tuple[str, str, str], ...] = field(default=())

    def __str__(self) -> str:
        if self.variables:
            return ", ".join(f"{name}: {before} → {after}" for name, before, after in self.variables)
        kind = "transient slot" if self.transient else "slot"
        return f"{kind} {_word(self.slot)}: {_word(self.before)} → {_word(self.after)}"


Effect = StorageChange | DecodedEvent | Log
"""A change, an event that a known ABI explains, or another one."""


def effects_of(
    frame: Frame, lines: Lines, knowledge: Knowledge, info: ContractInfo | None
) -> list[tuple[int, Effect]] | None:
    """Return a frame's effects in order, each with the number of the frame's calls before it.

    ``info`` is the contract whose code ran. Returns None if the execution cannot be repeated.
    """
    found = lines.effects(frame)
    if found is None:
        return None
    effects: list[tuple[int, Effect]] = []
    for place, effect in found:
        if isinstance(effect, Write):
            known = () if info is None or effect.transient else info.variables(effect.slot, effect.before, effect.after)
            words = effect.slot, effect.before, effect.after, effect.transient
            effects.append((place, StorageChange(frame.address, *words, tuple(known))))
        else:
            log = Log(frame.address, effect.topics, effect.data, 0)
            effects.append((place, knowledge.event(log) or log))
    return effects


def shown_effect(effect: Effect) -> str:
    """Return one line for an effect."""
    if isinstance(effect, StorageChange):
        return str(effect)
    if isinstance(effect, DecodedEvent):
        return f"emit {shown_event(effect)}"
    topics = ", ".join("0x" + topic.hex() for topic in effect.topics)
    return f"emit unknown event of {effect.address} ({', '.join(filter(None, [topics, shown(effect.data, 80)]))})"


def _word(value: int) -> str:
    """Return a small number in decimal, another one in hexadecimal, cut in its middle."""
    return str(value) if value < 2**64 else shown(value.to_bytes(32, "big"), 20).partition(" (")[0]
