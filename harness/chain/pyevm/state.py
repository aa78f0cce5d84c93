"""The state below py-evm: accounts and storage in persistent tries, instead of py-evm's tries over a database.

py-evm's own account database decodes, re-encodes and hashes trie nodes for each key it writes, which took two thirds of
a transfer's time. Here a block's writes go into the tries once, when it is sealed; the tries share what did not change
with those of every earlier block, which is what makes a snapshot a reference. The roots are the same. No table lists
the states: one lives as long as its block, or something else that refers to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Protocol

from eth.abc import AccountDatabaseAPI
from eth.db.journal import get_next_checkpoint
from eth_utils import ValidationError

from harness.primitives.hashing import keccak256
from harness.primitives.patricia import Trie, delete, get, nibbles, put, root_hash
from harness.primitives.rlp import encode_bytes, encode_int, encode_list

EMPTY_CODE_HASH = keccak256(b"")
_ABSENT: Any = object()


class StoredAccount:
    """One account as the state trie holds it, with its code. Immutable."""

    __slots__ = ("balance", "code", "code_hash", "nonce", "storage")

    def __init__(self, nonce: int, balance: int, storage: Trie, code: bytes, code_hash: bytes) -> None:
        self.nonce = nonce
        self.balance = balance
        self.storage = storage
        self.code = code
        self.code_hash = code_hash

    def encode(self) -> bytes:
        """RLP of nonce, balance, storage root and code hash."""
        return self.encode_with(root_hash(self.storage))

    def encode_with(self, storage_root: bytes) -> bytes:
        """Return the RLP of the account as if its storage had this root."""
        fields = (
            encode_int(self.nonce),
            encode_int(self.balance),
            encode_bytes(storage_root),
            encode_bytes(self.code_hash),
        )
        return encode_list(list(fields))

    def with_storage(self, storage: Trie) -> StoredAccount:
        return StoredAccount(self.nonce, self.balance, storage, self.code, self.code_hash)

    @property
    def is_empty(self) -> bool:
        """No nonce, balance or code (EIP-161)."""
        return not (self.nonce or self.balance) and self.code_hash == EMPTY_CODE_HASH


EXISTENCE = "existence"
"""Whether there is an account, as something to look at beside its attributes."""

NO_ACCOUNT = StoredAccount(0, 0, None, b"", EMPTY_CODE_HASH)


@lru_cache(maxsize=1 << 14)
def path_of(key: bytes) -> bytes:
    """Return a trie's path to an address, or to a slot of 32 bytes: the nibbles of its hash."""
    return nibbles(keccak256(key))


def slot_path(slot: int) -> bytes:
    """Return a storage trie's path to a slot."""
    return path_of(slot.to_bytes(32, "big"))


class StoredState:
    """All accounts at one moment. Immutable; equal parts are shared with earlier states."""

    def __init__(self, trie: Trie = None) -> None:
        self.trie = trie

    @cached_property
    def root(self) -> bytes:
        """The state root."""
        return root_hash(self.trie)

    def account(self, address: bytes) -> StoredAccount | None:
        """Return an account; None if there is none."""
        found: Any = get(self.trie, path_of(address))
        return found  # type: ignore[no-any-return]

    def slot(self, storage: Trie, slot: int) -> int:
        """Return a word of an account's storage; 0 if there is none."""
        found: Any = get(storage, slot_path(slot))
        return found or 0

    def has_storage(self, storage: Trie) -> bool:
        """Return whether there is a word in an account's storage."""
        return storage is not None


@dataclass(frozen=True, slots=True)
class Late:
    """A state that is not made yet: the accounts in which it differs, and the function that makes it."""

    accounts: frozenset[bytes]
    state: Callable[[], StoredState]


class Noting(Protocol):
    """Notes what an execution looks at of the persisted accounts."""

    def note(self, address: bytes, account: StoredAccount | None, looked_at: Iterable[str]) -> None:
        """Note that these attributes of an account were looked at, or EXISTENCE."""

    def note_slot(self, address: bytes, account: StoredAccount | None, slot: int, value: int) -> None:
        """Note that a storage word of an account was looked at."""


class PersistentAccountDB(AccountDatabaseAPI):
    """py-evm's view of one state while it changes: an overlay with an undo log, over a trie.

    `discard` undoes changes. `lock_changes`, between transactions, fixes them. `persist` puts them into the trie.
    ``reads``, where it is set, notes whatever is looked at, as it was persisted last.
    """

    def __init__(self, stored: StoredState, state_root: bytes = b"") -> None:
        """``state_root`` is what py-evm passes along; the state knows its own."""
        self.state = stored
        self._read: dict[bytes, StoredAccount | None] = {}
        self.reads: Noting | None = None
        self._accounts: dict[bytes, StoredAccount | None] = {}
        self._slots: dict[bytes, dict[int, int]] = {}
        self._warm: dict[Any, bool] = {}
        self._originals: dict[tuple[bytes, int], int] = {}
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []
        self._checkpoints: list[tuple[int, int]] = []
        self._late: Late | None = None
        self._before = stored

    def await_late(self, late: Late) -> None:
        """Stand for a state that differs from the given root in some accounts and is not made yet.

        It is made when code looks at one of those accounts, or when changes are persisted.
        """
        self._late = late

    def _arrive(self) -> None:
        late, self._late = self._late, None
        if late is not None:
            self.state = late.state()
            for address in late.accounts:
                self._read.pop(address, None)

    # -- journal

    def _write(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        self._undo.append((table, key, table.get(key, _ABSENT)))
        table[key] = value

    def record(self) -> Any:
        number = get_next_checkpoint()  # shared with the transient storage, whose journal takes the same number
        self._checkpoints.append((number, len(self._undo)))
        return number

    def discard(self, checkpoint: Any) -> None:
        length = self._pop(checkpoint)
        while len(self._undo) > length:
            table, key, value = self._undo.pop()
            if value is _ABSENT:
                del table[key]
            else:
                table[key] = value

    def commit(self, checkpoint: Any) -> None:
        self._pop(checkpoint)

    def _pop(self, checkpoint: Any) -> int:
        """Forget a checkpoint and the later ones; return the length of the log when it was taken."""
        while self._checkpoints:
            number, length = self._checkpoints.pop()
            if number == checkpoint:
                return length
        raise ValidationError(f"checkpoint {checkpoint} is unknown, or was left already")

    def lock_changes(self) -> None:
        self._undo.clear()
        self._checkpoints.clear()
        self._warm.clear()
        self._originals.clear()

    def as_locked(self) -> PersistentAccountDB:
        """Return a copy of what was there when changes were last locked; what happens here does not touch it."""
        copy = PersistentAccountDB(self.state)
        copy._late = self._late
        copies: dict[int, dict[Any, Any]] = {}

        def copied(table: dict[Any, Any]) -> dict[Any, Any]:
            return copies.setdefault(id(table), dict(table))

        for table, key, value in reversed(self._undo):
            if value is _ABSENT:
                copied(table).pop(key, None)
            else:
                copied(table)[key] = value
        copy._accounts = copied(self._accounts)
        copy._slots = {address: copied(words) for address, words in copied(self._slots).items()}
        return copy

    # -- accounts

    def stored(self, address: bytes) -> StoredAccount | None:
        """Return the account as it was persisted last; changes since are not in it."""
        if self._late is not None and address in self._late.accounts:
            self._arrive()
        if address not in self._read:
            self._read[address] = self.state.account(address)
        return self._read[address]

    def stored_slot(self, address: bytes, slot: int) -> int:
        """Return the storage word as it was persisted last; changes since are not in it."""
        account = self.stored(address)
        return 0 if account is None else self.state.slot(account.storage, slot)

    def _account(self, address: bytes, *looked_at: str) -> StoredAccount | None:
        """Return an account now; ``looked_at`` names what of it decides what the code does."""
        if self.reads is not None and looked_at:
            self.reads.note(address, self.stored(address), looked_at)
        return self._accounts[address] if address in self._accounts else self.stored(address)

    def _change(
        self, address: bytes, nonce: int | None = None, balance: int | None = None, code: bytes | None = None
    ) -> None:
        old = self._account(address) or NO_ACCOUNT
        new = StoredAccount(
            old.nonce if nonce is None else nonce,
            old.balance if balance is None else balance,
            old.storage,
            old.code if code is None else code,
            old.code_hash if code is None else keccak256(code),
        )
        self._write(self._accounts, address, new)

    def get_balance(self, address: Any) -> int:
        return (self._account(address, "balance") or NO_ACCOUNT).balance

    def set_balance(self, address: Any, balance: int) -> None:
        if not 0 <= balance < 2**256:
            raise ValidationError(f"balance {balance} is no 256-bit number")
        self._change(address, balance=balance)

    def get_nonce(self, address: Any) -> int:
        return (self._account(address, "nonce") or NO_ACCOUNT).nonce

    def set_nonce(self, address: Any, nonce: int) -> None:
        if not 0 <= nonce < 2**64:
            raise ValidationError(f"nonce {nonce} is no 64-bit number")
        self._change(address, nonce=nonce)

    def increment_nonce(self, address: Any) -> None:
        self.set_nonce(address, self.get_nonce(address) + 1)

    def get_code_hash(self, address: Any) -> Any:
        return (self._account(address, "code_hash") or NO_ACCOUNT).code_hash

    def get_code(self, address: Any) -> bytes:
        return (self._account(address, "code_hash") or NO_ACCOUNT).code

    def set_code(self, address: Any, code: bytes) -> None:
        self._change(address, code=bytes(code))

    def delete_code(self, address: Any) -> None:
        self._change(address, code=b"")

    def account_exists(self, address: Any) -> bool:
        return self._account(address, EXISTENCE) is not None

    def account_is_empty(self, address: Any) -> bool:
        return (self._account(address, "is_empty") or NO_ACCOUNT).is_empty

    def account_has_code_or_nonce(self, address: Any) -> bool:
        """Return whether nothing can be created there: it has a nonce, code, or storage (EIP-7610)."""
        account = self._account(address, "nonce", "code_hash") or NO_ACCOUNT
        return bool(account.nonce) or account.code_hash != EMPTY_CODE_HASH or self.has_storage(address)

    def touch_account(self, address: Any) -> None:
        self._change(address)

    def delete_account(self, address: Any) -> None:
        self._write(self._slots, address, {})
        self._write(self._accounts, address, None)

    # -- storage

    def get_storage(self, address: Any, slot: int, from_journal: bool = True) -> int:
        """Return the word now, or (not ``from_journal``) at the start of the transaction."""
        if not from_journal and (address, slot) in self._originals:
            return self._originals[address, slot]
        written = self._slots.get(address)
        if written is not None and slot in written:
            return written[slot]
        if self.reads is not None:
            self.reads.note_slot(address, self.stored(address), slot, self.stored_slot(address, slot))
        account = self._account(address)
        return 0 if account is None else self.state.slot(account.storage, slot)

    def set_storage(self, address: Any, slot: int, value: int) -> None:
        if (address, slot) not in self._originals:
            self._originals[address, slot] = self.get_storage(address, slot)
        if address not in self._slots:
            self._write(self._slots, address, {})
        self._write(self._slots[address], slot, value)

    def has_storage(self, address: bytes) -> bool:
        """Return whether any word of an account is other than 0."""
        self._account(address, "storage")
        account = self._settled(address) if self._slots.get(address) else self._account(address)
        return account is not None and self.state.has_storage(account.storage)

    def delete_storage(self, address: Any) -> None:
        old = self._account(address)
        self._write(self._slots, address, {})
        if old is not None and old.storage is not None:
            self._write(self._accounts, address, old.with_storage(None))

    # -- warmth (EIP-2929)

    def is_storage_warm(self, address: Any, slot: int) -> bool:
        return (address, slot) in self._warm

    def mark_storage_warm(self, address: Any, slot: int) -> None:
        if (address, slot) not in self._warm:
            self._write(self._warm, (address, slot), True)

    def is_address_warm(self, address: Any) -> bool:
        return address in self._warm

    def mark_address_warm(self, address: Any) -> None:
        if address not in self._warm:
            self._write(self._warm, address, True)

    # -- roots

    @property
    def state_root(self) -> Any:
        """The root of what was persisted last. It covers neither later changes nor values that are not made yet."""
        return self.state.root

    @state_root.setter
    def state_root(self, value: Any) -> None:
        if value not in (self.state.root, self._before.root):
            raise ValidationError("a state is opened at its root, not moved to another")

    def has_root(self, state_root: bytes) -> bool:
        return state_root == self.state.root

    def make_state_root(self) -> Any:
        self.persist()
        return self.state.root

    def persist(self) -> Any:
        """Put every change into the tries. Afterwards nothing can be undone."""
        self._arrive()
        trie = self.state.trie
        for address in self._touched():
            account = self._settled(address)
            path = path_of(address)
            trie = delete(trie, path) if account is None else put(trie, path, account)
            self._read[address] = account
        self.state = StoredState(trie)
        self._accounts.clear()
        self._slots.clear()
        self.lock_changes()

    def _touched(self) -> Iterable[bytes]:
        return dict.fromkeys((*self._accounts, *self._slots))

    def _settled(self, address: bytes) -> StoredAccount | None:
        """Return the account with its written slots in its storage trie; None if it is not there any more."""
        account = self._account(address)
        written = self._slots.get(address)
        if not written:
            return account
        old = account or NO_ACCOUNT
        storage = old.storage
        for slot, value in written.items():
            path = slot_path(slot)
            storage = put(storage, path, value) if value else delete(storage, path)
        if storage is old.storage or (account is None and storage is None):
            return account
        return old.with_storage(storage)
