"""The gas as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.gas.samples import Row

_HEADS = ("calls", "min", "median", "max", "bytes in a batch", "their gas on L1")


def name_of(row: Row, rows: Sequence[Row]) -> str:
    """Return ``Counter.set(uint256)``, with the file before it if contracts of several files share the name."""
    is_clear = all(other.source == row.source for other in rows if other.contract == row.contract)
    return f"{row.contract}.{row.function}" if is_clear else f"{row.source}:{row.contract}.{row.function}"


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines, those of L1 first; the columns of data are there if something was posted for L2."""
    has_data = any(row.data is not None for row in rows)
    heads = _HEADS if has_data else _HEADS[:4]
    names = [name_of(row, rows) for row in rows]
    width = max([len("function"), *map(len, names)])
    yield f"      {'function':<{width}}" + "".join(f"  {head:>{_width(head)}}" for head in heads)
    for row, name in zip(rows, names, strict=True):
        numbers = (row.calls, row.least, row.median, row.most, row.data, row.l1_gas)[: len(heads)]
        texts = ["-" if number is None else f"{number:,}" for number in numbers]
        cells = "".join(f"  {text:>{_width(head)}}" for head, text in zip(heads, texts, strict=True))
        yield f"{row.layer}    {name:<{width}}{cells}"


def _width(head: str) -> int:
    return max(len(head), 6 if head == "calls" else 11)
