"""The channel pack finds what is wrong with a user's own contract, through an adapter of the user's own.

The contract has another shape than the built-in one: ERC-20 only, a nonce, the absolute share of one party, no locks,
one call that starts and answers a close, and a settlement that pays both parties.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from harness.adapters.choosing import choose
from harness.attack.attack import Outcome, Verdict
from harness.attack.kinds import pack_of
from harness.attack.runner import run_pack
from tests.attack.planting import planted

HERE = Path(__file__).resolve().parent / "projects" / "share"
FAULTS = {
    "any nonce replaces any other": ("if (nonce <= c.nonce)", "if (nonce == 0)"),
    "a state of the posted nonce replaces it": ("if (nonce <= c.nonce)", "if (nonce < c.nonce)"),
    "nobody asks for the second signature": ("if (recover(digest, sigB) != c.b)", "if (sigB.length != 65)"),
    "one party signs for both": ("recover(digest, sigB) != c.b", "recover(digest, sigB) == address(0)"),
    "a signature does not cover the share": ("id, nonce, shareA)", "id, nonce)"),
    "a signature does not cover the nonce": ("id, nonce, shareA)", "id, shareA)"),
    "a signature does not cover the channel": ("address(this), id, nonce", "address(this), nonce"),
    "a signature does not cover the contract": ("address(this), id", "address(0), id"),
    "a signature does not cover the chain": ("block.chainid,", "uint256(1),"),
    "an answer counts after the window": ("block.timestamp > c.closesAt) revert", "block.timestamp > 2**62) revert"),
    "an answer does not count in the last second": ("block.timestamp > c.closesAt)", "block.timestamp >= c.closesAt)"),
    "a close settles in its last second": ("block.timestamp <= c.closesAt", "block.timestamp < c.closesAt"),
    "a close settles at once": ("|| block.timestamp <= c.closesAt", ""),
    "every answer starts the window anew": ("if (c.closesAt == 0) c.closesAt", "c.closesAt"),
    "a settlement counts again": ("delete channels[id];", ""),
    "the caller is paid instead of the second party": ("token.transfer(c.b,", "token.transfer(msg.sender,"),
    "the token's refusal of a deposit is not heard": (
        'if (!token.transferFrom(msg.sender, address(this), amount)) revert Refused("the token refused");',
        "token.transferFrom(msg.sender, address(this), amount);",
    ),
    "the second party's deposit is forgotten": ("c.total += amount;", ""),
}
ALWAYS = ("nobody asks for the second signature", "a close settles in its last second", "a settlement counts again")
DRAWN = 3
"""Faults that are tried beside those, drawn by the seed of the run: each takes seconds."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give the test its faults."""
    if "fault" in metafunc.fixturenames:
        random = Random(int(metafunc.config.getoption("--harness-seed")))
        drawn = random.sample(sorted(FAULTS.keys() - set(ALWAYS)), DRAWN)
        metafunc.parametrize("fault", [*ALWAYS, *drawn])


def attacked(folder: Path, *, first_only: bool = True) -> list[Outcome]:
    pack = pack_of("channel")
    word = f"{folder / 'share_adapter.py'}:ShareAdapter"
    chosen = choose("channel", word, pack.built_in, pack.protocol, root=folder)
    return run_pack(pack, chosen, first_only=first_only)


def test_the_sound_contract_holds() -> None:
    outcomes = attacked(HERE, first_only=False)
    assert [outcome for outcome in outcomes if outcome.verdict is Verdict.FOUND] == []
    assert sum(outcome.verdict is Verdict.HELD for outcome in outcomes) >= 30


def test_a_fault_is_found(fault: str, tmp_path: Path) -> None:
    outcomes = attacked(planted(HERE, tmp_path, FAULTS[fault]))
    assert outcomes[-1].verdict is Verdict.FOUND, fault


@pytest.mark.parametrize("file", ["ShareChannel.sol", "share_adapter.py"])
def test_contract_and_adapter_are_as_small_as_they_are_said_to_be(file: str) -> None:
    most = {"ShareChannel.sol": 75, "share_adapter.py": 60}[file]
    assert len((HERE / file).read_text(encoding="utf-8").splitlines()) <= most
