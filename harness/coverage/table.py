"""The coverage as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.coverage.measure import FileCoverage, ProjectCoverage, Share

_NOTHING = Share(0, 0)
_WIDEST_MISSING = 60


def table(projects: Iterable[ProjectCoverage]) -> Iterator[str]:
    """Yield the lines: a row for each file, and their sum."""
    files = [file for project in projects for file in project.files]
    width = max([len("TOTAL"), *(len(file.unit) for file in files)])
    head = f"{'file':<{width}}  {'lines':>14}  {'branches':>14}  {'functions':>14}  lines that did not run"
    yield head
    for file in files:
        shares = file.line_share, file.branch_share, file.function_share
        yield f"{file.unit:<{width}}  {_columns(shares, file)}  {missing(file)}".rstrip()
    sums = (
        sum((file.line_share for file in files), _NOTHING),
        sum((file.branch_share for file in files), _NOTHING),
        sum((file.function_share for file in files), _NOTHING),
    )
    yield f"{'TOTAL':<{width}}  {_columns(sums)}"


def _columns(shares: tuple[Share, Share, Share], file: FileCoverage | None = None) -> str:
    texts = [shown(share) for share in shares]
    if file is not None and not file.has_branches:
        texts[1] = "not measured"
    return "  ".join(f"{text:>14}" for text in texts)


def shown(share: Share) -> str:
    """Return ``3/4 75.0%``; a percentage is rounded down, so that only all is 100%."""
    if share.percent is None:
        return "-"
    return f"{share.covered}/{share.total} {int(share.percent * 10) / 10:.1f}%"


def missing(file: FileCoverage) -> str:
    """Return the lines that did not run, those in a row as a range: ``12, 15-18``.

    Lines between them on which no statement begins do not part a row.
    """
    rows: list[list[int]] = []
    is_open = False
    for line, ran in file.lines.items():
        if ran:
            is_open = False
        elif is_open:
            rows[-1][1] = line
        else:
            rows.append([line, line])
            is_open = True
    parts = [str(first) if first == last else f"{first}-{last}" for first, last in rows]
    text = ", ".join(parts)
    while len(text) > _WIDEST_MISSING:
        parts.pop()
        text = f"{', '.join(parts)}, and {len(rows) - len(parts)} more"
    return text
