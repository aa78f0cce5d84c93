"""Tables of the guides that tests measure: each stands between two comments that name it.

With ``UPDATE_GUIDES=1`` in the environment, a test writes the measured table into the guide and passes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from harness import guides


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table whose first column is text and whose others are numbers."""
    lines = [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


def check_table(guide: str, name: str, table: str) -> None:
    """Fail unless the guide shows the table; the failure shows what belongs there."""
    text, first, last = guides.read(guide).text, f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, begins, rest = text.partition(first)
    shown, ends, after = rest.partition(last)
    assert begins and ends, f"{guide}.md has no table {name}"
    if os.environ.get("UPDATE_GUIDES") == "1":
        updated = f"{before}{first}\n{table}\n\n{last}{after}"
        (guides.FOLDER / f"{guide}.md").write_text(updated, encoding="utf-8")
    else:
        assert shown.strip() == table, f"between the comments {name} of {guide}.md belongs:\n{table}"
