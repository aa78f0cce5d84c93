"""Drawn sequences of rules over a user's own contract find its fault, shrink it, and write it down as a scenario."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from harness.chain import open_chain
from harness.chain.chain import Chain
from harness.contracts.library import Contracts
from harness.errors import Reverted
from harness.scenarios import load, run
from harness.scenarios.machines.chain import EtherFromNowhere
from harness.testing import ChainMachine

HERE = Path(__file__).parent
QUICK = settings(
    max_examples=100, stateful_step_count=20, deadline=None, database=None, derandomize=True,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
EACH = 1_000


class TokenChannels(ChainMachine):
    """Alice opens two channels to bob, closes them, and settles them."""

    reorgs = False

    def begin(self) -> None:
        holders = [self.accounts.alice, self.accounts.bob, self.accounts.carol]
        self.token = self.deploy("Token", holders, EACH)
        self.channels = self.deploy("TokenChannel", self.token)
        self.act(self.token, "approve", self.channels, EACH)
        self.locked: dict[int, int] = {}
        self.closed: set[int] = set()

    @precondition(lambda self: len(self.locked) < 2)
    @rule(amount=st.integers(1, 2))
    def open(self, amount: int) -> None:
        self.act(self.channels, "open", self.accounts.bob, amount)
        self.locked[len(self.locked) + 1] = amount

    @precondition(lambda self: len(self.locked) == 2 and not self.closed)
    @rule(id=st.integers(1, 2))
    def close(self, id: int) -> None:
        self.act(self.channels, "close", id, 0, 0, bytes(32), bytes(32), 0)
        self.closed.add(id)

    @precondition(lambda self: self.closed)
    @rule()
    def settle(self) -> None:
        (id,) = self.closed
        if self.attempt(self.channels, "settle", id):
            self.locked[id] = 0

    @invariant()
    def what_is_locked_is_there(self) -> None:
        self.expect(self.token, "balanceOf", self.channels, at_least=sum(self.locked.values()))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Contracts]:
    root = tmp_path_factory.mktemp("own")
    (root / "src").mkdir()
    shutil.copy(HERE / "TokenChannel.sol", root / "src")
    (root / "pyproject.toml").write_text('[tool.harness]\ncontracts = "src"\n')
    return root, Contracts.load(root)


@pytest.fixture
def chain() -> Iterator[Chain]:
    with open_chain() as opened:
        yield opened


def words(steps: list[dict[str, Any]]) -> list[str]:
    return [str(step.get("call", {}).get("call", next(iter(step)))).partition("(")[0] for step in steps]


def test_a_settlement_that_can_be_called_twice_is_found_shrunk_and_played_again(
    chain: Chain, own: tuple[Path, Contracts]
) -> None:
    root, contracts = own
    before = chain.head.hash
    with pytest.raises(AssertionError) as caught:
        TokenChannels.play(chain, contracts, folder=root / "found", settings=QUICK)
    assert chain.head.hash == before
    path = root / "found" / "token-channels.scenario.yaml"
    assert f"the shortest sequence that fails is a scenario: harness play {path}" in caught.value.__notes__
    scenario = load(path)
    kinds = [next(iter(step.model_dump(by_alias=True, exclude_none=True))) for step in scenario.steps]
    text = path.read_text()
    assert kinds.count("deploy") == 2
    assert (text.count(".open("), text.count(".close("), text.count(".settle("), text.count("warp")) == (2, 1, 2, 1)
    result = run(scenario, root=root)
    assert [(row.expected, row.actual) for row in result.expectations if not row.holds] == [(">= 1", "0")]
    mended = root / "src" / "TokenChannel.sol"
    source = mended.read_text()
    guard = "        channel.balances = [uint256(0), uint256(0)];\n    }\n}"
    paid = "        token.transfer(channel.parties[1], channel.balances[1]); // and nothing says that it was done\n"
    mended.write_text(source.replace(paid + "    }\n}", paid + guard))
    assert mended.read_text() != source
    assert run(scenario, root=root).holds


class Faultless(ChainMachine):
    """Payments between accounts and a contract, with all ready rules."""

    def begin(self) -> None:
        self.token = self.deploy("Token", [self.accounts.alice], 100)

    @rule(amount=st.integers(0, 120))
    def pay(self, amount: int) -> None:
        paid = self.attempt(self.token, "transfer", self.accounts.bob, amount)
        assert (paid is not None) == (amount <= 100 - self.sent)
        self.sent += amount if paid else 0

    sent = 0

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.read(self.token, "balanceOf", self.accounts.bob) == self.sent


def test_a_contract_without_fault_passes_through_time_and_reorgs(
    chain: Chain, own: tuple[Path, Contracts], tmp_path: Path
) -> None:
    before = chain.head.hash
    Faultless.play(chain, own[1], folder=tmp_path / "found", settings=settings(QUICK, max_examples=2))
    assert chain.head.hash == before
    assert not (tmp_path / "found").exists()


class Forging(ChainMachine):
    """Ether appears, as no transaction can make it."""

    @rule(amount=st.integers(1, 5))
    def forge(self, amount: int) -> None:
        self.mine_blocks(1)
        self.chain.set_balance(self.accounts.bob, self.chain.balance(self.accounts.bob) + amount)


def test_ether_from_nowhere_is_noticed(chain: Chain, own: tuple[Path, Contracts], tmp_path: Path) -> None:
    with pytest.raises(EtherFromNowhere):
        Forging.play(chain, own[1], folder=tmp_path, settings=QUICK)


class TwoFaults(ChainMachine):
    """One invariant by `expect`, one by a plain assert, and both fail at times; a call that must fail does not."""

    reorgs = False
    always = ()

    def begin(self) -> None:
        self.token = self.deploy("Token", [self.accounts.alice], 9)

    @rule(amount=st.integers(1, 4))
    def pay(self, amount: int) -> None:
        self.attempt(self.token, "transfer", self.accounts.bob, amount)

    @rule()
    def overdraw(self) -> None:
        self.refuse(self.token, "transfer", self.accounts.carol, 0, sender=self.accounts.bob)

    @invariant()
    def bob_has_little(self) -> None:
        self.expect(self.token, "balanceOf", self.accounts.bob, at_most=3)

    @invariant()
    def alice_has_another_number(self) -> None:
        self.read(self.token, "allowance", self.accounts.alice, self.accounts.bob)
        assert self.read(self.token, "balanceOf", self.accounts.alice) != 8


def test_each_distinct_failure_has_a_file_that_breaks(
    chain: Chain, own: tuple[Path, Contracts], tmp_path: Path
) -> None:
    root, contracts = own
    with pytest.raises(BaseExceptionGroup) as caught:
        TwoFaults.play(chain, contracts, folder=tmp_path, settings=settings(QUICK, max_examples=60))
    files = sorted(tmp_path.glob("*.scenario.yaml"))
    assert len(files) == len(caught.value.exceptions) == 3
    notes = "\n".join(caught.value.__notes__)
    assert all(str(path) in notes for path in files)
    assert "rules that never ran" not in notes.replace("rules that never ran: reorganise", "")
    broken = {}
    for path in files:
        scenario = load(path)
        broken[scenario.shows.partition(":")[0]] = [
            (row.what, row.expected, row.actual) for row in run(scenario, root=root).expectations if not row.holds
        ]
    assert broken == {
        "Unmet": [("token.balanceOf(bob)", "<= 3", "4")],
        "AssertionError": [("token.balanceOf(alice)", "!= 8", "8")],
        "NotRefused": [("step 2, call", "fails with any", "it succeeded")],
    }


class Reverting(ChainMachine):
    """A rule lets an error escape."""

    reorgs = False

    def begin(self) -> None:
        self.token = self.deploy("Token", [self.accounts.alice], 9)

    @rule()
    def overdraw(self) -> None:
        self.act(self.token, "transfer", self.accounts.bob, 10)


def test_an_error_that_escapes_is_a_step_that_must_succeed(
    chain: Chain, own: tuple[Path, Contracts], tmp_path: Path
) -> None:
    with pytest.raises(Reverted):
        Reverting.play(chain, own[1], folder=tmp_path, settings=QUICK)
    rows = run(load(tmp_path / "reverting.scenario.yaml"), root=own[0]).expectations
    assert [(row.what, row.expected) for row in rows if not row.holds] == [("step 2, call", "succeeds")]
