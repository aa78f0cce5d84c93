"""A node whose clock goes on while it mines, as on a machine that is busy for minutes."""

from __future__ import annotations

from typing import Any

import pytest

from harness.chain import Chain


def let_time_pass(chain: Chain, monkeypatch: pytest.MonkeyPatch, seconds: int = 100) -> None:
    """Let seconds pass on the node's own clock before each row of blocks and each block that it mines."""
    backend: Any = chain.backend
    ask = backend.rpc

    def late(method: str, *params: Any) -> Any:
        if method.endswith("_mine"):
            ask("evm_increaseTime", seconds)
        return ask(method, *params)

    monkeypatch.setattr(backend, "rpc", late)


def times(chain: Chain, count: int) -> list[int]:
    """Return the times of the last blocks, counted from the one before them."""
    head = chain.block_number
    first, *found = (chain.backend.block(number).timestamp for number in range(head - count, head + 1))
    return [time - first for time in found]
