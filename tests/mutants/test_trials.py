"""A mutant is caught by a test that passes on sound contracts and fails on the mutant because of the contracts."""

from __future__ import annotations

import io
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness import mutants
from harness.mutants import Mutant, Trials, Verdict

PATCH = """\
Breaks: The answer is another one.
Caught-by: {test}

--- contracts/Answer.sol
+++ contracts/Answer.sol
@@ -1,2 +1,2 @@
 // an answer
-42
+43
"""
TESTS = """\
import os
from pathlib import Path
import pytest
from harness.contracts.errors import CompileFailed
from harness.errors import Reverted, ToolNotFound

ANSWER = int((Path(os.environ["HARNESS_CONTRACTS"]) / "contracts" / "Answer.sol").read_text().splitlines()[1])

def sound(): return ANSWER == 42

@pytest.fixture
def deployed():
    assert sound()

@pytest.fixture
def books():
    yield
    assert sound()

def test_asserts(): assert sound()
def test_expects():
    with pytest.raises(ValueError):
        if sound(): raise ValueError
def test_reverts():
    if not sound(): raise Reverted("a guard")
def test_books(books): pass
def test_looks_beside_itself():
    assert (Path(__file__).parent / "contracts" / "Answer.sol").read_text().splitlines()[1] == "42"
def test_does_not_look(): pass
def test_deploys(deployed): pass
def test_compiles():
    if not sound(): raise CompileFailed("Answer.sol", "0.8.37", ("no",))
def test_needs_a_tool():
    if not sound(): raise ToolNotFound("solc", "gone")
def test_slips(): {42: None}[ANSWER]
def test_skips():
    if not sound(): pytest.skip("no answer")
def test_never_passes(): assert False
"""
IMPORTS = TESTS + "\nif not sound(): raise ImportError('no binding')\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Contracts of one line, with tests that fail on another one in every way there is."""
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "Answer.sol").write_text("// an answer\n42\n")
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "test_it.py").write_text(TESTS)
    (tmp_path / "test_imports.py").write_text(IMPORTS)
    (tmp_path / "tests" / "mutants" / "group").mkdir(parents=True)
    return tmp_path


def mutant(project: Path, test: str) -> Mutant:
    path = project / "tests" / "mutants" / "group" / "another-answer.patch"
    path.write_text(PATCH.format(test=test))
    return Mutant.read(path)


@pytest.mark.parametrize(
    ("test", "outcome", "reason"),
    [
        ("asserts", Verdict.CAUGHT, "AssertionError: assert False"),
        ("expects", Verdict.CAUGHT, "Failed: DID NOT RAISE"),
        ("reverts", Verdict.CAUGHT, "Reverted: a guard"),
        ("books", Verdict.CAUGHT, "AssertionError: assert False"),
        ("looks_beside_itself", Verdict.CAUGHT, "AssertionError: assert '43' == '42'"),
        ("does_not_look", Verdict.SURVIVED, ""),
        ("deploys", Verdict.BROKEN, "setup: AssertionError"),
        ("compiles", Verdict.BROKEN, "call: CompileFailed"),
        ("needs_a_tool", Verdict.BROKEN, "call: ToolNotFound"),
        ("slips", Verdict.BROKEN, "call: KeyError: 43"),
        ("skips", Verdict.BROKEN, "call: "),
        ("is_not_there", Verdict.BROKEN, "pytest ended with 4: "),
    ],
)
def test_a_mutant_is_caught_by_a_verdict_only(project: Path, test: str, outcome: Verdict, reason: str) -> None:
    chosen = mutant(project, f"test_it.py::test_{test}")
    trial = Trials(project).judge(chosen.caught_by, chosen)
    assert trial.outcome is outcome, trial.reason
    assert trial.reason.startswith(reason)


def test_a_test_that_never_passes_catches_nothing(project: Path) -> None:
    trial = Trials(project).attempt(mutant(project, "test_it.py::test_never_passes"))
    assert (trial.outcome, trial.reason) == (Verdict.BROKEN, "without the fault: AssertionError: assert False")


def test_a_file_that_is_not_collected_catches_nothing(project: Path) -> None:
    chosen = mutant(project, "test_imports.py::test_asserts")
    trial = Trials(project).judge(chosen.caught_by, chosen)
    assert (trial.outcome, trial.reason) == (Verdict.BROKEN, "collect: E   ImportError: no binding")


def test_a_patch_that_does_not_apply_catches_nothing(project: Path) -> None:
    (project / "contracts" / "Answer.sol").write_text("// an answer, 42\n42\n")
    trial = Trials(project).attempt(mutant(project, "test_it.py::test_asserts"))
    assert trial.outcome is Verdict.BROKEN and "line 1 is '// an answer, 42" in trial.reason


@pytest.mark.parametrize(("test", "code", "missed"), [("asserts", 0, 0), ("does_not_look", 1, 1)])
def test_the_command_says_what_became_of_each(project: Path, test: str, code: int, missed: int) -> None:
    chosen = mutant(project, f"test_it.py::test_{test}")
    out = io.StringIO()
    assert mutants.run(project, [chosen], console=Console(file=out, width=200)) == code
    first, last = filter(None, out.getvalue().splitlines())
    word = "caught   " if code == 0 else "survived "
    assert first.startswith(f"{word}group/another-answer: The answer is another one. [test_{test}]")
    assert last == f"mutants: 1 tried, {missed} not caught"


def test_a_mutant_that_is_not_caught_is_reported_with_what_tries_it_again(project: Path) -> None:
    out = io.StringIO()
    mutants.run(project, [mutant(project, "test_it.py::test_does_not_look")], console=Console(file=out, width=200))
    assert "(again: harness mutants group/another-answer)" in out.getvalue()
    folder = project / "tests" / "mutants" / "group"
    for name in ("one", "two"):
        (folder / f"{name}.patch").write_text("Breaks: it\nCaught-by: a test\n\n")
    assert [found.name for found in mutants.find(project, "group/two")] == ["group/two"]
    assert [found.name for found in mutants.find(project, "group")] == [
        "group/another-answer",
        "group/one",
        "group/two",
    ]


@pytest.mark.parametrize("group", ["nope", "group/nope", "*", "../mutants/group"])
def test_an_unknown_mutant_is_refused(project: Path, group: str) -> None:
    with pytest.raises(mutants.MutantUnreadable, match="there are no mutants"):
        mutants.find(project, group)
    folder = project / "tests" / "mutants" / "group"
    (folder / "one.patch").write_text("Breaks: it\nCaught-by: a test\n\n")
    with pytest.raises(mutants.MutantUnreadable, match="expected one of group"):
        mutants.find(project, group)


@pytest.mark.parametrize("head", [b"", b"Breaks: it\n\n", b"no header", b"\xff\xfe"])
def test_a_patch_without_its_header_is_refused(project: Path, head: bytes) -> None:
    folder = project / "tests" / "mutants" / "group"
    (folder / "one.patch").write_bytes(head)
    with pytest.raises(mutants.MutantUnreadable, match=r"one\.patch"):
        mutants.find(project)


def test_an_interrupted_run_ends_its_tests_and_says_how_far_it_came(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = [mutant(project, f"test_it.py::test_{test}") for test in ("asserts", "reverts")]
    stopped: list[Trials] = []

    def interrupted(trials: Trials, one: Mutant) -> mutants.Trial:
        if one is chosen[1]:
            raise KeyboardInterrupt
        return mutants.Trial(Verdict.CAUGHT)

    def stop(trials: Trials) -> None:
        stopped.append(trials)

    monkeypatch.setattr(Trials, "stop", stop)

    monkeypatch.setattr(Trials, "attempt", interrupted)
    out = io.StringIO()
    assert mutants.run(project, chosen, console=Console(file=out, width=200)) == 130
    assert out.getvalue().splitlines()[-1] == "mutants: 1 tried, 0 not caught; interrupted"
    assert len(stopped) == 1


def test_stopped_trials_kill_the_test_that_runs_and_begin_no_other(project: Path) -> None:
    begun = project / "begun"
    os.mkfifo(begun)
    waits = f"def test_waits():\n    Path({str(begun)!r}).write_text('now')\n    Path({str(begun)!r}).read_text()\n"
    (project / "test_it.py").write_text(TESTS + waits)
    trials = Trials(project)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(trials.judge, "test_it.py::test_waits")
        assert begun.read_text() == "now"
        trials.stop()
        assert running.result(60).outcome is Verdict.BROKEN
    assert trials.judge("test_it.py::test_asserts").reason == "interrupted"


def test_trials_that_are_stopped_while_a_test_begins_kill_that_one_too(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials, begin = Trials(project), subprocess.Popen

    def stopped(_: object, **options: Any) -> Any:
        process = begin(["sleep", "600"], **options)  # a test might end by itself before it is killed
        trials.stop()
        return process

    monkeypatch.setattr(subprocess, "Popen", stopped)
    trial = trials.judge("test_it.py::test_asserts")
    assert (trial.outcome, trial.reason) == (Verdict.BROKEN, "pytest ended with -9: no output")


def test_no_mutant_is_no_success(project: Path) -> None:
    out = io.StringIO()
    assert mutants.run(project, [], console=Console(file=out)) == 1
    assert out.getvalue().strip() == "mutants: 0 tried, 0 not caught"
