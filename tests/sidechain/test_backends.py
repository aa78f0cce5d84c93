"""A bridge does the same on each backend, whichever is L1 or executes the sidechain, and costs the same on L1."""

from __future__ import annotations

import pytest

from harness.chain import ether, open_chain
from harness.chain.receipts import Receipt
from harness.primitives.hashing import keccak256
from harness.sidechain.forging import forged
from harness.sidechain.sidechain import Sidechain


def life(l1_backend: str, side_backend: str) -> tuple[list[int], list[int]]:
    """Play a deposit, a withdrawal, a refund and a freeze; return the gas of each on L1, and what is left."""
    with open_chain(l1_backend) as l1:
        side = Sidechain(4, backend=side_backend)
        bridge = side.attach(l1)
        gas: list[int] = []

        def count(receipt: Receipt) -> None:
            gas.append(receipt.gas_used)

        deposit = bridge.near.send(l1.accounts.bob, l1.now + 10_000, 0, b"", sender=l1.accounts.alice, value=ether(3))
        count(deposit)
        l1.mine(bridge.depth)
        assert side.step() == 1
        leaving = bridge.withdraw(l1.accounts.carol, ether(1), sender=side.chain.accounts.bob)
        head = side.head
        count(bridge.client.update(head))
        count(bridge.execute(leaving))
        waiting = bridge.deposit(l1.accounts.bob, ether(2), sender=l1.accounts.alice)
        keys = [side.keys()[each] for each in side.members[:3]]
        count(bridge.client.freeze(*(forged(head, keccak256(bytes((n,))), keys) for n in range(2))))
        count(bridge.refund(waiting, head))
        left = [l1.balance(bridge.near), int(bridge.far.locked()), int(bridge.client.contract.frozenAt()) - head.number]
        side.close()
        return gas, left


LEFT = [ether(2), ether(2), 1]


def test_a_life_of_a_bridge_ends_alike_on_each_l1(l1_name: str) -> None:
    assert life(l1_name, "py-evm")[1] == LEFT


@pytest.mark.only_anvil
def test_py_evm_and_anvil_cost_the_same_on_l1() -> None:
    """The headers are the same, since the sidechain is; so each transaction has the same calldata."""
    ours, theirs = life("py-evm", "py-evm"), life("anvil", "py-evm")
    assert ours == theirs
    assert ours[1] == LEFT


@pytest.mark.only_anvil
def test_anvil_executes_a_sidechain() -> None:
    assert life("py-evm", "anvil")[1] == LEFT
