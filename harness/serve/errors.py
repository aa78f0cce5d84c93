"""Why the server cannot do what it is asked."""

from __future__ import annotations

from harness.errors import HarnessError


class ServerMissing(HarnessError):
    """The packages that the server runs on are not installed; ``package`` is the one that was looked for."""

    def __init__(self, package: str) -> None:
        super().__init__(f"the server needs the package {package}: pip install 'rollup-harness[serve]'")
        self.package = package


class StateUnreadable(HarnessError):
    """A file of state is not whole, of another version, or does not play out; nothing was changed."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} holds no state that can be served: {reason}")
        self.path = path
        self.reason = reason


class StateUnwritable(HarnessError):
    """The state cannot be written to its file; a state that was there is there still."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"the state cannot be written to {path}: {reason}")
        self.path = path
        self.reason = reason


class PortTaken(HarnessError):
    """Another program listens on a port already, or this one may not."""

    def __init__(self, layer: str, host: str, port: int, reason: str) -> None:
        super().__init__(f"{layer} cannot listen on {host}:{port}: {reason}")
        self.layer = layer
        self.host = host
        self.port = port
        self.reason = reason
