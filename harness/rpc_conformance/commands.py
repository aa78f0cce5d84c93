"""The command ``harness rpc-conformance``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from harness.arguments import url
from harness.chain import open_chain
from harness.rpc_conformance.comparing import Row, compare, probes
from harness.rpc_conformance.stage import Stage

REFERENCE = "anvil"


def add_to(commands: Any) -> None:
    """Add the command to the program's."""
    words = "compare JSON-RPC of both layers with anvil's, and with Ethereum's OpenRPC document"
    parser = commands.add_parser("rpc-conformance", help=words)
    parser.add_argument("--against", type=url, metavar="URL", help="compare with the node at this URL instead of anvil")
    parser.add_argument("--method", action="append", metavar="NAME", help="compare only this method; may be repeated")
    parser.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    asked = [probe for probe in probes() if not chosen.method or probe.method in chosen.method]
    with stages(chosen.against) as (ours, reference):
        rows = list(compare(ours, reference, asked))
    for line in table(rows):
        print(line)
    return 1 if any(found.cause is None for row in rows for found in row.differences) else 0


@contextmanager
def stages(against: str | None = None) -> Iterator[tuple[list[Stage], Stage]]:
    """Open an L1, an L2 on another one, and the reference, with the same transactions on each."""
    from harness.rollup.config import RollupConfig
    from harness.testbed.rollup import Rollup

    with ExitStack() as stack:
        l1, below, node = (stack.enter_context(open_chain(name)) for name in ("py-evm", "py-evm", against or REFERENCE))
        rollup = Rollup.deploy(below, RollupConfig())
        rollup.fund()
        backend: Any = node.backend
        reference = Stage(backend.name, backend.ask, backend.answer)
        if backend.verbs is not None:
            backend.rpc("evm_setAutomine", True)
        yield [Stage("l1", l1.backend.answer), Stage("l2", rollup.l2.backend.answer)], reference


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of the table in Markdown: a line for each request, then each difference with its cause."""
    names = list(rows[0].outcomes) if rows else []
    yield f"| request | {' | '.join(names)} |"
    yield f"|---|{'---|' * len(names)}"
    for row in rows:
        outcomes = " | ".join(str(row.outcomes[name]) for name in names)
        yield f"| `{row.probe.method}` {_shown(row.probe.params)} | {outcomes} |"
    yield ""
    yield f"{len(rows)} requests for {len({row.probe.method for row in rows})} methods."
    found = [each for row in rows for each in row.differences]
    unexplained = sum(each.cause is None for each in found)
    yield f"{len(found)} differences from the last column, {unexplained} without a cause."
    for each in dict.fromkeys((each.probe.method, each.chain, each.place, each.how, each.cause) for each in found):
        method, chain, place, how, cause = each
        yield f"- `{method}` on {chain}, {place}: {how}. {cause or 'NO CAUSE IS KNOWN.'}"


def _shown(params: Any) -> str:
    text = ", ".join(map(str, params)) if isinstance(params, list) else str(params)
    return text.replace("|", "/")[:60]
