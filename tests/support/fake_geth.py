"""A stand-in for geth on PATH: it takes geth's command lines, and answers for a chain of py-evm by geth's log lines.

It writes each command line to the file that FAKE_GETH_LOG names, and with FAKE_GETH_DIES it ends before it listens.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

DEVELOPERS: dict[str, Any] = {
    "config": {"chainId": 1337, "terminalTotalDifficulty": 0, "shanghaiTime": 0, "cancunTime": 0, "bpo1Time": 0},
    "difficulty": "0x0",
    "gasLimit": "0xaf79e0",
    "alloc": {"0000000000000000000000000000000000000001": {"balance": "0x1"}},
}


class Fake:
    """The stand-in, first on PATH."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log = folder / "log"
        geth = folder / "geth"
        geth.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{__file__}" "$@"\n')
        geth.chmod(geth.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("FAKE_GETH_LOG", str(self.log))

    @property
    def commands(self) -> list[list[str]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def _option(name: str) -> str:
    return sys.argv[sys.argv.index(name) + 1]


def _serve(data: Path) -> None:
    from harness.chain.jsonrpc.methods import LocalRpc
    from harness.chain.pyevm.backend import PyEvmBackend

    block = json.loads((data / "genesis.json").read_text())
    funded = {bytes.fromhex(address): int(account["balance"], 16) for address, account in block["alloc"].items()}
    rpc = LocalRpc(PyEvmBackend(block["config"]["chainId"], 0, funded=funded))

    turn = Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answers = [self.answer(each) for each in (body if isinstance(body, list) else [body])]
            said = json.dumps(answers if isinstance(body, list) else answers[0]).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def answer(self, request: dict[str, Any]) -> Any:
            if request["method"] == "web3_clientVersion":
                return {"jsonrpc": "2.0", "id": request["id"], "result": "Geth/v0.0.0-fake"}
            with turn:
                return {**rpc.handle(request["method"], request["params"]), "id": request["id"]}

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print("INFO [01-01|00:00:00.000] HTTP server started                      endpoint=127.0.0.1:1 auth=true prefix=")
    where = f"endpoint=127.0.0.1:{server.server_port} auth=false prefix= cors= vhosts=localhost"
    print(f"INFO [01-01|00:00:00.000] HTTP server started                      {where}", flush=True)
    server.serve_forever()


def main() -> None:
    with Path(os.environ["FAKE_GETH_LOG"]).open("a", encoding="utf-8") as log:
        log.write(json.dumps(sys.argv[1:]) + "\n")
    if "dumpgenesis" in sys.argv:
        print(os.environ.get("FAKE_GETH_GENESIS", json.dumps(DEVELOPERS)))
    elif "init" in sys.argv:
        data = Path(_option("--datadir"))
        data.mkdir(parents=True)
        shutil.copy(sys.argv[-1], data / "genesis.json")
    elif "FAKE_GETH_DIES" in os.environ:
        sys.exit("Fatal: Bad developer-mode genesis configuration")
    else:
        _serve(Path(_option("--datadir")))


if __name__ == "__main__":
    main()
