"""What requests are compared on: the same few transactions on each chain, and words for what they left there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.chain.errors import RpcError
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.transactions import Transaction, sign

Ask = Callable[[str, Any], Any]
"""Gives a chain's whole answer to a request."""

CODE = bytes.fromhex("601b600c600039601b6000f3") + bytes.fromhex(
    "6001600754016007556007545f52600760205fa160205ff3"
).ljust(27, b"\0")
"""Creation code of a contract that adds 1 to slot 7, emits an event with topic 7, and returns what it wrote."""

WORD = "0x" + (7).to_bytes(32, "big").hex()


class Stage:
    """A chain with a contract on it, and these words for what requests may name.

    $alice $stranger $other $contract    addresses: with a key, with nothing, with nothing, with code
    $creation $transaction               hashes of the transactions that made the contract and that called it
    $block $number                       hash and number of the block of the call
    $filter $word $unknown               a filter of logs, 32 bytes that hold 7, a hash of nothing
    $raw $used $foreign $unpaid          signed bytes: a good transaction, one that is mined, one for another chain, one
                                         that its sender cannot pay

    ``prepare`` answers the requests that make the stage. Where it is another than ``ask``, it mines what is sent.
    """

    def __init__(self, name: str, ask: Ask, prepare: Ask | None = None) -> None:
        self.name = name
        self.ask = prepare or ask
        self._alice = well_known_accounts()[0]
        self._poor = well_known_accounts()[19]
        self._chain_id = int(self.result("eth_chainId"), 16)
        creation = self.result("eth_sendRawTransaction", self._signed(data=CODE, to=None))
        contract = self.result("eth_getTransactionReceipt", creation)["contractAddress"]
        self._used = self._signed(to=bytes.fromhex(contract[2:]))
        called = self.result("eth_sendRawTransaction", self._used)
        receipt = self.result("eth_getTransactionReceipt", called)
        self._words: dict[str, str] = {
            "$alice": self._alice.address, "$stranger": "0x" + "5c" * 20, "$other": "0x" + "5d" * 20,
            "$contract": contract, "$creation": creation, "$transaction": called, "$block": receipt["blockHash"],
            "$number": receipt["blockNumber"], "$word": WORD, "$unknown": "0x" + "22" * 32, "$used": self._used,
            "$filter": self.result("eth_newFilter", {"address": contract}),
        }  # fmt: skip
        self.ask = ask

    def result(self, method: str, *params: Any) -> Any:
        """Return a result; raises RpcError."""
        answer = self.ask(method, list(params))
        if answer.get("error") is not None:
            raise RpcError(method, f"{answer['error']} on {self.name}")
        return answer["result"]

    def filled(self, value: Any) -> Any:
        """Return a request's parameters with this chain's things in place of words."""
        if isinstance(value, Mapping):
            return {self.filled(key): self.filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        match value:
            case "$raw":
                return self._signed()
            case "$foreign":
                return self._signed(chain_id=1)
            case "$unpaid":
                return self._signed(value=10**30)
        return self._words[value]

    def _signed(self, **changes: Any) -> str:
        """Return the bytes of the account's next transaction."""
        nonce = int(self.result("eth_getTransactionCount", self._alice.address, "pending"), 16)
        fields: dict[str, Any] = {
            "type_id": 2, "chain_id": self._chain_id, "nonce": nonce, "priority_fee": 10**9, "max_fee": 10**10,
            "gas": 200_000, "to": self._poor.address_bytes, "value": 0, "data": b"",
        }  # fmt: skip
        return "0x" + sign(Transaction(**{**fields, **changes}), self._alice.private_key).raw.hex()
