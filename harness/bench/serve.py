"""`harness serve` against anvil, each as a process behind a port: calls and transfers by one client after another.

A request costs the time that client and server compute together: where nobody else computes, that is the time until the
client has its answer. Short batches take turns, and the median one of each side counts, so that the load of the machine
does not.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

from harness import tools
from harness.bench.measure import Ratio
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.transactions import Transaction, sign

_BATCH, _ROUNDS = 50, 30
_KEEPER = bytes.fromhex("600c600c600039600c6000f3" + "6000355460005260206000f3")
"""Creation code of a contract that returns the storage word which a call names."""


class _Client:
    """One connection that stays open, as those of libraries do, to a server that is the process ``pid``."""

    def __init__(self, pid: int, port: int) -> None:
        self._pid = pid
        self._numbers = count()
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._alice, self._bob = well_known_accounts()[0], well_known_accounts()[1]
        self._chain_id = int(self.ask("eth_chainId"), 16)
        self._nonces = count(int(self.ask("eth_getTransactionCount", self._alice.address, "latest"), 16))
        sent = self.ask("eth_sendRawTransaction", self._raw(None, _KEEPER, 200_000))
        while (receipt := self.ask("eth_getTransactionReceipt", sent)) is None:
            time.sleep(0.01)  # anvil answers before it has mined
        self._place = receipt["contractAddress"]

    def ask(self, method: str, *params: Any) -> Any:
        return json.loads(self._post(_body(method, *params)))["result"]

    def _post(self, body: bytes) -> bytes:
        self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
        return self._connection.getresponse().read()

    def _raw(self, to: bytes | None, data: bytes = b"", gas: int = 21_000) -> str:
        tx = Transaction(2, self._chain_id, next(self._nonces), 0, 10**11, gas, to, 0, data)
        return "0x" + sign(tx, self._alice.private_key, self._alice.address_bytes).raw.hex()

    def calls(self) -> float:
        """Return calls per second of computing, none of which is equal to another."""
        asked = [{"to": self._place, "data": f"0x{next(self._numbers):064x}"} for _ in range(_BATCH)]
        return self._rate([_body("eth_call", each, "latest") for each in asked])

    def transfers(self) -> float:
        """Return transfers per second of computing, each of which is mined at once."""
        raws = [self._raw(self._bob.address_bytes) for _ in range(_BATCH)]
        return self._rate([_body("eth_sendRawTransaction", raw) for raw in raws])

    def _rate(self, bodies: list[bytes]) -> float:
        start = self._computed()
        for body in bodies:
            assert b'"result"' in self._post(body)
        return len(bodies) / (self._computed() - start)

    def _computed(self) -> float:
        """Return the seconds that this process and the server have computed."""
        return time.process_time() + _computed_by(self._pid)


def _body(method: str, *params: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()


def _computed_by(pid: int) -> float:
    """Return the seconds that the threads of a process have computed, to the nanosecond (Linux)."""
    tasks = f"/proc/{pid}/task"
    return sum(int(Path(tasks, each, "schedstat").read_text().split()[0]) for each in os.listdir(tasks)) / 1e9


@contextmanager
def _process(command: list[str], ready: str) -> Iterator[tuple[int, dict[str, int]]]:
    """Start a server; yield its process and the ports that it prints, by name."""
    ports: dict[str, int] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if found := re.search(r"(L1|L2|Listening on)\b.*?:(\d+)\b", line):
                    ports[found[1]] = int(found[2])
                if line.startswith(ready):
                    break
            # What it says from now on is read and forgotten, because a full pipe would stop it.
            Thread(target=process.stdout.read, daemon=True).start()
            yield process.pid, ports
        finally:
            process.terminate()


def ratios() -> Iterator[Ratio]:
    ours = [sys.executable, "-u", "-m", "harness", "serve", "--manual", "--l1-port", "0", "--l2-port", "0"]
    theirs = [str(tools.anvil()), "--port", "0", "--chain-id", "900", "--hardfork", "osaka"]
    with ExitStack() as stack:
        pid, ports = stack.enter_context(_process(ours, "L2"))
        others, other = stack.enter_context(_process(theirs, "Listening on"))
        reference = _Client(others, other["Listening on"])
        for layer in ("L1", "L2"):
            subject = _Client(pid, ports[layer])
            for name in ("calls", "transfers"):
                pairs = [(getattr(subject, name)(), getattr(reference, name)()) for _ in range(_ROUNDS)]
                typical = [median(each) for each in zip(*pairs, strict=True)]
                yield Ratio(f"{layer}: {name} over HTTP", typical[0], typical[1], f"{name}/s", "anvil", at_least=0.5)
