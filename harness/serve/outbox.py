"""What waits to be sent to one WebSocket."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

MOST_BYTES = 4 * 2**20
"""Bytes of what a client subscribed to that may wait for it; more end its connection, so that it cannot fill this
machine's memory."""
_FULL = MOST_BYTES // 4


class Outbox:
    """Messages in their order. Nobody who puts one in waits for the client to read it.

    Answers cut nobody off, however large one is: `room` keeps the next request from being read.
    """

    def __init__(self) -> None:
        self._messages: deque[tuple[bytes, bool]] = deque()
        self._bytes = 0
        self._told = 0
        self._changed = asyncio.Event()
        self.is_overfull = False

    def answer(self, message: bytes) -> None:
        """Add what the client has asked for."""
        self._put(message, is_told=False)

    def tell(self, message: bytes) -> None:
        """Add what the client has subscribed to; it is dropped if the client has fallen too far behind."""
        self._put(message, is_told=True)

    def _put(self, message: bytes, *, is_told: bool) -> None:
        self._count(message, is_told, 1)
        self.is_overfull |= self._told > MOST_BYTES
        if not self.is_overfull:
            self._messages.append((message, is_told))
        self._changed.set()

    def _count(self, message: bytes, is_told: bool, sign: int) -> None:
        self._bytes += sign * len(message)
        self._told += sign * len(message) * is_told

    async def room(self) -> None:
        """Wait until the client has read most of what waits. Its next request is not read before."""
        while self._bytes > _FULL and not self.is_overfull:
            self._changed.clear()
            await self._changed.wait()

    async def deliver(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        """Send the messages, until there are too many of them."""
        while not self.is_overfull:
            while self._messages and not self.is_overfull:
                message, is_told = self._messages.popleft()
                sending = asyncio.ensure_future(send(message))
                await self._until_sent(sending)
                self._count(message, is_told, -1)
                self._changed.set()
            if not self.is_overfull:
                self._changed.clear()
                await self._changed.wait()

    async def _until_sent(self, sending: asyncio.Future[None]) -> None:
        """Wait until a message is sent, or too many others wait by then."""
        while not sending.done() and not self.is_overfull:
            self._changed.clear()
            changed = asyncio.ensure_future(self._changed.wait())
            both: list[asyncio.Future[Any]] = [sending, changed]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            changed.cancel()
        if sending.done():
            sending.result()
        else:
            sending.cancel()
