"""The browser that shows pages to tests. It is no dependency: Debian's package is called chromium."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.ends import PATIENCE

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), None)

NO_BROWSER = f"no browser: none of {', '.join(NAMES)} is on PATH"
"""Why a test that needs a browser is skipped."""

QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


class Page:
    """A page of a headless Chromium, driven over the DevTools protocol.

    ``problems`` are the messages of its console, exceptions, failed requests, and what its policy refused.
    """

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._count = 0
        self._loaded: set[str] = set()
        self.problems: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call("Page.setLifecycleEventsEnabled", enabled=True)

    def call(self, method: str, **parameters: Any) -> Any:
        """Call a method of the protocol and return its result."""
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": parameters}))
        while (answer := self._next()).get("id") != self._count:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def _next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self._socket.recv(timeout=PATIENCE))
        what, told = message.get("method"), message.get("params", {})
        if what == "Page.lifecycleEvent" and told["name"] == "load":
            self._loaded.add(told["loaderId"])
        elif what == "Log.entryAdded":
            self.problems.append(told["entry"]["text"])
        elif what == "Runtime.exceptionThrown":
            self.problems.append(str(told["exceptionDetails"]))
        elif what == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning"):
            self.problems.append(str(told["args"]))
        elif what == "Network.loadingFailed":
            self.problems.append(f"a request failed: {told}")
        return message

    def open(self, address: str, width: int, height: int, scheme: str = "light") -> None:
        """Show a page in a window of this size and colour scheme, and wait until it is there."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        # The event may come before the answer, and a page that was shown before has events of its own.
        loader = self.call("Page.navigate", url=address)["loaderId"]
        while loader not in self._loaded:
            self._next()

    def value(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in the page."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)["result"]
        assert result.get("subtype") != "error", result
        return result.get("value")


@contextmanager
def open_page(profile: Path) -> Iterator[Page]:
    """Start a browser with an empty profile in this folder, and yield its page; the browser ends with the body."""
    from websockets.sync.client import connect

    assert CHROMIUM is not None
    command = [CHROMIUM, *QUIET, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            line = next(line for line in process.stderr if line.startswith("DevTools listening on "))
            browser = line.split()[-1]
            with connect(browser, max_size=None) as socket:
                # A page of its own: the first one may not be there yet when the browser listens.
                request = {"id": 0, "method": "Target.createTarget", "params": {"url": "about:blank"}}
                socket.send(json.dumps(request))
                target = json.loads(socket.recv(timeout=PATIENCE))["result"]["targetId"]
            address = f"{browser.partition('/devtools/')[0]}/devtools/page/{target}"
            with connect(address, max_size=None) as socket:
                yield Page(socket)
        finally:
            process.kill()
            process.communicate()
