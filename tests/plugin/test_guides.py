"""Every snippet of every guide is run, unless it says why not."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness import config, guides
from harness.cli import main
from harness.rollup.config import GameRules, RollupConfig
from harness.scenarios.finding import cases_of, opened
from harness.scenarios.loading import parse
from tests.plugin import test_readme
from tests.plugin.conftest import CACHE
from tests.plugin.snippets import (
    FENCE,
    LANGUAGES,
    Snippet,
    agrees,
    changed,
    commands_in,
    files_of,
    outputs,
    snippets_of,
)
from tests.support.forked import Forks

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

Execute = Callable[[list[str], Path], tuple[int, str]]
SNIPPETS = {name: snippets_of(guides.FOLDER / f"{name}.md") for name in guides.ORDER}


def of(kind: str) -> list[object]:
    """The blocks of one kind in all guides, as parameters."""
    return [
        pytest.param(name, each, id=f"{name}:{each.line}")
        for name, snippets in SNIPPETS.items()
        for each in snippets
        if each.skip is None and (each.language == kind or each.run == kind)
    ]


def project(name: str) -> dict[str, str]:
    """The project of a guide: the README's, with the files that the guide adds or replaces."""
    return test_readme.project() | {"test_counter.py": ""} | files_of(SNIPPETS[name])


def write(files: dict[str, str], folder: Path) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def execute(python: Forks, tmp_path_factory: pytest.TempPathFactory) -> Execute:
    """Run Python with these words in a folder; its exit code and what it printed."""

    def in_folder(words: list[str], folder: Path) -> tuple[int, str]:
        paths = [str(test_readme.ROOT), os.environ.get("PYTHONPATH", "")]
        given = {"PYTHONPATH": os.pathsep.join(paths), "HARNESS_CACHE": str(CACHE), "COLUMNS": "100"}
        out, err = (tmp_path_factory.mktemp("printed") / name for name in ("out", "err"))
        code = python.run(words, folder, {**os.environ, **given}, out, err)
        return code, out.read_text(encoding="utf-8") + err.read_text(encoding="utf-8")

    return in_folder


# -- what the documents are


def test_the_folder_holds_the_guides_in_order() -> None:
    assert sorted(path.stem for path in guides.FOLDER.glob("*.md")) == sorted(guides.ORDER)


@pytest.mark.parametrize("name", guides.ORDER)
def test_a_guide_has_a_title_and_a_first_sentence(name: str) -> None:
    guide = guides.read(name)
    assert guide.text.startswith(f"# {guide.title}\n\n")
    assert guide.summary[-1] == "." and not guide.summary.startswith(("#", "`", "|"))


@pytest.mark.parametrize("name", guides.ORDER)
def test_every_block_is_of_a_kind_that_is_run_or_says_why_not(name: str) -> None:
    for each in SNIPPETS[name]:
        place = f"{name}.md:{each.line}"
        assert each.skip is None or len(each.skip) > 10, f"{place} does not say why it is skipped"
        assert each.language in LANGUAGES or each.skip is not None, f"{place} is {each.language}"
        assert each.run in (None, "fails", "script"), place
        assert not each.is_test or each.number_of_tests, f"{place} has no test"
    fences = guides.read(name).text.count("\n```")
    assert fences == 2 * len(SNIPPETS[name]), f"{name}.md has a fence that is not read"


@pytest.mark.parametrize("name", guides.ORDER)
def test_every_link_of_a_guide_leads_to_a_file_and_a_heading(name: str) -> None:
    prose = FENCE.sub("", guides.read(name).text)
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([\w-]+))?\)", prose):
        if "://" in target:
            continue
        file = (guides.FOLDER / target).resolve() if target else guides.FOLDER / f"{name}.md"
        assert file.is_file(), f"{name}.md links to {target}"
        headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
        slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not anchor or anchor in slugs, f"{name}.md links to {target}#{anchor}"


DOCUMENTS = [test_readme.README, *sorted(guides.FOLDER.glob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = re.findall(r"\b(?:tests|scripts|contracts)/[\w./-]*\w", text)
    assert [path for path in named if not (test_readme.ROOT / path).exists()] == []


# -- what is run


@pytest.mark.parametrize("name", [name for name in guides.ORDER if any(each.is_test for each in SNIPPETS[name])])
def test_the_tests_of_a_guide_pass(run: Run, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")  # so Hypothesis draws the same in each run
    tests = [each for each in SNIPPETS[name] if each.is_test]
    files = {f"test_line_{each.line}.py": each.body for each in tests}
    result = run(project(name) | files, settings=None)
    named = sum(each.number_of_tests for each in SNIPPETS[name] if each.file and each.language == "python")
    scenarios = [parse(each.body) for each in SNIPPETS[name] if each.file and each.language == "yaml"]
    named += sum(len(list(cases_of(each))) for each in scenarios)
    result.assert_outcomes(passed=sum(each.number_of_tests for each in tests) + named)


@pytest.mark.parametrize(("name", "script"), of("script"))
def test_a_script_of_a_guide_runs_and_prints_what_it_shows(
    execute: Execute, name: str, script: Snippet, tmp_path: Path
) -> None:
    write(project(name) | {"script.py": script.body}, tmp_path)
    code, printed = execute(["script.py"], tmp_path)
    assert code == 0, printed
    for shown in (shown for before, shown in outputs(SNIPPETS[name]) if before is script):
        assert agrees(shown.body, printed), printed


@pytest.mark.parametrize(("name", "failing"), of("fails"))
def test_a_failure_is_reported_as_the_guide_shows(run: Run, name: str, failing: Snippet) -> None:
    result = run(project(name) | {"test_fails.py": failing.body}, "test_fails.py", settings=None)
    result.assert_outcomes(failed=1)
    shown = [shown.body for before, shown in outputs(SNIPPETS[name]) if before is failing]
    assert shown and all(agrees(text, result.stdout.str()) for text in shown), result.stdout.str()


@pytest.mark.parametrize(("name", "console"), of("console"))
def test_a_command_of_a_guide_prints_what_it_shows(
    execute: Execute, name: str, console: Snippet, tmp_path: Path
) -> None:
    change = console.attributes.get("change")
    write(changed(project(name), change) if change else project(name), tmp_path)
    for command, shown in commands_in(console):
        words = shlex.split(command, comments=True)
        assert words[0] in ("harness", "pytest"), command
        code, printed = execute(["-m", *words], tmp_path)
        assert code == (1 if change else 0), printed
        assert not shown.strip() or agrees(shown, printed), printed


@pytest.mark.parametrize(("name", "settings"), of("toml"))
def test_settings_of_a_guide_are_accepted(name: str, settings: Snippet, tmp_path: Path) -> None:
    write({settings.file or "pyproject.toml": settings.body}, tmp_path)
    RollupConfig.of(config.load(tmp_path).rollup)


@pytest.mark.parametrize(("name", "scenario"), of("yaml"))
def test_scenarios_of_a_guide_are_accepted(name: str, scenario: Snippet, tmp_path: Path) -> None:
    write(project(name) | {scenario.file or "line.scenario.yaml": scenario.body}, tmp_path)
    assert opened(tmp_path / (scenario.file or "line.scenario.yaml"))[0].steps


@pytest.mark.parametrize(("name", "source"), of("solidity"))
def test_sources_of_a_guide_compile(execute: Execute, name: str, source: Snippet, tmp_path: Path) -> None:
    files = {source.file or f"src/Line{source.line}.sol": source.body}
    write(project(name) | files, tmp_path)
    code, printed = execute(["-m", "harness", "compile", "."], tmp_path)
    assert code == 0, printed


def test_the_words_worked_by_hand_are_those_that_a_proof_opens(execute: Execute, tmp_path: Path) -> None:
    """The guide's script holds the words of the machine and of the frame, one to a line."""
    command = "step --code 6003600201600055 --prove 4 --openings"
    assert f"harness {command}" in guides.read("proofs").text
    code, printed = execute(["-m", "harness", *command.split()], tmp_path)
    assert code == 0, printed
    opened = dict(re.findall(r"^  (\w+)((?:\n    0x\w+)+)", printed, re.MULTILINE))
    (script,) = (each.body for each in SNIPPETS["proofs"] if each.run == "script")
    shown = re.findall(r'^    "\w+": (0x\w+),$', script, re.MULTILINE)
    assert len(shown) == 11 + 26
    words = opened["machine"].split() + opened["frame"].split()
    assert [int(word, 16) for word in shown] == [int(word, 16) for word in words]
    assert opened["stack"].split() == ["0x0", "0x3", "0x2"] and opened["code"].split() == ["0x6003600201600055"]


# -- the settings


def test_the_guide_lists_every_key_of_the_configuration() -> None:
    text = guides.read("settings").text
    keys = {key.replace("_", "-") for kind in (RollupConfig, GameRules) for key in kind.__dataclass_fields__}
    assert {key for key in keys | set(config.KEYS) if f"\n| `{key}` |" not in text} == set()


def test_the_guide_lists_every_environment_variable_that_the_code_reads() -> None:
    sources = [path.read_text(encoding="utf-8") for path in guides.FOLDER.parent.rglob("*.py")]
    read = {name for source in sources for name in re.findall(r"\bHARNESS_[A-Z_]+\b", source)}
    assert len(read) >= 5
    listed = set(re.findall(r"^\| `(HARNESS_[A-Z_]+)` \|", guides.read("settings").text, re.MULTILINE))
    assert listed == read


def test_the_guide_lists_every_option_and_marker_of_pytest(inner: Run) -> None:
    printed = inner("--help").stdout.str()
    section = printed.split("rollup-harness: Ethereum layer 2 tests:")[1].split("\n\n")[0]
    options = set(re.findall(r"--[\w-]+", section))
    assert "--l1" in options
    listed = set(re.findall(r"^\| `(--[\w-]+)[=`\[]", guides.read("settings").text, re.MULTILINE))
    assert listed == options
    assert "`rollup(**parameters)`" in guides.read("settings").text


def test_the_guide_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    commands = set(re.findall(r"^    ([\w-]+)(?: |$)", capsys.readouterr().out, re.MULTILINE))
    assert "guide" in commands
    listed = set(re.findall(r"`harness ([a-z-]+)", guides.read("settings").text.split("## Commands")[1]))
    assert commands == listed


# -- the command


def test_the_command_lists_the_guides(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    assert main(["guide"]) == 0
    printed = capsys.readouterr().out
    assert [name for name in guides.ORDER if name not in printed or guides.read(name).title not in printed] == []
    assert "every key of [tool.harness], every" in printed


def test_the_command_shows_a_guide(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guide", "first-test"]) == 0
    printed = capsys.readouterr().out
    assert guides.read("first-test").title in printed
    assert "```" not in printed and "def test_" in printed


def test_the_command_names_the_guides_where_there_is_none_of_that_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guide", "first-tset"]) == 2
    printed = capsys.readouterr().err
    assert printed.endswith("; did you mean first-test?\n") and ", ".join(guides.ORDER) in printed


def test_a_block_that_differs_from_what_is_printed_is_seen() -> None:
    assert agrees("a  b\nc ... e", "x\na b\nc d e\n")
    assert not agrees("a b\nc ... f", "x\na b\nc d e\n")
    assert not agrees("a\nc", "a\nb\nc")
