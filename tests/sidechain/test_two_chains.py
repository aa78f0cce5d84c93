"""A sidechain between two L1s, and between an L1 and a rollup: sums are kept, and no proof fits twice."""

from __future__ import annotations

import pytest

from harness import reverts
from harness.errors import RevertedWithError
from harness.sidechain.bridge import message_of
from harness.sidechain.forging import forged
from harness.sidechain.light_client import contract_type
from tests.support.shores import ATTESTED, ETHER, PROVEN, Between, twin


def test_a_token_goes_from_one_chain_over_the_sidechain_to_the_other_and_back(between: Between) -> None:
    near, far = between.bridges
    alice, bob = between.first.accounts.alice, between.first.accounts.bob
    token = between.first.deploy(contract_type("DemoToken"), "T", "T", 100, sender=alice)
    token.approve(near.near_port, 60, sender=alice)
    near.near_port.send(token, bob, 60, between.first.now + 10_000, 0, b"", sender=alice)
    between.settle()
    middle = twin(between.side.chain, near.far_port, token)
    middle.approve(far.far_port, 50, sender=bob)
    message = message_of(far.far_port.send(middle, alice, 50, 0, 0, b"", sender=bob))
    between.side.step()
    far.execute(message)
    last = twin(between.second, far.near_port, middle)
    assert (token.balanceOf(near.near_port), middle.totalSupply(), middle.balanceOf(far.far_port)) == (60, 60, 50)
    assert (last.totalSupply(), last.balanceOf(alice)) == (50, 50)

    far.near_port.send(last, bob, 50, between.second.now + 10_000, 0, b"", sender=alice)
    between.settle()
    assert middle.balanceOf(bob) == 60
    message = message_of(near.far_port.send(middle, alice, 60, 0, 0, b"", sender=bob))
    between.side.step()
    near.execute(message)
    assert (token.balanceOf(alice), middle.totalSupply(), last.totalSupply()) == (100, 0, 0)


def test_a_message_goes_over_both_bridges(between: Between) -> None:
    """The first call sends the second: a call at the sidechain's end of one bridge that uses the other's."""
    near, far = between.bridges
    alice = between.first.accounts.alice
    token = between.second.deploy(contract_type("DemoToken"), "T", "T", 7, sender=alice)
    last = token.approve.encode(alice, 7)
    onward = far.far.send.encode(token, 0, 0, last)
    near.deposit(far.far, 0, onward, sender=alice)
    between.first.mine(6)
    (delivered,) = near.attest()
    between.side.step()
    far.execute(message_of(delivered))
    assert token.allowance(far.near, alice) == 7


def test_what_is_for_one_chain_runs_on_no_other(between: Between) -> None:
    near, far = between.bridges
    bob = between.first.accounts.bob
    near.deposit(bob, 10**18, sender=between.first.accounts.alice)
    far.deposit(bob, 0, sender=between.second.accounts.alice)
    between.settle()
    leaving = near.withdraw(bob, 10**17, sender=between.side.chain.accounts.bob)
    between.side.step()
    near.execute(leaving)
    height, checkpoint, account, slot = near.prove(0, leaving.id)
    with pytest.raises(RevertedWithError):
        far.near.execute(leaving.words, (height, checkpoint, account, slot), sender=bob)
    own = far.prove(0, far.near.idOf(leaving.words, False))
    with reverts(PROVEN.NotSent):
        far.near.execute(leaving.words, own, sender=bob)
    deposit = near.deposit(bob, 1, sender=between.first.accounts.alice)
    with reverts(ATTESTED.NotAttestedBy):
        far.deliver(deposit, near.attestations(deposit.id))


def test_the_sidechains_ether_is_that_of_the_first_chain_only(between: Between) -> None:
    """Else ether of the second would pay out that of the first, and be worth as little as the cheaper of the two."""
    near, far = between.bridges
    alice, bob = between.first.accounts.alice, between.side.chain.accounts.bob
    near.deposit(between.first.accounts.bob, 3 * ETHER, sender=alice)
    between.settle()
    with reverts(PROVEN.CarriesNoEther, value=ETHER):
        far.deposit(between.second.accounts.bob, ETHER, sender=between.second.accounts.alice)
    with reverts(ATTESTED.NotLockedThere, actual=ETHER, locked=0):
        far.withdraw(between.second.accounts.carol, ETHER, sender=bob)
    with reverts(ATTESTED.NotLockedThere, actual=3 * ETHER + 1, locked=3 * ETHER):
        near.withdraw(between.first.accounts.carol, 3 * ETHER + 1, sender=bob)
    message = near.withdraw(between.first.accounts.carol, 3 * ETHER, sender=bob)
    between.side.step()
    near.execute(message)
    assert (between.first.balance(near.near), near.far.locked(), near.wrapped) == (0, 0, None)


def test_ether_of_the_second_chain_goes_over_as_a_token_and_comes_back(between: Between) -> None:
    _, far = between.bridges
    token, bob = far.wrapped, between.second.accounts.bob
    assert token is not None
    token.deposit(sender=bob, value=2 * ETHER)
    token.approve(far.near_port, 2 * ETHER, sender=bob)
    far.near_port.send(token, bob, 2 * ETHER, between.second.now + 10_000, 0, b"", sender=bob)
    between.settle()
    middle = twin(between.side.chain, far.far_port, token)
    message = message_of(far.far_port.send(middle, bob, ETHER, 0, 0, b"", sender=between.side.chain.accounts.bob))
    between.side.step()
    far.execute(message)
    before = between.second.balance(bob)
    receipt = token.withdraw(ETHER, sender=bob)
    assert between.second.balance(bob) - before + receipt.cost == ETHER
    assert (between.second.balance(token), token.totalSupply(), middle.totalSupply()) == (ETHER, ETHER, ETHER)


def test_one_chain_goes_on_when_the_light_client_of_the_other_is_over(between: Between) -> None:
    near, far = between.bridges
    last = near.client.newest
    liars = sorted(between.side.keys().values())[:3]
    near.client.freeze(*(forged(last, bytes((n,)) * 32, liars) for n in range(2)))
    far.deposit(between.second.accounts.bob, sender=between.second.accounts.alice)
    between.second.mine(6)
    assert between.side.step() == 1
    assert (near.client.newest, far.client.newest) == (last, between.side.head)
