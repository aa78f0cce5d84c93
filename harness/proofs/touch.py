"""Changes a state's tries as the prover does in one step, and collects the nodes that this reads.

The operations and their order are those of ``contracts/libraries/Accounts.sol`` and ``Scratch.sol``. The order matters:
which siblings a delete reads depends on earlier writes.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.primitives import patricia
from harness.primitives.patricia import Node, Trie, encode_node, is_embedded
from harness.primitives.rlp import minimal
from harness.rollup.forks import Fork
from harness.rollup.machine.rules import is_precompile
from harness.rollup.machine.state import (
    CREATED,
    NO_ACCOUNT,
    WARM,
    AccountState,
    account_path,
    scratch_path,
    slot_path,
    write_account,
    write_slot,
)


class Touched:
    """The tries of a machine as one step changes them, and the nodes of the prestate that the step reads.

    ``fork`` says which addresses are precompiles. The given tries must be hashed. A node without a hash counts as made
    in this step.
    """

    def __init__(self, accounts: Trie, scratch: Trie, fork: Fork) -> None:
        self.fork = fork
        self.accounts = accounts
        self.scratch = scratch
        self._seen: dict[int, Node] = {}
        self._roots = {id(accounts), id(scratch)}

    def nodes(self) -> list[bytes]:
        """Return the encodings of the nodes read, each once. A node that is embedded in its parent does not count."""
        nodes = [n for n in self._seen.values() if id(n) in self._roots or not is_embedded(n)]
        return list(dict.fromkeys(map(encode_node, nodes)))

    def _visit(self, node: Node) -> None:
        """Note a node of the prestate that was read."""
        if node.ref is not None:
            self._seen[id(node)] = node

    def account(self, address: bytes) -> AccountState:
        """Read an account."""
        found = patricia.get(self.accounts, account_path(address), self._visit)
        return found if isinstance(found, AccountState) else NO_ACCOUNT

    def write(self, address: bytes, account: AccountState) -> None:
        """Write an account, or delete it if it is empty."""
        self.accounts = write_account(self.accounts, address, account, self._visit)

    def remove(self, address: bytes) -> None:
        """Delete an account."""
        self.accounts = patricia.delete(self.accounts, account_path(address), self._visit)

    def credit(self, address: bytes, amount: int) -> None:
        """Add to a balance. If the amount is 0 and the account is empty, delete the account."""
        account = self.account(address)
        if amount:
            self.write(address, AccountState(account.nonce, account.balance + amount, account.code, account.storage))
        elif account.is_empty:
            self.remove(address)

    def debit(self, address: bytes, amount: int) -> None:
        """Subtract from a balance, which covers the amount."""
        account = self.account(address)
        self.write(address, AccountState(account.nonce, account.balance - amount, account.code, account.storage))

    def transfer(self, sender: bytes, to: bytes, amount: int) -> None:
        """Move value and touch both accounts."""
        if amount and sender != to:
            self.debit(sender, amount)
        self.credit(to, 0 if sender == to else amount)

    def bump_nonce(self, address: bytes) -> None:
        """Raise an account's nonce by 1."""
        account = self.account(address)
        self.write(address, AccountState(account.nonce + 1, account.balance, account.code, account.storage))

    def create(self, creator: bytes, address: bytes, value: int) -> None:
        """Move the value to the new account, give it nonce 1, and mark it created."""
        self.transfer(creator, address, value)
        account = self.account(address)
        self.write(address, AccountState(1, account.balance, account.code, account.storage))
        self.mark(address, CREATED)

    def mark(self, address: bytes, flag: int) -> None:
        """Mark an address warm or created."""
        if flag == WARM and is_precompile(address, self.fork):
            return
        path = scratch_path(1, address)
        value = patricia.get(self.scratch, path, self._visit)
        flags = value[0] if isinstance(value, bytes) else 0
        if not flags & flag:
            self.scratch = patricia.put(self.scratch, path, bytes((flags | flag,)), self._visit)

    def flags(self, address: bytes) -> int:
        """Return the flags of an address: warm, created, or both."""
        value = patricia.get(self.scratch, scratch_path(1, address), self._visit)
        return value[0] if isinstance(value, bytes) else 0

    def load_slot(self, address: bytes, slot: int) -> int:
        """Read a slot and warm it."""
        path = scratch_path(2, address, slot)
        is_warm = patricia.get(self.scratch, path, self._visit) is not None
        found = patricia.get(self._storage(address), slot_path(slot), self._visit)
        value = found if isinstance(found, int) else 0
        if not is_warm:
            self.scratch = patricia.put(self.scratch, path, b"\x01" + minimal(value), self._visit)
        return value

    def store_slot(self, address: bytes, slot: int, value: int) -> None:
        """Write a slot that `load_slot` has warmed."""
        account = self.account(address)
        storage = write_slot(account.storage, slot, value, self._visit)
        self.write(address, AccountState(account.nonce, account.balance, account.code, storage))

    def tell(self, address: bytes, writes: Iterable[tuple[int, int]]) -> bool:
        """Write slots of an account, in order, if it has code; return whether it has."""
        account, storage = self.account(address), self._storage(address)
        if not account.code.data:
            return False
        for slot, value in writes:
            storage = write_slot(storage, slot, value, self._visit)
        self.write(address, AccountState(account.nonce, account.balance, account.code, storage))
        return True

    def transient(self, address: bytes, slot: int) -> None:
        """Read a transient slot."""
        patricia.get(self.scratch, scratch_path(3, address, slot), self._visit)

    def store_transient(self, address: bytes, slot: int, value: int) -> None:
        """Write a transient slot."""
        path = scratch_path(3, address, slot)
        if value:
            self.scratch = patricia.put(self.scratch, path, minimal(value), self._visit)
        else:
            self.scratch = patricia.delete(self.scratch, path, self._visit)

    def _storage(self, address: bytes) -> Trie:
        storage = self.account(address).storage
        self._roots.add(id(storage))
        return storage
