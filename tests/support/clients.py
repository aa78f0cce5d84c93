"""Clients of a server that say exactly what a test tells them to."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect

from tests.support.ends import PATIENCE


def post(url: str, body: bytes, **headers: str) -> tuple[int, bytes]:
    """Send a body; return the status and the answer's body. A header's name has _ in place of -."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    try:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", "/", body, {"Content-Type": "application/json", **given})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def ask(url: str, method: str, *params: Any) -> Any:
    """Return the answer to a request: its result, or its error."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    answer = json.loads(post(url, body)[1])
    return answer["error"] if "error" in answer else answer["result"]


class Socket:
    """A WebSocket; what it is told of without having asked is in ``news``."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.news: list[dict[str, Any]] = []
        self._count = 0

    def ask(self, method: str, *params: Any) -> Any:
        """Return the result of a request, or its error."""
        self._count += 1
        body = {"jsonrpc": "2.0", "id": self._count, "method": method, "params": params}
        self.connection.send(json.dumps(body))
        while "id" not in (answer := self._next()):
            self.news.append(answer["params"])
        assert answer["id"] == self._count
        return answer["error"] if "error" in answer else answer["result"]

    def told(self, subscription: str, count: int = 1) -> list[Any]:
        """Return the next results of a subscription, and wait for them."""

        def of_it() -> list[Any]:
            return [each["result"] for each in self.news if each["subscription"] == subscription]

        while len(of_it()) < count:
            self.news.append(self._next()["params"])
        found = of_it()
        self.news = [each for each in self.news if each["subscription"] != subscription]
        return found

    def _next(self) -> Any:
        return json.loads(self.connection.recv(timeout=PATIENCE))


@contextmanager
def socket_to(url: str, **options: Any) -> Iterator[Socket]:
    with connect(url.replace("http", "ws", 1), **options) as connection:
        yield Socket(connection)
