"""What a test changes in a chain's state beside transactions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.chain.backend import Backend
from harness.chain.balances import find_balance_slot
from harness.chain.reading import ChainReader
from harness.chain.values.accounts import Accounts
from harness.chain.values.codec import address_bytes
from harness.chain.values.transactions import as_bytes, check_number
from harness.primitives.addresses import checksum_address


class ChainEditor(ChainReader):
    """The editing part of a `Chain`. An edit is no transaction; it lasts until a reorg below it or a restore.

    Addresses are as for `ChainReader`.
    """

    def __init__(self, backend: Backend, *, name: str = "", accounts: Accounts | None = None) -> None:
        super().__init__(backend, name=name, accounts=accounts)
        self._edits: list[tuple[int, Callable[[], None]]] = []
        self._rewritten = 0

    def edit(self, apply: Callable[[], None]) -> None:
        """Change the state, and change it again after a reorg that ends at the current head."""
        apply()
        self._rewritten += 1
        self._edits.append((self.block_number, apply))

    def set_balance(self, address: Any, wei: int) -> None:
        """Set the balance of an address to ``wei``, from 0 to 2**256 - 1.

        Raises OutOfRange outside of that range, and UnsupportedOperation if the backend cannot edit its state.
        """
        raw = address_bytes(address)
        check_number("balance", wei, 256)
        self.edit(lambda: self._alive().set_balance(raw, wei))

    def set_nonce(self, address: Any, nonce: int) -> None:
        """Set the nonce of an address, from 0 to 2**64 - 1.

        Raises OutOfRange outside of that range, and UnsupportedOperation if the backend cannot edit its state.
        """
        raw = address_bytes(address)
        check_number("nonce", nonce, 64)
        self.edit(lambda: self._alive().set_nonce(raw, nonce))

    def set_code(self, address: Any, code: bytes) -> None:
        """Replace the code at an address with runtime code: bytes, or ``0x`` and hex digits; b"" removes it.

        Raises NotBytes for another value, and UnsupportedOperation if the backend cannot edit its state.
        """
        raw, stored = address_bytes(address), as_bytes("code", code)
        self.edit(lambda: self._alive().set_code(raw, stored))
        self.knowledge.replaced(checksum_address(raw), stored)

    def set_storage(self, address: Any, slot: int, value: int) -> None:
        """Set one storage slot of an address; slot and value are numbers from 0 to 2**256 - 1.

        Raises OutOfRange outside of that range, and UnsupportedOperation if the backend cannot edit its state.
        """
        raw = address_bytes(address)
        check_number("slot", slot, 256)
        check_number("value", value, 256)
        self.edit(lambda: self._alive().set_storage(raw, slot, value))

    def set_token_balance(self, token: Any, holder: Any, amount: int) -> None:
        """Set what ``token.balanceOf(holder)`` returns, in the token's smallest unit.

        The method finds the storage slot that decides the balance and edits it; the token's total supply stays. Raises
        BalanceSlotNotFound if there is no such slot; the state stays as it was.
        """
        address, slot = find_balance_slot(self._alive(), address_bytes(token), address_bytes(holder))
        self.set_storage(address, slot, amount)
