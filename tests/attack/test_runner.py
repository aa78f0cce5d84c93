"""The runner plays every attack on a chain that is as new, and survives whatever an adapter does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.adapters.base import Adapter
from harness.adapters.choosing import Chosen, KnownContracts
from harness.adapters.errors import NotApplicable
from harness.attack.attack import Attack, Found, Pack, UnknownAttack, Verdict
from harness.attack.runner import run_pack
from harness.attack.stage import Stage
from harness.chain.errors import RevertedSilently


class Nothing(Adapter):
    """An adapter of no contracts."""

    def deploy(self) -> None:
        """Deploy nothing."""


def pack(**plays: Callable[[Stage], str]) -> Pack:
    attacks = tuple(Attack(name, f"shows {name}", play) for name, play in plays.items())
    return Pack("nothing", Nothing, {}, attacks)


def run(attacks: Pack, adapter: type[Adapter] = Nothing, **options: Any) -> list[tuple[str, Verdict, str]]:
    outcomes = run_pack(attacks, Chosen("it", adapter, KnownContracts(None)), **options)
    return [(each.attack, each.verdict, each.evidence) for each in outcomes]


def finds(stage: Stage) -> str:
    raise Found("conservation", "one wei is gone", gained=1, lost=1)


def holds(stage: Stage) -> str:
    return f"block {stage.chain.block_number}"


def spends(stage: Stage) -> str:
    stage.chain.mine(3)
    return holds(stage)


def lacks(stage: Stage) -> str:
    raise NotApplicable("it has no locks")


def breaks(stage: Stage) -> str:
    raise ZeroDivisionError("somebody divided")


def leaves(stage: Stage) -> str:
    raise SystemExit(0)


def reverts(stage: Stage) -> str:
    raise RevertedSilently


def test_each_attack_begins_on_a_new_chain_and_none_stops_the_next() -> None:
    assert run(pack(a=spends, b=holds, c=finds, d=lacks, e=breaks, f=leaves, g=reverts, h=holds)) == [
        ("a", Verdict.HELD, "block 3"),
        ("b", Verdict.HELD, "block 0"),
        ("c", Verdict.FOUND, "one wei is gone"),
        ("d", Verdict.NOT_APPLICABLE, "it has no locks"),
        ("e", Verdict.FAILED, "ZeroDivisionError: somebody divided"),
        ("f", Verdict.FAILED, "SystemExit: 0"),
        ("g", Verdict.NOT_APPLICABLE, "RevertedSilently: reverted without data"),
        ("h", Verdict.HELD, "block 0"),
    ]


def test_an_attack_that_failed_keeps_where() -> None:
    chosen = Chosen("it", Nothing, KnownContracts(None))
    failed, held = run_pack(pack(a=breaks, b=holds), chosen)
    assert "in breaks" in failed.traceback and failed.traceback.endswith("ZeroDivisionError: somebody divided\n")
    assert held.traceback == ""


@pytest.mark.parametrize(
    ("plays", "verdict"),
    [("lhl", Verdict.HELD), ("hbl", Verdict.FAILED), ("bhl", Verdict.FAILED), ("bfh", Verdict.FOUND)],
)
def test_a_variant_that_held_does_not_hide_one_that_failed(plays: str, verdict: Verdict) -> None:
    known = {"l": lacks, "h": holds, "b": breaks, "f": finds}
    attack = Attack("a", "", lambda stage: known[stage.variant](stage), tuple(plays))
    (outcome,) = run_pack(Pack("nothing", Nothing, {}, (attack,)), Chosen("it", Nothing, KnownContracts(None)))
    assert outcome.verdict is verdict


def test_a_run_that_looks_for_one_finding_ends_at_it() -> None:
    found = run(pack(a=holds, b=finds, c=holds), first_only=True)
    assert [name for name, _, _ in found] == ["a", "b"]


def test_only_the_named_attacks_are_played_and_an_unknown_one_is_refused() -> None:
    assert [name for name, _, _ in run(pack(a=holds, b=finds), only=["b"])] == ["b"]
    with pytest.raises(UnknownAttack, match="no attack 'lates'; did you mean late"):
        run(pack(late=holds), only=["lates"])


def test_an_adapter_that_cannot_deploy_fails_by_name() -> None:
    class Lame(Nothing):
        def deploy(self) -> None:
            raise KeyError("no such contract")

    outcomes = run(pack(a=lambda stage: str(stage.adapter), b=holds), Lame)
    assert outcomes[0] == (
        "a",
        Verdict.FAILED,
        "AdapterFailed: Lame: deploy raised KeyError: 'no such contract'",
    )
    assert outcomes[1][1] is Verdict.HELD


def test_variants_are_played_up_to_the_first_finding() -> None:
    seen = []

    def play(stage: Stage) -> str:
        seen.append(stage.variant)
        return finds(stage) if stage.variant == "y" else lacks(stage)

    attack = Attack("a", "", play, ("x", "y", "z"))
    (outcome,) = run_pack(Pack("nothing", Nothing, {}, (attack,)), Chosen("it", Nothing, KnownContracts(None)))
    assert (outcome.verdict, outcome.variant, seen) == (Verdict.FOUND, "y", ["x", "y"])
