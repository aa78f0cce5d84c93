"""`harness serve` against anvil, each as a process behind a port: calls and transfers by one client after another."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from threading import Thread
from typing import Any

from harness import tools
from harness.bench.measure import Ratio
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.transactions import Transaction, sign

_CALLS, _TRANSFERS, _ROUNDS = 1_000, 300, 3
_KEEPER = bytes.fromhex("600c600c600039600c6000f3" + "6000355460005260206000f3")
"""Creation code of a contract that returns the storage word which a call names."""


class _Client:
    """One connection that stays open, as those of libraries do."""

    def __init__(self, port: int) -> None:
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
        """Return calls a second, none of which is equal to another."""
        numbers = range(_CALLS)
        return self._rate([_body("eth_call", {"to": self._place, "data": f"0x{n:064x}"}, "latest") for n in numbers])

    def transfers(self) -> float:
        """Return transfers a second, each of which is mined at once."""
        raws = [self._raw(self._bob.address_bytes) for _ in range(_TRANSFERS)]
        return self._rate([_body("eth_sendRawTransaction", raw) for raw in raws])

    def _rate(self, bodies: list[bytes]) -> float:
        start = time.perf_counter()
        for body in bodies:
            assert b'"result"' in self._post(body)
        return len(bodies) / (time.perf_counter() - start)


def _body(method: str, *params: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()


@contextmanager
def _process(command: list[str], ready: str) -> Iterator[dict[str, int]]:
    """Start a server; yield the ports that it prints, by name."""
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
            yield ports
        finally:
            process.terminate()


def ratios() -> Iterator[Ratio]:
    ours = [sys.executable, "-u", "-m", "harness", "serve", "--manual", "--l1-port", "0", "--l2-port", "0"]
    theirs = [str(tools.anvil()), "--port", "0", "--chain-id", "900", "--hardfork", "osaka"]
    with ExitStack() as stack:
        served = stack.enter_context(_process(ours, "L2"))
        reference = _Client(stack.enter_context(_process(theirs, "Listening on"))["Listening on"])
        for layer in ("L1", "L2"):
            subject = _Client(served[layer])
            for name in ("calls", "transfers"):
                # Turn by turn, so that both have the same load of the machine; the best of each is its own.
                pairs = [(getattr(subject, name)(), getattr(reference, name)()) for _ in range(_ROUNDS)]
                best = [max(each) for each in zip(*pairs, strict=True)]
                yield Ratio(f"{layer}: {name} over HTTP", best[0], best[1], f"{name}/s", "anvil", at_least=0.5)
