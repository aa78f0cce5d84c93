"""Tables of the guides that tests measure: each stands between two comments that name it.

With ``UPDATE_GUIDES=1`` in the environment, a test writes the measured table into the guide and passes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence

from harness import guides


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table whose first column is text and whose others are numbers."""
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


def check_table(guide: str, name: str, table: str, within: float = 0) -> None:
    """Fail unless the guide shows the table; the failure shows what belongs there.

    Numbers may differ by the part ``within`` of themselves, where they depend a little on addresses and hashes.
    """
    text, first, last = guides.read(guide).text, f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, begins, rest = text.partition(first)
    shown, ends, after = rest.partition(last)
    assert begins and ends, f"{guide}.md has no table {name}"
    if os.environ.get("UPDATE_GUIDES") == "1":
        updated = f"{before}{first}\n{table}\n\n{last}{after}"
        (guides.FOLDER / f"{guide}.md").write_text(updated, encoding="utf-8")
    else:
        agrees = _agrees(shown.strip(), table, within)
        assert agrees, f"between the comments {name} of {guide}.md belongs:\n{table}"


_NUMBER = re.compile(r"(?<=\| )[0-9][0-9,.]*(?= \|)")


def _agrees(shown: str, table: str, within: float) -> bool:
    """Whether two tables have the same text, and numbers that are close to each other."""
    if not within:
        return shown == table
    found, expected = ([float(each.replace(",", "")) for each in _NUMBER.findall(text)] for text in (shown, table))
    if _NUMBER.sub("", shown) != _NUMBER.sub("", table):
        return False
    return all(abs(a - b) <= within * b for a, b in zip(found, expected, strict=True))
