"""The call objects of eth_call, eth_estimateGas and eth_sendTransaction, and the search for a gas limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from harness.chain.backend import CallFailed, CallRequest
from harness.chain.errors import RpcError
from harness.chain.jsonrpc import parameters as read
from harness.chain.jsonrpc.local import Execution
from harness.chain.values.causes import OUT_OF_GAS
from harness.chain.values.transactions import PLAIN_GAS, Authorization, check_authorizations, check_number

_MOST_BITS = {"gas": 64, "nonce": 64}


@dataclass(frozen=True, slots=True)
class CallObject:
    """A call object: the call, and what only a transaction has; None for what the client leaves to the node."""

    call: CallRequest
    gas_price: int | None = None
    max_fee: int | None = None
    priority_fee: int | None = None
    nonce: int | None = None
    chain_id: int | None = None


def call_object(value: Any) -> CallObject:
    """Read a call object.

    Raises Misfit for a field of another kind, fees of two kinds and an entry of a list that lacks a field, and
    OutOfRange for an authorisation with a number that it cannot hold.
    """
    request = read.fields(value)
    given = {name: _read(name, request[name]) for name in _READERS if request.get(name) not in (None, "")}
    authorizations = tuple(_authorization(item) for item in given.get("authorizationList", ()))
    check_authorizations(authorizations)
    price, top, tip = (given.get(name) for name in ("gasPrice", "maxFeePerGas", "maxPriorityFeePerGas"))
    if price is not None and (top is not None or tip is not None):
        raise read.Misfit(dict(request), "either gasPrice or (maxFeePerGas or maxPriorityFeePerGas)")
    payload = given.get("input", given.get("data", b""))
    if payload != given.get("data", payload):
        raise read.Misfit(dict(request), "equal input and data")
    call = CallRequest(
        given.get("from", bytes(20)),
        given.get("to"),
        payload,
        given.get("value", 0),
        given.get("gas"),
        _fees(price, top, tip),
        authorizations,
        tuple(_access(entry) for entry in given.get("accessList", ())),
    )
    return CallObject(call, price, top, tip, given.get("nonce"), given.get("chainId"))


Call = Annotated[CallObject, call_object]


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "authorizationList": read.items,
    **dict.fromkeys(("gasPrice", "maxFeePerGas", "maxPriorityFeePerGas"), read.quantity),
    **dict.fromkeys(("from", "to"), read.address),
    **dict.fromkeys(("input", "data"), read.data),
    **dict.fromkeys(("value", "gas", "nonce", "chainId"), read.quantity),
    "accessList": read.items,
}
"""The fields that a call object may have. One that is null or empty counts as left out."""


def _read(name: str, value: Any) -> Any:
    try:
        found = _READERS[name](value)
    except read.Misfit as problem:
        raise read.Misfit(value, problem.expected, name) from None
    if name in _MOST_BITS:
        check_number(name, found, _MOST_BITS[name])
    return found


def _access(value: Any) -> tuple[bytes, tuple[int, ...]]:
    entry = _complete(value, "accessList: an entry", {"address", "storageKeys"})
    return read.address(entry["address"]), tuple(read.slots(entry["storageKeys"]))


def _authorization(value: Any) -> Authorization:
    entry = _complete(value, "an authorization", {"chainId", "address", "nonce", "yParity", "r", "s"})
    nonce, y_parity, r, s = (read.quantity(entry[name]) for name in ("nonce", "yParity", "r", "s"))
    return read.quantity(entry["chainId"]), read.address(entry["address"]), nonce, y_parity, r, s


def _complete(value: Any, what: str, names: set[str]) -> Mapping[str, Any]:
    entry = read.fields(value)
    lacking = sorted(names - entry.keys())
    if lacking:
        raise read.Misfit(dict(entry), f"all fields; {what} lacks {', '.join(lacking)}")
    return entry


def _fees(price: int | None, top: int | None, tip: int | None) -> tuple[int, int] | None:
    if price is not None:
        return price, price
    if top is None and tip is None:
        return None
    highest = top or 0
    return highest, min(highest, tip or 0)


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
