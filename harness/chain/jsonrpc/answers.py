"""What a client is told of a failure: a code, a message that its library recognises, and revert data.

The codes are those of JSON-RPC 2.0 and EIP-1474, and 3 for what was executed and reverted. A message about a refused
transaction begins with the words of geth, which client libraries look for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.chain.backend import CallFailed
from harness.chain.errors import (
    BadSignature,
    FeeTooLow,
    GasAboveCap,
    InitcodeTooLarge,
    InsufficientFunds,
    IntrinsicGasTooLow,
    NonceTooHigh,
    NonceTooLow,
    OutOfRange,
    RpcError,
    SenderHasCode,
    TimeNotAhead,
    TransactionRejected,
    UnsupportedOperation,
    WrongChainId,
)
from harness.chain.values.causes import REVERTED
from harness.chain.values.codec import ERROR_STRING, decode_fields
from harness.chain.values.hexadecimal import hexed
from harness.errors import HarnessError

if TYPE_CHECKING:
    from web3.types import RPCError

METHOD_NOT_FOUND, INVALID_PARAMS = -32601, -32602
SERVER_ERROR, REJECTED, UNSUPPORTED, LIMIT_EXCEEDED = -32000, -32003, -32004, -32005
EXECUTED = 3

_WORDS: tuple[tuple[type[TransactionRejected], str], ...] = (
    (NonceTooLow, "nonce too low"),
    (NonceTooHigh, "nonce too high"),
    (InsufficientFunds, "insufficient funds for gas * price + value"),
    (IntrinsicGasTooLow, "intrinsic gas too low"),
    (InitcodeTooLarge, "max initcode size exceeded"),
    (GasAboveCap, "exceeds block gas limit"),
    (WrongChainId, "invalid chain id for signer"),
    (BadSignature, "invalid sender"),
    (SenderHasCode, "sender not an eoa"),
)
_FEE_WORDS = ("max priority fee per gas higher than max fee per gas", "max fee per gas less than block base fee")


def error_of(problem: HarnessError | CallFailed) -> RPCError:
    """Return the ``error`` of an answer."""
    if isinstance(problem, CallFailed):
        return _revert(problem)
    if isinstance(problem, RpcError):
        shown: RPCError = {"code": SERVER_ERROR if problem.code is None else problem.code, "message": problem.reason}
        if problem.data is not None:
            shown["data"] = problem.data  # type: ignore[typeddict-item]
        return shown
    if isinstance(problem, TransactionRejected):
        return {"code": REJECTED, "message": f"{_words(problem)}{problem}"}
    if isinstance(problem, UnsupportedOperation):
        return {"code": UNSUPPORTED, "message": str(problem)}
    code = INVALID_PARAMS if isinstance(problem, OutOfRange | TimeNotAhead) else SERVER_ERROR
    return {"code": code, "message": str(problem)}


def _words(problem: TransactionRejected) -> str:
    if isinstance(problem, FeeTooLow):
        is_base = problem.what == "base fee"
        found = (
            "max fee per gas less than block base fee"
            if is_base
            else "max priority fee per gas higher than max fee per gas"
        )
    else:
        found = next((words for kind, words in _WORDS if isinstance(problem, kind)), "")
    return found and f"{found}: "


def _revert(failure: CallFailed) -> RPCError:
    message = "execution reverted"
    if failure.data[:4] == ERROR_STRING:
        found = decode_fields([{"type": "string", "name": "reason"}], failure.data[4:])
        message += f": {found['reason']}" if found else ""
    elif not failure.data and failure.cause not in ("", REVERTED):
        message += f": {failure.cause}"
    return {"code": EXECUTED, "message": message, "data": hexed(failure.data)}
