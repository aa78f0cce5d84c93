"""JSON-RPC 2.0 on the wire: requests and batches from bytes, answers to bytes.

Source: https://www.jsonrpc.org/specification. A request without an id is a notification, which gets no answer.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from harness.serve.limits import Limits

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
LIMIT_EXCEEDED = -32005
"""EIP-1474: the request asks for more than the server gives."""

Id = str | int | float | None
_NOT_BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[^\[\]{}"]++', re.DOTALL)
"""Possessive, and a string may end with the message: so no byte is looked at twice, whatever a client sends."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a method. ``id`` is what the client will know the answer by; a notification has none."""

    method: str
    params: Sequence[Any] = ()
    id: Id = None
    is_notification: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """A message, or a part of a batch, that is no request."""

    code: int
    message: str
    id: Id = None


@dataclass(frozen=True, slots=True)
class Message:
    """What a client sent: the parts of a batch in their order, or one part alone."""

    parts: tuple[Request | Fault, ...]
    is_batch: bool = field(default=False, kw_only=True)


def read(data: bytes, limits: Limits) -> Message:
    """Return what a client sent; what is no request is a `Fault` in its place."""
    if len(data) > limits.body:
        return _fault(INVALID_REQUEST, f"the request has {len(data)} bytes, more than {limits.body}")
    if _depth(data) > limits.depth:
        return _fault(PARSE_ERROR, f"arrays and objects nest deeper than {limits.depth}")
    try:
        found = _DECODER.decode(data.decode(json.detect_encoding(data)))
    except (ValueError, RecursionError) as problem:
        return _fault(PARSE_ERROR, f"parse error: {problem}")
    if not isinstance(found, list):
        return Message((_part(found),))
    if not found:
        return _fault(INVALID_REQUEST, "an empty batch")
    if len(found) > limits.batch:
        return _fault(INVALID_REQUEST, f"the batch has {len(found)} requests, more than {limits.batch}")
    return Message(tuple(_part(each) for each in found), is_batch=True)


def _fault(code: int, message: str) -> Message:
    return Message((Fault(code, message),))


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _finite(text: str) -> float:
    found = float(text)
    if math.isinf(found):  # it would come back, as a request's id, as a word that is no JSON
        raise ValueError(f"{text:.40} is too large")
    return found


# `json.loads` and `json.dumps` would make a coder for each message.
_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def _depth(data: bytes) -> int:
    """Return how deep brackets nest outside of strings, without recursion."""
    if data.count(b"[") + data.count(b"{") <= 16:
        return 16  # no need to look: it is no deeper
    depth = deepest = 0
    for bracket in _NOT_BRACKETS.sub(b"", data):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _part(found: Any) -> Request | Fault:
    if not isinstance(found, dict):
        return Fault(INVALID_REQUEST, "a request is an object")
    identity = found.get("id")
    if isinstance(identity, (bool, list, dict)):
        return Fault(INVALID_REQUEST, "an id is a string, a number or null")
    if found.get("jsonrpc") != "2.0":
        return Fault(INVALID_REQUEST, 'a request has "jsonrpc": "2.0"', identity)
    method, params = found.get("method"), found.get("params")
    if not isinstance(method, str):
        return Fault(INVALID_REQUEST, "a method is a string", identity)
    if params is None:
        params = []
    if not isinstance(params, list):
        return Fault(INVALID_PARAMS, "params is an array", identity)
    return Request(method, params, identity, is_notification="id" not in found)


def result(identity: Id, value: Any) -> Mapping[str, Any]:
    """Return an answer."""
    return {"jsonrpc": "2.0", "id": identity, "result": value}


def error(identity: Id, code: int, message: str, data: Any = None) -> Mapping[str, Any]:
    """Return an answer that is an error."""
    told = {"code": code, "message": message} | ({} if data is None else {"data": data})
    return {"jsonrpc": "2.0", "id": identity, "error": told}


def encode(answer: Any) -> bytes:
    """Return an answer, or a batch of them, as bytes."""
    return _ENCODER.encode(answer).encode()
