"""Hardhat 3 as the L1: started and ended by the harness, and equal to py-evm in outcomes, reverts and gas."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from harness import tools
from harness.chain import Chain, open_chain
from harness.chain.errors import NodeDied, Reverted
from harness.contracts.bindings import ContractType
from harness.contracts.project import built_in_contracts
from harness.errors import ToolNotFound
from harness.scenarios.finding import LIBRARY, find, opened
from harness.scenarios.replay import differences
from harness.scenarios.running import play
from tests.support.clocks import let_time_pass, times
from tests.support.npm import NO_NPM


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    try:
        tools.hardhat()
    except ToolNotFound:
        pytest.skip(NO_NPM)


@pytest.fixture(scope="module")
def hardhat() -> Iterator[Chain]:
    with open_chain("hardhat") as chain:
        yield chain


def story(chain: Chain) -> list[object]:
    """Return what a few calls and transactions came to: gas, events, reverts and call trees."""
    alice, bob = chain.accounts.alice, chain.accounts.bob
    probe = ContractType(built_in_contracts()["ChainProbe"]).deploy(chain, 5, sender=alice)
    told: list[object] = [chain.head.base_fee, chain.head.timestamp, chain.balance(bytes(20))]
    probe.makeInner(1, sender=alice)
    for act in (
        lambda: probe.increment(sender=bob),
        lambda: probe.tryInner(4, sender=alice),
        lambda: probe.failWithError(9, sender=alice),
        lambda: probe.failWithMessage("no tea", sender=alice),
        lambda: probe.failSilently(sender=alice, gas=10**6),
        lambda: probe.failInvalid(sender=alice, gas=10**6),
        lambda: probe.outOfBounds(9, gas=10**6),
    ):
        try:
            receipt = act()
            told.append((receipt.gas_used, [str(event) for event in receipt.events], str(receipt.trace())))
        except Reverted as refused:
            told.append((type(refused), str(refused), str(refused.trace)))
    chain.warp(1_000)
    with chain.block():
        receipts = [chain.send(sender=alice, to=bob, value=1), chain.send(sender=bob, to=alice, value=1)]
    mark = chain.snapshot()
    chain.set_balance(bob, 7)
    chain.restore(mark)
    told += [chain.head.timestamp, chain.head.gas_used, len(receipts), chain.balance(bob), chain.balance(alice)]
    return told


def test_outcomes_reverts_gas_and_traces_equal_those_of_py_evm(hardhat: Chain) -> None:
    with open_chain() as local:
        assert story(hardhat) == story(local)


def test_the_base_fee_falls_in_a_long_row_of_blocks_as_on_py_evm() -> None:
    def fees(chain: Chain) -> list[tuple[int, int]]:
        chain.send(sender=chain.accounts.alice, to=chain.accounts.bob, value=1)
        first = chain.block_number
        chain.mine(30)
        chain.reorg(13)
        chain.mine(220)
        chain.send(sender=chain.accounts.alice, to=chain.accounts.bob, value=1)
        heads = [chain.block_at(first + 1 + number) for number in range(chain.block_number - first)]
        return [(head.base_fee, head.timestamp - chain.block_at(first).timestamp) for head in heads]

    with open_chain() as local, open_chain("hardhat") as other:
        assert fees(other) == fees(local)


def test_a_creation_that_failed_has_its_address() -> None:
    def created(chain: Chain) -> list[object]:
        alice = chain.accounts.alice
        failed = chain.send(sender=alice, data=b"\xfe", gas=100_000, check=False)
        with chain.block():
            late = chain.send(sender=alice, data=b"\xfe", gas=100_000, check=False)
        return [(each.succeeded, each.contract_address) for each in (failed, chain.receipt(failed.hash), late)]

    with open_chain() as local, open_chain("hardhat") as other:
        found = created(other)
        assert found == created(local)
        assert found[0][0] is False and found[0][1] is not None


@pytest.mark.parametrize("name", ["lie-at-an-opcode", "stale-close-answered"])
def test_a_scenario_has_equal_outcomes_and_equal_gas(name: str) -> None:
    (path,) = find(name)
    scenario, sources, root = opened(path)
    assert LIBRARY in path.parents or path.parent == LIBRARY
    one, other = (play(scenario, sources, root=root, backend=backend) for backend in ("py-evm", "hardhat"))
    assert (other.backend, differences(one, other)) == ("hardhat", [])


def test_blocks_in_a_row_are_a_second_apart_however_busy_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_chain("hardhat") as own:
        let_time_pass(own, monkeypatch)
        own.mine(40)
        assert times(own, 40) == [*range(1, 41)]
        own.reorg(1)
        assert times(own, 39) == [*range(1, 40)]
        own.warp(50)
        own.mine(3)
        assert times(own, 3) == [50, 51, 52]


def test_the_process_ends_with_its_chain_and_leaves_no_folder(hardhat: Chain) -> None:
    with open_chain("hardhat", fork="prague") as own:
        backend: Any = own.backend
        folder, process = backend._own._folder.name, backend._own._process
        assert os.path.isdir(folder)
        assert process.poll() is None
    assert not os.path.exists(folder)
    assert process.returncode is not None


def test_a_hardhat_that_ended_is_named() -> None:
    chain = open_chain("hardhat")
    backend: Any = chain.backend
    backend._own.stop()
    with pytest.raises(NodeDied, match="hardhat ended with exit code"):
        chain.send(sender=chain.accounts.alice, to=chain.accounts.bob, value=1)
