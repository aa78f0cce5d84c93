"""The arguments of `harness conformance` and `harness step`. Their code is imported only when they run."""

from __future__ import annotations

import argparse
import os

from harness.arguments import (
    Parser,
    existing,
    existing_file,
    hash32,
    hexadecimal,
    jobs,
    natural,
    positive,
    refuse_options,
    url,
    wei,
    whole,
)
from harness.errors import UsageError


def add_to(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add both commands to the program's."""
    conformance = commands.add_parser("conformance", help="judge L1, or L2's proofs, by Ethereum's state tests")
    conformance.add_argument(
        "directory", nargs="?", type=existing, metavar="DIR", help="folder of state tests, or one file of them"
    )
    conformance.add_argument(
        "--oracle",
        nargs="?",
        const=10_000,
        type=positive,
        metavar="N",
        help="in place of DIR: compare N random programs with Ethereum's specification, step by step (default: 10000)",
    )
    conformance.add_argument("--all-steps", action="store_true", help="prove every step, even of the longest cases")
    conformance.add_argument(
        "--seed", type=natural, default=0, help="seed of the draws: steps of long cases, --sample, cross-check"
    )
    conformance.add_argument("--jobs", type=jobs, default=os.cpu_count() or 1, help="processes (default: one per core)")
    conformance.add_argument("--match", metavar="TEXT", help="only cases whose folder, file or name contains TEXT")
    conformance.add_argument("--sample", type=positive, metavar="N", help="only N cases, drawn by the seed")
    conformance.add_argument(
        "--layer",
        choices=("l1", "l2"),
        help="l1 executes on L1; l2 proves every step (default; with --oracle: both)",
    )
    conformance.add_argument(
        "--fork",
        action="append",
        metavar="FORK",
        help="cancun, prague or osaka; repeatable (default: all)",
    )
    conformance.add_argument(
        "--limit",
        type=natural,
        default=300,
        metavar="SECONDS",
        help="most time for a case or a program; 0 is none (default: 300)",
    )
    conformance.add_argument(
        "--evm", choices=("pyrevm", "py-evm"), help="the EVM that runs the prover (default: pyrevm if it is installed)"
    )
    conformance.add_argument(
        "--cross-check",
        type=natural,
        metavar="N",
        help="steps to prove on py-evm as well (default: 5000)",
    )
    conformance.set_defaults(run=_conformance)

    step = commands.add_parser("step", help="show an L2 transaction opcode by opcode, and prove one step on L1")
    source = step.add_mutually_exclusive_group(required=True)
    source.add_argument("--code", type=hexadecimal, metavar="HEX", help="call a contract with this bytecode")
    source.add_argument("--test", dest="source", type=existing, metavar="FILE", help="the transaction of a state test")
    source.add_argument(
        "--transaction", type=hash32, metavar="HASH", help="a transaction or deposit of a deployed rollup"
    )
    step.add_argument("--rpc", type=url, metavar="URL", help="with --transaction: the RPC URL of L1")
    words = "with --transaction: the file that `harness deploy` wrote"
    step.add_argument("--deployment", type=existing_file, metavar="FILE", help=words)
    step.add_argument("--case", metavar="NAME", help="with --test: a case of the state test (default: the first)")
    words = "with --code: L2's fork (default: a new rollup's); with --test: whose result (default: the first)"
    step.add_argument("--fork", choices=("cancun", "prague", "osaka"), help=words)
    step.add_argument("--calldata", type=hexadecimal, metavar="HEX", help="with --code: calldata of the call")
    step.add_argument("--value", type=wei, metavar="WEI", help="with --code: value of the call")
    step.add_argument("--gas", type=natural, help="with --code: gas limit of the call (default: 1000000)")
    step.add_argument(
        "--prove", type=whole, metavar="STEP", help="prove this step on L1, and print its gas and the witness's size"
    )
    step.add_argument("--openings", action="store_true", help="with --prove: print the parts that the witness opens")
    step.add_argument("--first", type=natural, default=0, metavar="STEP", help="first step to show (default: 0)")
    step.add_argument("--count", type=natural, default=100, metavar="N", help="number of steps to show (default: 100)")
    step.set_defaults(run=_step)


def _conformance(chosen: argparse.Namespace) -> int:
    if (chosen.directory is None) == (chosen.oracle is None):
        raise UsageError("harness conformance", "expected either a folder of state tests or --oracle")
    if chosen.oracle is not None:
        others = ("all_steps", "match", "sample", "evm", "cross_check")
        refuse_options("harness conformance", chosen, "--oracle", others)
        from harness.proofs.oracle import cli

        return cli.run(chosen)
    from harness.proofs import conformance_cli

    return conformance_cli.run(chosen)


_OF_STEP = {
    "--code": ("rpc", "deployment", "case"),
    "--test": ("rpc", "deployment", "calldata", "value", "gas"),
    "--transaction": ("case", "fork", "calldata", "value", "gas"),
}
"""What means nothing with a source of `harness step`."""


def _step(chosen: argparse.Namespace) -> int:
    given = {"--code": chosen.code, "--test": chosen.source, "--transaction": chosen.transaction}
    source = next(name for name, value in given.items() if value is not None)
    refuse_options("harness step", chosen, source, _OF_STEP[source])
    if chosen.openings and chosen.prove is None:
        raise UsageError("harness step", "--openings needs --prove")
    if chosen.transaction is not None and (chosen.rpc is None or chosen.deployment is None):
        raise UsageError("harness step", "--transaction needs --rpc and --deployment")
    from harness.proofs import step_cli

    return step_cli.run(chosen)
