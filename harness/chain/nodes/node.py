"""A chain behind an HTTP URL: any Ethereum node to send to, or a development node to control as well.

On anvil and Hardhat the harness uses their methods for time, mining, snapshots, edits and impersonation. It mines
explicitly, so that every block has exactly its time. It applies the rules of `harness.chain.values.transactions` before
it sends a transaction, so that all backends refuse the same transactions with the same exception.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.chain.backend import Head
from harness.chain.errors import (
    GasAboveCap,
    ReorgTooDeep,
    RpcError,
    TimeNotAhead,
    UnknownSnapshot,
    UnsupportedOperation,
)
from harness.chain.nodes import parsing as parse
from harness.chain.nodes.client import NodeAnswer
from harness.chain.nodes.reading import NodeReader
from harness.chain.values.blobs import check_blobs, decode_with_sidecar
from harness.chain.values.hexadecimal import hexed, unhex
from harness.chain.values.rules import DEFAULT_RULES, GAS_PER_BLOB, L1Rules
from harness.chain.values.transactions import TX_GAS_CAP, Sent, Transaction, as_bytes, impersonate
from harness.chain.values.validity import check_account, check_rules
from harness.errors import BackendUnavailable, HarnessError

if TYPE_CHECKING:
    from web3.providers.base import BaseProvider

_MINED_AT_ONCE = 500
"""Most blocks that one request mines. A node takes milliseconds for each, and a request must end in time."""

_HEAD: tuple[str, Sequence[Any]] = ("eth_getBlockByNumber", ("latest", False))

_FEES_OF_BLOBS = ("excessBlobGas", "blobGasUsed", "baseFeePerGas")
"""Fields of a header from which the next block's price of blob gas follows."""


class _Token:
    """A snapshot's identity; anvil drops its own when it is restored, so the id behind it changes."""

    def __init__(self, identity: str, next_timestamp: int | None, base_fee: int | None) -> None:
        self.identity = identity
        self.next_timestamp = next_timestamp
        self.base_fee = base_fee


@dataclass(frozen=True, slots=True)
class _View:
    """What validation reads, fetched in one request."""

    nonce_: int
    balance_: int
    code_: bytes

    def nonce(self, address: bytes) -> int:
        return self.nonce_

    def balance(self, address: bytes) -> int:
        return self.balance_

    def code(self, address: bytes) -> bytes:
        return self.code_


class RpcBackend(NodeReader):
    """A node at ``url``. ``chain_id`` None accepts the node's; another one than the node's raises WrongNode."""

    def __init__(
        self,
        url: str,
        chain_id: int | None = None,
        *,
        gas_cap: int | None = TX_GAS_CAP,
        rules: L1Rules = DEFAULT_RULES,
    ) -> None:
        super().__init__(url, chain_id, rules)
        self.gas_cap = gas_cap
        self._next_base_fee: int | None = None
        self._automine = bool(self.verbs)
        if self.verbs:
            self.rpc("evm_setAutomine", False)

    @cached_property
    def provider(self) -> BaseProvider:
        """web3's way to this chain."""
        from harness.chain.nodes.provider import RuledProvider  # web3, which not every test needs

        return RuledProvider(self.url, self.answer)

    # -- verbs

    def _verb(self, name: str, *params: Any) -> Any:
        """Return a verb that anvil and Hardhat name alike, but for their prefix."""
        return self.rpc(f"{self._controlled(name)}_{name}", *params)

    def _controlled(self, operation: str) -> str:
        if self.verbs is None:
            raise UnsupportedOperation(operation, self.url, "the node is neither anvil nor Hardhat")
        return self.verbs

    def answer(self, method: str, params: Sequence[Any]) -> Any:
        """Answer a client's request: transactions go through the rules and are mined, others go to the node."""
        try:
            if method == "eth_sendRawTransaction":
                raw = params[0] if isinstance(params[0], bytes) else bytes.fromhex(params[0].removeprefix("0x"))
                sent = decode_with_sidecar(raw)
                self.submit(sent)
                return {"jsonrpc": "2.0", "id": 1, "result": "0x" + sent.hash.hex()}
            if method == "eth_getRawTransactionByHash" and (known := self._sent.get(as_bytes("hash", params[0]))):
                return {"jsonrpc": "2.0", "id": 1, "result": hexed(known)}  # Hardhat keeps no bytes
            if method == "eth_getProof":
                params = [params[0], [parse.slot_key(slot) for slot in params[1]], *params[2:]]
            answer = self.ask(method, params)
            if method == "eth_sendTransaction" and answer.get("error") is None and self.verbs and not self._holding:
                self.mine()
            return answer
        except BackendUnavailable:
            raise
        except HarnessError as refused:
            return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": str(refused)}}

    # -- transactions

    def submit(self, sent: Sent) -> None:
        check_rules(sent, self.chain_id, self.gas_cap)
        self._check_blobs(sent)
        head = self._check_account(sent, impersonated=False)
        self._hand_over("eth_sendRawTransaction", hexed(sent.wire or sent.raw))
        self._sent[sent.hash] = sent.raw
        self._mine_if_alone(sent.hash, head)

    def submit_as(self, tx: Transaction, sender: bytes) -> bytes:
        self._controlled("impersonate")
        sent = impersonate(tx, sender)
        check_rules(sent, self.chain_id, self.gas_cap)
        self._check_blobs(sent)
        head = self._check_account(sent, impersonated=True)
        self._verb("impersonateAccount", hexed(sender))
        try:
            tx_hash = unhex(self._hand_over("eth_sendTransaction", parse.request(tx, sender)))
        finally:
            self._verb("stopImpersonatingAccount", hexed(sender))
        self._sent[tx_hash] = sent.raw
        self._mine_if_alone(tx_hash, head)
        return tx_hash

    def _check_account(self, sent: Sent, *, impersonated: bool) -> Head:
        """Check the transaction against its sender's account; return the head that this was done on."""
        block, nonce, balance, code = self.batch(_HEAD, *self._account(sent.sender))
        view = _View(int(nonce, 16), int(balance, 16), unhex(code))
        head = parse.head(block)
        check_account(sent, view, self._base_fee_after(head), impersonated=impersonated)
        if self._holding:
            self._check_room(sent)
        return head

    def _check_blobs(self, sent: Sent) -> None:
        """Check the blobs of a transaction against the next block, as the head's header gives it."""
        if sent.tx.type_id != 3:
            return
        head = self.rpc("eth_getBlockByNumber", "latest", False)
        excess, used, fee = (int(head.get(name) or "0x0", 16) for name in _FEES_OF_BLOBS)
        blobs = self.rules.blobs
        so_far = self.rpc("eth_getBlockByNumber", "pending", False) if self._holding else {}
        held = int(so_far.get("blobGasUsed") or "0x0", 16) // GAS_PER_BLOB
        check_blobs(sent, blobs, blobs.base_fee(blobs.next_excess(excess, used, fee)), held)

    def _check_room(self, sent: Sent) -> None:
        """Refuse what the open block cannot take, which anvil would leave in its pool."""
        so_far = self.rpc("eth_getBlockByNumber", "pending", False)
        room = int(so_far["gasLimit"], 16) - int(so_far["gasUsed"], 16)
        if sent.tx.gas > room:
            raise GasAboveCap(sent.tx.gas, room, "rest of the block's")

    def _hand_over(self, method: str, payload: Any) -> Any:
        try:
            return self.rpc(method, payload)
        except NodeAnswer as answer:
            raise RpcError(method, answer.message, answer.code, answer.data) from None

    def _mine_if_alone(self, tx_hash: bytes, head: Head) -> None:
        """Mine a transaction that no open block takes, on ``head``, and keep its receipt until something is asked."""
        if self._holding:
            return
        if self.verbs is None:
            from harness.chain.nodes.provider import await_receipt

            await_receipt(self.provider, tx_hash)
            return
        self._mine_on(head)
        found, block = self.batch(
            ("eth_getTransactionReceipt", (hexed(tx_hash),)), ("eth_getBlockByNumber", ("latest", False))
        )
        if found is None:
            raise RpcError("evm_mine", f"transaction {hexed(tx_hash)} did not fit into the block")
        if found["blockHash"] == block["hash"]:
            self._newest = self._receipt(found, block)

    # -- blocks and time

    def ahead(self, sender: bytes | None = None, to: bytes | None = None) -> AbstractContextManager[None]:
        account = [] if sender is None else self._account(sender)
        code = [] if to is None or to == sender else [("eth_getCode", (hexed(to), self._tag))]
        return self.knowing(_HEAD, *account, *code)

    def _account(self, address: bytes) -> list[tuple[str, Sequence[Any]]]:
        """Return the requests for what decides whether an account's transaction may enter a block on the head."""
        who, tag = hexed(address), self._tag
        return [("eth_getTransactionCount", (who, tag)), ("eth_getBalance", (who, tag)), ("eth_getCode", (who, tag))]

    def next_base_fee(self) -> int:
        return self._base_fee_after(self.head())

    def _base_fee_after(self, head: Head) -> int:
        if self._next_base_fee is not None:
            return self._next_base_fee
        return parse.base_fee_after(head)

    def set_next_timestamp(self, timestamp: int) -> None:
        self._controlled("set the time")
        earliest = self.head().timestamp + 1
        if timestamp < earliest:
            raise TimeNotAhead(timestamp, earliest)
        if self.verbs == "hardhat":  # has no block overrides: its pending block has to know
            self.rpc("evm_setNextBlockTimestamp", timestamp)
        self._next_timestamp = timestamp

    def mine(self, count: int = 1) -> None:
        self._controlled("mine")
        while count > 0:
            row = min(count, _MINED_AT_ONCE)
            self._mine_row(row)
            count -= row

    def _mine_row(self, count: int) -> None:
        """Mine blocks that one request makes, each a second after the one before."""
        time = self._mine_on(self.head())
        if count > 1:
            self._mine_behind(time, count - 1)

    def _mine_behind(self, time: int, count: int) -> None:
        """Mine blocks behind a head of this time, each a second after the one before, however long the node takes.

        A node's clock goes on beside. On Hardhat the first block would have the time of that clock, and on anvil each.
        """
        if self.verbs == "anvil":
            self.rpc("anvil_setBlockTimestampInterval", 1)
            try:
                self.rpc("anvil_mine", hex(count))
            finally:
                self.rpc("anvil_removeBlockTimestampInterval")
        else:
            self.rpc("evm_setNextBlockTimestamp", time + 1)
            self._verb("mine", hex(count), hex(1))

    def _mine_on(self, head: Head) -> int:
        """Mine a block on the head and return its time."""
        if self._next_base_fee is not None:
            self._verb("setNextBlockBaseFeePerGas", hex(self._next_base_fee))
        timestamp = self._next_timestamp if self._next_timestamp is not None else head.timestamp + 1
        self.rpc("evm_mine", timestamp)
        self._next_timestamp = None
        self._next_base_fee = None
        return timestamp

    def open_block(self) -> None:
        self._controlled("order transactions within a block")
        self._holding = True

    def close_block(self) -> None:
        self._holding = False
        self.mine()

    # -- snapshots and reorgs

    def snapshot(self) -> _Token:
        self._controlled("take a snapshot")
        return _Token(self.rpc("evm_snapshot"), self._next_timestamp, self._next_base_fee or self.next_base_fee())

    def restore(self, snapshot: object) -> None:
        self._controlled("restore a snapshot")
        if not isinstance(snapshot, _Token) or not self.rpc("evm_revert", snapshot.identity):
            raise UnknownSnapshot(snapshot, self.name)
        snapshot.identity = self.rpc("evm_snapshot")
        self._drop_pending()
        self._next_timestamp = snapshot.next_timestamp
        self._next_base_fee = snapshot.base_fee

    def _drop_pending(self) -> None:
        self._holding = False
        if self.verbs == "anvil":
            self.rpc("anvil_dropAllTransactions")

    def rollback(self, depth: int) -> Sequence[bytes]:
        self._controlled("reorganise")
        head = self.head()
        if not 0 <= depth <= head.number:
            raise ReorgTooDeep(depth, head.number)
        if depth == 0:
            return []
        hashes = [
            tx_hash
            for number in range(head.number - depth + 1, head.number + 1)
            for tx_hash in self.rpc("eth_getBlockByNumber", hex(number), False)["transactions"]
        ]
        removed = [self._raw(tx_hash) for tx_hash in hashes]
        self._remove(head.number - depth, depth)
        self._drop_pending()
        self._next_timestamp = None
        self._next_base_fee = parse.base_fee_after(self.head())
        return removed

    def _remove(self, last: int, depth: int) -> None:
        """Remove ``depth`` blocks, so that ``last`` is the number of the head."""
        if self.verbs != "anvil":
            raise UnsupportedOperation("reorganise", self.name, "only anvil has anvil_rollback")
        self.rpc("anvil_rollback", depth)

    def _raw(self, tx_hash: str) -> bytes:
        known = self._sent.get(unhex(tx_hash))
        return known if known is not None else unhex(self.rpc("eth_getRawTransactionByHash", tx_hash))

    # -- edits

    def set_balance(self, address: bytes, balance: int) -> None:
        self._verb("setBalance", hexed(address), hex(balance))

    def set_nonce(self, address: bytes, nonce: int) -> None:
        self._verb("setNonce", hexed(address), hex(nonce))

    def set_code(self, address: bytes, code: bytes) -> None:
        self._verb("setCode", hexed(address), hexed(code))

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        self._verb("setStorageAt", hexed(address), hex(slot), hexed(value.to_bytes(32, "big")))

    def close(self) -> None:
        """Turn the node's automatic mining on again."""
        if self._automine:
            self._automine = False
            self.rpc("evm_setAutomine", True)
