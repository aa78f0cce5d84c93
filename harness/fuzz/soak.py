"""`harness serve` for minutes on end: clients come, ask, subscribe and vanish, and its memory stays what it was.

A chain keeps its blocks, so each round takes back what it did. What grows then is what clients have left behind:
subscriptions, filters, and transactions that wait.
"""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.transactions import Transaction, sign
from harness.errors import HarnessError

MOST_GROWTH = 5.0
"""Percent by which the memory of the last minute may exceed that of the second."""
_MINUTE = 60.0
_ROUND = 20
_STORE = bytes.fromhex("600a600c600039600a6000f3" + "60015460010160015500")
"""Creation code of a contract that counts its calls."""


class MemoryGrows(HarnessError):
    """A server took more memory at the end of a soak than after its first minute."""

    def __init__(self, soaked: Soaked) -> None:
        super().__init__(f"the server's memory grew by {soaked.growth:.1f} %, at most {MOST_GROWTH:g} % is allowed")
        self.soaked = soaked


@dataclass(slots=True)
class Soaked:
    """What was asked, and the bytes of memory after each round, with the seconds since the start."""

    rounds: int = 0
    requests: int = 0
    memory: list[tuple[float, int]] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """Percent by which the median of the last minute exceeds that of the second; of halves, if it was shorter."""
        end = self.memory[-1][0]
        is_short = end < 2 * _MINUTE
        begins, ends, last = (0, end / 2, end / 2) if is_short else (_MINUTE, 2 * _MINUTE, end - _MINUTE)
        early = [size for moment, size in self.memory if begins <= moment < ends] or [self.memory[0][1]]
        late = [size for moment, size in self.memory if moment >= last]
        return 100 * (median(late) / median(early) - 1)


@contextmanager
def served() -> Iterator[tuple[int, Mapping[str, str]]]:
    """Start `harness serve` on free ports; yield its process and the URL of each layer."""
    command = [sys.executable, "-u", "-m", "harness", "serve", "--manual", "--l1-port", "0", "--l2-port", "0"]
    urls: dict[str, str] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if found := re.match(r"(L[12]) +(http://\S+)", line):
                    urls[found[1]] = found[2]
                if len(urls) == 2:
                    break
            # What it says from now on is read and forgotten, because a full pipe would stop it.
            Thread(target=process.stdout.read, daemon=True).start()
            yield process.pid, urls
        finally:
            process.terminate()


def resident(pid: int) -> int:
    """Return the bytes of memory that a process has (Linux)."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    assert found
    return 1_024 * int(found[1])


def soak(urls: Mapping[str, str], memory: Callable[[], int], seconds: float) -> Soaked:
    """Ask a server for so many seconds, at least for one round."""
    soaked, start = Soaked(), time.monotonic()
    while not soaked.rounds or time.monotonic() - start < seconds:
        mark = _Client(urls["L1"]).asked("evm_snapshot")
        for url in urls.values():
            soaked.requests += _round(url)
        _Client(urls["L1"]).asked("evm_revert", mark)
        soaked.rounds += 1
        soaked.memory.append((time.monotonic() - start, memory()))
    return soaked


def run(seconds: float) -> Soaked:
    """Soak a server of its own; raises MemoryGrows."""
    with served() as (pid, urls):
        soaked = soak(urls, lambda: resident(pid), seconds)
    if soaked.growth > MOST_GROWTH:
        raise MemoryGrows(soaked)
    return soaked


class _Client:
    """One connection over HTTP."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_MINUTE)
        self._ids = count(1)
        self.requests = 0

    def close(self) -> None:
        self._connection.close()

    def post(self, body: bytes) -> Any:
        """Return the answer to a message."""
        self.requests += 1
        self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
        return json.loads(self._connection.getresponse().read())

    def asked(self, method: str, *params: Any) -> Any:
        """Return the result of a request, or its error."""
        answer = self.post(_message(next(self._ids), method, params))
        return answer.get("result", answer.get("error"))


def _message(number: int, method: str, params: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode()


def _round(url: str) -> int:
    """Let clients come, ask and vanish; return the number of requests."""
    from websockets.sync.client import connect  # the extra serve

    alice, bob = well_known_accounts()[0], well_known_accounts()[1]
    with closing(_Client(url)) as client, connect(url.replace("http", "ws", 1)) as socket:
        for number, params in enumerate((["newHeads"], ["logs", {}], ["newPendingTransactions", True], ["rollup"])):
            socket.send(_message(number, "eth_subscribe", params).decode())
        chain_id = int(client.asked("eth_chainId"), 16)
        nonce = int(client.asked("eth_getTransactionCount", alice.address, "latest"), 16)
        filters = [client.asked(f"eth_new{kind}Filter") for kind in ("Block", "PendingTransaction")]
        for place in range(_ROUND):
            to = None if place == 0 else bob.address_bytes
            data = _STORE if to is None else b""
            # The last ones come with a gap before them, and wait in the pool.
            ahead = nonce + place + (place > _ROUND - 3)
            tx = Transaction(2, chain_id, ahead, 0, 10**11, 100_000, to, place, data)
            raw = sign(tx, alice.private_key, alice.address_bytes).raw
            sent = client.asked("eth_sendRawTransaction", "0x" + raw.hex())
            client.asked("eth_getTransactionReceipt", sent)
            client.asked("debug_traceTransaction", sent, {"tracer": "callTracer"})
            client.asked("eth_call", {"to": bob.address, "data": f"0x{place:064x}"}, "latest")
            client.asked("eth_getBlockByNumber", "latest", True)
            client.asked("eth_getLogs", {"fromBlock": "earliest"})
        for each in filters:  # which it leaves behind
            client.asked("eth_getFilterChanges", each)
        client.post(b"[" + b",".join(_message(n, "eth_blockNumber", []) for n in range(_ROUND)) + b"]")
        client.post(b"{")
        client.asked("no_such_method")
        return client.requests + 4
