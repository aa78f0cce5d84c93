"""Chains of this process behind a URL each, for clients that speak HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from harness.chain.chain import Chain


class _Server(ThreadingHTTPServer):
    def __init__(self, chains: Mapping[str, Chain]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.chains = chains
        self.lock = Lock()

    def answer(self, name: str, request: Any) -> Any:
        """Return the answer of a chain to one request, or to each of a batch."""
        if isinstance(request, list):
            return [self.answer(name, each) for each in request]
        with self.lock:  # a chain knows nothing of threads
            answer = self.chains[name].backend.answer(request["method"], request.get("params", ()))
        return {**answer, "id": request["id"]}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps(self.server.answer(self.path.strip("/"), request)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        return None


@contextmanager
def served(**chains: Chain) -> Iterator[dict[str, str]]:
    """Serve chains until the end of the block; yield the URL of each. Nobody else may use them meanwhile."""
    with _Server(chains) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield {name: f"http://127.0.0.1:{server.server_port}/{name}" for name in chains}
        server.shutdown()
