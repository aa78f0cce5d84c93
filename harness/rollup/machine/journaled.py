"""py-evm's state of accounts on the journal of the running transaction."""

from __future__ import annotations

from typing import Any

from eth.vm.forks.cancun.state import CancunState

from harness.rollup.machine.environment import Env
from harness.rollup.machine.opening import TOLD
from harness.rollup.machine.overlay import Overlay
from harness.rollup.machine.rules import is_precompile
from harness.rollup.machine.state import NO_CODE, WARM, AccountState, Code, StateJournal

Journal = StateJournal | Overlay
"""A transaction's view of the state: with snapshots for those who record it, without for all others."""


class JournaledState(CancunState):
    """What py-evm asks of accounts, storage and warmth.

    ``is_block_bound`` says that something was read which only L1 decides.
    """

    env: Env
    journal: Journal
    is_block_bound: bool

    def get_storage(self, address: bytes, slot: int, from_journal: bool = True) -> int:
        if address in TOLD:
            self.is_block_bound = True
        if from_journal:
            return self.journal.storage(address, slot)
        return self.journal.original(address, slot)

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        if address in TOLD:
            self.is_block_bound = True
        self.journal.write_slot(address, slot, value)

    def delete_storage(self, address: bytes) -> None:
        """Do nothing. An account with storage is a collision, so a created account has none."""

    def delete_account(self, address: bytes) -> None:
        self.journal.drop(address)

    def get_balance(self, address: bytes) -> int:
        return self.journal.account(address).balance

    def set_balance(self, address: bytes, balance: int) -> None:
        old = self.journal.account(address)
        self.journal.write(address, AccountState(old.nonce, balance, old.code, old.storage))

    def delta_balance(self, address: bytes, delta: int) -> None:
        old = self.journal.account(address)
        self.journal.write(address, AccountState(old.nonce, old.balance + delta, old.code, old.storage))

    def get_nonce(self, address: bytes) -> int:
        return self.journal.account(address).nonce

    def set_nonce(self, address: bytes, nonce: int) -> None:
        old = self.journal.account(address)
        self.journal.write(address, AccountState(nonce, old.balance, old.code, old.storage))

    def increment_nonce(self, address: bytes) -> None:
        self.set_nonce(address, self.get_nonce(address) + 1)

    def get_code(self, address: bytes) -> bytes:
        return self.journal.account(address).code.data

    def set_code(self, address: bytes, code: bytes) -> None:
        old = self.journal.account(address)
        self.journal.write(address, AccountState(old.nonce, old.balance, Code(code), old.storage))

    def delete_code(self, address: bytes) -> None:
        old = self.journal.account(address)
        self.journal.write(address, AccountState(old.nonce, old.balance, NO_CODE, old.storage))

    def get_code_hash(self, address: bytes) -> bytes:  # type: ignore[override]
        return self.journal.account(address).code.hash

    def has_code_or_nonce(self, address: bytes) -> bool:
        account = self.journal.account(address)
        return bool(account.nonce or account.code.data or self.journal.has_storage(address))

    def account_exists(self, address: bytes) -> bool:
        return not self.journal.account(address).is_empty

    def account_is_empty(self, address: bytes) -> bool:
        return self.journal.account(address).is_empty

    def touch_account(self, address: bytes) -> None:
        self.journal.touch(address)

    def is_storage_warm(self, address: bytes, slot: int) -> bool:
        return self.journal.is_slot_warm(address, slot)

    def mark_storage_warm(self, address: bytes, slot: int) -> None:
        self.journal.warm_slot(address, slot)

    def is_address_warm(self, address: bytes) -> bool:
        return is_precompile(address, self.env.fork) or bool(self.journal.flags(address) & WARM)

    def mark_address_warm(self, address: bytes) -> None:
        if not is_precompile(address, self.env.fork):
            self.journal.set_flag(address, WARM)

    def get_transient_storage(self, address: bytes, slot: int) -> bytes:
        return self.journal.transient(address, slot)

    def set_transient_storage(self, address: bytes, slot: int, value: bytes) -> None:
        self.journal.write_transient(address, slot, int.from_bytes(value, "big"))

    def snapshot(self) -> Any:
        return self.journal.mark()

    def revert(self, snapshot: Any) -> None:
        self.journal.revert(snapshot)

    def commit(self, snapshot: Any) -> None:
        """Do nothing. The journal is the state already."""


__all__ = ["Journal", "JournaledState"]
