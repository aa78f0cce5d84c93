"""The tree of calls of a finished py-evm computation."""

from __future__ import annotations

from typing import Any

from harness.chain.backend import Frame
from harness.chain.values.causes import common_cause
from harness.primitives.addresses import checksum_address
from harness.primitives.opcodes import call_kind


def frame_of(computation: Any, gas: int | None = None, kind: str | None = None) -> Frame:
    """Copy what a trace needs out of a computation, so that its memory and stack can go.

    ``gas`` is the transaction's gas limit for the outermost frame, as node tracers show it.
    """
    message = computation.msg
    if kind is None:
        kind = "CREATE" if message.is_create else "CALL"
    code = message.code
    children = [frame_of(child, None, call_kind(code, child.call_site)) for child in computation.children]
    for place, refused in computation.refused:
        children.insert(place, refused)
    creates = message.is_create
    return Frame(
        kind=kind,
        sender=checksum_address(message.storage_address if kind == "DELEGATECALL" else message.sender),
        address=checksum_address(message.storage_address),
        code_address=checksum_address(message.storage_address if creates else message.code_address),
        value=0 if kind == "DELEGATECALL" or not message.should_transfer_value else message.value,
        gas=message.gas if gas is None else gas,
        gas_used=message.gas - computation.get_gas_remaining()
        if gas is None
        else gas - computation.get_gas_remaining(),
        input=bytes(code) if creates else bytes(message.data),
        output=bytes(computation.output),
        error=cause_of(computation) if computation.is_error else None,
        children=tuple(children),
        code=None if computation.steps is None else bytes(code),
        steps=computation.steps,
        called_at=computation.called_at,
        effects=computation.effects,
        replay=computation.replay,
    )


def cause_of(computation: Any) -> str:
    """Return why a computation failed, in the words of `common_cause`."""
    error = computation.error
    return common_cause(f"{type(error).__name__}: {error}")
