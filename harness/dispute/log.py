"""What L1 says of assertions and of games about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any

from harness.chain.backend import Head
from harness.chain.chain import Chain
from harness.chain.logs import FollowedLogs, MinedLog
from harness.contracts.bindings import Contract, ContractType
from harness.dispute.view import L1Block
from harness.rollup.contracts import contract_type

PENDING = 1


class _Events:
    """The events of one contract as plain values, kept up with L1; only those of one kind if ``name`` is given."""

    def __init__(self, chain: Chain, address: str, kind: ContractType, since: int, name: str | None = None) -> None:
        topics = None if name is None else kind.events[name]
        self._logs = FollowedLogs(chain, address=address, topics=topics, since=since)
        self._kind = kind

    def news(self) -> tuple[bool, list[Any]]:
        """Return whether earlier events are void, and the events since then."""
        lost, logs = self._logs.news()
        return lost, [event for log in logs if (event := self._decode(log)) is not None]

    def _decode(self, log: MinedLog) -> Any:
        return self._kind.index.decode_event(log.address, log.topics, log.data)


class Finished:
    """Games that are over for whoever asks, for as long as L1 keeps the blocks in which that was seen."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self._head = b""
        self._seen: list[tuple[L1Block, str]] = []
        self._games: set[str] = set()

    def add(self, game: str, seen: L1Block) -> None:
        """Note a game that was seen to be over."""
        if game not in self.games():
            self._games.add(game)
            self._seen.append((seen, game))

    def games(self) -> set[str]:
        """Return the games that are over on L1 as it is now."""
        head = self.chain.head
        if head.hash != self._head:
            # The block noted last is the highest: where L1 has it, L1 has all others.
            while self._seen and not self._holds(self._seen[-1][0], head.number):
                self._games.discard(self._seen.pop()[1])
            self._head = head.hash
        return self._games

    def _holds(self, block: L1Block, height: int) -> bool:
        number, block_hash = block
        return number <= height and self.chain.block_at(number).hash == block_hash


class DisputeLog:
    """Assertions and games by their events, read on whenever L1 has another head.

    Every change of an assertion emits an event that names it. So what the contract answers about an assertion is asked
    once, and again after an event about it or about a child of it.
    """

    def __init__(self, chain: Chain, assertions: Contract, since: int) -> None:
        self.chain = chain
        self.assertions = assertions
        self.since = since
        self._events = _Events(chain, assertions.address, assertions.type, since)
        self._rewritten = chain.rewritten
        self._head: Head | None = None
        self._factory = ""
        self._parents: dict[bytes, bytes] = {}
        self._pending: dict[bytes, bytes] = {}
        self._answers: dict[bytes, dict[tuple[Any, ...], Any]] = {}
        self._era = 0
        self._changes: Counter[bytes] = Counter()
        self._taken = 0
        self._opened: dict[str, tuple[_Events, dict[bytes, str]]] = {}

    def games(self) -> list[tuple[bytes, str]]:
        """Return assertions with the addresses of their games, oldest first."""
        return list(self._games().items())

    def has_game(self, id: bytes) -> bool:
        """Return whether L1's blocks hold a game about an assertion."""
        return id in self._games()

    def _games(self) -> dict[bytes, str]:
        self._catch_up()
        factory = self._factory = self._factory or str(self.assertions.disputes())
        if not int(factory, 16):
            return {}
        if factory not in self._opened:
            kind = contract_type("DisputeGameFactory")
            self._opened[factory] = _Events(self.chain, factory, kind, self.since, "GameOpened"), {}
        events, found = self._opened[factory]
        lost, news = events.news()
        if lost:
            found.clear()
        found |= {bytes(event.fields["assertionId"]): str(event.fields["game"]) for event in news}
        return found

    def pending(self) -> list[tuple[bytes, bytes]]:
        """Return undecided assertions and their parents, oldest first."""
        self._catch_up()
        found = list(self._pending.items())
        if self.chain.has_open_block:
            return [(id, parent) for id, parent in found if self.assertions.assertion(id).status == PENDING]
        return found

    def record(self, id: bytes) -> Any:
        """Return the assertion chain's record of an assertion; all zeros for one that it does not have."""
        return self.ask("assertion", id)

    def ask(self, function: str, id: bytes, *arguments: Any) -> Any:
        """Return what a function of the assertion chain answers about an assertion, whatever the time is."""
        asked = self.assertions.functions[function]
        if self.chain.has_open_block:
            return asked(id, *arguments)
        self._catch_up()
        answers = self._answers.setdefault(bytes(id), {})
        key = (function, *arguments)
        if key not in answers:
            answers[key] = asked(id, *arguments)
        return answers[key]

    def stamp(self) -> Hashable:
        """Return a value that differs when anything that L1 says of any assertion may differ; see `stamps`."""
        if self.chain.has_open_block:
            return object()
        self._catch_up()
        return self._era, self._taken

    def stamps(self) -> Callable[..., Hashable]:
        """Return a function of assertions whose value differs when anything that L1 says of them may differ.

        It is good for L1's present head. In an open block no two values are equal.
        """
        if self.chain.has_open_block:
            return lambda *ids: object()
        self._catch_up()
        era, changes = self._era, self._changes
        return lambda *ids: (era, *[changes[id] for id in ids])

    def _catch_up(self) -> None:
        head = self.chain.head
        if head is self._head and self._rewritten == self.chain.rewritten:
            return
        lost, news = self._events.news()
        if lost or self._rewritten != self.chain.rewritten:
            self._rewritten = self.chain.rewritten
            self._answers.clear()
            self._era += 1
            self._factory = ""
        if lost:
            self._parents.clear()
            self._pending.clear()
        for event in news:
            self._take(event.name, event.fields)
        self._head = head

    def _take(self, name: str, fields: Any) -> None:
        self._taken += 1
        if "id" not in fields:
            return
        id = bytes(fields["id"])
        if name == "Asserted":
            self._parents[id] = self._pending[id] = bytes(fields["parent"])
        elif name in ("Confirmed", "Rejected"):
            self._pending.pop(id, None)
        for each in (id, self._parents.get(id, b"")):
            self._answers.pop(each, None)
            self._changes[each] += 1
