"""`harness deploy`: onto any local chain, once, and resumable after an interruption."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import cli, ether
from harness.chain import open_chain
from harness.chain.chain import Chain
from harness.chain.errors import InsufficientFunds, RpcError
from harness.chain.nodes import provider
from harness.cli import main
from harness.rollup import networks
from harness.rollup.config import GameRules, RollupConfig
from harness.rollup.errors import (
    DeploymentMismatch,
    DeploymentUnreadable,
    DeploymentUnwritable,
    NoDeployer,
    NoRollup,
    PrecompileDiffers,
    PublicNetwork,
    WrongGenesis,
    WrongRollupParameter,
)
from harness.rollup.forks import fork_named
from harness.testbed import deploy_command as commands
from harness.testbed import deployment
from harness.testbed.rollup import Rollup

CONFIG = RollupConfig(period=1_000)


def test_a_deployed_rollup_is_driven_from_its_file(l1: Chain, tmp_path: Path) -> None:
    accounts = l1.accounts
    done = deployment.deploy(l1, accounts.judy, tmp_path, config=CONFIG, sequencer=accounts.trent.address)
    assert done.complete
    assert done.path == tmp_path / f"{l1.chain_id}.json"
    assert all(step["transaction"] for step in done.content["steps"])
    assert set(done.content["abis"]) == {step["contract"] for step in done.content["steps"]}

    rollup = deployment.load(done.path).attach(l1, sequencer=accounts.trent, proposer=accounts.peggy)
    assert rollup.config == CONFIG
    rollup.deposit(ether(2), sender=accounts.alice)
    sent = rollup.withdraw(ether(1), sender=accounts.alice, to=accounts.bob)
    rollup.confirm_all()
    before = l1.balance(accounts.bob)
    rollup.execute(sent, sender=accounts.alice)
    assert l1.balance(accounts.bob) == before + ether(1)


def test_the_rules_of_games_are_those_that_were_asked_for(l1: Chain, tmp_path: Path) -> None:
    config = RollupConfig(games=GameRules(max_clock=9_000, extension=60, step_extension=90, gas_price_cap=7))
    done = deployment.deploy(l1, l1.accounts.judy, tmp_path, config=config)
    rollup = done.attach(l1, sequencer=l1.accounts.judy, proposer=l1.accounts.peggy)
    assert rollup.config.games == config.games
    with pytest.raises(DeploymentMismatch):
        deployment.deploy(l1, l1.accounts.judy, tmp_path)


def test_the_contracts_of_genesis_are_in_the_file(l1: Chain, tmp_path: Path) -> None:
    place = "0x" + "aa" * 20
    config = RollupConfig.of({"genesis": {place: {"contract": "Forwarder", "storage": {3: 7}}}})
    done = deployment.deploy(l1, l1.accounts.judy, tmp_path, config=config)
    rollup = deployment.load(done.path).attach(l1, sequencer=l1.accounts.judy, proposer=l1.accounts.peggy)
    assert rollup.config == config
    assert rollup.l2.storage(place, 3) == 7
    with pytest.raises(DeploymentMismatch, match="genesis"):
        deployment.deploy(l1, l1.accounts.judy, tmp_path)


def test_a_rollup_is_deployed_alike_in_a_test_and_by_the_command(l1: Chain, tmp_path: Path) -> None:
    judy, mark = l1.accounts.judy, l1.snapshot()
    done = deployment.deploy(l1, judy, tmp_path, config=CONFIG)
    by_command = done.addresses
    l1.restore(mark)
    assert Rollup.deploy(l1, CONFIG, deployer=judy, sequencer=judy).contracts.addresses == by_command


def test_a_file_that_says_no_rules_stands_for_the_usual_ones(l1: Chain, tmp_path: Path) -> None:
    judy = l1.accounts.judy
    done = deployment.deploy(l1, judy, tmp_path, config=CONFIG)
    content = json.loads(done.path.read_text())
    del content["parameters"]["games"]
    done.path.write_text(json.dumps(content))
    before = l1.nonce(judy)
    assert deployment.deploy(l1, judy, tmp_path, config=CONFIG).complete
    assert l1.nonce(judy) == before


@pytest.mark.parametrize("games", [{"max-depth": 4}, {"max_clock": 0}, {"clock": 5}, 7], ids=str)
def test_rules_that_a_rollup_cannot_have_are_named(games: Any) -> None:
    with pytest.raises(WrongRollupParameter, match="games"):
        RollupConfig.of({"games": games})


class _Interrupted(Exception):
    pass


def _interrupt(line: str) -> None:
    raise _Interrupted


@pytest.mark.parametrize("after", [3])
def test_an_interrupted_deployment_goes_on_without_deploying_twice(l1: Chain, tmp_path: Path, after: int) -> None:
    judy = l1.accounts.judy
    lines: list[str] = []

    def interrupt(line: str) -> None:
        lines.append(line)
        if len(lines) > after:
            raise _Interrupted

    with pytest.raises(_Interrupted):
        deployment.deploy(l1, judy, tmp_path, config=CONFIG, report=interrupt)
    partial = json.loads((tmp_path / f"{l1.chain_id}.json").read_text())
    assert not partial["complete"]
    assert sum(step["transaction"] is not None for step in partial["steps"]) == after + 1
    first_nonce = partial["firstNonce"]

    lines.clear()
    done = deployment.deploy(l1, judy, tmp_path, config=CONFIG, report=lines.append)
    assert [line.endswith("was there") for line in lines] == [i <= after for i in range(len(lines))]
    assert [step["address"] for step in done.content["steps"]] == [step["address"] for step in partial["steps"]]
    assert l1.nonce(judy) == first_nonce + len(done.content["steps"]) + 1

    deployment.deploy(l1, judy, tmp_path, config=CONFIG)
    assert l1.nonce(judy) == first_nonce + len(done.content["steps"]) + 1


def _changed(text: str, **fields: Any) -> str:
    return json.dumps(json.loads(text) | fields)


def _step_changed(text: str) -> str:
    content = json.loads(text)
    content["steps"][0]["address"] = "0x" + "11" * 20
    return json.dumps(content)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: "", "no JSON"),
        (lambda text: text[: len(text) // 2], "no JSON"),
        (lambda text: '{"name": "a package", "version": "1.0.0"}', "chainId of the file is missing"),
        (lambda text: "[]", "the file is a list"),
        (lambda text: _changed(text, parameters={"period": "long"}), "rollup parameter period is 'long'"),
        (lambda text: _changed(text, chainId=5), "chain id is 5, expected"),
        (lambda text: _changed(text, steps=[]), "number of steps is 0"),
        (_step_changed, "address of step 0 is 0x1111"),
        (lambda text: _changed(text, firstNonce=7_000), "address of step 0 is"),
        (lambda text: _changed(text, firstBlock=10**9), "firstBlock is 1000000000, expected at most"),
    ],
    ids=["empty", "half", "foreign", "list", "parameters", "chain", "no steps", "address", "nonce", "block"],
)
def test_a_damaged_file_is_refused_and_kept_and_its_deployment_goes_on(
    l1: Chain, tmp_path: Path, change: Callable[[str], str], told: str
) -> None:
    judy, path = l1.accounts.judy, tmp_path / f"{l1.chain_id}.json"
    with pytest.raises(_Interrupted):
        deployment.deploy(l1, judy, tmp_path, config=CONFIG, report=_interrupt)
    whole, nonce = path.read_text(), l1.nonce(judy)
    damaged = change(whole)
    path.write_text(damaged)
    with pytest.raises((DeploymentUnreadable, DeploymentMismatch), match=re.escape(f"{path}")) as caught:
        deployment.deploy(l1, judy, tmp_path, config=CONFIG)
    assert told in str(caught.value)
    assert path.read_text() == damaged and l1.nonce(judy) == nonce
    assert [each.name for each in tmp_path.iterdir()] == [path.name]

    path.write_text(whole)
    with pytest.raises(_Interrupted):
        deployment.deploy(l1, judy, tmp_path, config=CONFIG, report=_interrupt)
    assert l1.nonce(judy) == nonce  # the first contract is there, and the second was not begun


@pytest.mark.needs("edits")
def test_a_deployer_whose_money_runs_out_is_named_and_the_next_run_goes_on(l1: Chain, tmp_path: Path) -> None:
    judy, lines = l1.accounts.judy, list[str]()
    l1.set_balance(judy, ether(1) // 50)
    with pytest.raises(InsufficientFunds, match=judy.address):
        deployment.deploy(l1, judy, tmp_path, config=CONFIG, report=lines.append)
    assert 0 < len(lines) < 10
    l1.set_balance(judy, ether(100))
    again = list[str]()
    with pytest.raises(_Interrupted):
        deployment.deploy(l1, judy, tmp_path, config=CONFIG, report=lambda line: _stop_after(again, len(lines), line))
    assert [line.endswith("was there") for line in again] == [True] * len(lines) + [False]


def _stop_after(lines: list[str], most: int, line: str) -> None:
    lines.append(line)
    if len(lines) > most:
        raise _Interrupted


def test_a_place_that_cannot_be_written_is_named(l1: Chain, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("kept")
    nonce = l1.nonce(l1.accounts.judy)
    with pytest.raises(DeploymentUnwritable, match="taken"):
        deployment.deploy(l1, l1.accounts.judy, tmp_path / "taken", config=CONFIG)
    assert (tmp_path / "taken").read_text() == "kept" and l1.nonce(l1.accounts.judy) == nonce


def test_a_node_that_does_not_mine_in_time_is_reported(
    l1: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = l1.backend.answer

    def lose(method: str, params: Any) -> Any:
        return {"result": "0x" + "ab" * 32} if method == "eth_sendTransaction" else answer(method, params)

    monkeypatch.setattr(l1.backend, "answer", lose)
    monkeypatch.setattr(provider, "RECEIPT_SECONDS", 0.01)
    with pytest.raises(RpcError, match=r"eth_getTransactionReceipt failed: .*abab.* is not in the chain after 0.01"):
        deployment.deploy(l1, dataclasses.replace(l1.accounts.judy, key=None), tmp_path, config=CONFIG)


def test_a_deployer_that_did_something_else_in_between_is_reported(l1: Chain, tmp_path: Path) -> None:
    judy = l1.accounts.judy

    with pytest.raises(_Interrupted):
        deployment.deploy(l1, judy, tmp_path, config=CONFIG, report=_interrupt)
    l1.send(sender=judy, to=judy, value=0)
    with pytest.raises(DeploymentMismatch, match="nonce of"):
        deployment.deploy(l1, judy, tmp_path, config=CONFIG)


def test_another_configuration_is_not_mixed_in(l1: Chain, tmp_path: Path) -> None:
    with pytest.raises(_Interrupted):
        deployment.deploy(l1, l1.accounts.judy, tmp_path, config=CONFIG, report=_interrupt)
    with pytest.raises(DeploymentMismatch, match="parameters"):
        deployment.deploy(l1, l1.accounts.judy, tmp_path, config=RollupConfig(period=1_001))
    with pytest.raises(DeploymentMismatch, match="deployer"):
        deployment.deploy(l1, l1.accounts.ivan, tmp_path, config=CONFIG)


@pytest.mark.parametrize("chain_id", [1, 10, 8453, 42161, 11155111])
def test_a_public_network_is_refused(tmp_path: Path, chain_id: int) -> None:
    with open_chain("py-evm", chain_id=chain_id) as chain:
        with pytest.raises(PublicNetwork) as caught:
            deployment.deploy(chain, chain.accounts.judy, tmp_path)
        assert caught.value.chain_id == chain_id
        assert chain.block_number == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sample", networks.SAMPLES, ids=lambda sample: sample.name)
def test_the_precompiles_agree_to_the_last_unit_of_gas(l1: Chain, sample: networks.Sample) -> None:
    networks.check_precompiles(l1)
    assert networks._run(l1, sample, sample.gas) == (True, sample.output)
    assert networks._run(l1, sample, sample.gas - 1) == (False, b"")


@pytest.mark.parametrize("change", [("gas", 71), ("output", b"\x06")])
def test_a_precompile_that_differs_is_refused(
    l1: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[str, Any]
) -> None:
    from dataclasses import replace

    sha256 = next(sample for sample in networks.SAMPLES if sample.number == 2)
    monkeypatch.setattr(networks, "SAMPLES", (replace(sha256, **dict([change])),))
    with pytest.raises(PrecompileDiffers) as caught:
        deployment.deploy(l1, l1.accounts.judy, tmp_path)
    assert caught.value.number == 2


def test_attaching_where_nothing_is_says_so(rollup: Rollup, alice: Any) -> None:
    from dataclasses import replace

    wrong = replace(rollup.contracts.addresses, portal=alice.address)
    with pytest.raises(NoRollup) as caught:
        Rollup.attach(rollup.l1, wrong, sequencer=alice, proposer=alice)
    assert caught.value.name == "portal"


def test_attaching_to_another_l2_says_so(rollup: Rollup, alice: Any) -> None:
    from dataclasses import replace

    # Another bridge on L1 means another genesis on L2.
    wrong = replace(rollup.contracts.addresses, token_bridge=rollup.portal.address)
    with pytest.raises(WrongGenesis):
        Rollup.attach(rollup.l1, wrong, sequencer=alice, proposer=alice)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("period", 0, "1 to"), ("period", "1", "1 to"), ("window", 0, "1 to"), ("chain_id", 0, "1 to"),
        ("lead", 2**63, "0 to"), ("bond", -1, f"{10**17} to"), ("bond", 0, f"{10**17} to"),
        ("bond", 10**17 - 1, f"{10**17} to"), ("bond", 2**64, f"{10**17} to"), ("burnt_share", 0, "1 to 9999"),
        ("burnt_share", 10_000, "1 to 9999"), ("burnt_share", 0.25, "1 to 9999"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_named(name: str, value: Any, expected: str) -> None:
    with pytest.raises(WrongRollupParameter, match=f"{name} is .*, expected a whole number from {expected}") as caught:
        RollupConfig.of({name: value})
    assert (caught.value.name, caught.value.actual) == (name, value)


@pytest.mark.parametrize(("bond", "share"), [(10**17, 1), (10**17 + 1, 9_999), (2**64 - 1, 5_000)])
def test_bonds_and_shares_at_their_bounds_are_parameters(bond: int, share: int) -> None:
    config = RollupConfig.of({"bond": bond, "burnt-share": share})
    assert (config.bond, config.burnt_share) == (bond, share)


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(WrongRollupParameter, match="one of chain_id"):
        RollupConfig.of({"perod": 1})


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "signs for no account"),
        (["--node"], "signs for no account"),
        (["--mnemonic", "no phrase at all"], "no phrase of BIP-39"),
        (["--mnemonic", ""], "no phrase of BIP-39"),
        (["--key-env", "THE_KEY"], "holds no private key"),
        (["--key-env", "NO_KEY"], "the environment has no NO_KEY"),
    ],
)
def test_without_an_account_nothing_is_deployed_and_no_secret_is_reported(
    l1: Chain, words: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = cli._parser().parse_args(["deploy", "--rpc", "http://127.0.0.1:1", *words])
    monkeypatch.setattr(commands, "_accounts_of", lambda _: [])
    monkeypatch.setenv("THE_KEY", "secret")
    with pytest.raises(NoDeployer, match=told) as caught:
        commands._deployer(chosen, l1)
    assert "secret" not in str(caught.value) and "at all" not in str(caught.value)
    assert caught.value.__cause__ is None or "--mnemonic" in words


@pytest.mark.only_anvil
def test_the_command_deploys_with_a_key_a_phrase_or_the_node(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_chain("anvil") as chain:
        url = chain.backend.url
        assert main(["deploy", "--rpc", url, "--out", str(tmp_path / "none"), "--mnemonic", "no phrase"]) == 2
        assert "--mnemonic" in capsys.readouterr().err
        assert main(["deploy", "--rpc", url, "--out", str(tmp_path / "own")]) == 0
        told = capsys.readouterr().out
        first = chain.accounts[0].address
        assert f"No account was named: the node's own first account, {first}, pays" in told
        assert json.loads((tmp_path / "own" / "900.json").read_text())["deployer"] == first
        phrase = "test test test test test test test test test test test junk"
        assert main(["deploy", "--rpc", url, "--out", str(tmp_path / "a"), "--mnemonic", phrase]) == 0
        assert main(["deploy", "--rpc", url, "--out", str(tmp_path / "b"), "--node", "--period", "60"]) == 0
        found = json.loads((tmp_path / "b" / "900.json").read_text())
        assert (found["parameters"]["period"], found["complete"]) == (60, True)


@pytest.mark.only_anvil
def test_the_command_takes_the_bridges_rules_and_the_projects_genesis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = "0x" + "aa" * 20
    (tmp_path / "pyproject.toml").write_text(f'[tool.harness.rollup.genesis]\n"{place}" = "0x6001"\n')
    monkeypatch.chdir(tmp_path)
    with open_chain("anvil") as chain:
        url, judy = chain.backend.url, chain.accounts.judy
        assert main(["deploy", "--rpc", url, "--out", "here", "--node", "--maturity", "9", "--lose-failed"]) == 0
        rollup = deployment.load(tmp_path / "here" / "900.json").attach(chain, sequencer=judy, proposer=judy)
        assert (rollup.config.maturity, rollup.config.retry_failed) == (9, False)
        assert rollup.l2.code(place) == b"\x60\x01"


PROVEN = [("prague", "cancun"), ("prague", "prague"), ("prague", "osaka"), ("osaka", "osaka")]


@pytest.mark.parametrize(("l1_fork", "fork"), PROVEN)
def test_an_l1_that_can_prove_a_fork_of_l2_is_taken(l1_fork: str, fork: str) -> None:
    with open_chain("py-evm", fork=l1_fork) as chain:
        networks.check_precompiles(chain, fork_named(fork))
        assert Rollup.deploy(chain, RollupConfig(fork=fork)).node.idle.env.fork is fork_named(fork)


@pytest.mark.parametrize("fork", ["cancun", "prague"])
def test_an_l1_that_cannot_prove_a_fork_of_l2_is_refused(tmp_path: Path, fork: str) -> None:
    """MODEXP of the forks before Osaka has inputs that an L1 of Osaka cannot compute."""
    config = RollupConfig(fork=fork)
    with open_chain("py-evm", fork="osaka") as chain:
        deploys = (
            lambda: deployment.deploy(chain, chain.accounts.judy, tmp_path, config=config),
            lambda: Rollup.deploy(chain, config),
        )
        for deploy in deploys:
            with pytest.raises(PrecompileDiffers, match="expected an L1 of prague") as caught:
                deploy()
            assert (caught.value.number, caught.value.fork, caught.value.needed) == (5, fork, ("prague",))
        assert chain.block_number == 0
    assert list(tmp_path.iterdir()) == []
