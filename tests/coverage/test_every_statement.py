"""What is said to have run of a contract with every kind of statement is what was counted by hand."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from harness import reverts
from harness.chain import open_chain
from harness.chain.chain import Chain
from harness.contracts.library import Contracts
from harness.contracts.project import Project, measured_projects
from harness.coverage.collector import Collector
from harness.coverage.measure import FileCoverage, ProjectCoverage, measure
from harness.engine.marking import marked_by

HERE = Path(__file__).parent
PRESET = "0x" + "77" * 20
COUNT = re.compile(r"// ([fg+-])(?: (.*))?$")


def play(chain: Chain, contracts: Contracts) -> None:
    alice, bob = chain.accounts.alice, chain.accounts.bob
    every = chain.deploy(contracts["Every"], 5, sender=alice)
    for number in (11, 3):
        every.ifs(number, sender=alice)
    every.checks(7, sender=alice)
    with reverts("fourteen"):
        every.checks(14, sender=alice)
    with reverts(contracts["Every"].Low):
        every.checks(16, sender=alice)
    every.loops(6, sender=alice)
    for how in (1, 2, 4):
        every.tries(how, sender=alice)
    assert every.yul(1) == 6  # a call: no transaction runs it
    every.empty(sender=alice)
    every.owned(sender=alice)
    with reverts("not owner"):
        every.owned(sender=bob)
    with reverts("not owner"):
        every.alsoOwned(1, sender=bob)
    chain.set_code(PRESET, contracts["Preset"].artifact.runtime)
    preset = chain.at(contracts["Preset"], PRESET)
    assert preset.preset() == preset.get() == 0
    every.starved(sender=alice, gas=200_000, check=False)
    chain.send(sender=alice, to=every, value=1, gas=50_000)
    refuser = chain.deploy(contracts["Refuser"], sender=alice)
    refuser.refuse(7, sender=alice)
    for refused in (1, 2, 41):
        with reverts():
            refuser.refuse(refused, sender=alice)


def covered(root: Path) -> ProjectCoverage:
    """Play in a project in an empty folder, and return what of it ran."""
    (root / "src").mkdir()
    shutil.copy(HERE / "Every.sol", root / "src")
    (root / "pyproject.toml").write_text('[tool.harness]\ncontracts = "src"\nsolc-version = "0.8.28"\n')
    opened: dict[Path, Project] = {}
    with measured_projects(opened):
        contracts = Contracts.load(root)
    collector = Collector(opened)
    with open_chain("py-evm") as chain, marked_by(collector):
        play(chain, contracts)
    return measure(opened[root], collector.hits())


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> FileCoverage:
    (file,) = covered(tmp_path_factory.mktemp("every")).files
    return file


def counted(mark: str) -> dict[int, str]:
    """Return what is written behind lines with one of these marks, by line."""
    lines = (HERE / "Every.sol").read_text().splitlines()
    matches = {number: COUNT.search(line) for number, line in enumerate(lines, 1)}
    return {number: match[1] + (match[2] or "") for number, match in matches.items() if match and match[1] in mark}


def test_the_lines_are_those_counted_by_hand(found: FileCoverage) -> None:
    assert found.lines == {line: text[0] == "+" for line, text in counted("+-").items()}


def test_the_functions_are_those_counted_by_hand(found: FileCoverage) -> None:
    entered = {function.line: function.entered for function in found.functions}
    assert entered == {line: text == "f" for line, text in counted("fg").items()}
    names = {function.name for function in found.functions}
    assert {"free", "Lib.twice", "Every.constructor", "Every.receive", "Every.onlyOwner", "Base.overloaded#2"} <= names


def test_the_branches_are_those_counted_by_hand(found: FileCoverage) -> None:
    told: dict[int, str] = {}
    for branch in found.branches:
        ways = ",".join(("" if way.taken else "!") + way.name for way in branch.ways)
        told[branch.line] = f"{told.get(branch.line, '')} {branch.kind}:{ways}".strip()
    reached = {line: sorted(parts(text)) for line, text in told.items() if found.lines[line]}
    assert reached == {line: sorted(parts(text[1:])) for line, text in counted("+").items() if text[1:]}
    assert [text for line, text in told.items() if not found.lines[line]] == ["if:!true,!false"]


def parts(text: str) -> list[str]:
    """Split the branches of a line; names of kinds and ways may hold blanks."""
    kinds = r"(?:do while|while|for|if|switch|try|require|assert|\?:|&&|\|\|):"
    return re.findall(rf"{kinds}.*?(?= {kinds}|$)", text)
