"""The Solidity line that a failure names: that of the user's statement, whatever the compiler made of it.

What is expected stands in the sources themselves, in ``failing/*.sol``: ``fails: x`` marks the line at which case x
fails, ``passes on: x`` the one of the call by which a frame around it got the failure.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_utils import keccak

from harness.chain import open_chain
from harness.chain.chain import Chain
from harness.chain.errors import Reverted
from harness.chain.nodes.anvil import AnvilBackend
from harness.chain.nodes.client import NodeAnswer
from harness.contracts.library import Contracts

SOURCES = Path(__file__).with_name("failing")
SETTINGS = {
    "default": "",
    "via-ir": "via-ir = true",
    "no-optimizer": "optimizer = false",
}


def _marks() -> dict[str, tuple[str, ...]]:
    """The lines of each case, outermost call first."""
    passing: dict[str, list[str]] = {}
    failing: dict[str, list[str]] = {}
    for path in sorted(SOURCES.glob("*.sol"), reverse=True):
        for number, text in enumerate(path.read_text().splitlines(), start=1):
            place = f"src/{path.name}:{number}"
            if found := re.search(r"// passes on: (.*)", text):
                for case in found[1].split(", "):
                    passing.setdefault(case, []).append(place)
            if found := re.search(r"// fails: (.*)", text):
                for case in found[1].split(", "):
                    failing.setdefault(case, []).append(place)
    return {case: (*passing.get(case, ()), *places) for case, places in failing.items()}


EXPECTED = _marks()


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def _data(signature: str, *words: int) -> bytes:
    return keccak(signature.encode())[:4] + b"".join(map(_word, words))


ARGUMENTS = {
    "getter": _data("numbers(uint256)", 3),
    "indexOfCalldata": _data("indexOfCalldata(uint256[])", 32, 1, 5),
    "slice": _data("slice(bytes)", 32, 3, 0),
    "recursion": _data("recursion(uint256)", 0),
    "badBool": _data("takesBool(bool)", 2),
    "shortArguments": _data("takesBool(bool)"),
    "badEnum": _data("takesColour(uint8)", 2),
    "badOffset": _data("takesArray(uint256[])", 2**200),
    "valueRefused": _data("free_()"),
    "received": b"",
    "fellBack": b"\x01\x02\x03\x04",
}
VALUES = {"valueRefused": 1, "received": 1, "transferRefused": 1}
CREATIONS = {
    "constructorPanics": ("Fragile", 0),
    "derivedConstructorFails": ("Inheriting", 11),
    "derivedConstructorRefuses": ("Inheriting", 3),
}
CALLED = sorted(set(EXPECTED) - set(CREATIONS) - {"throughProxy"})


class Stage:
    """The contracts under one set of settings on one chain."""

    def __init__(self, chain: Chain, contracts: Contracts) -> None:
        self.chain = chain
        self.contracts = contracts
        self.alice = chain.accounts.alice
        linked = chain.deploy(contracts["Linked"], sender=self.alice)
        store = chain.deploy(contracts["Store"], sender=self.alice)
        failing = chain.deploy(contracts["Failing"], sender=self.alice, libraries={"Linked": linked})
        further = chain.deploy(contracts["Further"], sender=self.alice, libraries={"Store": store})
        self.proxied = chain.at(contracts["Further"], chain.deploy(contracts["Proxy"], further, sender=self.alice))
        names = {entry.get("name") for entry in further.abi}
        self.target = {case: further if case in names else failing for case in CALLED}


@pytest.fixture(scope="module", params=SETTINGS)
def contracts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Contracts:
    root = tmp_path_factory.mktemp("failing")
    shutil.copytree(SOURCES, root / "src")
    (root / "pyproject.toml").write_text(f'[tool.harness]\ncontracts = "src"\n{SETTINGS[request.param]}\n')
    return Contracts.load(root)


@pytest.fixture(scope="module")
def l1_stage(backend_name: str, contracts: Contracts) -> Iterator[Stage]:
    with open_chain(backend_name) as chain:
        yield Stage(chain, contracts)


@pytest.fixture(scope="module")
def l2_stage(l2: Chain, contracts: Contracts) -> Stage:
    return Stage(l2, contracts)


def _lines_of(error: Reverted, case: str) -> tuple[str | None, ...]:
    """The lines of the outermost call and of those that it got its failure from, as many as are expected."""
    found = []
    trace = error.trace
    for _ in EXPECTED[case]:
        assert trace is not None
        found.append(trace.location)
        trace = trace.children[-1] if trace.children else None
    return tuple(found)


def _data_of(case: str) -> bytes:
    return ARGUMENTS.get(case, _data(f"{case}()"))


def _lines_of_transactions(stage: Stage) -> dict[str, tuple[str | None, ...]]:
    found = {}
    for case in CALLED:
        with pytest.raises(Reverted) as caught:
            stage.chain.send(sender=stage.alice, to=stage.target[case], data=_data_of(case), value=VALUES.get(case, 0))
        found[case] = _lines_of(caught.value, case)
    return found


EXPECTED_OF_CALLS = {case: EXPECTED[case] for case in CALLED}


def test_failed_transaction_names_the_line(l1_stage: Stage) -> None:
    assert _lines_of_transactions(l1_stage) == EXPECTED_OF_CALLS


def test_failed_l2_transaction_names_the_line(l2_stage: Stage) -> None:
    assert _lines_of_transactions(l2_stage) == EXPECTED_OF_CALLS


def test_failed_call_names_the_line(l1_stage: Stage) -> None:
    found = {}
    for case in CALLED:
        with pytest.raises(Reverted) as caught:
            l1_stage.chain.call(
                sender=l1_stage.alice, to=l1_stage.target[case], data=_data_of(case), value=VALUES.get(case, 0)
            )
        found[case] = _lines_of(caught.value, case)
    assert found == EXPECTED_OF_CALLS


@pytest.mark.parametrize("case", CREATIONS)
def test_failed_deployment_names_the_line(l1_stage: Stage, case: str) -> None:
    name, argument = CREATIONS[case]
    with pytest.raises(Reverted) as caught:
        l1_stage.chain.deploy(l1_stage.contracts[name], argument, sender=l1_stage.alice)
    assert _lines_of(caught.value, case) == EXPECTED[case]


def test_failure_behind_a_proxy_names_the_proxys_line_and_its_own(l1_stage: Stage) -> None:
    """Though the proxy is held as what is behind it."""
    with pytest.raises(Reverted) as caught:
        l1_stage.proxied.divides(sender=l1_stage.alice)
    assert _lines_of(caught.value, "throughProxy") == EXPECTED["throughProxy"]


def _place(text: str) -> str:
    """Where a statement stands that no other line repeats."""
    lines = (SOURCES / "Callee.sol").read_text().splitlines()
    (number,) = (number for number, line in enumerate(lines, start=1) if text in line)
    return f"src/Callee.sol:{number}"


def test_failure_after_others_in_its_block_names_the_line(l1_stage: Stage) -> None:
    """What came before in the block decides where the last one fails."""
    chain, alice = l1_stage.chain, l1_stage.alice
    callee = chain.deploy(l1_stage.contracts["Callee"], sender=alice)
    with chain.block():
        failed = [callee.fail(value, sender=alice, check=False) for value in (3, 7, 4)]
        last = callee.failSilently.transact(sender=alice, check=False)
    assert [receipt.succeeded for receipt in failed] == [False, True, False]
    assert failed[0].trace().location == _place("revert Failed(3)")
    assert failed[2].trace().location == _place("revert Failed(given)")
    assert last.trace().location == _place("require(value == 0);")


def test_failure_after_an_edit_names_the_line(l1_stage: Stage) -> None:
    chain, alice = l1_stage.chain, l1_stage.alice
    callee = chain.deploy(l1_stage.contracts["Callee"], sender=alice)
    places = []
    for value in (0, 1):
        chain.set_storage(callee, 0, value)
        places.append(callee.failSilently.transact(sender=alice, check=False).trace().location)
    assert places == [_place("require(value == 1);"), _place("require(value == 0);")]


def test_line_is_reported_after_the_chain_went_on(l1_stage: Stage) -> None:
    chain, alice = l1_stage.chain, l1_stage.alice
    callee = chain.deploy(l1_stage.contracts["Callee"], sender=alice)
    trace = callee.failSilently.transact(sender=alice, check=False).trace()
    callee.fail(1, sender=alice)
    chain.mine(3)
    assert trace.location == _place("require(value == 1);")


def test_call_at_a_warped_time_names_the_line(l1_stage: Stage) -> None:
    chain = l1_stage.chain
    callee = chain.deploy(l1_stage.contracts["Callee"], sender=l1_stage.alice)
    chain.warp(1_000)
    with pytest.raises(Reverted) as caught:
        callee.failSilently(sender=l1_stage.alice)
    assert caught.value.trace.location == _place("require(value == 1);")


class _Traceless(AnvilBackend):
    """A node without tracers."""

    def rpc(self, method: str, *params: Any) -> Any:
        if method.startswith("debug_"):
            raise NodeAnswer(method, {"code": -32601, "message": "no such method"})
        return super().rpc(method, *params)


@pytest.mark.only_anvil
def test_node_without_tracers_has_the_tree_of_a_failure_and_its_lines(contracts: Contracts) -> None:
    with Chain(_Traceless(907)) as chain:
        stage = Stage(chain, contracts)
        for case in ("callThroughTwo", "creationFails", "secondOfThree"):
            with pytest.raises(Reverted) as caught:
                chain.send(sender=stage.alice, to=stage.target[case], data=_data_of(case))
            assert _lines_of(caught.value, case) == EXPECTED[case]
