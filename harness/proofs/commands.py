"""The arguments of `harness conformance` and `harness step`; what they do is imported when they are called."""

from __future__ import annotations

import argparse
import os
from pathlib import Path


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands to the program's."""
    conformance = commands.add_parser("conformance", help="prove Ethereum's state tests, step by step")
    conformance.add_argument("directory", type=Path, metavar="DIR", help="folder of state tests, or one file of them")
    conformance.add_argument("--all-steps", action="store_true", help="prove every step, of the longest cases, too")
    conformance.add_argument("--seed", type=int, default=0, help="draws the steps of long cases, and the cross-check")
    conformance.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: one per core)")
    conformance.add_argument("--match", metavar="TEXT", help="only cases whose folder, file or name contains TEXT")
    conformance.add_argument("--sample", type=int, metavar="N", help="only N cases, drawn by seed")
    conformance.add_argument("--evm", choices=("pyrevm", "py-evm"), default="pyrevm", help="where the prover runs")
    conformance.add_argument(
        "--cross-check", type=int, default=5_000, metavar="N", help="steps proven on py-evm, too (default: 5000)"
    )
    conformance.set_defaults(run=_conformance)

    step = commands.add_parser("step", help="show an L2 transaction opcode by opcode, and prove a step on L1")
    source = step.add_mutually_exclusive_group(required=True)
    source.add_argument("--code", metavar="HEX", help="call a program of these bytes")
    source.add_argument("--test", dest="source", metavar="FILE", help="the transaction of a state test")
    source.add_argument("--transaction", metavar="HASH", help="a transaction or deposit of a deployed rollup")
    step.add_argument("--rpc", metavar="URL", help="with --transaction: the L1")
    step.add_argument("--deployment", type=Path, metavar="FILE", help="with --transaction: what `harness deploy` wrote")
    step.add_argument("--case", metavar="NAME", help="which case of the state test (default: its first)")
    step.add_argument("--calldata", default="", metavar="HEX", help="calldata of the call")
    step.add_argument("--value", type=int, default=0, metavar="WEI", help="value of the call")
    step.add_argument("--gas", type=int, default=1_000_000, help="gas limit of the call (default: 1000000)")
    step.add_argument("--prove", type=int, metavar="STEP", help="prove this step on L1: print gas and witness size")
    step.add_argument("--first", type=int, default=0, metavar="STEP", help="first step shown (default: 0)")
    step.add_argument("--count", type=int, default=100, metavar="N", help="number of steps shown (default: 100)")
    step.set_defaults(run=_step)


def _conformance(chosen: argparse.Namespace) -> int:
    from harness.proofs import conformance_cli

    return conformance_cli.run(chosen)


def _step(chosen: argparse.Namespace) -> int:
    from harness.proofs import step_cli

    return step_cli.run(chosen)
