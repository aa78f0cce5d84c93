"""The verbs of development nodes. anvil and Hardhat name most of them alike, with different prefixes.

A chain whose state follows from another chain refuses to edit it: its backend raises UnsupportedOperation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from harness.chain.errors import BlockOpen, RpcError
from harness.chain.jsonrpc import formatting as fmt
from harness.chain.jsonrpc.answers import INVALID_PARAMS
from harness.chain.jsonrpc.parameters import Address, BlockName, Data, Flag, Quantity, Seconds, seconds
from harness.chain.jsonrpc.sending import Senders
from harness.chain.jsonrpc.view import ChainView
from harness.chain.values.transactions import check_number

TIME_BITS = 63
"""Widths of a time that a client may set: blocks after it must have a time of 64 bits as well."""


def mining(value: Any) -> Mapping[str, Any]:
    """Return the options of evm_mine, which is given the time of the block, or an object; raises Misfit."""
    given = value if isinstance(value, Mapping) else {"timestamp": value}
    return {key: seconds(given[key]) for key in ("timestamp", "blocks") if given.get(key) is not None}


Mining = Annotated[Mapping[str, Any], mining]


class CheatMethods:
    """Time, mining, snapshots, edits and impersonation."""

    def __init__(self, view: ChainView, senders: Senders) -> None:
        self._view = view
        self._backend = view.backend
        self._senders = senders
        self._snapshots: list[object] = []

    def twins(self) -> dict[str, Callable[..., Any]]:
        """Return the methods that anvil and Hardhat both have, under both prefixes."""
        shared: dict[str, Callable[..., Any]] = {
            "impersonateAccount": self._impersonate,
            "stopImpersonatingAccount": self._stop_impersonating,
            "setBalance": self._set_balance,
            "setNonce": self._set_nonce,
            "setCode": self._set_code,
            "setStorageAt": self._set_storage,
            "setNextBlockBaseFeePerGas": self._set_base_fee,
            "mine": self._mine_many,
            "metadata": self._metadata,
            "setLoggingEnabled": self._log,
        }
        return {f"{node}_{name}": verb for node in ("anvil", "hardhat") for name, verb in shared.items()}

    # -- time and mining

    def evm_mine(self, how: Mining | None = None) -> str:
        self._mine(how or {})
        return "0x0"

    def evm_mine_detailed(self, how: Mining | None = None) -> list[fmt.Json]:
        before = self._view.head
        self._mine(how or {})
        return [fmt.block(self._backend.blocks[number], True) for number in range(before + 1, self._view.head + 1)]

    def _mine(self, how: Mapping[str, Any]) -> None:
        count = self._counted(how.get("blocks", 1))
        if "timestamp" in how:
            self.evm_setNextBlockTimestamp(how["timestamp"])
        self._backend.mine(count)

    def _mine_many(self, count: Quantity = 1, interval: Seconds = 1) -> None:
        if interval == 1:
            self._backend.mine(self._counted(count))
            return
        for place in range(self._counted(count)):
            if place:
                self._set_time(self._backend.head().timestamp + interval)
            self._backend.mine(1)

    def _counted(self, count: int) -> int:
        most = self._backend.most_mined
        if not 1 <= count <= most:
            raise RpcError("mine", f"number of blocks is {count}, expected 1 to {most}", INVALID_PARAMS)
        return count

    def evm_setNextBlockTimestamp(self, timestamp: Seconds) -> None:
        self._set_time(timestamp)

    def evm_setTime(self, timestamp: Seconds) -> int:
        return self._advance(timestamp - self._backend.now())

    def evm_increaseTime(self, seconds: Seconds) -> int:
        return self._advance(seconds)

    def _advance(self, by: int) -> int:
        """Set the next block's time ahead of now; return by how much."""
        if by:
            self._set_time(self._backend.now() + by)
        return by

    def _set_time(self, timestamp: int) -> None:
        check_number("time", timestamp, TIME_BITS)
        self._outside_block("set the time")
        self._backend.set_next_timestamp(timestamp)

    def _set_base_fee(self, fee: Quantity) -> None:
        self._backend.set_next_base_fee(fee)

    # -- snapshots and reorgs

    def evm_snapshot(self) -> str:
        self._outside_block("take a snapshot")
        self._snapshots.append(self._backend.snapshot())
        return fmt.quantity(len(self._snapshots))

    def evm_revert(self, identity: Quantity) -> bool:
        position = identity - 1
        if not 0 <= position < len(self._snapshots):
            return False
        self._outside_block("restore a snapshot")
        self._backend.restore(self._snapshots[position])
        del self._snapshots[position:]
        return True

    def anvil_rollback(self, depth: Quantity = 1) -> None:
        if depth > self._view.head:
            raise RpcError("anvil_rollback", f"depth is {depth}, expected at most {self._view.head}", INVALID_PARAMS)
        self._outside_block("reorganise")
        self._backend.rollback(depth)

    def _outside_block(self, operation: str) -> None:
        """Raise BlockOpen while a block is held open: it would be lost, or not have what is asked for."""
        if self._backend.is_block_open:
            raise BlockOpen(operation)

    # -- accounts

    def _impersonate(self, address: Address) -> None:
        self._senders.named.add(address)

    def _stop_impersonating(self, address: Address) -> None:
        self._senders.named.discard(address)

    def anvil_autoImpersonateAccount(self, on: Flag) -> None:
        self._senders.is_open = on

    def _set_balance(self, address: Address, balance: Quantity) -> None:
        self._backend.set_balance(address, balance)

    def anvil_addBalance(self, address: Address, amount: Quantity) -> None:
        self._set_balance(address, min(self._backend.balance(address) + amount, 2**256 - 1))

    def _set_nonce(self, address: Address, nonce: Quantity) -> None:
        check_number("nonce", nonce, 64)
        self._backend.set_nonce(address, nonce)

    def _set_code(self, address: Address, code: Data) -> None:
        self._backend.set_code(address, code)

    def _set_storage(self, address: Address, slot: Quantity, value: Quantity) -> bool:
        self._backend.set_storage(address, slot, value)
        return True

    # -- the node

    def _log(self, on: Flag) -> None:
        """Do nothing: the chain writes no log."""

    def _metadata(self) -> fmt.Json:
        newest = self._view.block(BlockName("latest"))
        return {
            "clientVersion": f"rollup-harness/{self._backend.name}",
            "chainId": self._backend.chain_id,
            "latestBlockNumber": newest.number,
            "latestBlockHash": fmt.data(newest.hash),
            "snapshots": {},
        }

    def anvil_nodeInfo(self) -> fmt.Json:
        newest, following = self._view.block(BlockName("latest")), self._backend.next_header()
        return {
            "currentBlockNumber": fmt.quantity(newest.number),
            "currentBlockTimestamp": newest.shown_header.timestamp,
            "currentBlockHash": fmt.data(newest.hash),
            "hardFork": self._backend.fork_name,
            "transactionOrder": "fifo",
            "environment": {
                "baseFee": fmt.quantity(following.base_fee),
                "chainId": self._backend.chain_id,
                "gasLimit": fmt.quantity(following.gas_limit),
                "gasPrice": fmt.quantity(following.base_fee),
            },
            "forkConfig": {"forkUrl": None, "forkBlockNumber": None, "forkRetryBackoff": None},
        }
