from __future__ import annotations

import pytest
from eth_hash.auto import keccak

from harness.chain import ether
from harness.chain.errors import BalanceSlotNotFound, InsufficientFunds, UnknownAccount
from harness.contracts.reverts import reverts

pytestmark = pytest.mark.needs("edits")

GHOST = "0x00000000000000000000000000000000000000A1"


@pytest.fixture
def token(chain, contracts):
    return chain.deploy(contracts["ProbeToken"], 1_000, sender=chain.accounts.alice)


def test_set_balance(chain):
    chain.set_balance(GHOST, 123)
    assert chain.balance(GHOST) == 123
    chain.mine()
    assert chain.balance(GHOST) == 123
    chain.set_balance(GHOST, 0)
    assert chain.balance(GHOST) == 0


def test_set_balance_in_an_open_block_counts_for_the_next_transaction(chain, bob):
    poor = chain.accounts.trent
    chain.set_balance(poor, 0)
    with chain.block():
        with pytest.raises(InsufficientFunds):
            chain.send(sender=poor, to=bob, value=1)
        chain.set_balance(poor, ether(1))
        receipt = chain.send(sender=poor, to=bob, value=1)
    assert receipt.succeeded


def test_set_code_makes_a_contract(chain, contracts):
    code = contracts["ProbeInner"].artifact.runtime
    chain.set_code(GHOST, code)
    chain.set_storage(GHOST, 0, 41)
    ghost = chain.at(contracts["ProbeInner"], GHOST)
    assert chain.code(GHOST) == code
    assert ghost.count() == 41
    ghost.increment(sender=chain.accounts.bob)
    assert ghost.count() == chain.storage(GHOST, 0) == 42


def test_set_nonce(chain, alice, bob):
    chain.set_nonce(alice, 70)
    assert chain.nonce(alice) == 70
    assert chain.send(sender=alice, to=bob).succeeded
    assert chain.nonce(alice) == 71


def test_set_token_balance_finds_the_slot(chain, alice, bob, token):
    chain.set_token_balance(token, bob, 777)
    chain.set_token_balance(token, alice, 3)
    assert (token.balanceOf(bob), token.balanceOf(alice), token.totalSupply()) == (777, 3, 1_000)
    token.transfer(alice, 700, sender=bob)
    assert (token.balanceOf(bob), token.balanceOf(alice)) == (77, 703)


def test_set_token_balance_changes_nothing_else(chain, bob, token):
    key = b"\0" * 12 + bob.address_bytes
    mapped = [int.from_bytes(keccak(key + number.to_bytes(32, "big")), "big") for number in range(8)]
    before = {slot: chain.storage(token, slot) for slot in (*range(8), *mapped)}
    chain.set_token_balance(token, bob, 5)
    after = {slot: chain.storage(token, slot) for slot in before}
    assert {slot: value for slot, value in after.items() if value != before[slot]} == {mapped[3]: 5}
    assert token.name() == "Probe"


def test_set_token_balance_behind_a_proxy(chain, alice, bob, token, contracts):
    proxy = chain.deploy(contracts["ProbeProxy"], token, sender=alice)
    chain.set_token_balance(proxy, bob, 12)
    assert chain.at(contracts["ProbeToken"], proxy).balanceOf(bob) == 12
    assert token.balanceOf(bob) == 0


def test_set_token_balance_of_what_is_no_token_is_refused(chain, bob, probe):
    before = chain.head, probe.count()
    with pytest.raises(BalanceSlotNotFound) as caught:
        chain.set_token_balance(probe, bob, 5)
    assert (caught.value.token, caught.value.holder) == (probe.address, bob.address)
    assert (chain.head, probe.count()) == before


@pytest.mark.needs("impersonate")
def test_impersonated_address_sends_and_pays(chain, bob, probe):
    ghost = chain.impersonate(GHOST)
    chain.set_balance(ghost, ether(1))
    receipt = probe.increment(sender=ghost)
    assert receipt.sender == GHOST
    assert receipt.events[0].by == GHOST
    assert chain.balance(ghost) == ether(1) - receipt.cost
    assert chain.nonce(ghost) == 1


@pytest.mark.needs("impersonate")
def test_impersonated_contract_sends(chain, alice, probe, token):
    token.transfer(probe, 10, sender=alice)
    chain.set_balance(probe, ether(1))
    token.transfer(alice, 4, sender=chain.impersonate(probe))
    assert token.balanceOf(probe) == 6


@pytest.mark.needs("impersonate")
def test_impersonated_sender_obeys_the_rules(chain, bob):
    with pytest.raises(InsufficientFunds) as caught:
        chain.send(sender=chain.impersonate(GHOST), to=bob, value=1)
    assert caught.value.sender == GHOST
    assert chain.nonce(GHOST) == 0


@pytest.mark.needs("impersonate")
def test_impersonated_transactions_keep_their_order_in_a_block(chain, alice, probe):
    ghost = chain.impersonate(GHOST)
    chain.set_balance(ghost, ether(1))
    with chain.block():
        receipts = [probe.increment(sender=who) for who in (ghost, alice, ghost)]
    assert [receipt.events[0].by for receipt in receipts] == [GHOST, alice.address, GHOST]


@pytest.mark.needs("impersonate")
def test_impersonated_reverts_are_decoded(chain, probe, contracts):
    ghost = chain.impersonate(GHOST)
    chain.set_balance(ghost, ether(1))
    with reverts(contracts["ChainProbe"].TooMany, actual=8):
        probe.failWithError(8, sender=ghost)


def test_impersonated_account_has_no_key_to_sign_with(chain):
    with pytest.raises(UnknownAccount):
        chain.impersonate(GHOST).sign_message(b"mine")
