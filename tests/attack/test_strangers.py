"""Strangers reach every guarded function with arguments that fit; only a revert of the contract is a guard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.adapters.base import Adapter
from harness.adapters.choosing import Chosen, KnownContracts
from harness.attack.attack import Outcome, Pack, Verdict
from harness.attack.runner import run_pack
from harness.attack.stage import Stage
from harness.attack.strangers import strangers

KNOWN = [b"\x01" * 32, 10**18]
OPEN = {
    "an array of fixed length": "function f(uint256[3] calldata) external {}",
    "arrays within an array": "function f(uint8[2][][1] calldata) external {}",
    "small numbers": "function f(uint16, uint24, int16, int256) external {}",
    "a struct with such members": "struct S { bytes4[2] a; uint16 b; bool c; } function f(S calldata) external {}",
    "an open overload": "function f() external { revert(); } function f(address, string calldata) external {}",
}


class Guarded(Adapter):
    """One contract, all of whose functions f are guarded, or so it says."""

    guarded = ("f",)

    def deploy(self) -> None:
        """Deploy it."""
        self.it = self.create("It")


def attacked(folder: Path, body: str, *, is_poor: bool = False) -> Outcome:
    """Let strangers call a contract of this body; ``is_poor`` takes all ether from them."""
    source = f"// SPDX-License-Identifier: MIT\npragma solidity ^0.8.20;\ncontract It {{ {body} }}\n"
    (folder / "It.sol").write_text(source, encoding="utf-8")

    def prepare(stage: Stage) -> Sequence[object]:
        assert stage.adapter.attacked()
        if is_poor:
            stage.chain.set_balance(stage.chain.accounts.mallory, 0)
        return KNOWN

    pack = Pack("guards", Guarded, {}, (strangers(prepare),))
    (outcome,) = run_pack(pack, Chosen("it", Guarded, KnownContracts(None, folder)))
    return outcome


@pytest.mark.parametrize("body", OPEN.values(), ids=OPEN.keys())
def test_a_function_without_a_guard_is_found_whatever_it_takes(body: str, tmp_path: Path) -> None:
    outcome = attacked(tmp_path, body)
    assert (outcome.verdict, outcome.broke) == (Verdict.FOUND, "the guards")


def test_a_function_that_reverts_holds(tmp_path: Path) -> None:
    outcome = attacked(tmp_path, 'function f(uint16[2] calldata) external pure { revert("the owner only"); }')
    assert outcome.verdict is Verdict.HELD
    assert outcome.evidence == "40 calls of 1 functions refused, the last: reverted: 'the owner only'"


def test_calls_that_the_contract_never_saw_are_no_refusals(tmp_path: Path) -> None:
    outcome = attacked(tmp_path, "function f(uint256) external {}", is_poor=True)
    assert outcome.verdict is Verdict.NOT_APPLICABLE
    assert outcome.evidence.startswith("no call of It.f(uint256) was executed: ")
