"""The channel pack calls every function of a contract, also those that its adapter never calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.adapters.choosing import choose
from harness.attack.attack import Outcome, Verdict
from harness.attack.kinds import pack_of
from harness.attack.runner import run_pack
from tests.attack.planting import planted

SHARE = Path(__file__).resolve().parent / "projects" / "share"
CHANNEL = "Channel memory c = channels[id]; delete channels[id];"
FUNCTIONS = {
    "takes what lies there": "function sweep(address to) external { token.transfer(to, 1000); }",
    "takes a channel": f"function leave(uint256 id) external {{ {CHANNEL} token.transfer(msg.sender, c.total); }}",
    "takes an open channel back": f"function cancel(uint256 id) external {{ {CHANNEL} token.transfer(c.a, c.total); }}",
    "sets a share": "function setShare(uint256 id, uint256 share) external { channels[id].shareA = share; }",
    "sets a party": "function setParty(uint256 id, address who) external { channels[id].b = who; }",
    "sets a nonce": "function setNonce(uint256 id, uint64 nonce) external { channels[id].nonce = nonce; }",
    "ends a window": "function hurry(uint256 id) external { channels[id].closesAt = 1; }",
    "never ends a window": "function stop(uint256 id) external { channels[id].closesAt = type(uint64).max; }",
}
HARMLESS = "function touch(uint256 id, address who) external returns (bool) { return channels[id].a == who; }"


def called(tmp_path: Path, function: str) -> Outcome:
    """Play the attack on the contract with a further function."""
    folder = planted(SHARE, tmp_path, ("    function pull(", f"    {function}\n\n    function pull("))
    pack = pack_of("channel")
    word = f"{folder / 'share_adapter.py'}:ShareAdapter"
    (outcome,) = run_pack(pack, choose("channel", word, pack.built_in, pack.protocol, root=folder), only=["any-call"])
    return outcome


@pytest.mark.parametrize("what", FUNCTIONS)
def test_a_function_that_anybody_may_call_is_found(what: str, tmp_path: Path) -> None:
    outcome = called(tmp_path, FUNCTIONS[what])
    assert outcome.verdict is Verdict.FOUND, outcome.evidence


def test_a_function_that_changes_nothing_is_no_finding(tmp_path: Path) -> None:
    outcome = called(tmp_path, HARMLESS)
    assert outcome.verdict is Verdict.HELD, outcome.evidence
