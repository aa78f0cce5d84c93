"""Methods that execute a call and forget it."""

from __future__ import annotations

from dataclasses import replace

from harness.chain.backend import CallRequest
from harness.chain.jsonrpc import formatting as fmt
from harness.chain.jsonrpc.call_object import Call, estimate_gas
from harness.chain.jsonrpc.local import Execution
from harness.chain.jsonrpc.overrides import AccountOverrides, BlockOverrides, OverriddenWorld, overridden
from harness.chain.jsonrpc.parameters import LATEST, Block
from harness.chain.jsonrpc.tracers import Touched
from harness.chain.jsonrpc.view import ChainView
from harness.chain.values.transactions import AccessList

LAST_PRECOMPILE = 0x100
"""Precompiles have addresses up to this one (EIP-7951), and are always warm."""


class CallMethods:
    """Methods that execute a call at a block."""

    def __init__(self, view: ChainView) -> None:
        self._view = view
        self._backend = view.backend

    def eth_call(
        self,
        request: Call,
        block: Block = LATEST,
        accounts: AccountOverrides | None = None,
        its_block: BlockOverrides | None = None,
    ) -> str:
        overrides = overridden(accounts, its_block)
        return fmt.data(self._backend.call_at(self._view.historical(block), request.call, overrides))

    def eth_estimateGas(
        self,
        request: Call,
        block: Block = LATEST,
        accounts: AccountOverrides | None = None,
        its_block: BlockOverrides | None = None,
    ) -> str:
        call, number, overrides = request.call, self._view.historical(block), overridden(accounts, its_block)
        balance = OverriddenWorld(self._backend.world(number), accounts or {}).balance(call.sender)

        def run(limit: int) -> Execution:
            return self._backend.execution(number, replace(call, gas=limit), overrides)

        return fmt.quantity(estimate_gas(call, run, balance, self._backend.estimate_cap))

    def eth_createAccessList(
        self, request: Call, block: Block = LATEST, accounts: AccountOverrides | None = None
    ) -> fmt.Json:
        """Return what the call looks at beside sender, target and precompiles, and its gas with that list.

        A list changes what a call can afford, and with it what the call looks at. So it is drawn up again until it
        stays.
        """
        call, number, overrides = request.call, self._view.historical(block), overridden(accounts, None)
        if call.gas is None:
            call = replace(call, gas=self._backend.estimate_cap)
        while True:
            touched = Touched()
            ran = self._backend.execution(number, call, overrides, touched)
            found = _access_list(touched, call)
            if found == call.access_list:
                break
            call = replace(call, access_list=found)
        shown: fmt.Json = {"accessList": fmt.access_list(found), "gasUsed": fmt.quantity(ran.gas_used)}
        return shown if ran.error is None else {**shown, "error": ran.error}


def _access_list(touched: Touched, call: CallRequest) -> AccessList:
    """Return what an execution looked at and was not warm from its beginning, with what the call lists already."""
    merged = {address: dict.fromkeys(slots) for address, slots in call.access_list}
    for address, slots in touched.listed.items():
        is_warm = address in (call.sender, call.to) or int.from_bytes(address, "big") <= LAST_PRECOMPILE
        if slots or not is_warm:
            merged.setdefault(address, {}).update(slots)
    return tuple((address, tuple(slots)) for address, slots in merged.items())
