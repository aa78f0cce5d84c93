"""The coverage as an LCOV tracefile, which editors and services read (geninfo(1) defines it)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.coverage.measure import FileCoverage, ProjectCoverage


def lcov(projects: Iterable[ProjectCoverage]) -> str:
    """Return the tracefile. Counts are 1 for what ran, else 0: how often something ran is not measured."""
    lines = [line for project in projects for file in project.files for line in _record(project, file)]
    return "".join(f"{line}\n" for line in lines)


def _record(project: ProjectCoverage, file: FileCoverage) -> Iterator[str]:
    yield "TN:"
    yield f"SF:{project.root / file.unit}"
    for function in file.functions:
        yield f"FN:{function.line},{function.name}"
    for function in file.functions:
        yield f"FNDA:{int(function.entered)},{function.name}"
    yield f"FNF:{file.function_share.total}"
    yield f"FNH:{file.function_share.covered}"
    for number, branch in enumerate(file.branches):
        reached = any(way.taken for way in branch.ways)
        for way_number, way in enumerate(branch.ways):
            yield f"BRDA:{branch.line},{number},{way_number},{int(way.taken) if reached else '-'}"
    yield f"BRF:{file.branch_share.total}"
    yield f"BRH:{file.branch_share.covered}"
    for line, ran in file.lines.items():
        yield f"DA:{line},{int(ran)}"
    yield f"LF:{file.line_share.total}"
    yield f"LH:{file.line_share.covered}"
    yield "end_of_record"
