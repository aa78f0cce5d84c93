"""Each test belongs to the project nearest to its own file, wherever pytest was started."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Run


def contract(name: str, number: int) -> str:
    return f"pragma solidity ^0.8.20;\ncontract {name} {{ uint256 public number = {number}; }}\n"


def asks(name: str, number: int) -> str:
    return f"""
def test_it(l1, accounts, {name}, contracts):
    assert l1.deploy({name}, sender=accounts.alice).number() == {number}
    assert contracts["{name}"] is {name}
"""


TABLE = '[tool.harness]\ncontracts = "{}"\n'
ONE = {
    "outer/one/pyproject.toml": TABLE.format("src"),
    "outer/one/src/Box.sol": contract("Box", 1),
    "outer/one/tests/deep/test_one.py": asks("Box", 1),
}
TWO = {
    "outer/two/pyproject.toml": TABLE.format("solidity"),
    "outer/two/solidity/Box.sol": contract("Box", 2) + contract("Cup", 3),
    "outer/two/tests/test_two.py": asks("Box", 2) + asks("Cup", 3).replace("test_it", "test_cup"),
}


@pytest.fixture
def start(pytester: pytest.Pytester, inner: Run) -> Run:
    """Run pytest in a folder: ``start("outer/one", "tests")``."""

    def start_in(folder: str, *arguments: str) -> pytest.RunResult:
        (pytester.path / folder).mkdir(parents=True, exist_ok=True)
        with pytest.MonkeyPatch.context() as context:
            context.chdir(pytester.path / folder)
            return inner(*arguments)

    return start_in


@pytest.mark.parametrize(
    ("folder", "arguments"),
    [
        ("outer/one", ()),
        ("outer/one/tests/deep", ()),
        ("outer/one/src", ("../tests",)),
        ("outer", ()),
        ("outer", ("one/tests/deep/test_one.py::test_it",)),
        ("outer/elsewhere", ("../one",)),
        ("outer/elsewhere", ("--rootdir=.", "../one/tests")),
        ("outer/elsewhere", ("-c", "pytest.ini", "../one")),
        (".", ("--rootdir=outer/one/tests", "outer/one")),
        (".", ("--import-mode=importlib", "--pyargs", "outer/one")),
        ("outer", ("-n", "1", "one")),
        ("outer/elsewhere", ("-c", "../one/pyproject.toml", "../apart")),
        ("outer/apart", ("--rootdir=../one",)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_it_does_not_matter_where_pytest_was_started(
    run: Run, start: Run, folder: str, arguments: tuple[str, ...]
) -> None:
    apart = {"outer/elsewhere/pytest.ini": "[pytest]\n", "outer/apart/apart_test.py": asks("Box", 1)}
    arguments = (*arguments, "--ignore-glob=*apart*") if folder == "outer" else arguments
    run(ONE | apart, "--version", settings=None)
    start(folder, *arguments).assert_outcomes(passed=1)


def test_a_project_below_another_and_a_table_of_others_on_the_way(run: Run) -> None:
    files = {
        "src/Box.sol": contract("Box", 5),
        "test_top.py": asks("Box", 5),
        "lib/dependency/pyproject.toml": TABLE.format("contracts"),
        "lib/dependency/contracts/Box.sol": contract("Box", 6),
        "lib/dependency/test_dependency.py": asks("Box", 6),
        "tests/pyproject.toml": '[tool.other]\nname = "x"\n',
        "tests/unit/conftest.py": "import pytest\n@pytest.fixture\ndef box(Box): return Box",
        "tests/unit/test_unit.py": asks("Box", 5) + "def test_by_conftest(box, Box): assert box is Box",
    }
    run(files).assert_outcomes(passed=4)


def test_where_no_project_is_near_pytests_guess_of_a_root_gives_none(
    run: Run, pytester: pytest.Pytester, start: Run
) -> None:
    lost = {"outer/three/test_lost.py": "def test_it(Box): pass\ndef test_all(contracts): assert not contracts"}
    run(ONE | lost, "--version", settings=None)
    result = start("outer", "one", "three")
    result.assert_outcomes(passed=2, errors=1)
    assert f"rootdir: {pytester.path / 'outer/one'}" in result.stdout.str()


@pytest.mark.parametrize("order", ["one two", "two one", "one two one -n2"])
def test_several_projects_in_one_run(run: Run, start: Run, order: str) -> None:
    shared = {
        "outer/pytest.ini": "[pytest]\n",
        "outer/conftest.py": """
import pytest

@pytest.fixture(scope="session")
def boxed(l1, accounts, Box):
    return l1.deploy(Box, sender=accounts.alice)

@pytest.fixture
def late(request):
    return request.getfixturevalue("boxed")
""",
        "outer/one/tests/test_shared.py": "def test_it(boxed, late): assert boxed.number() == 1 and late is boxed",
        "outer/two/tests/test_shared.py": """
import unittest
import pytest

def test_it(late): assert late.number() == 2

def test_by_name(request): assert request.getfixturevalue("Box").name == "Box"

class TestOldStyle(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def given_these(self, boxed): self.boxed = boxed
    def test_it(self): assert self.boxed.number() == 2
""",
    }
    run(ONE | TWO | shared, "--version", settings=None)
    result = start("outer", "--import-mode=importlib", "--keep-duplicates", *order.split())
    result.assert_outcomes(passed=9 if "-n2" in order else 7)


def test_each_projects_own_settings_hold(run: Run, start: Run) -> None:
    asks_settings = "def test_it(l1, rollup): assert (l1.backend.name, rollup.config.window) == ({!r}, {})"
    files = {
        "outer/one/pyproject.toml": TABLE.format("src") + "[tool.harness.rollup]\nwindow = 71\n",
        "outer/one/test_one.py": asks_settings.format("py-evm", 71),
        "outer/one/src/Box.sol": contract("Box", 1),
        "outer/two/pyproject.toml": TABLE.format("src") + 'l1 = "anvil"\n[tool.harness.rollup]\nwindow = 72\n',
        "outer/two/test_two.py": asks_settings.format("anvil", 72),
        "outer/two/src/Box.sol": contract("Box", 1),
        "outer/neither/test_neither.py": "def test_it(l1): assert l1.backend.name == 'py-evm' and l1.block_number == 0",
    }
    run(files, "--version", settings=None)
    start("outer", "one", "two", "neither").assert_outcomes(passed=3)


def test_a_contract_that_no_project_has_is_reported_with_the_projects_looked_at(
    run: Run, pytester: pytest.Pytester, start: Run
) -> None:
    lost = {
        "outer/pytest.ini": "[pytest]\n",
        "outer/one/test_lost.py": "def test_it(Cup): pass\ndef test_late(request): request.getfixturevalue('Pot')",
        "outer/three/test_lost.py": "def test_it(Box): pass",
    }
    run(ONE | TWO | lost, "--version", settings=None)
    for order in (("one", "two", "three"), ("three", "two", "one")):
        result = start("outer", "--import-mode=importlib", *order)
        result.assert_outcomes(passed=3, errors=2, failed=1)
        shown = result.stdout.str()
        one, two = pytester.path / "outer/one", pytester.path / "outer/two"
        for name in ("Cup", "Pot"):
            assert f"the project of this test, {one}, has no contract {name!r}; it has Box" in shown
        assert f"another project of this run, {two}, has Box, Cup" in shown
        assert "fixture 'Box' not found" in shown
        assert f"no pyproject.toml with [tool.harness] in any of {pytester.path / 'outer/three'}, " in shown


def test_a_projects_broken_settings_fail_its_own_tests_and_no_others(run: Run, start: Run) -> None:
    broken = {
        "outer/two/pyproject.toml": "[tool.harness]\ncontrats = 1\n",
        "outer/two/tests/test_two.py": "def test_it(l1): pass\ndef test_box(Box): pass\ndef test_plain(): pass",
    }
    run(ONE | broken, "--version", settings=None)
    result = start("outer")
    result.assert_outcomes(passed=2, errors=2)
    result.stdout.fnmatch_lines(["*[[]tool.harness] has no key 'contrats' (did you mean contracts?)*"])


def test_a_contracts_name_is_free_for_others_fixtures(run: Run, start: Run) -> None:
    files = {"outer/two/tests/conftest.py": "import pytest\n@pytest.fixture\ndef Bowl(): return 3"}
    one = ONE | {"outer/one/src/Bowl.sol": contract("Bowl", 1)}
    two = TWO | {"outer/two/tests/test_bowl.py": "def test_it(Bowl): assert Bowl == 3"}
    run(one | two | files, "--version", settings=None)
    start("outer").assert_outcomes(passed=4)


def test_the_home_of_this_suite_is_its_own_project(request: pytest.FixtureRequest) -> None:
    from harness.projects import Projects

    here = Path(__file__)
    assert Projects(Path("/")).nearest(here.parent).root == here.parents[2]


def test_a_project_tests_against_its_own_copy_of_the_built_in_contracts(run: Run) -> None:
    code = """
        from harness import built_in_contracts

        def test_it(harness_project):
            assert built_in_contracts().names() == ("Mine",)
    """.replace("\n        ", "\n")
    copy = {"copy/pyproject.toml": "[tool.harness]\n", "copy/src/Mine.sol": "contract Mine {}"}
    result = run({"test_a.py": code, **copy}, settings='built-in-contracts = "copy"')
    result.assert_outcomes(passed=1)
