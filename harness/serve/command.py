"""The arguments of `harness serve`. What runs it is imported when it runs: it needs the extra ``serve``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from harness.arguments import between, existing_file, natural, positive, refuse_options, url
from harness.errors import UsageError

L1_PORT, L2_PORT = 8_545, 9_545
MOST_SPEED = 1_000_000

port = between(0, 65_535)


def add_to(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command to those of ``harness``."""
    serve = commands.add_parser("serve", help="serve L1 and L2 to clients that speak JSON-RPC")
    serve.add_argument("--host", default="127.0.0.1", metavar="HOST", help="address to listen on (default: 127.0.0.1)")
    words = "port of L1; 0 takes any that is free (default: %(default)s)"
    serve.add_argument("--l1-port", type=port, default=L1_PORT, metavar="PORT", help=words)
    words = "port of L2; 0 takes any that is free (default: %(default)s)"
    serve.add_argument("--l2-port", type=port, default=L2_PORT, metavar="PORT", help=words)
    words = "answer requests to this name of this machine, too; may be repeated"
    serve.add_argument("--allow-host", action="append", default=[], metavar="NAME", help=words)
    words = "answer pages of this origin, too, as in https://example.org; may be repeated"
    serve.add_argument("--allow-origin", action="append", default=[], metavar="ORIGIN", help=words)
    serve.add_argument("--l1", type=url, metavar="URL", help="deploy to this L1 instead of one of the server's own")
    words = "chain id that the L1 at --l1 must have (default: whichever it has)"
    serve.add_argument("--l1-chain-id", type=natural, metavar="N", help=words)
    words = "use the rollup of this file, which harness deploy wrote, on the L1 at --l1"
    serve.add_argument("--deployment", type=existing_file, metavar="FILE", help=words)
    words = "let the agents of a scenario act, after its steps: a file, or a name in the library"
    serve.add_argument("--scenario", metavar="FILE", help=words)
    serve.add_argument("--seed", type=natural, metavar="N", help="seed of L1's blocks (default: 0)")
    words = "mine a block of L1 every so many seconds (default: one for each transaction)"
    serve.add_argument("--block-time", type=positive, metavar="SECONDS", help=words)
    words = "seconds of the chains that pass in a second here, as in 3600x (default: 1)"
    serve.add_argument("--speed", type=speed, default=1.0, metavar="FACTOR", help=words)
    words = "let time stand still and agents rest: clients call evm_increaseTime, rollup_step and rollup_run"
    serve.add_argument("--manual", action="store_true", help=words)
    words = "age in seconds at which the sequencer posts a batch (default: 12)"
    serve.add_argument("--patience", type=natural, default=12, metavar="SECONDS", help=words)
    words = "go on with the state in this file, and write it at the end"
    serve.add_argument("--state", type=Path, metavar="FILE", help=words)
    serve.set_defaults(run=_serve)


def speed(text: str) -> float:
    """Return a factor above 0, with or without an x behind it."""
    try:
        found = float(text.removesuffix("x"))
    except ValueError:
        found = 0.0
    if not 0 < found <= MOST_SPEED:
        raise argparse.ArgumentTypeError(f"{text:.80} is no factor above 0 and up to {MOST_SPEED}, as in 3600x")
    return found


def _check(chosen: argparse.Namespace) -> None:
    """Raise UsageError for options that contradict each other."""
    if chosen.l1 is not None:
        refuse_options("harness serve", chosen, "--l1", ("scenario", "state", "block_time", "seed"))
    elif chosen.l1_chain_id is not None or chosen.deployment is not None:
        raise UsageError("harness serve", "--l1-chain-id and --deployment need --l1")
    if chosen.manual:
        refuse_options("harness serve", chosen, "--manual", ("block_time",))
    if chosen.scenario is not None:
        refuse_options("harness serve", chosen, "--scenario", ("state", "seed"))
    if chosen.state is not None and chosen.state.exists():
        refuse_options("harness serve", chosen, "a --state that is there already", ("seed",))


def _serve(chosen: argparse.Namespace) -> int:
    _check(chosen)
    try:
        from harness.serve.process import Options, serve
    except ModuleNotFoundError as missing:
        from harness.serve.errors import ServerMissing

        raise ServerMissing(missing.name or str(missing)) from missing
    options = Options(
        host=chosen.host,
        ports={"L1": chosen.l1_port, "L2": chosen.l2_port},
        hosts=tuple(chosen.allow_host),
        origins=tuple(chosen.allow_origin),
        l1=chosen.l1,
        l1_chain_id=chosen.l1_chain_id,
        deployed=chosen.deployment,
        scenario=chosen.scenario,
        seed=chosen.seed or 0,
        block_time=chosen.block_time,
        speed=chosen.speed,
        manual=chosen.manual,
        patience=chosen.patience,
        state=chosen.state,
    )
    return serve(options)
