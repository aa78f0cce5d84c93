"""The OP Stack's portal as npm publishes it, attacked by the pack of bridges with messages of a real L2."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.adapters.choosing import choose
from harness.adapters.published import OPTIMISM
from harness.attack.attack import Outcome, Verdict
from harness.attack.bridge.pack import PACK
from harness.attack.runner import run_pack
from tests.support.published import EVERYTHING, home_of

ENOUGH = (
    "further promises", "an honest message", "a replay", "an unproven message", "a forged proof",
    "a root that waits", "a target that calls back", "a rejected root", "a contract that deposits",
)  # fmt: skip
"""The attacks that the suite plays. `harness attack bridge optimism` plays all, in ten seconds of CPU."""

KNOWN = {
    "a delegated account": "its deposit comes from",
    "a refused message": "is taken",
}
"""What the pack finds in the original. A message that its target refuses is used up, as the OP Stack documents; and the
portal is older than EIP-7702, so an account that runs a delegate's code deposits under an alias that nobody owns."""


@pytest.fixture(scope="module", autouse=True)
def home() -> Path:
    return home_of(OPTIMISM)


def run(root: Path, *names: str) -> dict[str, Outcome]:
    found = run_pack(PACK, choose("bridge", "optimism", PACK.built_in, PACK.protocol, root=root), only=names)
    return {each.attack: each for each in found}


def test_the_portal_holds_against_replays_forgeries_and_early_executions(tmp_path: Path) -> None:
    outcomes = run(tmp_path, *(() if EVERYTHING else ENOUGH))
    bad = {each for name, each in outcomes.items() if each.verdict in (Verdict.FOUND, Verdict.FAILED)}
    assert {each.attack for each in bad} == (set(KNOWN) if EVERYTHING else set()), bad
    assert {outcomes[name].verdict for name in ENOUGH} == {Verdict.HELD}


def test_what_is_known_of_the_portal_is_found(tmp_path: Path) -> None:
    outcomes = run(tmp_path, *KNOWN)
    assert {name: each.verdict for name, each in outcomes.items()} == dict.fromkeys(KNOWN, Verdict.FOUND), outcomes
    for name, evidence in KNOWN.items():
        assert evidence in outcomes[name].evidence
