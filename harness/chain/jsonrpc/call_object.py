"""The call objects of eth_call, eth_estimateGas and eth_sendTransaction, and the search for a gas limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.chain.backend import CallFailed, CallRequest
from harness.chain.errors import RpcError
from harness.chain.jsonrpc import formatting as fmt
from harness.chain.jsonrpc.local import Execution
from harness.chain.values.causes import OUT_OF_GAS
from harness.chain.values.hexadecimal import unhex
from harness.chain.values.transactions import PLAIN_GAS, Authorization, check_authorizations


def parse_call(request: Mapping[str, Any]) -> CallRequest:
    """Read a call object.

    Raises RpcError for fees of two kinds and for an entry of a list that lacks a field, OutOfRange for an authorisation
    with a number that it cannot hold, and ValueError for malformed hex.
    """
    authorizations = tuple(_authorization(item) for item in request.get("authorizationList") or ())
    check_authorizations(authorizations)
    to = request.get("to")
    gas = request.get("gas")
    payload = request.get("input", request.get("data", "0x"))
    return CallRequest(
        fmt.address(request.get("from") or bytes(20)),
        None if not to else fmt.address(to),
        unhex(payload or "0x"),
        fmt.number(request.get("value", 0)),
        None if gas is None else fmt.number(gas),
        _fees(request),
        authorizations,
        tuple(_access(entry) for entry in request.get("accessList") or ()),
    )


def _access(entry: Mapping[str, Any]) -> tuple[bytes, tuple[int, ...]]:
    lacking = sorted({"address", "storageKeys"} - entry.keys())
    if lacking:
        raise RpcError("accessList", f"an entry lacks {', '.join(lacking)}", -32602)
    return fmt.address(entry["address"]), tuple(fmt.slot(key) for key in entry["storageKeys"])


def _authorization(item: Mapping[str, Any]) -> Authorization:
    lacking = sorted({"chainId", "address", "nonce", "yParity", "r", "s"} - item.keys())
    if lacking:
        raise RpcError("authorizationList", f"an authorization lacks {', '.join(lacking)}", -32602)
    nonce, y_parity, r, s = (fmt.number(item[name]) for name in ("nonce", "yParity", "r", "s"))
    return fmt.number(item["chainId"]), fmt.address(item["address"]), nonce, y_parity, r, s


def estimate_gas(call: CallRequest, run: Callable[[int], Execution], balance: int, cap: int) -> int:
    """Return the least gas limit that succeeds, by bisection between the gas used and ``cap``.

    ``run`` executes with a limit. ``balance`` is the sender's; if fees are named, it bounds the limit. Raises
    CallFailed if the call fails at the highest limit, RpcError if that limit is not enough, and what ``run``
    raises.
    """
    least = call.as_transaction().intrinsic_gas
    high = cap if call.gas is None or call.gas < PLAIN_GAS else min(call.gas, cap)
    if call.fees is not None and call.fees[0]:
        # Nothing runs below the least limit. Asking for that limit raises the error that names what is lacking.
        high = max(least, min(high, max(balance - call.value, 0) // call.fees[0]))
    first = run(high)
    if first.error == OUT_OF_GAS:
        raise RpcError("eth_estimateGas", f"gas required exceeds allowance ({high})", -32000)
    if first.error is not None:
        raise CallFailed(first.output, first.error)
    low = max(least, high - first.gas_left) - 1
    if not run(low + 1).is_error:
        return low + 1
    while high - low > max(1, low // 64):
        middle = (low + high) // 2
        if run(middle).is_error:
            low = middle
        else:
            high = middle
    return high


def _fees(request: Mapping[str, Any]) -> tuple[int, int] | None:
    price, top, tip = (request.get(key) for key in ("gasPrice", "maxFeePerGas", "maxPriorityFeePerGas"))
    if price is not None and (top is not None or tip is not None):
        raise RpcError("call", "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified", -32602)
    if price is not None:
        return fmt.number(price), fmt.number(price)
    if top is None and tip is None:
        return None
    highest = 0 if top is None else fmt.number(top)
    return highest, min(highest, 0 if tip is None else fmt.number(tip))
