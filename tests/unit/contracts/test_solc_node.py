"""The npm compiler as a process that stays: what it shares, what it survives, and that it ends with its parent.

Some tests run a package of their own, whose "compiler" does what its input says.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from harness import tools
from harness.contracts.compiling import solc_node
from harness.contracts.project import Project
from harness.errors import ToolNotFound

PACKAGE = """
const fs = require('fs');
const { threadId } = require('worker_threads');
const words = {
  thread: () => ({ process: process.pid, thread: threadId }),
  lines: () => 'a\\n',
  throw: () => { throw new Error('out of memory'); },
  leave: () => process.exit(7),
  die: () => process.kill(process.pid, 'SIGKILL'),
  wait: ([begun, end]) => { fs.openSync(begun, 'w'); return fs.readFileSync(end, 'utf8'); },
  hang: (fifo) => { fs.openSync(fifo, 'w'); for (;;); },
};
exports.version = () => '0.8.99';
exports.compile = (input) => {
  const [word, value] = JSON.parse(input);
  return word === 'mumble' ? value : JSON.stringify(words[word](value)) + '\\n';
};
"""

Ask = Callable[..., Any]


@pytest.fixture
def node() -> Path:
    return tools.any_node().executable


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package whose memory is small."""
    folder = tmp_path / "solc"
    folder.mkdir()
    (folder / "index.js").write_text(PACKAGE)
    (folder / "soljson.js").write_text("exports.HEAP8 = new Int8Array(8);")
    return folder


@pytest.fixture
def ask(node: Path, package: Path) -> Ask:
    return lambda *request: solc_node.compile_standard(node, package, request)  # type: ignore[arg-type]


def test_requests_in_turn_share_a_thread(ask: Ask) -> None:
    assert ask("thread") == ask("thread")


def test_an_answer_that_is_no_json_is_a_failure_of_the_compiler(ask: Ask) -> None:
    for answer in ("", "{", "warning: something"):
        with pytest.raises(ToolNotFound, match="is no JSON"):
            ask("mumble", answer)
    assert ask("thread")


def test_a_thread_whose_memory_has_grown_is_replaced(ask: Ask, package: Path) -> None:
    (package / "soljson.js").write_text("exports.HEAP8 = { buffer: { byteLength: 600 * 2 ** 20 } };")
    first, second = ask("thread"), ask("thread")
    assert first["process"] == second["process"]
    assert first["thread"] != second["thread"]


def test_a_request_is_answered_while_another_is_compiled(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solc_node, "workers", lambda: 2)
    begun, end = tmp_path / "begun", tmp_path / "end"
    os.mkfifo(begun)
    os.mkfifo(end)
    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(ask, "wait", [str(begun), str(end)])
        begun.open("rb").close()  # opens when the compiler opens it
        quick = pool.submit(ask, "thread")
        try:
            assert quick.result(timeout=60)["thread"] > 0
            assert not slow.done()
        finally:
            end.write_text("ended")
    assert slow.result() == "ended"


def test_line_breaks_of_an_output_do_not_end_its_answer(ask: Ask) -> None:
    assert ask("lines") == "a\n"


@pytest.mark.parametrize(
    ("word", "reason"), [("throw", "Error: out of memory"), ("leave", "its thread ended with 7"), ("die", "-9")]
)
def test_a_compiler_that_fails_is_named_and_the_next_request_is_answered(
    ask: Ask, package: Path, word: str, reason: str
) -> None:
    before = ask("thread")
    with pytest.raises(ToolNotFound, match=f"{package} failed: .*{reason}"):
        ask(word)
    after = ask("thread")
    assert after != before
    assert (after["process"] == before["process"]) == (word != "die")


def test_all_requests_of_a_process_that_dies_fail(ask: Ask) -> None:
    ask("thread")
    with ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(ask, "die") for _ in range(3)]
    assert [type(answer.exception()) for answer in answers] == [ToolNotFound] * 3


def test_a_process_that_says_something_else_owes_no_answer() -> None:
    """``cat`` gives requests back, which are no answers."""
    run = solc_node._Run(("cat", "-", "-"))
    with pytest.raises(ToolNotFound, match="cat - failed: it ended with -9"):
        run.send("{}").result(timeout=60)


def test_a_node_that_does_not_start_is_named(package: Path, tmp_path: Path) -> None:
    with pytest.raises(ToolNotFound, match="nowhere"):
        solc_node.compile_standard(tmp_path / "nowhere", package, {})


def test_it_ends_with_its_parent_in_the_midst_of_a_compilation(node: Path, package: Path, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    code = (
        "from pathlib import Path; from harness.contracts.compiling import solc_node; "
        f"solc_node.compile_standard(Path({str(node)!r}), Path({str(package)!r}), ['hang', {str(fifo)!r}])"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    with fifo.open("rb") as compiling:  # opens when the compiler opens it, and ends with the compiler
        parent.send_signal(signal.SIGKILL)
        assert compiling.read() == b""
    assert parent.wait() == -signal.SIGKILL


def test_files_of_several_projects_are_compiled_by_one_process(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []

    class Counting(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **options: Any) -> None:
            started.append(args)
            super().__init__(*args, **options)

    solc_node._service.cache_clear()
    monkeypatch.setattr(subprocess, "Popen", Counting)
    for project in "ab":
        (tmp_path / project / "src").mkdir(parents=True)
        (tmp_path / project / "pyproject.toml").write_text('[tool.harness]\ncontracts = "src"\n')
        for name in "AB":
            text = f"contract {name} {{ string public s = '{project}'; }}"
            (tmp_path / project / "src" / f"{name}.sol").write_text(text)
        Project.load(tmp_path / project).compile_all()
    assert len(started) == 1
