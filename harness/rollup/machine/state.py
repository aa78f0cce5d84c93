"""The state of L2: accounts and, within a transaction, what it keeps besides them.

`State` is immutable. Each change returns a new state that shares everything unchanged, so a reference is a snapshot.
The state root is computed on demand and hashes only what was written since. A content-addressed store of nodes, the
usual alternative, would have to hash every snapshot first.

`StateJournal` is a transaction's mutable view: a tuple of five immutable values. Each write replaces the tuple, and a
frame that reverts restores the tuple that it was entered with (`restored` in ``contracts/SPEC.md``). Only those who
record an execution need all these tuples; `harness.rollup.machine.overlay` is for all others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from harness.primitives import patricia
from harness.primitives.frozen import quick
from harness.primitives.hashing import EMPTY_HASH, Tag, keccak256, tagged_hash
from harness.primitives.patricia import EMPTY_ROOT, Trie, nibbles, root_hash
from harness.primitives.rlp import encode_bytes, encode_int, encode_list, minimal
from harness.rollup.machine.chains import (
    AccessLink,
    Authorization,
    AuthorizationLink,
    DestroyedLink,
    LogLink,
    PendingLink,
    chain_hash,
)

WARM = 1
CREATED = 2


class Code:
    """Contract code and its hash."""

    __slots__ = ("_hash", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._hash: bytes | None = None if data else EMPTY_HASH

    @property
    def hash(self) -> bytes:
        """keccak256 of the code."""
        if self._hash is None:
            self._hash = keccak256(self.data)
        return self._hash


NO_CODE = Code(b"")


class AccountState:
    """An account's four fields; the storage as a trie whose root is computed when asked for."""

    __slots__ = ("balance", "code", "nonce", "storage")

    def __init__(self, nonce: int = 0, balance: int = 0, code: Code = NO_CODE, storage: Trie = None) -> None:
        self.nonce = nonce
        self.balance = balance
        self.code = code
        self.storage = storage

    @property
    def is_empty(self) -> bool:
        """Whether the account counts as absent (EIP-161)."""
        return not (self.balance or self.nonce or self.code.data)

    @property
    def storage_root(self) -> bytes:
        """Root of the storage trie."""
        return root_hash(self.storage)

    def encode(self) -> bytes:
        """Return RLP [nonce, balance, storageRoot, codeHash]."""
        return encode_list(
            [
                encode_int(self.nonce),
                encode_int(self.balance),
                encode_bytes(self.storage_root),
                encode_bytes(self.code.hash),
            ]
        )

    def storage_at(self, slot: int) -> int:
        """Return the value of a storage slot."""
        value = patricia.get(self.storage, slot_path(slot))
        return value if isinstance(value, int) else 0


NO_ACCOUNT = AccountState()


@lru_cache(maxsize=1 << 16)
def account_path(address: bytes) -> bytes:
    """Return the state trie's path to an account: the nibbles of keccak256(address)."""
    return nibbles(keccak256(address))


@lru_cache(maxsize=1 << 16)
def slot_path(slot: int) -> bytes:
    """Return the storage tries' path to a slot."""
    return nibbles(keccak256(slot.to_bytes(32, "big")))


@lru_cache(maxsize=1 << 16)
def scratch_path(kind: int, address: bytes, slot: int = 0) -> bytes:
    """Return the scratch trie's path to an entry: kind 1 an address, 2 a slot, 3 a transient slot."""
    return nibbles(tagged_hash(Tag.SCRATCH, kind, address, slot))


def write_slot(storage: Trie, slot: int, value: int, visit: patricia.Visit = None) -> Trie:
    """Return a storage trie with ``value`` in ``slot``; zero is never stored."""
    if value:
        return patricia.put(storage, slot_path(slot), value, visit)
    return patricia.delete(storage, slot_path(slot), visit)


def account_in(accounts: Trie, address: bytes) -> AccountState:
    """Return an account of a state trie; an absent account is empty."""
    found = patricia.get(accounts, account_path(address))
    return found if isinstance(found, AccountState) else NO_ACCOUNT


def write_account(accounts: Trie, address: bytes, account: AccountState, visit: patricia.Visit = None) -> Trie:
    """Return a state trie with ``account`` at ``address``; an empty account is never stored."""
    path = account_path(address)
    if account.is_empty:
        return patricia.delete(accounts, path, visit)
    return patricia.put(accounts, path, account, visit)


@quick
@dataclass(frozen=True, slots=True)
class State:
    """All accounts of L2 at one moment.

    ``origin`` is set if a block's words were written over a state: the accounts of that state. States of one origin
    differ in what L2 is told of L1 and of earlier blocks, and in nothing else.
    """

    accounts: Trie = None
    origin: Trie = field(default=None, compare=False, repr=False)

    @property
    def untold(self) -> Trie:
        """The accounts of its origin; its own if no words were written over it."""
        return self.accounts if self.origin is None else self.origin

    @property
    def root(self) -> bytes:
        """Ethereum's state root."""
        return root_hash(self.accounts)

    def account(self, address: bytes) -> AccountState:
        """Return an account; an absent account is empty."""
        return account_in(self.accounts, address)

    def balance(self, address: bytes) -> int:
        """Return the balance of an account in wei."""
        return self.account(address).balance

    def nonce(self, address: bytes) -> int:
        """Return the number of transactions sent, or of contracts created."""
        return self.account(address).nonce

    def code(self, address: bytes) -> bytes:
        """Return the code of an account; b"" if it has none."""
        return self.account(address).code.data

    def storage(self, address: bytes, slot: int) -> int:
        """Return the value of a storage slot."""
        return self.account(address).storage_at(slot)

    def has_storage(self, address: bytes) -> bool:
        """Return whether any storage slot is other than 0."""
        return self.account(address).storage is not None

    def with_account(
        self,
        address: bytes,
        *,
        nonce: int | None = None,
        balance: int | None = None,
        code: bytes | None = None,
        storage: dict[int, int] | None = None,
        keep_empty: bool = False,
    ) -> State:
        """Return the state with the named fields of an account replaced; ``storage`` adds to its slots.

        An account that becomes empty is dropped, unless ``keep_empty``: a state test's pre-state may hold one.
        """
        old = self.account(address)
        slots = old.storage
        for slot, value in (storage or {}).items():
            slots = write_slot(slots, slot, value)
        account = AccountState(
            old.nonce if nonce is None else nonce,
            old.balance if balance is None else balance,
            old.code if code is None else Code(code),
            slots,
        )
        if keep_empty:
            return State(patricia.put(self.accounts, account_path(address), account))
        return State(write_account(self.accounts, address, account))

    def prove_account(self, address: bytes) -> list[bytes]:
        """Return the state trie's nodes from the root to an account, as eth_getProof does."""
        return patricia.prove(self.accounts, account_path(address))

    def prove_slot(self, address: bytes, slot: int) -> list[bytes]:
        """Return the nodes of an account's storage trie from its root to a slot."""
        return patricia.prove(self.account(address).storage, slot_path(slot))


class Restored(NamedTuple):
    """What a frame restores when it reverts; also the whole of a transaction's changing state."""

    accounts: Trie
    scratch: Trie
    refund: int
    logs: LogLink | None
    destroyed: DestroyedLink | None


class StateJournal:
    """A transaction's view of the state: reads and writes of accounts, warmth, transient storage, logs and refunds."""

    __slots__ = ("_overwritten", "now")

    def __init__(self, state: State) -> None:
        self.now = Restored(state.accounts, None, 0, None, None)
        self._overwritten: tuple[bytes, int, int] | None = None

    def mark(self) -> Any:
        """Return what `revert` needs to come back to this moment."""
        return self.now

    def revert(self, mark: Any) -> None:
        """Take back every change since a moment."""
        self.now = mark

    def state(self) -> State:
        """Return the state with all changes."""
        return State(self.now.accounts)

    refund = property(lambda self: self.now.refund)
    logs = property(lambda self: self.now.logs)
    destroyed = property(lambda self: self.now.destroyed)

    def account(self, address: bytes) -> AccountState:
        """Return an account; an absent account is empty."""
        return account_in(self.now[0], address)

    def write(self, address: bytes, account: AccountState) -> None:
        """Store an account, or drop it if it is empty."""
        _, scratch, refund, logs, destroyed = self.now
        self.now = Restored(write_account(self.now[0], address, account), scratch, refund, logs, destroyed)

    def drop(self, address: bytes) -> None:
        """Delete an account."""
        self.now = self.now._replace(accounts=patricia.delete(self.now[0], account_path(address)))

    def touch(self, address: bytes) -> None:
        """Write an account as it is: an empty one disappears (EIP-161)."""
        account = patricia.get(self.now[0], account_path(address))
        if isinstance(account, AccountState) and account.is_empty:
            self.drop(address)

    def flags(self, address: bytes) -> int:
        """Return WARM and CREATED of an address, or 0."""
        value = patricia.get(self.now[1], scratch_path(1, address))
        return value[0] if isinstance(value, bytes) else 0

    def set_flag(self, address: bytes, flag: int) -> None:
        """Mark an address WARM or CREATED."""
        self._put_scratch(scratch_path(1, address), bytes((self.flags(address) | flag,)))

    def storage(self, address: bytes, slot: int) -> int:
        """Return the value of a slot."""
        return self.account(address).storage_at(slot)

    def has_storage(self, address: bytes) -> bool:
        """Return whether any slot is other than 0."""
        return self.account(address).storage is not None

    def is_slot_warm(self, address: bytes, slot: int) -> bool:
        """Return whether this transaction read, wrote or listed a slot."""
        return patricia.get(self.now[1], scratch_path(2, address, slot)) is not None

    def original(self, address: bytes, slot: int) -> int:
        """Return the value that a slot had when the transaction began."""
        value = patricia.get(self.now[1], scratch_path(2, address, slot))
        if not isinstance(value, bytes):
            return self.account(address).storage_at(slot)
        return int.from_bytes(value[1:], "big")

    def warm_slot(self, address: bytes, slot: int) -> None:
        """Mark a slot warm and note its original value; a warm slot keeps the noted one.

        py-evm's SSTORE writes first and warms afterwards, in one opcode. Then the original is what the write replaced.
        """
        path = scratch_path(2, address, slot)
        overwritten, self._overwritten = self._overwritten, None
        if patricia.get(self.now[1], path) is not None:
            return
        if overwritten is not None and overwritten[:2] == (address, slot):
            original = overwritten[2]
        else:
            original = self.account(address).storage_at(slot)
        self._put_scratch(path, b"\x01" + minimal(original))

    def write_slot(self, address: bytes, slot: int, value: int) -> None:
        """Store a value in a slot."""
        account = self.account(address)
        self._overwritten = None if self.is_slot_warm(address, slot) else (address, slot, account.storage_at(slot))
        storage = write_slot(account.storage, slot, value)
        if storage is not account.storage:
            self.write(address, AccountState(account.nonce, account.balance, account.code, storage))

    def transient(self, address: bytes, slot: int) -> bytes:
        """Return the value of a transient slot, without leading zeros."""
        found = patricia.get(self.now[1], scratch_path(3, address, slot))
        return found if isinstance(found, bytes) else b""

    def write_transient(self, address: bytes, slot: int, value: int) -> None:
        """Store a value in a transient slot; zero is never stored."""
        path = scratch_path(3, address, slot)
        if value:
            self._put_scratch(path, minimal(value))
        else:
            self.now = self.now._replace(scratch=patricia.delete(self.now[1], path))

    def log(self, address: bytes, topics: tuple[int, ...], data: bytes) -> None:
        """Add a log."""
        self.now = self.now._replace(logs=LogLink(self.now.logs, address, topics, data))

    def destroy(self, address: bytes) -> None:
        """Note that an account is to be deleted when the transaction ends."""
        self.now = self.now._replace(destroyed=DestroyedLink(self.now.destroyed, address))

    def add_refund(self, amount: int) -> None:
        """Change the refund counter; ``amount`` may be negative."""
        self.now = self.now._replace(refund=self.now.refund + amount)

    def _put_scratch(self, path: bytes, value: bytes) -> None:
        accounts, scratch, refund, logs, destroyed = self.now
        self.now = Restored(accounts, patricia.put(scratch, path, value), refund, logs, destroyed)


__all__ = [
    "CREATED",
    "EMPTY_ROOT",
    "NO_ACCOUNT",
    "NO_CODE",
    "WARM",
    "AccessLink",
    "AccountState",
    "Authorization",
    "AuthorizationLink",
    "Code",
    "DestroyedLink",
    "LogLink",
    "PendingLink",
    "Restored",
    "State",
    "StateJournal",
    "account_path",
    "chain_hash",
    "scratch_path",
    "slot_path",
    "write_account",
    "write_slot",
]
