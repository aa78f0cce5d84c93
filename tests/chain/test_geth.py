"""``geth --dev`` as the L1: its command line, its genesis block, and what such a chain can and cannot do.

The geth is a stand-in. Where a real one is on PATH, `test_a_contract_lives_on_it` plays on that, too.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.chain import ether, open_chain
from harness.chain.capabilities import CAPABILITIES, is_declared, missing
from harness.chain.errors import NodeDied, Reverted, UnsupportedOperation
from harness.chain.nodes.geth import genesis
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.rules import OSAKA_RULES, PRAGUE_RULES
from harness.contracts.bindings import ContractType
from harness.contracts.project import built_in_contracts
from harness.errors import ToolNotFound
from tests.support import fake_geth
from tests.support.fake_geth import Fake

REAL = shutil.which("geth")


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    return Fake(tmp_path, monkeypatch)


def test_geth_is_started_on_a_genesis_block_of_its_own(fake: Fake) -> None:
    with open_chain("geth", 907) as chain:
        assert (chain.backend.name, chain.chain_id) == ("geth", 907)
        assert all(chain.balance(account) == ether(10_000) for account in well_known_accounts())
        told, written, started = fake.commands
        folder = Path(started[started.index("--datadir") + 1])
        assert folder.exists()
    assert told == ["--dev", "dumpgenesis"]
    assert written == ["--datadir", str(folder), "init", str(folder.parent / "genesis.json")]
    assert "--dev" in started and started[started.index("--networkid") + 1] == "907"
    assert started[started.index("--http.port") + 1] == started[started.index("--authrpc.port") + 1] == "0"
    assert not folder.parent.exists()


@pytest.mark.parametrize(
    ("rules", "times"),
    [(PRAGUE_RULES, {"pragueTime"}), (OSAKA_RULES, {"pragueTime", "osakaTime"})],
    ids=["prague", "osaka"],
)
def test_the_genesis_block_has_the_fork_and_keeps_what_geth_put_there(rules: Any, times: set[str]) -> None:
    block = genesis(fake_geth.DEVELOPERS, 900, rules)
    config = block["config"]
    assert {name for name in config if name.endswith("Time")} == {"shanghaiTime", "cancunTime", *times}
    assert set(config["blobSchedule"]) == {"cancun", *(name.removesuffix("Time") for name in times)}
    assert (config["chainId"], config["terminalTotalDifficulty"], block["difficulty"]) == (900, 0, "0x0")
    assert fake_geth.DEVELOPERS["alloc"].items() <= block["alloc"].items()


@pytest.mark.parametrize("which", ["fake", *(["real"] if REAL else [])])
def test_a_contract_lives_on_it(which: str, request: pytest.FixtureRequest) -> None:
    if which == "fake":
        request.getfixturevalue("fake")
    with open_chain("geth") as chain:
        alice, bob = chain.accounts.alice, chain.accounts.bob
        before = chain.balance(bob)
        chain.send(sender=alice, to=bob, value=3)
        assert chain.balance(bob) == before + 3
        probe = ContractType(built_in_contracts()["ChainProbe"]).deploy(chain, 5, sender=alice)
        probe.increment(sender=bob)
        with pytest.raises(Reverted, match="no tea"):
            probe.failWithMessage("no tea", sender=alice)
        for act in (chain.mine, chain.snapshot, lambda: chain.warp(10), lambda: chain.reorg(1)):
            with pytest.raises(UnsupportedOperation, match="neither anvil nor Hardhat"):
                act()
        assert chain.capabilities == {row.key for row in CAPABILITIES if "geth" in row.backends}


def test_without_geth_on_path_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ToolNotFound, match=r"geth is not available: it is not on PATH"):
        open_chain("geth")


def test_a_geth_that_ends_before_it_listens_is_told_with_its_words(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_GETH_DIES", "1")
    with pytest.raises(NodeDied, match=r"geth ended with exit code 1.*Bad developer-mode genesis"):
        open_chain("geth")


@pytest.mark.parametrize("said", ["no JSON", "{}", "[]"])
def test_a_geth_without_a_genesis_block_for_developers_is_refused(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("FAKE_GETH_GENESIS", said)
    with pytest.raises(ToolNotFound, match="tells no genesis block for developers"):
        open_chain("geth")


def test_later_entries_of_the_blob_schedule_are_refused(fake: Fake) -> None:
    with pytest.raises(UnsupportedOperation, match="blob schedule"):
        open_chain("geth", blobs="bpo1")


def test_what_it_lacks_skips_a_test_with_that_reason() -> None:
    reason = missing("geth", ("calls", "time", "impersonate"))
    assert reason == "capability: geth lacks time, impersonate"
    assert is_declared(reason)


def test_pytest_plays_on_it(fake: Fake, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(l1): assert l1.backend.name == 'geth' and l1.chain_id == 900")
    pytester.runpytest_subprocess("-p", "no:cacheprovider", "--l1=geth").assert_outcomes(passed=1)
