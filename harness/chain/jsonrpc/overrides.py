"""The overrides of eth_call and its kind: accounts and blocks that a call finds instead of those that are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from harness.chain.backend import World
from harness.chain.jsonrpc import parameters as read
from harness.chain.jsonrpc.local import AccountOverride, BlockOverride, Overrides

Reader = Callable[[Any], Any]


def _bounded(bits: int) -> Reader:
    def reader(value: Any) -> int:
        found = read.quantity(value)
        if found >= 2**bits:
            raise read.Misfit(value, f"a number below 2**{bits}")
        return found

    return reader


def _words(value: Any) -> dict[int, int]:
    return {read.quantity(slot): read.quantity(word) for slot, word in read.fields(value).items()}


_ACCOUNT: Mapping[str, tuple[str, Reader]] = {
    "balance": ("balance", read.quantity),
    "nonce": ("nonce", _bounded(64)),
    "code": ("code", read.data),
    "state": ("storage", _words),
    "stateDiff": ("storage", _words),
}
_BLOCK: Mapping[str, tuple[str, Reader]] = {
    "number": ("number", _bounded(63)),
    "time": ("timestamp", _bounded(63)),
    "timestamp": ("timestamp", _bounded(63)),
    "coinbase": ("coinbase", read.address),
    "feeRecipient": ("coinbase", read.address),
    "gasLimit": ("gas_limit", _bounded(63)),
    "random": ("prev_randao", read.hash32),
    "prevRandao": ("prev_randao", read.hash32),
    "baseFee": ("base_fee", read.quantity),
    "baseFeePerGas": ("base_fee", read.quantity),
    "blobBaseFee": ("blob_base_fee", read.quantity),
}
_IGNORED = frozenset({"difficulty", "withdrawals", "blockHash"})


def _named(value: Any, known: Mapping[str, tuple[str, Reader]], ignored: frozenset[str] = frozenset()) -> Any:
    given = read.fields(value)
    strange = sorted(map(str, given.keys() - known.keys() - ignored))
    if strange:
        raise read.Misfit(dict(given), f"fields of {', '.join(known)}, not {', '.join(strange)}")
    return {known[name][0]: known[name][1](item) for name, item in given.items() if name in known and item is not None}


def account_overrides(value: Any) -> dict[bytes, AccountOverride]:
    """Return overrides of accounts by address; raises Misfit, also for an account with both state and stateDiff."""
    found = {}
    for address, given in read.fields(value).items():
        override = _named(given, _ACCOUNT)
        both = [name for name in ("state", "stateDiff") if given.get(name) is not None]
        if len(both) == 2:
            raise read.Misfit(dict(given), "either state or stateDiff")
        found[read.address(address)] = AccountOverride(**override, is_whole=both == ["state"])
    return found


def block_override(value: Any) -> BlockOverride:
    """Return overrides of the block; raises Misfit."""
    return BlockOverride(**_named(value, _BLOCK, _IGNORED))


AccountOverrides = Annotated[dict[bytes, AccountOverride], account_overrides]
BlockOverrides = Annotated[BlockOverride, block_override]


def overridden(accounts: dict[bytes, AccountOverride] | None, block: BlockOverride | None) -> Overrides | None:
    """Return both kinds of overrides together; None if there are none."""
    return Overrides(accounts or {}, block or BlockOverride()) if accounts or block else None


class OverriddenWorld:
    """A state that is read through overrides."""

    def __init__(self, world: World, accounts: Mapping[bytes, AccountOverride]) -> None:
        self._world = world
        self._accounts = accounts

    def _of(self, address: bytes) -> AccountOverride:
        return self._accounts.get(address, _NONE)

    def nonce(self, address: bytes) -> int:
        found = self._of(address).nonce
        return self._world.nonce(address) if found is None else found

    def balance(self, address: bytes) -> int:
        found = self._of(address).balance
        return self._world.balance(address) if found is None else found

    def code(self, address: bytes) -> bytes:
        found = self._of(address).code
        return self._world.code(address) if found is None else found

    def storage(self, address: bytes, slot: int) -> int:
        override = self._of(address)
        named = override.storage or {}
        if slot in named:
            return named[slot]
        return 0 if override.is_whole else self._world.storage(address, slot)

    def has_storage(self, address: bytes) -> bool:
        override = self._of(address)
        named = any((override.storage or {}).values())
        return named or (not override.is_whole and self._world.has_storage(address))


_NONE = AccountOverride()
