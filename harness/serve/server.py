"""Both layers' ports in one event loop, from their sockets to the end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from harness.serve.errors import PortTaken

_PATIENCE = 0.3
"""Seconds that open connections get to end by themselves."""


_IDLE = 75
"""Seconds that a connection over which nobody asks stays open. A client that asks while it is closed gets an error; so
it is longer than the time after which clients close theirs."""


@dataclass(frozen=True, slots=True)
class Listening:
    """The open sockets of the layers, by name; connections wait in them until the server runs."""

    sockets: Mapping[str, socket.socket]

    @classmethod
    def on(cls, host: str, ports: Mapping[str, int]) -> Listening:
        """Open a socket for each layer; port 0 takes any that is free. Raises PortTaken, and then none is open."""
        with contextlib.ExitStack() as undo:
            opened = {layer: undo.enter_context(_socket(layer, host, port)) for layer, port in ports.items()}
            undo.pop_all()
        return cls(opened)

    @property
    def urls(self) -> dict[str, str]:
        """The URL of each layer."""
        return {layer: _url(found) for layer, found in self.sockets.items()}

    def close(self) -> None:
        """Close the sockets."""
        for each in self.sockets.values():
            each.close()


def _socket(layer: str, host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With its protocol named, asyncio turns Nagle's algorithm off, which delays every second packet by 40 ms.
        opened = socket.socket(family, kind, protocol)
    except OSError as problem:
        raise PortTaken(layer, host, port, problem.strerror or str(problem)) from problem
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(1_024)
        opened.setblocking(False)
    except OSError as problem:
        opened.close()
        raise PortTaken(layer, host, port, problem.strerror or str(problem)) from problem
    return opened


def _url(found: socket.socket) -> str:
    host, port = found.getsockname()[:2]
    return f"http://[{host}]:{port}" if found.family is socket.AF_INET6 else f"http://{host}:{port}"


def new_loop() -> asyncio.AbstractEventLoop:
    """Return a loop to serve in: uvloop's, in which a request takes half as much time, where there is uvloop."""
    try:
        import uvloop
    except ModuleNotFoundError:  # it is not made for Windows
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


class _Server(uvicorn.Server):
    """One port. Signals are the business of whoever runs all of them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run(
    listening: Listening,
    apps: Mapping[str, ASGIApp],
    stop: asyncio.Event,
    most_bytes: int,
    beside: Sequence[Coroutine[Any, Any, None]] = (),
) -> None:
    """Serve each layer's application until ``stop`` is set, then let connections end.

    What runs ``beside`` is cancelled then. If a part of it ends by itself, so does everything, and what it raised is
    raised here.
    """
    servers = [_server(app, most_bytes) for app in apps.values()]
    sockets = [listening.sockets[layer] for layer in apps]
    tasks = [
        asyncio.create_task(server.serve(sockets=[opened])) for server, opened in zip(servers, sockets, strict=True)
    ]
    helpers = [asyncio.create_task(each) for each in beside]
    await _either(stop, [*tasks, *helpers])
    for helper in helpers:
        helper.cancel()
    for server in servers:
        server.should_exit = True
    ends = await asyncio.gather(*tasks, *helpers, return_exceptions=True)
    for problem in ends:
        if isinstance(problem, Exception):
            raise problem


async def _either(stop: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for ``stop``, or for a task that ends by itself."""
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


def _server(app: ASGIApp, most_bytes: int) -> _Server:
    config = uvicorn.Config(
        app,
        log_config=None,
        proxy_headers=False,
        access_log=False,
        lifespan="off",
        server_header=False,
        ws_max_size=most_bytes,
        timeout_keep_alive=_IDLE,
        timeout_graceful_shutdown=_PATIENCE,  # type: ignore[arg-type]  # it is passed on to asyncio, which takes fractions
    )
    return _Server(config)
