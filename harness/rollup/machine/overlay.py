"""A transaction's changes in dictionaries, written into the state once, when the transaction ends.

`Overlay` answers as `StateJournal` does and is several times faster, because a write makes no new trie. It keeps no
snapshots either: what a reverting frame changed is taken back, change by change. So executions that nobody records run
on it. ``tests/differential/test_journals.py`` compares the two.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from harness.primitives import patricia
from harness.primitives.patricia import Trie
from harness.primitives.rlp import minimal
from harness.rollup.machine.chains import DestroyedLink, LogLink
from harness.rollup.machine.state import NO_ACCOUNT, AccountState, State, slot_path, write_account, write_slot


class Mark(NamedTuple):
    """A moment that a frame returns to when it reverts: the number of changes by then, and what else there was."""

    changes: int
    refund: int
    logs: LogLink | None
    destroyed: DestroyedLink | None


class _Storage:
    """An account's slots: what this transaction wrote on top of a trie, and what it read of the trie."""

    __slots__ = ("below", "read", "written")

    def __init__(self, below: Trie) -> None:
        self.below = below
        self.read: dict[int, int] = {}
        self.written: dict[int, int] = {}

    def before(self, slot: int) -> int:
        """Return the value of a slot without what was written."""
        value = self.read.get(slot)
        if value is None:
            found = patricia.get(self.below, slot_path(slot))
            value = self.read[slot] = found if isinstance(found, int) else 0
        return value

    def trie(self) -> Trie:
        """Return the trie with what was written; the same object if nothing differs."""
        trie = self.below
        for slot, value in self.written.items():
            trie = write_slot(trie, slot, value)
        return trie


class Overlay:
    """A transaction's view of the state: reads and writes of accounts, warmth, transient storage, logs and refunds.

    INVARIANT: what a revert may take back is changed by `_set` only. No table of changes ever holds None.
    """

    __slots__ = (
        "_accounts",
        "_below",
        "_changes",
        "_flags",
        "_originals",
        "_read",
        "_storages",
        "_transient",
        "destroyed",
        "logs",
        "refund",
    )  # fmt: skip

    def __init__(self, state: State) -> None:
        self._below = state
        self._read: dict[bytes, AccountState] = {}
        self._accounts: dict[bytes, AccountState] = {}
        self._storages: dict[bytes, _Storage] = {}
        self._flags: dict[bytes, int] = {}
        self._originals: dict[tuple[bytes, int], int] = {}
        self._transient: dict[tuple[bytes, int], bytes] = {}
        self._changes: list[tuple[dict[Any, Any], Any, Any]] = []
        self.refund = 0
        self.logs: LogLink | None = None
        self.destroyed: DestroyedLink | None = None

    # -- frames

    def mark(self) -> Mark:
        """Return what `revert` needs to come back to this moment."""
        return Mark(len(self._changes), self.refund, self.logs, self.destroyed)

    def revert(self, mark: Mark) -> None:
        """Take back every change since a moment, the newest first."""
        count, self.refund, self.logs, self.destroyed = mark
        changes = self._changes
        while len(changes) > count:
            table, key, old = changes.pop()
            if old is None:
                del table[key]
            else:
                table[key] = old

    def state(self) -> State:
        """Return the state with all changes."""
        accounts = self._below.accounts
        for address, now in self._accounts.items():
            storage = self._storages.get(address)
            trie = now.storage if storage is None else storage.trie()
            account = now if trie is now.storage else AccountState(now.nonce, now.balance, now.code, trie)
            if account is not self._read[address]:
                accounts = write_account(accounts, address, account)
        return State(accounts)

    def _set(self, table: dict[Any, Any], key: Any, value: object) -> None:
        """Change an entry so that a revert takes it back."""
        self._changes.append((table, key, table.get(key)))
        table[key] = value

    # -- accounts

    def account(self, address: bytes) -> AccountState:
        """Return an account; an absent account is empty. Its ``storage`` lacks what this transaction wrote there."""
        found = self._accounts.get(address)
        if found is None:
            found = self._read[address] = self._accounts[address] = self._below.account(address)
        return found

    def write(self, address: bytes, account: AccountState) -> None:
        """Store an account, whose ``storage`` is as `account` returned it; or drop it if it is empty."""
        if account.nonce or account.balance or account.code.data:
            self._changes.append((self._accounts, address, self.account(address)))
            self._accounts[address] = account
        else:
            self.drop(address)

    def drop(self, address: bytes) -> None:
        """Delete an account."""
        if self.account(address) is not NO_ACCOUNT:
            self._set(self._accounts, address, NO_ACCOUNT)
            self._set(self._storages, address, _Storage(None))

    def touch(self, address: bytes) -> None:
        """Write an account as it is: an empty one disappears (EIP-161)."""
        if self.account(address).is_empty:
            self.drop(address)

    def flags(self, address: bytes) -> int:
        """Return WARM and CREATED of an address, or 0."""
        return self._flags.get(address, 0)

    def set_flag(self, address: bytes, flag: int) -> None:
        """Mark an address WARM or CREATED."""
        self._set(self._flags, address, self._flags.get(address, 0) | flag)

    # -- storage

    def _storage(self, address: bytes) -> _Storage:
        found = self._storages.get(address)
        if found is None:
            found = self._storages[address] = _Storage(self.account(address).storage)
        return found

    def storage(self, address: bytes, slot: int) -> int:
        """Return the value of a slot."""
        known = self._storages.get(address) or self._storage(address)
        value = known.written.get(slot)
        if value is None:
            value = known.read.get(slot)
        return known.before(slot) if value is None else value

    def has_storage(self, address: bytes) -> bool:
        """Return whether any slot is other than 0."""
        return self._storage(address).trie() is not None

    def is_slot_warm(self, address: bytes, slot: int) -> bool:
        """Return whether this transaction read, wrote or listed a slot."""
        return (address, slot) in self._originals

    def original(self, address: bytes, slot: int) -> int:
        """Return the value that a slot had when the transaction began."""
        value = self._originals.get((address, slot))
        return self.storage(address, slot) if value is None else value

    def warm_slot(self, address: bytes, slot: int) -> None:
        """Mark a slot warm and note its original value; a warm slot keeps the noted one.

        INVARIANT: a slot that is not warm was written by no opcode but the present one: SSTORE warms what it writes.
        So the original value is the one below.
        """
        if (address, slot) not in self._originals:
            self._set(self._originals, (address, slot), self._storage(address).before(slot))

    def write_slot(self, address: bytes, slot: int, value: int) -> None:
        """Store a value in a slot of an account that is not empty: it has code, or is being created."""
        self._set(self._storage(address).written, slot, value)

    def transient(self, address: bytes, slot: int) -> bytes:
        """Return the value of a transient slot, without leading zeros."""
        return self._transient.get((address, slot), b"")

    def write_transient(self, address: bytes, slot: int, value: int) -> None:
        """Store a value in a transient slot."""
        self._set(self._transient, (address, slot), minimal(value))

    # -- the rest

    def log(self, address: bytes, topics: tuple[int, ...], data: bytes) -> None:
        """Add a log."""
        self.logs = LogLink(self.logs, address, topics, data)

    def destroy(self, address: bytes) -> None:
        """Note that an account is to be deleted when the transaction ends."""
        self.destroyed = DestroyedLink(self.destroyed, address)

    def add_refund(self, amount: int) -> None:
        """Change the refund counter; ``amount`` may be negative."""
        self.refund += amount


__all__ = ["Mark", "Overlay"]
