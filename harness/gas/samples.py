"""The gas of each transaction that a run sends to a project's contracts, and what its bytes cost on L1."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median_low
from typing import Any

from harness.chain.chain import Chain
from harness.chain.receipts import Receipt
from harness.chain.values.abi import signature
from harness.contracts.bindings import Contract, ContractType, implementation
from harness.primitives.hashing import keccak256
from harness.rollup.codec.batch import Item, decode
from harness.rollup.l2.chain import L2Chain

CONSTRUCTOR = "constructor"


@dataclass(slots=True)
class Samples:
    """What was measured of one function: gas of each transaction; on L2 also bytes in a batch and their gas on L1."""

    gas: list[int] = field(default_factory=list)
    data: list[int] = field(default_factory=list)
    l1_gas: list[int] = field(default_factory=list)

    def add(self, other: Samples) -> None:
        """Take over what another process measured."""
        self.gas += other.gas
        self.data += other.data
        self.l1_gas += other.l1_gas


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """A function's row: ``layer`` is l1 or l2, ``source`` the file of the contract.

    ``data`` and ``l1_gas`` are medians, None where nothing was posted.
    """

    layer: str
    contract: str
    function: str
    source: str
    calls: int
    least: int
    median: int
    most: int
    data: int | None = None
    l1_gas: int | None = None


Key = tuple[str, str, str, str]
"""Layer, contract, function and source."""


class GasMeter:
    """Hears of transactions, and keeps what those to the project's own contracts cost.

    ``is_own`` says whether a contract is one of them. A transaction that fails does not count: it may have stopped
    anywhere.
    """

    def __init__(self, is_own: Callable[[str, str], bool]) -> None:
        self._is_own = is_own
        self.samples: dict[Key, Samples] = defaultdict(Samples)
        self._on_l2: dict[bytes, Key] = {}

    def __call__(self, chain: Chain, receipt: Receipt) -> None:
        """Note what a mined transaction cost."""
        if not receipt.succeeded:
            return
        if not isinstance(chain, L2Chain):
            self._note_batch(chain, receipt)
        key = self._key(chain, receipt)
        if key is None:
            return
        self.samples[key].gas.append(receipt.gas_used)
        if isinstance(chain, L2Chain):
            self._on_l2[receipt.hash] = key

    def _key(self, chain: Chain, receipt: Receipt) -> Key | None:
        target = receipt.to or receipt.contract_address
        info = None if target is None else chain.knowledge.at(target)
        if not isinstance(info, ContractType):
            return None
        layer = "l2" if isinstance(chain, L2Chain) else "l1"
        if receipt.to is None:
            return self._own(layer, info, CONSTRUCTOR)
        data = _input(chain, receipt)
        entry = info.index.functions.get(data[:4])
        if entry is None:
            behind = implementation(Contract(info, chain, receipt.to, None))
            if behind is not None:
                info = behind.type
                entry = info.index.functions.get(data[:4])
        return self._own(layer, info, signature(entry) if entry else "fallback" if data else "receive")

    def _own(self, layer: str, info: ContractType, function: str) -> Key | None:
        artifact = info.artifact
        return (layer, info.name, function, artifact.source) if self._is_own(info.name, artifact.source) else None

    def _note_batch(self, chain: Chain, receipt: Receipt) -> None:
        """Share a batch's gas out among its items, by their bytes."""
        if not self._on_l2 or not receipt.logs:
            return
        for event in receipt.events:
            if (event.contract, event.name) == ("SequencerInbox", "BatchPosted"):
                posted: bytes = event.fields["data"]
                for item in decode(posted):
                    self._note_item(item, receipt.gas_used * item.size // len(posted))

    def _note_item(self, item: Item, l1_gas: int) -> None:
        key = self._on_l2.get(keccak256(item.raw))
        if key is not None:
            self.samples[key].data.append(item.size)
            self.samples[key].l1_gas.append(l1_gas)

    def to_plain(self) -> list[tuple[Key, list[int], list[int], list[int]]]:
        """Return what was measured as plain data, for another process."""
        return [(key, found.gas, found.data, found.l1_gas) for key, found in self.samples.items()]

    def take(self, plain: list[Any]) -> None:
        """Add what another process measured."""
        for key, *lists in plain:
            self.samples[tuple(key)].add(Samples(*map(list, lists)))


def _input(chain: Chain, receipt: Receipt) -> bytes:
    answer = chain.backend.answer("eth_getTransactionByHash", ["0x" + receipt.hash.hex()])
    found = answer.get("result") or {}
    given = found.get("input", found.get("data", "0x"))
    return bytes(given) if isinstance(given, bytes) else bytes.fromhex(given.removeprefix("0x"))


def rows(samples: Mapping[Key, Samples]) -> tuple[Row, ...]:
    """Return the rows, sorted; a median is always one of the values, so that it is a whole number."""
    found = []
    for (layer, contract, function, source), each in samples.items():
        if each.gas:
            data = median_low(each.data) if each.data else None
            l1_gas = median_low(each.l1_gas) if each.l1_gas else None
            middle = median_low(each.gas)
            numbers = len(each.gas), min(each.gas), middle, max(each.gas), data, l1_gas
            found.append(Row(layer, contract, function, source, *numbers))
    return tuple(sorted(found))


__all__ = ["CONSTRUCTOR", "GasMeter", "Key", "Row", "Samples", "rows"]
