"""A layer's side that clients see: HTTP and WebSocket, on one path."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from harness.serve import wire
from harness.serve.door import Door
from harness.serve.endpoint import Answer, Session
from harness.serve.keeper import Keeper
from harness.serve.limits import Limits
from harness.serve.outbox import Outbox
from harness.serve.station import Station

_POLICY_VIOLATION, _TRY_AGAIN_LATER = 1008, 1013
_JSON = "application/json"
_PAGE = Path(__file__).with_name("page")
_FILES = {"": "index.html", "page.css": "page.css", "page.js": "page.js"}
_PAGES_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True, slots=True)
class Layer:
    """What answers the clients of one port."""

    name: str
    station: Station
    keeper: Keeper
    door: Door
    limits: Limits

    def app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                *(Route(f"/{path}", partial(self.page, name), methods=["GET"]) for path, name in _FILES.items()),
                Route("/", self.post, methods=["POST", "OPTIONS"]),
                WebSocketRoute("/", self.converse),
            ]
        )

    # -- HTTP

    async def page(self, name: str, request: HttpRequest) -> Response:
        """Show a file of the page, which needs nothing from elsewhere."""
        refused = self._refused(request.headers.get("host"), None)
        return refused or FileResponse(_PAGE / name, headers=_PAGES_HEADERS)

    async def post(self, request: HttpRequest) -> Response:
        """Answer one HTTP request."""
        origin = request.headers.get("origin")
        refused = self._refused(request.headers.get("host"), origin)
        if refused is not None:
            return refused
        shared = _shared_with(origin)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=shared)
        data = await self._body(request)
        if data is None:
            return PlainTextResponse(f"more than {self.limits.body} bytes\n", 413, headers=shared)
        answer = await self.answer(data)
        if answer is None:
            return Response(status_code=204, headers=shared)
        return Response(answer, media_type=_JSON, headers=shared)

    def _refused(self, host: str | None, origin: str | None) -> Response | None:
        reason = self.door.refusal(host, origin)
        return None if reason is None else PlainTextResponse(reason + "\n", 403)

    async def _body(self, request: HttpRequest) -> bytes | None:
        """Return the body; None if there is too much of it."""
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > self.limits.body:
                return None
            parts.append(part)
        return b"".join(parts)

    async def answer(self, data: bytes, session: Session | None = None) -> bytes | None:
        """Return the answer to one message; None if it wants none."""
        message = wire.read(data, self.limits)
        answers = []
        for part in message.parts:
            # Each part is a job of its own, so that other clients' requests come in between.
            answers.append(await self.keeper.do(partial(self.station.answer, self.name, part, session)))
        return _encoded([answer for answer in answers if answer is not None], message.is_batch)

    # -- WebSocket

    async def converse(self, socket: WebSocket) -> None:
        """Answer the messages of one connection, in their order, and tell it what it subscribed to, until it ends."""
        reason = self.door.refusal(socket.headers.get("host"), socket.headers.get("origin"))
        if reason is not None:
            await socket.close(_POLICY_VIOLATION, reason)
            return
        await socket.accept()
        outbox, loop = Outbox(), asyncio.get_running_loop()

        def tell(notification: Answer) -> None:
            loop.call_soon_threadsafe(outbox.put, wire.encode(notification))

        session = Session(tell)
        tasks = [
            asyncio.create_task(self._listen(socket, outbox, session)),
            asyncio.create_task(outbox.deliver(lambda message: socket.send_text(message.decode()))),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if outbox.is_overfull:
                await socket.close(_TRY_AGAIN_LATER, "more waits to be read than is kept")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.keeper.do(partial(self.station.leave, self.name, session))

    async def _listen(self, socket: WebSocket, outbox: Outbox, session: Session) -> None:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1000))
            data = message.get("text")
            answer = await self.answer(message["bytes"] if data is None else data.encode(), session)
            if answer is not None:
                outbox.put(answer)
            await outbox.room()


def _encoded(answers: Sequence[Answer], is_batch: bool) -> bytes | None:
    if not answers:
        return None
    return wire.encode(answers if is_batch else answers[0])


def _shared_with(origin: str | None) -> dict[str, str]:
    """Return the headers that let the page that asked read the answer."""
    if origin is None:
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "content-type",
        "Vary": "Origin",
    }
