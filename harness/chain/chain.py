"""One blockchain of a test: L1 on any backend, and with another backend any other chain."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from eth_utils import to_checksum_address

from harness.chain.backend import Backend
from harness.chain.balances import find_balance_slot
from harness.chain.errors import (
    BlockOpen,
    OutOfRange,
    TimeNotAhead,
    UnknownAccount,
    UnknownSnapshot,
)
from harness.chain.handles import Deployable, Snapshot, Subscription
from harness.chain.history import forget
from harness.chain.reading import ChainReader, hash_bytes
from harness.chain.receipts import PendingReceipt, Receipt
from harness.chain.values.accounts import Account, Accounts
from harness.chain.values.codec import address_bytes
from harness.chain.values.transactions import (
    TX_GAS_CAP,
    Transaction,
    as_bytes,
    check_number,
    check_numbers,
    decode,
    sign,
)

if TYPE_CHECKING:
    from web3 import Web3

Bound = TypeVar("Bound")
TransactionHook = Callable[["Chain", Receipt], None]
PRIORITY_FEE = 10**9
"""Wei per gas that a transaction offers to the block's producer unless told otherwise."""


class Chain(ChainReader):
    """Accounts, blocks, time and contracts of one blockchain.

    Amounts are wei, times are seconds since 1970. `now` is the time that a call sees: of the head, or of the next block
    once `warp` has set it.
    """

    def __init__(self, backend: Backend, *, name: str = "", accounts: Accounts | None = None) -> None:
        super().__init__(backend, name=name, accounts=accounts)
        self._hooks: list[TransactionHook] = []
        self._w3: Web3 | None = None
        self._pending: list[PendingReceipt] | None = None
        self._snapshots: list[Snapshot] = []
        self._edits: list[tuple[int, Callable[[], None]]] = []
        self._rewritten = 0

    # -- state of the chain itself

    @property
    def w3(self) -> Web3:
        """A web3.Web3 on this chain; its transactions are mined at once and seen by the hooks."""
        if self._w3 is None:
            from harness.chain.web3_hooks import connect

            self._w3 = connect(self.backend.provider, self.observe)
        return self._w3

    @property
    def has_open_block(self) -> bool:
        """Whether `block` is being filled."""
        return self._pending is not None

    largest_data: int | None = None
    """Bytes that a contract can take in one transaction and show in an event; None if only gas bounds them."""

    def harden(self) -> None:
        """Give every block a hash that it keeps, as far as the chain can. L1's blocks have such hashes anyway."""

    @property
    def rewritten(self) -> int:
        """How often what was there before may have become something else: by an edit, a restore or a reorg."""
        return self._rewritten

    @property
    def version(self) -> Hashable:
        """Differs whenever the state may: what is remembered of the state is remembered under this.

        The time of `warp` is no part of it.
        """
        return self.head.hash, None if self._pending is None else len(self._pending), self._rewritten

    # -- transactions

    def send(
        self,
        *,
        sender: Account,
        to: Any = None,
        data: bytes = b"",
        value: int = 0,
        gas: int | None = None,
        nonce: int | None = None,
        max_fee: int | None = None,
        priority_fee: int | None = None,
        check: bool = True,
    ) -> Receipt:
        """Send a transaction and mine it; inside `block()` it is mined when the block ends.

        Without ``gas`` the limit is the cap of 2^24, or what the sender can pay. Raises a TransactionRejected if it
        cannot enter a block, and the decoded Reverted if it fails (unless ``check`` is False: look at the receipt).
        """
        backend = self._alive()
        source = address_bytes(sender)
        for name, number in (("max_fee", max_fee), ("priority_fee", priority_fee)):
            if number is not None:
                check_number(name, number, 256)
        check_number("value", value, 256)
        if priority_fee is None:
            priority_fee = PRIORITY_FEE if max_fee is None else min(PRIORITY_FEE, max_fee)
        if max_fee is None:
            max_fee = 2 * backend.next_base_fee() + priority_fee
        if nonce is None:
            nonce = backend.nonce(source)
        target = None if to is None else address_bytes(to)
        tx = Transaction(2, self.chain_id, nonce, priority_fee, max_fee, 0, target, value, as_bytes("data", data))
        limit = self._default_gas(tx, source) if gas is None else gas
        return self.send_transaction(replace(tx, gas=limit), sender, check=check)

    def _default_gas(self, tx: Transaction, sender: bytes) -> int:
        """The cap, or what the balance pays for, but never less than the transaction's own bytes cost."""
        if tx.to is not None and not tx.data and not _may_be_precompile(tx.to) and not self.backend.code(tx.to):
            return tx.intrinsic_gas
        affordable = max(0, self.backend.balance(sender) - tx.value) // max(tx.max_fee, 1)
        return max(tx.intrinsic_gas, min(TX_GAS_CAP, affordable))

    def send_transaction(self, tx: Transaction, sender: Account, *, check: bool = True) -> Receipt:
        """Sign and send exactly this transaction, or send it as the impersonated ``sender``.

        Raises OutOfRange for a number that no transaction can hold.
        """
        if not isinstance(sender, Account):
            raise UnknownAccount(sender, tuple(account.name for account in self.accounts))
        check_numbers(tx)
        if sender.key is None:
            tx_hash = self._alive().submit_as(tx, sender.address_bytes)
        else:
            sent = sign(tx, sender.key, sender.address_bytes)
            self._alive().submit(sent)
            tx_hash = sent.hash
        return self._mined(tx_hash, check)

    def send_raw(self, raw: bytes, *, check: bool = True) -> Receipt:
        """Send signed bytes, as a node would take them."""
        sent = decode(as_bytes("transaction", raw))
        self._alive().submit(sent)
        return self._mined(sent.hash, check)

    def resend(self, raw: bytes, *, check: bool = True) -> Receipt:
        """Send a transaction that `reorg` removed once more, impersonated or not."""
        raw = as_bytes("transaction", raw)
        sent = decode(raw, impersonated=True)
        if sent.tx.s:
            return self.send_raw(raw, check=check)
        return self.send_transaction(sent.tx, Account(to_checksum_address(sent.sender)), check=check)

    def _mined(self, tx_hash: bytes, check: bool) -> Receipt:
        if self._pending is not None:
            pending = PendingReceipt(self, tx_hash, check)
            self._pending.append(pending)
            return pending
        receipt = Receipt(self, self.backend.receipt(tx_hash))
        self.notify(receipt)
        if check:
            receipt.raise_if_reverted()
        return receipt

    def on_transaction(self, callback: TransactionHook) -> Subscription[TransactionHook]:
        """Call ``callback(chain, receipt)`` after every mined transaction, one that failed included.

        The result ends it, by being called or left: ``with chain.on_transaction(check): ...``.
        """
        self._hooks.append(callback)
        return Subscription(self._hooks, callback)

    def notify(self, receipt: Receipt) -> None:
        """Tell the hooks of a mined transaction."""
        for hook in tuple(self._hooks):
            hook(self, receipt)

    def observe(self, tx_hash: bytes | str) -> None:
        """Tell the hooks of a transaction that reached the backend by another way, once it is mined."""
        if self._pending is not None:
            self._pending.append(PendingReceipt(self, hash_bytes(tx_hash), False))
        else:
            self.notify(self.receipt(tx_hash))

    # -- contracts

    def deploy(self, contract: Deployable[Chain, Bound], /, *args: Any, **keywords: Any) -> Bound:
        """Deploy; ``keywords`` are constructor arguments by name, ``sender``, ``value`` (wei) and those of `send`."""
        return contract.deploy(self, *args, **keywords)

    def at(self, contract: Deployable[Chain, Bound], address: Any) -> Bound:
        return contract.at(self, to_checksum_address(address_bytes(address)))

    # -- time and blocks

    def warp(self, seconds: int | None = None, *, to: int | None = None) -> int:
        """Give the next block exactly the time `now` + ``seconds``, or ``to``; the new `now`.

        Raises TimeNotAhead, leaving the time as it was, unless that is later than the head.
        """
        if (seconds is None) == (to is None):
            raise TypeError("warp takes either seconds or to")
        backend = self._outside_block("warp")
        if seconds is not None and not isinstance(seconds, int):
            raise OutOfRange("seconds", seconds, 64)
        target = to if to is not None else backend.now() + (seconds or 0)
        if not isinstance(target, int) or target >= 2**64:
            raise OutOfRange("time", target, 64)
        earliest = backend.head().timestamp + 1
        if target < earliest:
            raise TimeNotAhead(target, earliest)
        backend.set_next_timestamp(target)
        return target

    def mine(self, n: int = 1) -> None:
        """Mine ``n`` empty blocks, each one second after the one before (the first at the warped time)."""
        backend = self._outside_block("mine")
        check_number("n", n, 64)
        if n:
            backend.mine(n)

    @contextmanager
    def block(self) -> Iterator[None]:
        """Mine what is sent inside as one block, in the order sent; the receipts fill in when it ends.

        Leaving with an exception mines what was accepted until then. The first failed transaction that was sent with
        ``check`` raises after the block is mined.
        """
        backend = self._outside_block("open another block")
        backend.open_block()
        pending: list[PendingReceipt] = []
        self._pending = pending
        finished = False
        try:
            yield
            finished = True
        finally:
            self._pending = None
            backend.close_block()
            for receipt in pending:
                receipt.fill(backend.receipt(receipt.hash))
            for receipt in pending:
                self.notify(receipt)
            for receipt in pending:
                if finished and receipt.check:
                    receipt.raise_if_reverted()

    def _outside_block(self, operation: str) -> Backend:
        if self._pending is not None:
            raise BlockOpen(operation)
        return self._alive()

    def snapshot(self) -> Snapshot:
        backend = self._outside_block("take a snapshot")
        memory = self.knowledge.memory()
        snapshot = Snapshot(backend.head(), backend.now(), backend.snapshot(), tuple(self._edits), memory)
        self._snapshots.append(snapshot)
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Return to ``snapshot``: state, blocks and time. Later snapshots are gone, this one stays.

        Raises UnknownSnapshot for one that is gone or of another chain. An open block is abandoned.
        """
        place = next((i for i, known in enumerate(self._snapshots) if known is snapshot), None)
        if place is None:
            raise UnknownSnapshot(snapshot, self.name)
        self._alive().restore(snapshot.inner)
        self._rewritten += 1
        del self._snapshots[place + 1 :]
        self._edits = list(snapshot.edits)
        self._pending = None
        self.knowledge.remember(snapshot.known)

    def unchanged(self, earlier: Snapshot, later: Snapshot) -> bool:
        """Whether nothing happened between two snapshots."""
        return (earlier.hash, earlier.now, earlier.edits) == (later.hash, later.now, later.edits)

    def forget(self, marks: Sequence[Snapshot]) -> tuple[bool, Sequence[Snapshot]]:
        """Take out what happened between the first two snapshots, as if it had not been: see `harness.chain.history`.

        Returns whether that was possible, and the snapshots anew, in their order.
        """
        return forget(self, marks)

    def reorg(self, depth: int) -> list[bytes]:
        """Remove the newest ``depth`` blocks; returns their transactions' bytes, oldest first, for `resend`.

        Edits (`set_balance` and the like) made before the first removed block stay.
        """
        backend = self._outside_block("reorganise")
        if not isinstance(depth, int):
            raise OutOfRange("depth", depth, 64)
        removed = list(backend.rollback(depth))
        self._rewritten += 1
        self.knowledge.doubt()
        head = self.block_number
        self._edits = [edit for edit in self._edits if edit[0] <= head]
        for number, apply in self._edits:
            if number == head:
                apply()
        return removed

    # -- edits

    def edit(self, apply: Callable[[], None]) -> None:
        """Change the state, and change it again when a reorg leaves the head where it was."""
        apply()
        self._rewritten += 1
        self._edits.append((self.block_number, apply))

    def set_balance(self, address: Any, wei: int) -> None:
        raw = address_bytes(address)
        check_number("balance", wei, 256)
        self.edit(lambda: self._alive().set_balance(raw, wei))

    def set_nonce(self, address: Any, nonce: int) -> None:
        raw = address_bytes(address)
        check_number("nonce", nonce, 64)
        self.edit(lambda: self._alive().set_nonce(raw, nonce))

    def set_code(self, address: Any, code: bytes) -> None:
        raw, stored = address_bytes(address), as_bytes("code", code)
        self.edit(lambda: self._alive().set_code(raw, stored))
        self.knowledge.replaced(to_checksum_address(raw), stored)

    def set_storage(self, address: Any, slot: int, value: int) -> None:
        raw = address_bytes(address)
        check_number("slot", slot, 256)
        check_number("value", value, 256)
        self.edit(lambda: self._alive().set_storage(raw, slot, value))

    def set_token_balance(self, token: Any, holder: Any, amount: int) -> None:
        """Set what ``token.balanceOf(holder)`` answers, by the storage slot that decides it; the supply stays.

        Raises BalanceSlotNotFound, leaving the state as it was.
        """
        address, slot = find_balance_slot(self._alive(), address_bytes(token), address_bytes(holder))
        self.set_storage(address, slot, amount)

    def impersonate(self, address: Any) -> Account:
        """An account without key whose transactions this chain accepts all the same; its balance pays for them."""
        return Account(to_checksum_address(address_bytes(address)))

    def replay(self, raws: Sequence[bytes], *, check: bool = True) -> list[Receipt]:
        """`resend` each, one block per transaction."""
        return [self.resend(raw, check=check) for raw in raws]


def _may_be_precompile(address: bytes) -> bool:
    """Whether some fork has a precompile there, which costs gas and has no code; the highest today is 0x100."""
    return 0 < int.from_bytes(address, "big") < 0x200
