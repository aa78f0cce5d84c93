"""One blockchain of a test: L1 on any backend, and with another backend any other chain."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from harness.chain.backend import Backend
from harness.chain.editing import ChainEditor
from harness.chain.errors import (
    BlockOpen,
    OutOfRange,
    TimeNotAhead,
    UnknownAccount,
    UnknownSnapshot,
)
from harness.chain.handles import Deployable, Snapshot, Subscription
from harness.chain.history import forget
from harness.chain.observing import observers
from harness.chain.reading import hash_bytes
from harness.chain.receipts import PendingReceipt, Receipt
from harness.chain.values.accounts import Account, Accounts
from harness.chain.values.authorizations import NOBODY
from harness.chain.values.blobs import decode_with_sidecar
from harness.chain.values.codec import address_bytes
from harness.chain.values.transactions import (
    TX_GAS_CAP,
    Authorization,
    Transaction,
    as_bytes,
    check_number,
    check_numbers,
    decode,
    sign,
)
from harness.primitives.addresses import checksum_address

if TYPE_CHECKING:
    from web3 import Web3

Bound = TypeVar("Bound")
TransactionHook = Callable[["Chain", Receipt], None]
PRIORITY_FEE = 10**9
"""Wei per gas that a transaction offers to the block's producer unless told otherwise."""


class Chain(ChainEditor):
    """Accounts, blocks, time and contracts of one blockchain.

    Amounts are wei. Times are seconds since 1970, below 2**64. `now` is the time that a call sees: the head's time, or
    the next block's time after `warp`. Every address may be an account, a contract, 20 bytes, or ``0x`` and 40 hex
    digits; any other value raises NotAnAddress. A closed chain raises ChainClosed.
    """

    def __init__(self, backend: Backend, *, name: str = "", accounts: Accounts | None = None) -> None:
        super().__init__(backend, name=name, accounts=accounts)
        self._hooks: list[TransactionHook] = []
        self._w3: Web3 | None = None
        self._pending: list[PendingReceipt] | None = None
        # Weakly: what nobody holds cannot be restored, and a chain lives as long as all tests together.
        self._snapshots: WeakValueDictionary[int, Snapshot] = WeakValueDictionary()
        self._taken = 0
        self._restored = 0

    # -- state of the chain itself

    @property
    def w3(self) -> Web3:
        """A web3.Web3 on this chain.

        The chain mines its transactions at once, and the callbacks of `on_transaction` hear of them.
        """
        if self._w3 is None:
            from harness.chain.web3_hooks import connect

            self._w3 = connect(self.backend.provider, self.observe)
        return self._w3

    @property
    def has_open_block(self) -> bool:
        """Whether `block` is collecting transactions."""
        return self._pending is not None

    largest_data: int | None = None
    """Bytes that a contract can take in one transaction and show in an event; None if only gas bounds them."""

    def harden(self) -> None:
        """Give every block its final hash, as far as this chain can; the blocks of an L1 have theirs from the start."""

    @property
    def rewritten(self) -> int:
        """How many edits, restores and reorgs have changed what was there before."""
        return self._rewritten

    @property
    def restored(self) -> int:
        """How many times the chain has returned to a snapshot."""
        return self._restored

    @property
    def version(self) -> Hashable:
        """A value that differs whenever the state may differ; a cache of the state is keyed by it.

        `warp` does not change it.
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
        authorizations: Sequence[Authorization] = (),
        check: bool = True,
    ) -> Receipt:
        """Send a transaction and mine it. Inside `block` it is mined when that block ends.

        ``value`` is wei, ``gas`` is the gas limit, ``max_fee`` and ``priority_fee`` are wei per gas. Without ``gas``
        the limit is the cap of 2**24 (EIP-7825), or less if the sender cannot pay for that. Without fees it offers 1
        gwei of priority fee and twice the next base fee. ``to`` None creates a contract from ``data``. With
        ``authorizations``, which `authorization` signs, it is a set-code transaction (EIP-7702).

        Raises TransactionRejected if the transaction cannot enter a block; then the state is unchanged. Raises the
        decoded Reverted if the transaction fails, unless ``check`` is False. Raises OutOfRange for a number that does
        not fit.
        """
        backend = self._alive()
        source = address_bytes(sender)
        for name, number in (("max_fee", max_fee), ("priority_fee", priority_fee)):
            if number is not None:
                check_number(name, number, 256)
        check_number("value", value, 256)
        if priority_fee is None:
            priority_fee = PRIORITY_FEE if max_fee is None else min(PRIORITY_FEE, max_fee)
        target = None if to is None else address_bytes(to)
        payload = as_bytes("data", data)
        type_id, listed = (4, tuple(authorizations)) if authorizations else (2, ())
        with backend.ahead(source, target):
            if max_fee is None:
                max_fee = 2 * backend.next_base_fee() + priority_fee
            if nonce is None:
                nonce = backend.nonce(source)
            tx = Transaction(
                type_id, self.chain_id, nonce, priority_fee, max_fee, 0, target, value, payload, authorizations=listed
            )
            limit = self._default_gas(tx, source) if gas is None else gas
            return self.send_transaction(replace(tx, gas=limit), sender, check=check)

    def _default_gas(self, tx: Transaction, sender: bytes) -> int:
        """Return the cap, or what the balance pays for, but never less than the transaction's own bytes cost."""
        if (
            tx.to is not None
            and not tx.data
            and not tx.authorizations
            and not _may_be_precompile(tx.to)
            and not self.backend.code(tx.to)
        ):
            return tx.intrinsic_gas
        affordable = max(0, self.backend.balance(sender) - tx.value) // max(tx.max_fee, 1)
        return max(tx.intrinsic_gas, min(TX_GAS_CAP, affordable))

    def authorize(
        self,
        authority: Account,
        delegate: Any,
        *,
        sender: Account | None = None,
        to: Any = None,
        data: bytes = b"",
        value: int = 0,
        **fields: Any,
    ) -> Receipt:
        """Let an account run a contract's code from now on (EIP-7702): ``chain.authorize(accounts.alice, wallet)``.

        ``delegate`` None takes the delegation away. ``sender`` pays; by default it is the account itself. The
        transaction calls ``to`` with ``data`` and ``value``: by default the account, or nobody if there is neither.
        ``fields`` are the others of `send`.

        Raises what `send` raises, and UnknownAccount for an impersonated account, which cannot sign.
        """
        payer = authority if sender is None else sender
        signed = self.authorization(authority, delegate, sender=payer)
        if to is None:
            to = authority if data or value else NOBODY
        return self.send(sender=payer, to=to, data=data, value=value, authorizations=[signed], **fields)

    def send_transaction(self, tx: Transaction, sender: Account, *, check: bool = True) -> Receipt:
        """Sign and send exactly this transaction; an impersonated ``sender`` needs no signature.

        Raises OutOfRange for a number that no transaction can hold, UnknownAccount if ``sender`` is no account, and
        what `send` raises.
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
        """Send a signed transaction by its bytes, as a node takes them; raises what `send` raises.

        Raises MalformedTransaction if the bytes are no transaction, and BadSignature if no sender follows from them.
        """
        sent = decode_with_sidecar(as_bytes("transaction", raw))
        self._alive().submit(sent)
        return self._mined(sent.hash, check)

    def resend(self, raw: bytes, *, check: bool = True) -> Receipt:
        """Send again a transaction that `reorg` removed, impersonated or not; raises what `send` raises."""
        raw = as_bytes("transaction", raw)
        sent = decode(raw, impersonated=True)
        if sent.tx.s:
            return self.send_raw(raw, check=check)
        return self.send_transaction(sent.tx, Account(checksum_address(sent.sender)), check=check)

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
        """Call ``callback(chain, receipt)`` after every mined transaction, including a failed one.

        Call the returned subscription, or leave it as a context manager, to stop: ``with chain.on_transaction(check):
        ...``.
        """
        self._hooks.append(callback)
        return Subscription(self._hooks, callback)

    def notify(self, receipt: Receipt) -> None:
        """Call the callbacks of `on_transaction` for a mined transaction."""
        for hook in (*observers(), *self._hooks):
            hook(self, receipt)

    def observe(self, tx_hash: bytes | str) -> None:
        """Call the callbacks of `on_transaction` for a transaction that reached the backend another way."""
        if self._pending is not None:
            self._pending.append(PendingReceipt(self, hash_bytes(tx_hash), False))
        else:
            self.notify(self.receipt(tx_hash))

    # -- contracts

    def deploy(self, contract: Deployable[Chain, Bound], /, *args: Any, **keywords: Any) -> Bound:
        """Deploy a contract and return it: ``chain.deploy(Counter, 2, sender=accounts.alice)``.

        Arguments of the constructor go by position or by name. Further keywords are ``sender``, ``value`` in wei,
        ``libraries`` as a mapping of names to addresses, and those of `send`. A library of the project that is not
        given is deployed first by the same sender, unless this chain has it; not where a ``nonce`` is given.

        Raises SenderMissing without a sender, WrongArguments if the arguments do not fit, NotDeployable for an
        interface or an abstract contract, InitcodeTooLarge and CodeTooLarge above EIP-3860's and EIP-170's limits,
        LibraryMissing, the decoded Reverted if the constructor reverts, and what `send` raises.
        """
        return contract.deploy(self, *args, **keywords)

    def at(self, contract: Deployable[Chain, Bound], address: Any) -> Bound:
        """Return the contract of this type at an address. The chain does not check what code is there."""
        return contract.at(self, checksum_address(address_bytes(address)))

    # -- time and blocks

    def warp(self, seconds: int | None = None, *, to: int | None = None) -> int:
        """Give the next block exactly the time `now` plus ``seconds``, or ``to``; return the new `now`.

        Raises TimeNotAhead unless that time is later than the head's, and OutOfRange from 2**64 on; the time stays as
        it was. Raises BlockOpen inside `block`.
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
        """Mine ``n`` empty blocks, each one second after its parent.

        After `warp` the first block has the warped time. Raises OutOfRange for a negative number, and BlockOpen inside
        `block`.
        """
        backend = self._outside_block("mine")
        check_number("n", n, 64)
        if n:
            backend.mine(n)

    @contextmanager
    def block(self) -> Iterator[None]:
        """Mine all transactions that the body sends as one block, in the order sent.

        Their receipts can be read after the body. If the body raises, the transactions accepted so far are mined. After
        the block is mined, the first failed transaction that was sent with ``check`` raises its Reverted. Raises
        BlockOpen if a block is open already.
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
        """Return a mark of state, blocks and time, for `restore`; raises BlockOpen inside `block`."""
        backend = self._outside_block("take a snapshot")
        memory = self.knowledge.memory()
        self._taken += 1
        edits = tuple(self._edits)
        snapshot = Snapshot(self._taken, backend.head(), backend.now(), backend.snapshot(), edits, memory)
        self._snapshots[snapshot.place] = snapshot
        return snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Return to ``snapshot``: state, blocks and time.

        The snapshot stays valid; later ones become invalid. An open block is abandoned. Raises UnknownSnapshot for a
        snapshot that is invalid or of another chain.
        """
        if self._snapshots.get(getattr(snapshot, "place", 0)) is not snapshot:
            raise UnknownSnapshot(snapshot, self.name)
        self._alive().restore(snapshot.inner)
        self._rewritten += 1
        self._restored += 1
        for place in [place for place in self._snapshots if place > snapshot.place]:
            del self._snapshots[place]
        self._edits = list(snapshot.edits)
        self._pending = None
        self.knowledge.remember(snapshot.known)

    def unchanged(self, earlier: Snapshot, later: Snapshot) -> bool:
        """Return whether nothing happened between two snapshots."""
        return (earlier.hash, earlier.now, earlier.edits) == (later.hash, later.now, later.edits)

    def forget(self, marks: Sequence[Snapshot]) -> tuple[bool, Sequence[Snapshot]]:
        """Take out what happened between the first two snapshots, as if it had never happened.

        Returns whether that was possible, and new snapshots in the order of ``marks``. See `harness.chain.history`.
        """
        return forget(self, marks)

    def reorg(self, depth: int) -> list[bytes]:
        """Remove the newest ``depth`` blocks; return the bytes of their transactions, oldest first, for `resend`.

        Edits such as `set_balance` stay if they were made before the first removed block. Raises ReorgTooDeep if the
        chain has fewer blocks above its first, OutOfRange if ``depth`` is no int, and BlockOpen inside `block`.
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

    # -- other senders

    def impersonate(self, address: Any) -> Account:
        """Return an account without a key, whose transactions this chain accepts; its balance pays for them.

        Raises UnsupportedOperation when it sends, if the backend cannot impersonate.
        """
        return Account(checksum_address(address_bytes(address)))

    def replay(self, raws: Sequence[bytes], *, check: bool = True) -> list[Receipt]:
        """Send each transaction again by `resend`, one block each; raises what `resend` raises."""
        return [self.resend(raw, check=check) for raw in raws]


def _may_be_precompile(address: bytes) -> bool:
    """Return whether some fork has a precompile there, which costs gas and has no code; the highest today is 0x100."""
    return 0 < int.from_bytes(address, "big") < 0x200
