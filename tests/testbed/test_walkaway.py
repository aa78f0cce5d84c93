"""Without sequencer, proposer and owner every user takes everything out of the rollup, by transactions of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.contracts.bindings import ContractType
from harness.contracts.library import Contracts
from harness.primitives.hashing import keccak256
from harness.testbed.walkaway import OPERATORS, CallLost, ExitCall, walk_away

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.chain.chain import Chain
    from harness.testbed.rollup import Rollup
    from harness.testbed.walkaway import Walkaway

LIBRARY = Path(__file__).resolve().parents[2] / "harness" / "scenarios" / "library"
ETHER = 10**18


@pytest.fixture(scope="module")
def vault_type() -> ContractType:
    return Contracts.load(LIBRARY)["Vault"]


@pytest.fixture
def vault(rollup: Rollup, vault_type: ContractType) -> Any:
    """A contract on L2 that keeps 30 ether of bob's."""
    made = rollup.l2.deploy(vault_type, sender=rollup.l1.accounts.alice)
    made.deposit(sender=rollup.l1.accounts.bob, value=30 * ETHER)
    rollup.post()
    return made


def test_everybody_gets_everything_out(
    rollup: Rollup, l1: Chain, vault: Any, walkaway: Callable[..., Walkaway]
) -> None:
    bob = l1.accounts.bob
    rollup.withdraw(2 * ETHER, sender=l1.accounts.carol)
    rollup.post()
    had = {account.name: rollup.l2.balance(account) for account in l1.accounts}
    senders: set[str] = set()
    with l1.on_transaction(lambda _, receipt: senders.add(receipt.raw.sender)):
        found = walkaway([ExitCall(bob, vault, "withdraw", (30 * ETHER,))])
    assert found.is_complete, found
    got = {each.user: each.got for each in found.exits}
    assert got == {
        name: wei + {"bob": 30 * ETHER, "carol": 2 * ETHER}.get(name, 0)
        for name, wei in had.items()
        if name not in OPERATORS
    }
    assert senders.isdisjoint(l1.accounts[name].address for name in OPERATORS)
    config = rollup.config
    assert 2 * config.window + config.period < found.seconds < 2 * config.window + config.period + 3_600
    assert all(0 < each.gas < 2_000_000 for each in found.exits)
    assert found.gas == sum(each.gas for each in found.exits)


def test_what_stays_in_a_contract_is_named(rollup: Rollup, l1: Chain, vault: Any) -> None:
    found = walk_away(rollup, [ExitCall(l1.accounts.bob, vault, "withdraw", (29 * ETHER,))])
    assert not found.is_complete
    assert str(found).endswith(f"Vault at {vault.address} still has {ETHER} wei")


def test_what_stays_in_contracts_that_nobody_calls_is_named(
    rollup: Rollup, l1: Chain, vault: Any, vault_type: ContractType
) -> None:
    """Two of one type, and an address that nobody knows."""
    alice = l1.accounts.alice
    other = rollup.l2.deploy(vault_type, sender=alice)
    other.deposit(sender=alice, value=2 * ETHER)
    nowhere = "0x" + 20 * "5A"
    rollup.l2.send(sender=alice, to=nowhere, value=3 * ETHER)
    rollup.post()
    found = walk_away(rollup)
    assert not found.is_complete
    hashed = "0x" + keccak256(bytes.fromhex(nowhere[2:])).hex()
    assert found.stuck == {
        f"Vault at {vault.address}": 30 * ETHER,
        f"Vault at {other.address}": 2 * ETHER,
        f"the account whose address has the hash {hashed}": 3 * ETHER,
    }


def test_a_call_that_fails_is_named_with_its_reason(rollup: Rollup, l1: Chain, vault: Any) -> None:
    with pytest.raises(CallLost, match=r"carol calling Vault\.withdraw, forced in from L1, fails on L2: .*NotYours"):
        walk_away(rollup, [ExitCall(l1.accounts.carol, vault, "withdraw", (1,))])


def test_a_lie_about_the_exits_is_disputed_meanwhile(rollup: Rollup, l1: Chain) -> None:
    from harness.agents import Proposer, faults

    liar = rollup.join(Proposer(lie=faults.wrong_root()), l1.accounts.mallory)
    assert rollup.challenger
    found = walk_away(rollup, operators=(*OPERATORS, "mallory", "olivia"))
    assert found.is_complete, found
    assert liar.made
