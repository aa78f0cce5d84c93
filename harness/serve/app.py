"""A layer's side that clients see: HTTP and WebSocket, on one path."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from harness.serve import wire
from harness.serve.door import Door
from harness.serve.endpoint import Answer, Session
from harness.serve.keeper import Interrupted, Keeper
from harness.serve.limits import Limits
from harness.serve.outbox import Outbox
from harness.serve.station import Station

_POLICY_VIOLATION, _TRY_AGAIN_LATER = 1008, 1013
_JSON, _TEXT = "application/json", "text/plain; charset=utf-8"
_NO_CONTENT = 204
_log = logging.getLogger("harness.serve")
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

    def app(self) -> ASGIApp:
        """Return the ASGI application."""
        pages = [Route(f"/{path}", partial(self.page, name), methods=["GET"]) for path, name in _FILES.items()]
        site = Starlette(routes=[*pages, WebSocketRoute("/", self.converse)])

        async def either(scope: Scope, receive: Receive, send: Send) -> None:
            # Requests go past the framework, whose routing costs as much as the answer to a small call.
            if scope["type"] == "http" and scope["path"] == "/" and scope["method"] in ("POST", "OPTIONS"):
                await self.post(scope, receive, send)
            else:
                await site(scope, receive, send)

        return either

    # -- HTTP

    async def page(self, name: str, request: HttpRequest) -> Response:
        """Show a file of the page, which needs nothing from elsewhere."""
        refused = self._refused(request.headers.get("host"), None)
        return refused or FileResponse(_PAGE / name, headers=_PAGES_HEADERS)

    async def post(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        named = {name: value.decode("latin-1") for name, value in scope["headers"] if name in (b"host", b"origin")}
        origin = named.get(b"origin")
        reason = self.door.refusal(named.get(b"host"), origin)
        if reason is not None:
            await _respond(send, 403, (reason + "\n").encode(), _TEXT, {})
            return
        shared = _shared_with(origin)
        if scope["method"] == "OPTIONS":
            await _respond(send, 204, b"", None, shared)
            return
        try:
            data = await self._body(receive)
        except ClientDisconnect:
            return
        if data is None:
            await _respond(send, 413, f"more than {self.limits.body} bytes\n".encode(), _TEXT, shared)
            return
        answer = await self.answer(data)
        await _respond(send, 204 if answer is None else 200, answer or b"", _JSON if answer else None, shared)

    def _refused(self, host: str | None, origin: str | None) -> Response | None:
        reason = self.door.refusal(host, origin)
        return None if reason is None else PlainTextResponse(reason + "\n", 403)

    async def _body(self, receive: Receive) -> bytes | None:
        """Return the body; None if there is too much of it. Raises ClientDisconnect."""
        parts, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self.limits.body:
                return None
            more = message.get("more_body", False)
        return b"".join(parts)

    async def answer(self, data: bytes, session: Session | None = None) -> bytes | None:
        """Return the answer to one message; None if it wants none."""
        message = wire.read(data, self.limits)
        answers = []
        for part in message.parts:
            # Each part is a job of its own, so that other clients' requests come in between.
            job = partial(self.station.answer, self.name, part, session)
            is_quick = partial(self.station.is_quick, self.name, part)
            try:
                answers.append(await self.keeper.do(job, at_once=is_quick))
            except Interrupted:
                answers.append(wire.error(part.id, wire.INTERNAL_ERROR, "the server ends"))
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
            loop.call_soon_threadsafe(outbox.tell, wire.encode(notification))

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
            for problem in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(problem, Exception) and not isinstance(problem, WebSocketDisconnect):
                    _log.error("%s: a connection fails", self.name, exc_info=problem)
            await self.keeper.do(partial(self.station.leave, self.name, session))

    async def _listen(self, socket: WebSocket, outbox: Outbox, session: Session) -> None:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1000))
            data = message.get("text")
            answer = await self.answer(message["bytes"] if data is None else data.encode(), session)
            if answer is not None:
                outbox.answer(answer)
            await outbox.room()


def _encoded(answers: Sequence[Answer], is_batch: bool) -> bytes | None:
    if not answers:
        return None
    return wire.encode(answers if is_batch else answers[0])


async def _respond(send: Send, status: int, body: bytes, kind: str | None, headers: Mapping[str, str]) -> None:
    listed = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    if status != _NO_CONTENT:
        listed.append((b"content-length", b"%d" % len(body)))
    if kind is not None:
        listed.append((b"content-type", kind.encode()))
    await send({"type": "http.response.start", "status": status, "headers": listed})
    await send({"type": "http.response.body", "body": body})


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
