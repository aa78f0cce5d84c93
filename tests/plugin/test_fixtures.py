"""Contracts by name, clashes, options and the plugin's silence where it is not used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness import open_chain

if TYPE_CHECKING:
    from tests.plugin.conftest import Run


def test_a_first_test_of_ones_own(run: Run) -> None:
    result = run(
        {
            "test_a.py": """
            def test_it(l1, accounts, Counter, contracts):
                counter = l1.deploy(Counter, sender=accounts.alice)
                receipt = counter.increment(sender=accounts.bob)
                assert counter.number() == 1 and receipt.status == 1
                assert contracts["src/Counter.sol:Counter"] is Counter is contracts["Counter"]
                assert list(contracts) == ["Counter"]
            """.replace("\n            ", "\n")
        }
    )
    result.assert_outcomes(passed=1)


def test_nothing_heavy_is_imported_in_a_project_that_does_not_use_it(run: Run) -> None:
    heavy = (
        "{'web3', 'eth', 'eth_tester', 'solcx', 'rich', 'requests', 'hypothesis', 'harness.chain', 'harness.contracts'}"
    )
    test = f"import sys\ndef test_it(): assert not {heavy} & set(sys.modules)"
    run({"test_a.py": test}, settings=None, anew=True).assert_outcomes(passed=1)


def test_nothing_heavy_is_imported_before_a_fixture_asks(run: Run) -> None:
    heavy = "{'web3', 'eth', 'eth_tester', 'solcx', 'requests', 'harness.chain', 'harness.contracts.bindings'}"
    test = f"import sys\ndef test_it(): assert not {heavy} & set(sys.modules)"
    run({"test_a.py": test}, anew=True).assert_outcomes(passed=1)


def test_a_contract_is_compiled_on_first_use_only(run: Run) -> None:
    files = {"src/Broken.sol": "contract Broken { nonsense }", "test_a.py": "def test_it(Counter): assert Counter"}
    run(files).assert_outcomes(passed=1)
    result = run({"test_a.py": "def test_it(Broken): pass"})
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*solc 0.8.37 refused src/Broken.sol:*", "*--> src/Broken.sol:1:*"])


def test_a_name_of_two_files_is_an_error_naming_both_and_the_path_still_works(run: Run) -> None:
    files = {
        "src/deep/Counter.sol": "contract Counter {}",
        "test_a.py": "def test_clash(Counter): pass\n"
        "def test_path(contracts): assert contracts['src/deep/Counter.sol:Counter']",
    }
    result = run(files)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["*fixture name 'Counter' is ambiguous: src/Counter.sol:Counter and src/deep/Counter.sol:Counter; ask for*"]
    )


@pytest.mark.parametrize("name", ["tmp_path", "mine"])
def test_a_clash_with_another_fixture_is_an_error_naming_both(run: Run, name: str) -> None:
    files = {
        "src/Odd.sol": f"contract {name} {{}}",
        "conftest.py": "import pytest\n@pytest.fixture\ndef mine(): return 1",
        "test_a.py": f"def test_it({name}): pass\ndef test_other(Counter): pass",
    }
    result = run(files)
    result.assert_outcomes(passed=1, errors=1)
    place = "*tmpdir.py:*" if name == "tmp_path" else "*conftest.py:*"
    result.stdout.fnmatch_lines([f"*fixture name '{name}' is ambiguous: contract src/Odd.sol:{name} and {place}"])


def test_a_parameter_may_have_a_contracts_name(run: Run) -> None:
    test = "import pytest\n@pytest.mark.parametrize('Counter', [1, 2])\ndef test_it(Counter): assert Counter in (1, 2)"
    run({"test_a.py": test}).assert_outcomes(passed=2)


def test_an_unknown_contract_is_an_error_with_close_names(run: Run) -> None:
    result = run({"test_a.py": "def test_it(contracts): contracts['Conuter']"})
    result.stdout.fnmatch_lines(["*no contract 'Conuter' in *src; did you mean Counter?"])


def test_a_wrong_key_stops_the_run_and_names_it(run: Run) -> None:
    result = run({"test_a.py": "def test_it(): pass"}, settings="contrats = 1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*[[]tool.harness] has no key 'contrats' (did you mean contracts?); known: *"])


@pytest.mark.parametrize("backend", ["hardhut", "py_evm"])
def test_an_unknown_backend_stops_the_run(run: Run, backend: str) -> None:
    result = run({"test_a.py": "def test_it(): pass"}, f"--l1={backend}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--l1 is '{backend}', expected py-evm, anvil, hardhat, geth or the URL of a node*"])


def test_an_unreachable_node_is_named(run: Run) -> None:
    result = run({"test_a.py": "def test_it(l1): pass"}, "--l1=http://127.0.0.1:9")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no Ethereum node answers at http://127.0.0.1:9*"])


@pytest.mark.only_anvil
def test_the_backend_may_be_configured_and_the_option_wins(run: Run) -> None:
    test = "def test_it(l1): assert l1.backend.name == 'py-evm'"
    run({"test_a.py": test}, "--l1=py-evm", settings='l1 = "anvil"').assert_outcomes(passed=1)
    run({"test_a.py": test.replace("py-evm", "anvil")}, settings='l1 = "anvil"').assert_outcomes(passed=1)


def test_fixtures_are_listed_with_what_they_are(run: Run) -> None:
    result = run({"test_a.py": "def test_it(): pass"}, "--fixtures")
    result.stdout.fnmatch_lines(["Counter*", "*Contract Counter of the project."])


@pytest.mark.only_anvil
def test_a_node_by_its_url(run: Run) -> None:
    test = """
import pytest

@pytest.mark.parametrize("n", range(2))
def test_it(l1, accounts, Counter, n):
    assert l1.chain_id == 31338 and l1.block_number == 0
    counter = l1.deploy(Counter, sender=accounts.alice)
    counter.increment(sender=accounts.alice)
    assert counter.number() == 1
"""
    with open_chain("anvil", chain_id=31338) as node:
        run({"test_a.py": test}, f"--l1={node.backend.url}").assert_outcomes(passed=2)


def test_a_misspelt_fixture_is_reported_with_what_it_may_mean(run: Run) -> None:
    test = """
import pytest

@pytest.fixture
def my_counter(): pass

def test_contract(Countr): pass
def test_house(acounts): pass
def test_own(my_countr): pass
"""
    result = run({"test_a.py": test})
    result.assert_outcomes(errors=3)
    for name, meant in (("Countr", "Counter"), ("acounts", "accounts"), ("my_countr", "my_counter")):
        result.stdout.fnmatch_lines([f"*fixture '{name}' not found", f"*did you mean {meant}*"])
