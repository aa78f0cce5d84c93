"""What a call on the in-process chain reads, and outputs that are kept as long as those reads stay equal.

A player reads the same records of the same contracts at each head, and most blocks change none of them. No event
invalidates an output. Instead, its reads are compared each time with the state that the call would run on: word by word
where the contract has changed, since other records of it may be what changed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from harness.chain.backend import CallRequest
from harness.chain.pyevm.state import EXISTENCE, NO_ACCOUNT, PersistentAccountDB, StoredAccount

_CALLS_KEPT = 4_096
_LARGEST = 4_096
"""Most bytes of calldata and output of a call that is kept. Reads of records are small; a proof to be checked is
not."""

_SAME_IN_EVERY_BLOCK = frozenset({"chain_id", "coinbase"})
"""Attributes of a block's values that are settled for the whole chain."""


class _WatchedBlock:
    """The values of a block for one execution; it notes in `Reads` that one was asked for."""

    __slots__ = ("_reads", "_values")

    def __init__(self, values: Any, reads: Reads) -> None:
        self._values = values
        self._reads = reads

    def __getattr__(self, name: str) -> Any:
        if name not in _SAME_IN_EVERY_BLOCK:
            self._reads.asked_block = True
        return getattr(self._values, name)


class _Account:
    """What was read of one account; ``version`` is the account in which all of that was seen last."""

    __slots__ = ("parts", "slots", "version")

    def __init__(self, version: StoredAccount | None) -> None:
        self.version = version
        self.parts: dict[str, Any] = {}
        self.slots: dict[int, int] = {}

    def fits(self, now: StoredAccount | None, slot: Callable[[int], int]) -> bool:
        """Return whether everything that was read is the same in another version, whose storage ``slot`` reads."""
        old = self.version
        if now is old:
            return True
        if not all(_is_same(name, _part(now, name), value) for name, value in self.parts.items()):
            return False
        same_storage = now is not None and old is not None and now.storage is old.storage
        if not same_storage and any(slot(number) != value for number, value in self.slots.items()):
            return False
        self.version = now
        return True


class Reads:
    """Everything that one execution read: parts and storage words of accounts, and whether it depends on the block."""

    __slots__ = ("accounts", "asked_block")

    def __init__(self) -> None:
        self.accounts: dict[bytes, _Account] = {}
        self.asked_block = False

    @contextmanager
    def noting(self, state: Any, running: bytes) -> Iterator[None]:
        """Note what is read of a state while this is open; the code at ``running`` was read before."""
        block, accounts = state.execution_context, state._account_db
        self.note(running, accounts.stored(running), ("code_hash",))
        state.execution_context, accounts.reads = _WatchedBlock(block, self), self
        try:
            yield
        finally:
            state.execution_context, accounts.reads = block, None

    def note(self, address: bytes, account: StoredAccount | None, looked_at: Iterable[str]) -> None:
        """Note that these attributes of an account were looked at, or EXISTENCE."""
        parts = self._of(address, account).parts
        for name in looked_at:
            parts[name] = _part(account, name)

    def note_slot(self, address: bytes, account: StoredAccount | None, slot: int, value: int) -> None:
        """Note that a storage word of an account was looked at."""
        self._of(address, account).slots[slot] = value

    def _of(self, address: bytes, account: StoredAccount | None) -> _Account:
        found = self.accounts.get(address)
        if found is None:
            found = self.accounts[address] = _Account(account)
        return found

    def fit(self, database: PersistentAccountDB) -> bool:
        """Return whether all that was read is persisted so now."""
        return all(
            read.fits(database.stored(address), partial(database.stored_slot, address))
            for address, read in self.accounts.items()
        )


def _part(account: StoredAccount | None, name: str) -> Any:
    return account is not None if name == EXISTENCE else getattr(account or NO_ACCOUNT, name)


def _is_same(name: str, one: Any, other: Any) -> bool:
    """Return whether two values of a part are equal; equal tries that were made apart count as different."""
    return one is other if name == "storage" else bool(one == other)


class CallMemory:
    """Outputs of successful calls; the least recently used go first."""

    def __init__(self, limit: int = _CALLS_KEPT) -> None:
        self._limit = limit
        self._known: OrderedDict[CallRequest, tuple[bytes, Reads]] = OrderedDict()

    def recall(self, request: CallRequest, state: Any) -> bytes | None:
        """Return the output of a call on this state, which must have no pending changes.

        Returns None if the output is not known.
        """
        known = self._known.get(request)
        if known is None:
            return None
        output, reads = known
        if not reads.fit(state._account_db):
            return None
        self._known.move_to_end(request)
        return output

    def keep(self, request: CallRequest, output: bytes, reads: Reads) -> None:
        """Remember a call, unless it depends on the block that it ran in, or is large."""
        if reads.asked_block or len(request.data) + len(output) > _LARGEST:
            return
        self._known[request] = (output, reads)
        self._known.move_to_end(request)
        if len(self._known) > self._limit:
            self._known.popitem(last=False)
