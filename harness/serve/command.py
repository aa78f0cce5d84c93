"""The arguments of `harness serve`. What runs it is imported when it runs: it needs the extra ``serve``."""

from __future__ import annotations

import argparse
from typing import Any

from harness.arguments import between

L1_PORT, L2_PORT = 8_545, 9_545

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
    serve.set_defaults(run=_serve)


def _serve(chosen: argparse.Namespace) -> int:
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
    )
    return serve(options)
