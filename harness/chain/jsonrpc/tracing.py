"""The methods of ``debug_``: geth's traces of transactions, blocks and calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Annotated, Any

from harness.chain.backend import Emitted, Frame
from harness.chain.errors import RpcError, UnknownTransaction
from harness.chain.jsonrpc import formatting as fmt
from harness.chain.jsonrpc import parameters as read
from harness.chain.jsonrpc.answers import INVALID_PARAMS
from harness.chain.jsonrpc.call_object import Call
from harness.chain.jsonrpc.local import Execution, Overrides, Watcher
from harness.chain.jsonrpc.overrides import account_overrides, block_override, overridden
from harness.chain.jsonrpc.parameters import LATEST, Block, BlockName, Hash
from harness.chain.jsonrpc.tracers import ALL_BUT_MEMORY, LogOptions, StructLogger, Touched, difference, prestate
from harness.chain.jsonrpc.view import ChainView
from harness.chain.values.causes import REVERTED, cause_of_geth

TRACERS = ("callTracer", "prestateTracer", "noopTracer")


@dataclass(frozen=True, slots=True)
class TraceOptions:
    """The options of a trace; ``tracer`` None is the struct logger."""

    tracer: str | None = None
    logs: LogOptions = ALL_BUT_MEMORY
    is_top_only: bool = False
    has_logs: bool = False
    is_difference: bool = False
    overrides: Overrides | None = None


PLAIN = TraceOptions()


def trace_options(value: Any) -> TraceOptions:
    """Return a trace's options; raises Misfit."""
    given = read.fields(value)
    tracer = given.get("tracer")
    if tracer is not None and tracer not in TRACERS:
        raise read.Misfit(tracer, f"a tracer, one of {', '.join(TRACERS)}")
    config = read.fields(given.get("tracerConfig") or {})

    def on(names: Mapping[str, Any], *keys: str) -> bool:
        return any([read.flag(names[key]) for key in keys if names.get(key) is not None])

    logs = LogOptions(
        has_stack=not on(given, "disableStack"),
        has_storage=not on(given, "disableStorage"),
        has_memory=on(given, "enableMemory"),
        has_returndata=on(given, "enableReturnData"),
        limit=read.quantity(given.get("limit") or 0),
    )
    overrides = overridden(
        account_overrides(given.get("stateOverrides") or {}), block_override(given.get("blockOverrides") or {})
    )
    return TraceOptions(
        tracer, logs, on(config, "onlyTopCall"), on(config, "withLog"), on(config, "diffMode"), overrides
    )


Options = Annotated[TraceOptions, trace_options]


class DebugMethods:
    """Traces. The state of a block is known for as long as the block, so any block can be traced."""

    def __init__(self, view: ChainView) -> None:
        self._view = view
        self._backend = view.backend

    def debug_traceTransaction(self, tx_hash: Hash, options: Options = PLAIN) -> Any:
        place = self._view.place(tx_hash)
        if place is None:
            raise RpcError("debug_traceTransaction", f"{UnknownTransaction(fmt.data(tx_hash))}", -32000)
        sent = place[0].transactions[place[1]]
        parties = [sent.sender, sent.tx.to, place[0].shown_header.coinbase]
        return _traced(
            options,
            lambda: self._backend.trace(tx_hash),
            lambda watcher: self._backend.rerun(tx_hash, watcher),
            [party for party in parties if party is not None],
        )

    def debug_traceBlockByNumber(self, block: Block, options: Options = PLAIN) -> list[fmt.Json]:
        hashes = [sent.hash for sent in self._view.block(block).transactions]
        return [{"txHash": fmt.data(each), "result": self.debug_traceTransaction(each, options)} for each in hashes]

    def debug_traceBlockByHash(self, block_hash: Hash, options: Options = PLAIN) -> list[fmt.Json]:
        return self.debug_traceBlockByNumber(BlockName(hash=block_hash), options)

    def debug_traceCall(self, request: Call, block: Block = LATEST, options: Options = PLAIN) -> Any:
        call, number, overrides = request.call, self._view.historical(block), options.overrides
        parties = [call.sender, call.to, self._backend.next_header().coinbase]
        return _traced(
            options,
            lambda: self._backend.trace_call_at(number, call, overrides),
            lambda watcher: self._backend.execution(number, call, overrides, watcher),
            [party for party in parties if party is not None],
        )


def _traced(
    options: TraceOptions, frame: Callable[[], Frame], run: Callable[[Watcher], Execution], parties: list[bytes]
) -> Any:
    """Return a trace: of the calls of ``frame``, or of what ``run`` tells a watcher."""
    if options.tracer == "callTracer":
        found = frame()
        if options.has_logs and found.replay is not None:
            found = found.replay(None) or found
        return call_frame(found, options)
    if options.tracer == "noopTracer":
        return {}
    if options.tracer == "prestateTracer":
        touched = Touched()
        for party in parties:
            touched.note(party)
        ran = run(touched)
        if ran.before is None or ran.after is None:
            raise RpcError("debug_trace", "the state is not known", INVALID_PARAMS)
        return difference(touched, ran.before, ran.after) if options.is_difference else prestate(touched, ran.before)
    logger = StructLogger(options.logs)
    ran = run(logger)
    return {
        "gas": ran.gas_used,
        "failed": ran.is_error,
        "returnValue": fmt.data(ran.output if not ran.is_error or ran.error == REVERTED else b""),
        "structLogs": logger.logs,
    }


def call_frame(found: Frame, options: TraceOptions, indices: Iterator[int] | None = None, value: int = 0) -> fmt.Json:
    """Return a call as geth's callTracer shows it; a failed call and those below it show no events.

    ``value`` is that of the call that made this one. A delegate call keeps it.
    """
    value = value if found.kind == "DELEGATECALL" else found.value
    is_created = found.error is None or not found.kind.startswith("CREATE")
    shown: fmt.Json = {
        "type": found.kind,
        "from": found.sender,
        **({"to": found.code_address} if is_created else {}),
        "gas": fmt.quantity(found.gas),
        "gasUsed": fmt.quantity(found.gas_used),
        "input": fmt.data(found.input),
        **({"output": fmt.data(found.output)} if found.output else {}),
        **({} if found.kind == "STATICCALL" else {"value": fmt.quantity(value)}),
    }
    if found.error is not None:
        shown["error"] = cause_of_geth(found.error)
        options = replace(options, has_logs=False)
    indices = count() if indices is None else indices
    emitted = [each for each in found.effects or () if isinstance(each, Emitted)] if options.has_logs else []
    logs, calls = [], []
    for place, child in enumerate((*found.children, None)):
        logs += [_log(found, each, next(indices)) for each in emitted if each.place == place]
        if child is not None:
            calls.append(call_frame(child, options, indices, value))
    if logs:
        shown["logs"] = logs
    if calls and not options.is_top_only:
        shown["calls"] = calls
    return shown


def _log(frame: Frame, emitted: Emitted, index: int) -> fmt.Json:
    return {
        "address": frame.address,
        "topics": [fmt.data(topic) for topic in emitted.topics],
        "data": fmt.data(emitted.data),
        "position": fmt.quantity(emitted.place),
        "index": fmt.quantity(index),
    }
