"""The machines of channels and of a rollup find faults planted in the built-in contracts, by ready rules alone.

Each fault is a mutant. The scenario that it shrinks to breaks on the mutant, and holds on the contract as it is.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from harness.chain import open_chain
from harness.chain.chain import Chain
from harness.contracts.library import Contracts
from harness.mutants import find
from harness.scenarios import Scenario, load, run
from harness.scenarios.machines.world import BrokenPromise
from harness.testing import ChannelMachine, RollupMachine

HERE = Path(__file__).parent
ROOT = Path(__file__).resolve().parents[2]
SETTINGS = """
[tool.harness]
contracts = "contracts"
solc-version = "0.8.37"
evm-version = "prague"
via-ir = true
optimizer-runs = 10000
"""
# A search ends with what it finds. It may take several hundred sequences, so that there is room for unlucky draws.
QUICK = settings(
    max_examples=1000, stateful_step_count=12, deadline=None, database=None, derandomize=True,
    phases=(Phase.generate,), report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture
def chain() -> Iterator[Chain]:
    with open_chain() as opened:
        yield opened


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Contracts:
    """A user's project."""
    root = tmp_path_factory.mktemp("own")
    (root / "src").mkdir()
    shutil.copy(HERE / "TokenChannel.sol", root / "src")
    (root / "pyproject.toml").write_text('[tool.harness]\ncontracts = "src"\n', encoding="utf-8")
    return Contracts.load(root)


def planted(folder: Path, mutant: str) -> Contracts:
    """Return a project with a copy of the built-in contracts, one of which has a fault."""
    shutil.copytree(ROOT / "contracts", folder / "contracts", ignore=shutil.ignore_patterns("compiled"))
    (folder / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    (found,) = find(ROOT, mutant)
    found.apply(folder)
    return Contracts.load(folder)


def mended(folder: Path) -> Path:
    """Put the contracts of a project back as they are."""
    shutil.rmtree(folder / "contracts")
    shutil.copytree(ROOT / "contracts", folder / "contracts", ignore=shutil.ignore_patterns("compiled"))
    return folder


class OwnChannels(ChannelMachine):
    """The channels of a copy of PaymentChannel."""

    replaced: ClassVar = {"PaymentChannel": "PaymentChannel"}


class OwnPortal(RollupMachine):
    """Withdrawals from a copy of Portal."""

    replaced: ClassVar = {"Portal": "Portal"}
    liars = ()
    without = ("censor", "fill_blocks", "send_challenger_away", "cash_out", "propose")


class OwnGames(RollupMachine):
    """Disputes in a copy of DisputeGame."""

    replaced: ClassVar = {"DisputeGame": "DisputeGame"}
    liars = ({"role": "proposer", "lie": "wrong_root"},)


def found_by(machine: type[Any], chain: Chain, folder: Path, mutant: str, name: str) -> tuple[Scenario, str]:
    """Play a machine over a planted fault; return the scenario that it writes, and what it says it reached."""
    before = chain.head.hash
    with pytest.raises(BrokenPromise) as caught:
        machine.play(chain, planted(folder, mutant), folder=folder / "found", settings=QUICK)
    assert chain.head.hash == before
    said, reached = caught.value.__notes__[-2:]
    path = folder / "found" / f"{name}.scenario.yaml"
    assert said.endswith(str(path))
    return load(path), reached


@pytest.mark.parametrize(
    ("mutant", "kinds"),
    [
        ("channel/pay-out-again", {"open", "close", "settle"}),
        ("channel/update-with-one-signature", {"open", "close", "forge-state", "answer", "settle"}),
    ],
    ids=lambda value: str(value).rpartition("/")[2] if isinstance(value, str) else "",
)
def test_a_fault_of_the_channels_is_found_shortened_and_played_again(
    chain: Chain, tmp_path: Path, mutant: str, kinds: set[str]
) -> None:
    scenario, reached = found_by(OwnChannels, chain, tmp_path, mutant, "own-channels")
    assert {each.verb.word for each in scenario.steps} == kinds
    assert len(scenario.steps) <= 7
    assert "rules: " in reached and "Closing" in reached
    assert not run(scenario, root=tmp_path).holds
    assert run(scenario, root=mended(tmp_path)).holds


def test_a_fault_of_the_portal_is_found_shortened_and_played_again(chain: Chain, tmp_path: Path) -> None:
    scenario, _ = found_by(OwnPortal, chain, tmp_path, "bridge/executed-twice", "own-portal")
    kinds = [each.verb.word for each in scenario.steps]
    assert kinds == ["withdraw", "run", "execute", "finalize"]
    assert not run(scenario, root=tmp_path).holds
    assert run(scenario, root=mended(tmp_path)).holds


class Rollups(RollupMachine):
    """The rollup as it is, with a contract of a user's own on L2."""

    def begin(self) -> None:
        self.token = self.deploy("Token", [self.accounts.alice], 100, on="l2")

    @rule(amount=st.integers(0, 60))
    def pay(self, amount: int) -> None:
        self.attempt(self.token, "transfer", self.accounts.bob, amount)

    @invariant()
    def nothing_is_lost(self) -> None:
        sums = [self.read(self.token, "balanceOf", who) for who in (self.accounts.alice, self.accounts.bob)]
        assert sum(sums) == 100


class Everything(ChannelMachine):
    """Channels as they are."""


def test_without_a_fault_channels_hold_through_cheats_absences_and_reorgs(
    chain: Chain, own: Contracts, tmp_path: Path
) -> None:
    reached = Everything.play(chain, own, folder=tmp_path / "found", settings=settings(QUICK, max_examples=15))
    assert not (tmp_path / "found").exists()
    assert {"a channel is closing at the end"} <= reached.states.keys()
    assert reached.sequences >= 15
    assert sum(reached.rules.values()) > 100


def test_without_a_fault_a_rollup_holds_through_lies_faults_and_reorgs(
    chain: Chain, own: Contracts, tmp_path: Path
) -> None:
    before = chain.head.hash
    few = settings(QUICK, max_examples=6, stateful_step_count=8)
    reached = Rollups.play(chain, own, folder=tmp_path / "found", settings=few)
    assert chain.head.hash == before
    assert not (tmp_path / "found").exists()
    assert {"seat", "cash_out", "pay"} <= reached.rules.keys()
    assert reached.events["BatchPosted"]
    assert "rules: " in str(reached)


class Breaking(ChannelMachine):
    """Its beginning fails, after it has done something."""

    def begin(self) -> None:
        super().begin()
        raise ZeroDivisionError


def test_a_beginning_that_fails_leaves_the_chain_and_its_listeners_as_they_were(
    chain: Chain, own: Contracts, tmp_path: Path
) -> None:
    before, hooks = chain.head.hash, list(chain._hooks)
    with pytest.raises(ZeroDivisionError):
        Breaking.play(chain, own, folder=tmp_path, settings=QUICK)
    assert chain.head.hash == before
    assert chain._hooks == hooks


def test_a_fault_of_the_game_is_found_by_what_liars_pay(chain: Chain, tmp_path: Path) -> None:
    scenario, reached = found_by(OwnGames, chain, tmp_path, "dispute/bond-back-though-countered", "own-games")
    assert {each.verb.word for each in scenario.steps} <= {"batch", "propose", "run"}
    assert "a game is rejected" in reached
    broken = [row.what for row in run(scenario, root=tmp_path).expectations if not row.holds]
    assert "liars-pay" in broken
    assert run(scenario, root=mended(tmp_path)).holds
