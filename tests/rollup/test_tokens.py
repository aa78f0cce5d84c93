"""Tokens across the bridge by three verbs: bridge, twin, bridge_back."""

from __future__ import annotations

from typing import Any

import pytest

from harness import reverts
from harness.errors import RollupError
from harness.rollup.errors import NoTwin
from harness.testbed.rollup import Rollup


@pytest.fixture
def token(rollup: Rollup, contracts: Any, alice: Any) -> Any:
    return rollup.l1.deploy(contracts["DemoToken"], "Gold", "GLD", 1_000, sender=alice)


def test_tokens_go_there_and_back(rollup: Rollup, token: Any, alice: Any, bob: Any) -> None:
    receipt = rollup.bridge(token, 600, sender=alice, to=bob)
    assert receipt.succeeded
    twin = rollup.twin(token)
    assert (twin.balanceOf(bob.address), twin.l1Token()) == (600, token.address)
    assert rollup.token_bridge.locked(token.address) == 600

    message = rollup.bridge_back(token.address, 250, sender=bob, to=alice)
    assert twin.totalSupply() == 350
    rollup.confirm_all()
    rollup.execute(message, sender=bob)
    assert token.balanceOf(alice.address) == 650
    assert rollup.token_bridge.locked(token.address) == 350


def test_a_token_that_keeps_an_allowance_until_it_is_zero_is_bridged(
    rollup: Rollup, contracts: Any, alice: Any
) -> None:
    wary = contracts["WaryToken"].deploy(rollup.l1, sender=alice)
    wary.mint(alice.address, 100, sender=alice)
    wary.approve(rollup.token_bridge.address, 3, sender=alice)
    rollup.bridge(wary, 10, sender=alice)
    assert rollup.twin(wary).balanceOf(alice.address) == 10


def test_who_bridges_owns_the_twins_and_who_brings_back_owns_the_tokens(rollup: Rollup, token: Any, alice: Any) -> None:
    rollup.bridge(token.address, 10, sender=alice)
    assert rollup.twin(token).balanceOf(alice.address) == 10
    message = rollup.bridge_back(token, 10, sender=alice)
    rollup.sequencer.post()
    rollup.proposer.propose()
    rollup.prove(message, sender=alice)
    rollup.confirm_all()
    rollup.finalize(message, sender=alice)
    assert token.balanceOf(alice.address) == 1_000


def test_what_was_approved_is_not_approved_again(rollup: Rollup, token: Any, alice: Any) -> None:
    token.approve(rollup.token_bridge.address, 2**255, sender=alice)
    nonce = rollup.l1.nonce(alice)
    rollup.bridge(token, 10, sender=alice)
    assert rollup.l1.nonce(alice) == nonce + 1


def test_a_token_that_was_never_bridged_has_no_twin(rollup: Rollup, token: Any, alice: Any) -> None:
    for attempt in (lambda: rollup.twin(token), lambda: rollup.bridge_back(token, 1, sender=alice)):
        with pytest.raises(NoTwin) as caught:
            attempt()
        assert caught.value.token == token.address
        assert isinstance(caught.value, RollupError)


def test_more_than_one_has_is_not_bridged(rollup: Rollup, token: Any, alice: Any, bob: Any) -> None:
    with reverts(rollup.token_bridge.TransferFailed, token=token):
        rollup.bridge(token, 1, sender=bob)
    rollup.bridge(token, 5, sender=alice)
    with reverts(rollup.twin(token).BalanceTooLow, holder=alice, actual=5, needed=6):
        rollup.bridge_back(token, 6, sender=alice)
