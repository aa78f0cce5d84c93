"""`harness fuzz channels` draws from the pack: a contract that only an attacker's own calls can rob loses a life."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.adapters.payment_channel import PaymentChannelAdapter
from harness.attack.channel.pack import PACK
from harness.chain.opening import open_chain
from harness.contracts.project import built_in_copy
from harness.fuzz import channels, pack_channels
from harness.mutants import find

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("first", [1, 4242, 7717])
def test_half_as_many_lives_as_attacks_draw_every_attack(first: int) -> None:
    lives = range(first, first + (len(PACK.attacks) + 1) // 2)
    assert {attack.name for seed in lives for attack in pack_channels.drawn(seed)} == {a.name for a in PACK.attacks}
    assert len(lives) <= 60


def test_a_contract_that_takes_one_signature_loses_the_life_that_draws_the_forgery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts")
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    (mutant,) = find(ROOT, "channel/update-with-one-signature")
    mutant.apply(tmp_path)
    seed = next(s for s in range(7717, 7777) if "forged-answer" in {a.name for a in pack_channels.drawn(s)})
    monkeypatch.setenv("HARNESS_CONTRACTS", str(tmp_path))
    lines: list[str] = []
    with built_in_copy(tmp_path):
        assert channels.run(seed, 1, report=lines.append) == 1
    assert lines[0].startswith(f"harness fuzz channels --seed {seed} --count 1  # forged-answer [")


def test_an_attack_that_fails_is_no_life_that_was_won(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(PaymentChannelAdapter):
        """An adapter that cannot be used."""

        def deploy(self) -> None:
            raise KeyError("my bug")

    monkeypatch.setattr(pack_channels, "PaymentChannelAdapter", Broken)
    with open_chain("py-evm") as chain:
        found = pack_channels.play(chain, 7717, lambda: None)
    assert found is not None
    assert "FAILED: AdapterFailed: Broken: deploy raised KeyError: 'my bug'" in pack_channels.told(found)
