"""A chain that outlives many tests keeps no state of a block or an edit that is gone."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from harness.chain import Chain, open_chain
from harness.chain.pyevm.state import StoredState
from harness.contracts.bindings import ContractType
from harness.contracts.project import built_in_contracts


def _states() -> int:
    """Return how many states of any chain are alive."""
    gc.collect()
    return sum(type(each) is StoredState for each in gc.get_objects())


def _edit(chain: Chain, number: int) -> None:
    chain.set_balance(chain.accounts.bob, number)
    chain.set_code("0x" + "77" * 20, number.to_bytes(4, "big"))


def _mine(chain: Chain, number: int) -> None:
    chain.mine(3 + number)
    assert chain.w3.eth.get_balance(chain.accounts.bob.address, chain.block_number - 1)
    chain.w3.eth.get_proof(chain.accounts.bob.address, [0], chain.block_number - 2)


def _fail(chain: Chain, number: int) -> None:
    probe = chain.deploy(ContractType(built_in_contracts()["ChainProbe"]), number, sender=chain.accounts.alice)
    probe.failWithError.transact(number, sender=chain.accounts.alice, check=False)


ACTS = {
    "transactions": lambda chain, number: chain.send(sender=chain.accounts.alice, to=chain.accounts.bob, value=number),
    "edits": _edit,
    "empty blocks that were read": _mine,
    "failures, which can be replayed": _fail,
    "an open block": lambda chain, number: chain.backend.open_block(),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=list(ACTS))
@pytest.mark.parametrize("leave", ["restore", "reorg"])
def test_states_go_with_their_blocks(act: Any, leave: str) -> None:
    chain = open_chain()
    chain.send(sender=chain.accounts.alice, to=chain.accounts.bob, value=1)
    counts = []
    for number in range(1, 7):
        mark, height = chain.snapshot(), chain.block_number
        act(chain, number)
        if leave == "restore":
            chain.restore(mark)
        elif chain.block_number > height:
            chain.reorg(chain.block_number - height)
        else:
            chain.restore(mark)
        del mark
        counts.append(_states())
    assert counts[1:] == counts[1:2] * 5


def test_a_snapshot_keeps_the_state_that_it_needs() -> None:
    chain = open_chain()
    bob = chain.accounts.bob
    chain.set_balance(bob, 11)
    mark = chain.snapshot()
    before = _states()
    chain.set_balance(bob, 12)
    chain.mine(2)
    chain.send(sender=chain.accounts.alice, to=bob, value=5)
    assert chain.balance(bob) == 17
    chain.restore(mark)
    assert chain.balance(bob) == 11
    assert _states() == before
