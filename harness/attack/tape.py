"""The calls that attacked contracts have had, as bytes: anybody can send them again, whole or altered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any

from harness.errors import Reverted

if TYPE_CHECKING:
    from harness.chain.chain import Chain
    from harness.chain.receipts import Receipt
    from harness.chain.values.accounts import Account


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a contract: where it went, its calldata, its wei, who sent it, and the function's name."""

    to: str
    data: bytes
    value: int
    sender: str
    name: str


class Tape:
    """Keeps the calls that succeeded and went to watched contracts."""

    def __init__(self, chain: Chain, watches: Callable[[str], bool]) -> None:
        self.chain = chain
        self.calls: list[Call] = []
        self.reason = ""
        """Why the last call that was sent again failed."""
        self._watches = watches
        self._listening = chain.on_transaction(self._hear)

    def _hear(self, _: Chain, receipt: Receipt) -> None:
        to = None if receipt.to is None else str(receipt.to)
        if to is None or not receipt.succeeded or not self._watches(to):
            return
        data, value = sent_in(self.chain, receipt)
        call = Call(to, data, value, str(receipt.sender), name_of(self.chain, to, data))
        if (call.to, call.data) not in {(known.to, known.data) for known in self.calls}:
            self.calls.append(call)

    def close(self) -> None:
        """Stop listening to the chain."""
        self._listening()

    def send(self, call: Call, sender: Account) -> bool:
        """Send a call from another account; return whether it went through."""
        try:
            self.chain.send(sender=sender, to=call.to, data=call.data, value=call.value)
        except Reverted as revert:
            self.reason = revert.reason.partition("\n")[0]
            return False
        return True

    def altered(self, call: Call, random: Random) -> Iterator[tuple[str, Call]]:
        """Yield a call as it is, and with each word of its arguments altered in turn."""
        yield "nothing altered", call
        words = len(call.data[4:]) // 32
        for number in range(words):
            at = 4 + 32 * number
            old = int.from_bytes(call.data[at : at + 32], "big")
            values = {
                old + 1,
                old - 1,
                old ^ 1 << 255,
                old ^ 1 << 128,
                old | 1 << 8,
                old * 2,
                0,
                random.getrandbits(256),
            }
            for value in sorted(value % 2**256 for value in values):
                data = call.data[:at] + value.to_bytes(32, "big") + call.data[at + 32 :]
                yield f"word {number} as {value:#x}", replace(call, data=data)


def sent_in(chain: Chain, receipt: Receipt) -> tuple[bytes, int]:
    """Return the calldata and the wei of a mined transaction."""
    answer: Any = chain.backend.answer("eth_getTransactionByHash", ["0x" + receipt.hash.hex()])
    found = answer["result"]
    return bytes.fromhex(found["input"][2:]), int(found["value"], 16)


def name_of(chain: Chain, to: str, data: bytes) -> str:
    """Return the name of the function that calldata calls, or its selector."""
    info = chain.knowledge.at(to)
    entry = None if info is None else info.index.functions.get(data[:4])
    return "0x" + data[:4].hex() if entry is None else str(entry["name"])
