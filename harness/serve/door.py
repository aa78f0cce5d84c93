"""Who may come in: the Host that a request names, and the Origin of the page that sent it.

A page of any site can make a browser send requests to loopback. It can also give its own name the address of loopback
(DNS rebinding), and then read the answers. So a request must name a host of this machine, and if a page sent it, that
page must come from this machine, or be named.

A browser writes an Origin as "null" or with a scheme (Fetch, section 3.2), and no page can set it. Programs that are no
browsers put their own name there, as titanoboa does. So an Origin of one word comes from no page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

_WORD = re.compile(r"(?!null\Z)[a-z][a-z0-9_.-]*", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Door:
    """Lets in requests to loopback, and to ``hosts``; from pages of loopback, and of ``origins``."""

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, hosts: Iterable[str], origins: Iterable[str]) -> Door:
        """Return a door that knows these names besides."""
        return cls(frozenset(name.lower() for name in hosts), frozenset(name.lower().rstrip("/") for name in origins))

    def refusal(self, host: str | None, origin: str | None) -> str | None:
        """Return why a request may not come in; None if it may."""
        if not self._knows_host(host):
            return f"Host is {host!r}, expected a name of loopback, or one that --allow-host gave"
        if origin is not None and not self._knows_origin(origin):
            return f"Origin is {origin!r}, expected loopback, or one that --allow-origin gave"
        return None

    def _knows_host(self, host: str | None) -> bool:
        name = _hostname(f"//{host or ''}")
        return name is not None and (is_loopback(name) or name in self.hosts)

    def _knows_origin(self, origin: str) -> bool:
        if "*" in self.origins or origin.lower() in self.origins or _WORD.fullmatch(origin):
            return True
        name = _hostname(origin) if origin.startswith(("http://", "https://")) else None
        return name is not None and is_loopback(name)


@lru_cache(maxsize=256)
def is_loopback(name: str) -> bool:
    """Return whether a host is this machine, whatever a name server says."""
    if name in ("localhost", "localhost."):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _hostname(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
