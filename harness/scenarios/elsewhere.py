"""Compares two results of one scenario on different backends: all but what hashes of L1's blocks decide.

Such hashes are in the data of transactions, in addresses and in ids, and so the gas of calldata and the base fee differ
a little, and with them what gas costs.
"""

from __future__ import annotations

import re
from typing import Any

from harness.scenarios.result import Result

_HEX = re.compile(r"0x[0-9a-fA-F]+(?:…[0-9a-fA-F]+)?")
"""A hash, or bytes that hold some: those of many words are shown by their two ends."""
_CAUSE = re.compile(r"(reverted without data): .*")
"""Each backend has its own words for why a call halted."""
_GAS = re.compile(r"\d[\d,]* gas\b")
_BASE_FEE = re.compile(r"(BaseFee)=\d+")
"""An inbox tells L1's base fee in an event."""

_LEFT_OUT = frozenset({"harness", "backend", "base_fee", "gas_price", "gas_used", "data_gas", "gas"})
"""Fields that differ, or that `harness.scenarios.replay` compares by itself."""


def comparable(result: Result) -> dict[str, Any]:
    """Return what must be equal on every backend, as plain data; each hash, address and id is ``0x``.

    What gas cost is taken out of the ledger, and of what the parties have at the end.
    """
    plain = result.model_dump(mode="json")
    paid: dict[str, int] = {}
    for entry in plain["ledger"]:
        if entry["category"] == "gas":
            paid[entry["party"]] = paid.get(entry["party"], 0) + entry["amount"]
            entry["amount"] = 0
    for party in plain["parties"]:
        if "l1" in party["after"]:
            party["after"]["l1"] -= paid.get(party["name"], 0)
    found: dict[str, Any] = _plain(plain)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if name not in _LEFT_OUT}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, str):
        return value
    value = _BASE_FEE.sub(r"\1", value)
    return _GAS.sub("gas", _CAUSE.sub(r"\1", _HEX.sub("0x", value)))


def fees(result: Result) -> dict[str, dict[int, int]]:
    """Return by name the numbers that differ a little from one backend to another, each by its place."""
    sent = result.transactions
    return {
        "gas_price of transaction": {place: each.gas_price for place, each in enumerate(sent)},
        "data_gas of transaction": {place: each.data_gas for place, each in enumerate(sent)},
        "gas of entry": {place: each.amount for place, each in enumerate(result.ledger) if each.category == "gas"},
    }


def is_near(one: int, other: int) -> bool:
    """Return whether two prices, amounts of gas, or costs of gas differ by no more than hashes can make them."""
    return abs(one - other) <= max(abs(one), abs(other)) // 20 + 1_000
