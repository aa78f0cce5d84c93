"""Processes that a benchmark starts, and worktrees that it makes: none stays behind, whatever happens."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.bench import contestants
from harness.bench.contestants import CannotMeasure, Subject, measured, worktree

HANGING = "import sys, time\nsys.stdin.readline()\ntime.sleep(600)\n"
DEAF = "import time\ntime.sleep(600)\n"


def _git(folder: Path, *arguments: str) -> str:
    identity = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@b",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@b",
    }
    return subprocess.run(
        ["git", "-C", str(folder), *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **identity},
    ).stdout


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "repository"
    home.mkdir()
    _git(home, "init", "--quiet")
    _git(home, "commit", "--quiet", "--allow-empty", "-m", "first")
    monkeypatch.setattr(contestants, "_ROOT", home)
    return home


def _subject(tmp_path: Path, program: str) -> Subject:
    script = tmp_path / "python"
    script.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{program}'\n")
    script.chmod(0o755)
    return Subject("hanging", root=tmp_path, python=str(script))


def test_a_subject_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contestants, "_ROUND_SECONDS", 0.5)
    with _subject(tmp_path, HANGING) as subject:
        with pytest.raises(CannotMeasure, match="ended with -9"):
            subject.run([[b"raw"]])
        assert subject._process.poll() == -9


def test_a_subject_that_does_not_end_by_itself_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contestants, "_STOP_SECONDS", 0.5)
    subject = _subject(tmp_path, DEAF)
    subject.stop()
    assert subject._process.poll() == -9


def test_a_layer_of_a_commit_that_takes_too_long_cannot_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_long(*arguments: Any, timeout: float, **options: Any) -> Any:
        raise subprocess.TimeoutExpired("python", timeout)

    monkeypatch.setattr(
        contestants, "subprocess", SimpleNamespace(run=too_long, TimeoutExpired=subprocess.TimeoutExpired)
    )
    with pytest.raises(CannotMeasure, match="took more than"):
        measured("proofs")


def test_a_worktree_is_there_for_a_while(repository: Path) -> None:
    with worktree("HEAD") as root:
        assert (root / ".git").exists()
    assert not root.exists()
    assert len(_git(repository, "worktree", "list").splitlines()) == 1


def test_a_worktree_that_cannot_be_removed_does_not_hide_what_went_wrong(repository: Path) -> None:
    with pytest.raises(ZeroDivisionError), worktree("HEAD") as root:
        _git(repository, "worktree", "remove", "--force", str(root))
        raise ZeroDivisionError


def test_worktrees_of_killed_runs_are_removed_and_those_of_running_ones_are_not(
    repository: Path, tmp_path: Path
) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    stale, used = (tmp_path / f"harness-bench-{pid}-x" / "worktree" for pid in (ended.pid, os.getppid()))
    for root in (stale, used):
        _git(repository, "worktree", "add", "--quiet", "--detach", str(root), "HEAD")
    with worktree("HEAD"):
        assert not stale.parent.exists()
        assert used.exists()
