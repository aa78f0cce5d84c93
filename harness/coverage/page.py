"""The coverage as one HTML page, which needs no network and no script, in light and in dark."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from html import escape

from harness.coverage.measure import FileCoverage, ProjectCoverage, Share
from harness.coverage.table import shown

_STYLE = """
:root { color-scheme: light dark; --text: #1c2024; --back: #ffffff; --soft: #f2f4f6; --line: #d5dadf; --dim: #5b646d;
  --good: #1a7f37; --bad: #b3261e; --hit: #e3f4e6; --miss: #fde7e5; --part: #fff3d1; --parttext: #7a5200 }
@media (prefers-color-scheme: dark) { :root { --text: #e4e8ec; --back: #14171a; --soft: #1e2327; --line: #363d44;
  --dim: #9aa4ae; --good: #63cf80; --bad: #ff8f86; --hit: #14301d; --miss: #3d1c1a; --part: #38300f;
  --parttext: #f0cf73 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 76rem; padding: 1rem; color: var(--text); background: var(--back);
  font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.5rem; margin: 0 0 .25rem }
p { margin: .25rem 0 1rem; color: var(--dim); max-width: 60rem }
.scroll { overflow-x: auto }
table.files { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
table.files th, table.files td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: right }
table.files th:first-child, table.files td:first-child { text-align: left; overflow-wrap: anywhere }
table.files tr.sum td { font-weight: 600 }
meter { width: 5rem; height: .8rem; vertical-align: middle }
a { color: inherit }
details { margin: 1rem 0; border: 1px solid var(--line); border-radius: .4rem }
summary { padding: .5rem .75rem; cursor: pointer; background: var(--soft); border-radius: .4rem;
  overflow-wrap: anywhere }
summary span { color: var(--dim); font-size: .9rem }
ul.notes { color: var(--dim) }
.code { overflow-x: auto; font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
.code table { border-collapse: collapse; min-width: 100% }
.code td { padding: 0 .5rem; white-space: pre; vertical-align: top }
.code td.n { color: var(--dim); text-align: right; user-select: none }
.code tr.hit td.m { color: var(--good) } .code tr.hit { background: var(--hit) }
.code tr.miss td.m { color: var(--bad) } .code tr.miss { background: var(--miss) }
.code tr.part { background: var(--part) } .code tr.part td.m { color: var(--parttext) }
.code i { color: var(--parttext); font-style: normal; padding-left: 1.5rem }
@media (max-width: 40rem) { body { padding: .6rem } meter { display: none }
  table.files { font-size: .85rem } table.files th, table.files td { padding: .3rem .35rem } .code { font-size: 12px }
  .code i { display: block; padding-left: 0 } }
@media print { details, .code, .scroll { overflow: visible } .code td { white-space: pre-wrap } }
"""

_NEVER = "never called"
_MARKS = {"hit": "✓", "miss": "✗", "part": "◐", "": ""}


def page(projects: Iterable[ProjectCoverage], notes: Iterable[str]) -> str:
    """Return the page."""
    files = [file for project in projects for file in project.files]
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Solidity coverage</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{_STYLE}</style></head><body><h1>Solidity coverage</h1>",
        "<p>A line counts if a statement begins on it: ✓ it ran, ✗ it did not, ◐ it ran, and one of its branches did"
        " not go every way. A branch counts by its ways.</p>",
        *_overview(files),
        '<ul class="notes">',
        *(f"<li>{escape(note)}</li>" for note in notes),
        "</ul>",
        *(part for number, file in enumerate(files) for part in _file(number, file)),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _overview(files: list[FileCoverage]) -> Iterator[str]:
    yield '<div class="scroll"><table class="files"><thead><tr><th>file</th>'
    yield "<th>lines</th><th>branches</th><th>functions</th></tr></thead><tbody>"
    nothing = Share(0, 0)
    for number, file in enumerate(files):
        branches = _share(file.branch_share) if file.has_branches else "not measured"
        yield f'<tr><td><a href="#file-{number}">{escape(file.unit)}</a></td><td>{_share(file.line_share)}</td>'
        yield f"<td>{branches}</td><td>{_share(file.function_share)}</td></tr>"
    lines = sum((file.line_share for file in files), nothing)
    branches_sum = sum((file.branch_share for file in files), nothing)
    functions = sum((file.function_share for file in files), nothing)
    yield f'<tr class="sum"><td>all</td><td>{_share(lines)}</td><td>{_share(branches_sum)}</td>'
    yield f"<td>{_share(functions)}</td></tr></tbody></table></div>"


def _share(share: Share) -> str:
    if share.percent is None:
        return "-"
    return f'<meter min="0" max="{share.total}" value="{share.covered}"></meter> {shown(share)}'


def _file(number: int, file: FileCoverage) -> Iterator[str]:
    named = {"lines": file.line_share, "branches": file.branch_share, "functions": file.function_share}
    shares = ", ".join(f"{name} {shown(share)}" for name, share in named.items())
    yield f"<details><summary>{escape(file.unit)} <span>{shares}</span></summary>"
    yield f'<div class="code" id="file-{number}"><table>'
    remarks = _remarks(file)
    for line, text in enumerate(file.text.splitlines(), 1):
        ran = file.lines.get(line)
        said = remarks.get(line, [])
        is_missed = ran is False or (ran is None and _NEVER in said)
        kind = "" if ran is None and not said else "miss" if is_missed else "part" if said else "hit"
        remark = f"<i>{escape('; '.join(said))}</i>" if said else ""
        yield (
            f'<tr class="{kind}"><td class="n">{line}</td><td class="m">{_MARKS[kind]}</td>'
            f"<td>{escape(text)}{remark}</td></tr>"
        )
    yield "</table></div></details>"


def _remarks(file: FileCoverage) -> dict[int, list[str]]:
    """Return what did not happen, by the line where it is said; a branch that was not reached says nothing."""
    found: dict[int, list[str]] = defaultdict(list)
    for function in file.functions:
        if not function.entered:
            found[function.line].append(_NEVER)
    for branch in file.branches:
        left_out = [way.name for way in branch.ways if not way.taken]
        if left_out and len(left_out) < len(branch.ways):
            found[branch.line].append(f"{branch.kind}: never {', '.join(left_out)}")
    return found
