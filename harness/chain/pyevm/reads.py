"""What a call on the in-process chain reads, and outputs that are kept as long as those reads stay equal.

A player reads the same records of the same contracts at each head, and most blocks change none of them. No event
invalidates an output. Instead, its reads are compared each time with the state that the call would run on.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.chain.backend import Call
from harness.chain.pyevm.state import StoredAccount

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


class Reads:
    """Everything that one execution read: accounts with their storage, and whether it depends on the block."""

    __slots__ = ("accounts", "asked_block")

    def __init__(self) -> None:
        self.accounts: dict[bytes, StoredAccount | None] = {}
        self.asked_block = False

    @contextmanager
    def noting(self, state: Any) -> Iterator[None]:
        """Note what is read of a state while this is open."""
        block, accounts = state.execution_context, state._account_db
        state.execution_context, accounts.found = _WatchedBlock(block, self), self.accounts
        try:
            yield
        finally:
            state.execution_context, accounts.found = block, None


class CallMemory:
    """Outputs of successful calls; the least recently used go first."""

    def __init__(self, limit: int = _CALLS_KEPT) -> None:
        self._limit = limit
        self._known: OrderedDict[Call, tuple[bytes, Reads]] = OrderedDict()

    def recall(self, request: Call, state: Any) -> bytes | None:
        """Return the output of a call on this state, which must have no pending changes.

        Returns None if the output is not known.
        """
        known = self._known.get(request)
        if known is None:
            return None
        output, reads = known
        now = state._account_db.stored
        if not all(_is_same(now(address), found) for address, found in reads.accounts.items()):
            return None
        self._known.move_to_end(request)
        return output

    def keep(self, request: Call, output: bytes, reads: Reads) -> None:
        """Remember a call, unless it depends on the block that it ran in, or is large."""
        if reads.asked_block or len(request.data) + len(output) > _LARGEST:
            return
        self._known[request] = (output, reads)
        self._known.move_to_end(request)
        if len(self._known) > self._limit:
            self._known.popitem(last=False)


def _is_same(one: StoredAccount | None, other: StoredAccount | None) -> bool:
    """Return whether two accounts are equal.

    Tries that are equal but were built apart count as different: that is only slower.
    """
    if one is other:
        return True
    if one is None or other is None or one.storage is not other.storage:
        return False
    return (one.nonce, one.balance, one.code_hash) == (other.nonce, other.balance, other.code_hash)
