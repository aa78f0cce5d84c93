"""L2's blocks as a chain shows them, safe and unsafe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from harness.chain.jsonrpc.filters import ListedPast
from harness.rollup.l2.formatting import ShownBlock
from harness.rollup.node.blocks import L2Block
from harness.rollup.node.unsafe import Unsafe

_KEPT = 4_096
"""Blocks whose shown form is kept."""


class Blocks(Sequence[ShownBlock]):
    """All blocks up to the unsafe head, by number."""

    def __init__(self, unsafe: Unsafe) -> None:
        self._unsafe = unsafe
        self._shown: dict[int, ShownBlock] = {}

    def __len__(self) -> int:
        return self._unsafe.idle.env.number + 1

    @overload
    def __getitem__(self, index: int) -> ShownBlock: ...
    @overload
    def __getitem__(self, index: slice) -> list[ShownBlock]: ...
    def __getitem__(self, index: int | slice) -> ShownBlock | list[ShownBlock]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(index)
        return self._show(self._unsafe.block(number))

    def _show(self, block: L2Block) -> ShownBlock:
        """Return the shown form of a block, which is kept for some blocks; after a reorg another one has the number."""
        known = self._shown.get(block.number)
        if known is None or known.inner is not block:
            known = self._shown[block.number] = ShownBlock(block)
            if len(self._shown) > _KEPT:
                del self._shown[next(iter(self._shown))]
        return known

    def copy(self) -> ListedPast:
        """Return the chain as it is now."""
        return ListedPast(list(self), lambda block: block.seen)

    def mined(self, first: int, last: int) -> list[ShownBlock]:
        """Return the blocks from number ``first`` to ``last``."""
        return self[first : last + 1]
