"""The bridge pack against users' own bridges: guardians attest, roots stay good, or a relayer claims messages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.adapters import Bridge, Message
from harness.adapters.choosing import Chosen, KnownContracts, choose
from harness.attack.attack import Outcome, Verdict
from harness.attack.bridge.pack import PACK
from harness.attack.runner import run_pack
from harness.errors import Reverted
from tests.attack.planting import planted
from tests.attack.projects.attested.attested_adapter import AttestedAdapter
from tests.attack.projects.claims.claims_adapter import ClaimsAdapter

PROJECTS = Path(__file__).resolve().parent / "projects"
ADAPTERS = {
    "attested": "attested_adapter.py:AttestedAdapter",
    "roots": "roots_adapter.py:RootsAdapter",
    "claims": "claims_adapter.py:ClaimsAdapter",
}
FAULTS = {
    "a guardian signs twice": (
        ("attested", "a forged proof"),
        ('require(w > last, "order");', ""),
    ),
    "a message of another contract counts": (
        ("attested", "another bridge"),
        ("block.chainid, address(this)", "block.chainid, address(0)"),
    ),
    "a message of another chain counts": (
        ("attested", "another bridge"),
        ("block.chainid, address(this)", "uint256(1), address(this)"),
    ),
    "a second attestation starts the delay anew": (
        ("attested", "a proof made again"),
        ('require(provenAt[h] == 0, "attested");', ""),
    ),
    "a paused bridge pays": (
        ("attested", "a pause"),
        ('require(!paused, "paused");\n        require(locked', "require(locked"),
    ),
    "a refusal has no reason": (("attested", "a replay"), ('require(!done[h], "done");', "require(!done[h]);")),
    "any root counts": (("roots", "an unknown root"), ("trustedFrom[root] != 0 && ", "")),
    "a claim counts once for each root": (
        ("roots", "a replay"),
        (
            'require(!claimed[leaf], "claimed");\n        claimed[leaf] = true;',
            'require(!claimed[root ^ leaf], "claimed");\n        claimed[root ^ leaf] = true;',
        ),
    ),
    "a claim counts a second early": (
        ("claims", "a delay"),
        ("block.timestamp > c.at + WINDOW", "block.timestamp >= c.at + WINDOW"),
    ),
    "whoever executes a message is told as its sender": (
        ("claims", "a sender that is remembered"),
        ("sender = m.from;", "sender = msg.sender;"),
    ),
    "nobody is told as a message's sender": (("claims", "a sender that is remembered"), ("sender = m.from;", "")),
    "a message's target cannot ask who sent it": (
        ("claims", "a sender that is remembered"),
        (
            "address public sender;",
            "address told;\n"
            "    function sender() external view returns (address) { require(told == address(0)); return told; }",
        ),
        ('require(sender == address(0), "inside");', ""),
        ("sender = m.from;", "told = m.from;"),
        ("sender = address(0);", "told = address(0);"),
    ),
    "a root counts a second early": (
        ("roots", "a root that waits"),
        ("block.timestamp >= trustedFrom[root]", "block.timestamp + 1 >= trustedFrom[root]"),
    ),
}


def attacked(folder: Path, *only: str) -> list[Outcome]:
    word = f"{folder / ADAPTERS[folder.name]}"
    return run_pack(PACK, choose("bridge", word, PACK.built_in, PACK.protocol, root=folder), only=only)


@pytest.mark.parametrize(("shape", "held"), [("attested", 14), ("roots", 12), ("claims", 13)])
def test_a_sound_bridge_holds(shape: str, held: int) -> None:
    outcomes = attacked(PROJECTS / shape)
    assert [each.evidence for each in outcomes if each.verdict in (Verdict.FOUND, Verdict.FAILED)] == []
    assert sum(each.verdict is Verdict.HELD for each in outcomes) >= held


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, tmp_path: Path) -> None:
    (shape, attack), *changes = FAULTS[fault]
    (outcome,) = attacked(planted(PROJECTS / shape, tmp_path, *changes), attack)
    assert outcome.verdict is Verdict.FOUND, outcome.evidence


@pytest.mark.parametrize(("promised", "verdict"), [(True, Verdict.FOUND), (False, Verdict.HELD)])
def test_a_refusal_without_a_reason_is_found_where_reasons_are_promised(promised: bool, verdict: Verdict) -> None:
    class Wordless(AttestedAdapter):
        says_why = promised

        def execute(self, message: Message, sender: Any, *, prover: Any = None, gas: int = 0) -> None:
            try:
                super().execute(message, sender, prover=prover, gas=gas)
            except Reverted as refusal:
                raise Reverted("reverted without data") from refusal

    chosen = Chosen("it", Wordless, KnownContracts(None, PROJECTS / "attested"))
    (outcome,) = run_pack(PACK, chosen, only=["a replay"])
    assert (outcome.verdict, outcome.broke) == (verdict, "the reasons" if promised else "")


class Silent(ClaimsAdapter):
    """Does not say how a target asks who sent its message."""

    def call_of_told_sender(self) -> tuple[str, bytes]:
        return Bridge.call_of_told_sender(self)


class AsksForTheJudge(ClaimsAdapter):
    """Names a call that answers something else."""

    def call_of_told_sender(self) -> tuple[str, bytes]:
        return self.b.address, self.b.functions["judge"].encode()


@pytest.mark.parametrize(
    ("adapter", "verdict", "said"),
    [
        (Silent, Verdict.NOT_APPLICABLE, "the adapter does not say how a target asks during one"),
        (AsksForTheJudge, Verdict.FAILED, "AsksForTheJudge: call_of_told_sender returned"),
    ],
)
def test_what_is_told_during_a_message_is_not_said_to_hold_unseen(
    adapter: type[ClaimsAdapter], verdict: Verdict, said: str
) -> None:
    chosen = Chosen("it", adapter, KnownContracts(None, PROJECTS / "claims"))
    (outcome,) = run_pack(PACK, chosen, only=["a sender that is remembered"])
    assert (outcome.verdict, said in outcome.evidence) == (verdict, True), outcome.evidence


# -- adapters that are wrong


class Forgetful(AttestedAdapter):
    """Has a bug in one method."""

    def prove(self, message: Message, proof: Any, sender: Any) -> None:
        raise KeyError("my bug")


class Stuck(AttestedAdapter):
    """Says that the bridge always holds the same."""

    def held(self) -> int:
        return 7


@pytest.mark.parametrize(
    ("adapter", "said"),
    [
        (Forgetful, "AdapterFailed: Forgetful: prove raised KeyError: 'my bug'"),
        (Stuck, "MoneyMisstated: Stuck: what a message cost the bridge (held): the adapter says 0, the chain says "),
    ],
    ids=["raises", "lies"],
)
def test_a_mistake_of_an_adapter_names_the_method(adapter: type[AttestedAdapter], said: str) -> None:
    chosen = Chosen("it", adapter, KnownContracts(None, PROJECTS / "attested"))
    failed, next_one = run_pack(PACK, chosen, only=["an honest message", "zeros"])
    assert failed.verdict is Verdict.FAILED
    assert failed.evidence.startswith(said)
    assert next_one.attack == "zeros"
