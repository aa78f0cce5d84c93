"""The fork of a test's L1: marker, option, environment, table, default; the first that is given decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.config import DEFAULT_L1_FORK

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

OTHER = "prague" if DEFAULT_L1_FORK == "osaka" else "osaka"
FORK = "l1.backend.rules.fork_name"


def test_the_marker_the_option_the_environment_and_the_table_choose_in_this_order(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HARNESS_L1_FORK", raising=False)
    plain = f"def test_it(l1): assert {FORK} == '%s'"
    run({"test_a.py": plain % DEFAULT_L1_FORK}).assert_outcomes(passed=1)
    run({"test_a.py": plain % OTHER}, settings=f'l1-fork = "{OTHER}"').assert_outcomes(passed=1)
    monkeypatch.setenv("HARNESS_L1_FORK", DEFAULT_L1_FORK)
    run({"test_a.py": plain % DEFAULT_L1_FORK}, settings=f'l1-fork = "{OTHER}"').assert_outcomes(passed=1)
    run({"test_a.py": plain % OTHER}, f"--l1-fork={OTHER}").assert_outcomes(passed=1)
    marked = f"import pytest\n@pytest.mark.l1(fork='{DEFAULT_L1_FORK}')\n{plain % DEFAULT_L1_FORK}"
    run({"test_a.py": marked}, f"--l1-fork={OTHER}").assert_outcomes(passed=1)


def test_tests_of_both_forks_lie_side_by_side_and_share_what_they_can(run: Run) -> None:
    test = f"""
import pytest
seen = []

@pytest.mark.parametrize("again", [1, 2])
@pytest.mark.l1(fork="prague")
def test_prague(l1, again):
    seen.append(l1)
    assert {FORK} == "prague" and l1.block_number == 0
    l1.mine()

@pytest.mark.l1(fork="osaka", blobs="bpo2")
def test_osaka(l1):
    assert {FORK} == "osaka" and l1.backend.rules.blobs.most == 21

@pytest.mark.l1(fork="osaka")
def test_without_one():
    pass

def test_last(l1):
    assert {FORK} == "{DEFAULT_L1_FORK}"
    assert len(seen) == 2 and seen[0] is seen[1]
"""
    run({"test_a.py": test}).assert_outcomes(passed=5)


def test_the_rollup_stands_on_the_l1_of_the_marker(run: Run) -> None:
    test = f"""
import pytest

@pytest.mark.l1(fork="prague")
def test_it(rollup, l1):
    assert rollup.l1 is l1 and {FORK} == "prague"
"""
    run({"test_a.py": test}).assert_outcomes(passed=1)


def test_a_wrong_fork_is_refused_where_it_is_written(run: Run) -> None:
    plain = "def test_it(l1): pass"
    table = run({"test_a.py": plain}, settings='l1-fork = "cancun"')
    assert table.ret == pytest.ExitCode.USAGE_ERROR
    table.stderr.fnmatch_lines(["*l1-fork is 'cancun', expected one of prague, osaka*"])
    option = run({"test_a.py": plain}, "--l1-fork=cancun")
    assert option.ret == pytest.ExitCode.USAGE_ERROR
    option.stderr.fnmatch_lines(["*--l1-fork*'cancun'*"])
    marker = run({"test_a.py": "import pytest\n@pytest.mark.l1(fork='cancun')\n" + plain})
    marker.assert_outcomes(errors=1)
    marker.stdout.fnmatch_lines(["*fork of L1 is 'cancun', expected one of prague, osaka*"])


@pytest.mark.parametrize("given", ["forks='osaka'", "'osaka'"])
def test_a_marker_with_other_parameters_is_refused(run: Run, given: str) -> None:
    result = run({"test_a.py": f"import pytest\n@pytest.mark.l1({given})\ndef test_it(l1): pass"})
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*@pytest.mark.l1: it has *, expected fork and blobs*"])
