"""The market for the L2 gas of delayed messages: its terms, its prices, what a sale burns, and who can corner it."""

from __future__ import annotations

import random
from typing import Any

import pytest

from harness import ether, reverts
from harness.chain.chain import Chain
from harness.chain.values.transactions import TX_GAS_CAP
from harness.rollup.config import RollupConfig
from harness.rollup.errors import WrongRollupParameter
from harness.testbed.rollup import Rollup

LARGEST = 2**23
TARGET = LARGEST // 4
LOWEST = 1_000
HIGHEST = 2**64 - 1
OVERHEAD = 120_000
"""More than an L1 transaction with a short message uses besides what it burns."""


@pytest.fixture
def deploy(l1: Chain, contracts: Any, alice: Any) -> Any:
    """A delayed inbox of its own terms, whose portal is alice."""
    return lambda *terms: contracts["DelayedInbox"].deploy(l1, alice.address, *terms, sender=alice)


@pytest.fixture
def inbox(deploy: Any) -> Any:
    return deploy(LARGEST, TARGET, LOWEST)


def _next(price: int, sold: int, target: int, lowest: int) -> int:
    """The price of the block after, as the SPEC has it."""
    if sold > target:
        return min(HIGHEST, price + price * (sold - target) // (8 * target))
    return max(lowest, price - price * (target - sold) // (8 * target))


@pytest.mark.parametrize(
    ("terms", "name", "actual", "expected"),
    [
        ((0, TARGET, LOWEST), "cap", 0, LARGEST),
        ((LARGEST - 1, TARGET, LOWEST), "cap", LARGEST - 1, LARGEST),
        ((2**64, 2**60, LOWEST), "cap", 2**64, 2**64 - 1),
        ((2**64 - 1, 0, LOWEST), "target", 0, 2**58),
        ((LARGEST, LARGEST // 64 - 1, LOWEST), "target", LARGEST // 64 - 1, LARGEST // 64),
        ((LARGEST + 1, LARGEST // 64, LOWEST), "target", LARGEST // 64, LARGEST // 64 + 1),
        ((LARGEST, LARGEST + 1, LOWEST), "target", LARGEST + 1, LARGEST),
        ((LARGEST, TARGET, 0), "lowest", 0, 8),
        ((LARGEST, TARGET, 7), "lowest", 7, 8),
        ((LARGEST, TARGET, 1_501), "lowest", 1_501, 1_500),
    ],
)
def test_deployment_with_terms_that_make_no_market_reverts(
    deploy: Any, contracts: Any, terms: tuple[int, ...], name: str, actual: int, expected: int
) -> None:
    """A target far below the cap would be a schedule whose prices overflow within a few blocks."""
    with reverts(contracts["DelayedInbox"].WrongParameter, name=name, actual=actual, expected=expected):
        deploy(*terms)


@pytest.mark.parametrize("terms", [(LARGEST, LARGEST // 64, 8), (2**64 - 1, 2**64 - 1, 1_500), (LARGEST, LARGEST, 8)])
def test_deployment_at_the_bounds_succeeds(deploy: Any, terms: tuple[int, int, int]) -> None:
    inbox = deploy(*terms)
    assert (inbox.gasCap(), inbox.gasTarget(), inbox.lowestPrice()) == terms
    assert (inbox.price(), inbox.gasForSale()) == (terms[2], terms[0])


def _market(l1: Chain, inbox: Any) -> tuple[int, int, int]:
    """Price and gas sold in the last L1 block with a sale, and that block: what the contract keeps."""
    word = l1.storage(inbox.address, 1)
    return word % 2**64, (word >> 64) % 2**64, (word >> 128) % 2**64


@pytest.mark.parametrize("lowest", [8, LOWEST])
def test_price_follows_what_each_block_sold(l1: Chain, deploy: Any, alice: Any, lowest: int) -> None:
    rng = random.Random(12)
    target = LARGEST // 64
    inbox = deploy(LARGEST, target, lowest)
    price, sold, last = lowest, 0, l1.block_number
    seen = set()
    for _ in range(40):
        for _ in range(rng.choice((0, 0, 0, 1, 2, 30))):
            l1.mine()
        for _ in range(l1.block_number + 1 - last):
            price, sold = _next(price, sold, target, lowest), 0
        affordable = min(LARGEST, 10**7 * 1_000 // price)
        sold = max(21_000, rng.choice((21_000, target, affordable, rng.randrange(21_000, affordable))))
        inbox.queueTransaction(b"", sold, sender=alice)
        last = l1.block_number
        assert _market(l1, inbox) == (price, sold, last)
        seen.add(price)
    assert min(seen) == lowest and max(seen) > 8**4, "the run has seen the lowest price and high ones"


def test_price_stops_at_its_highest(l1: Chain, deploy: Any, alice: Any) -> None:
    """No history of payments leads there; if one did, the next price would neither wrap nor lock the inbox for good."""
    inbox = deploy(LARGEST, LARGEST // 64, 8)
    inbox.queueTransaction(b"", 21_000, sender=alice)
    l1.set_storage(inbox, 1, l1.block_number << 128 | LARGEST << 64 | HIGHEST)
    with reverts(inbox.TooLittleGasToBurn):
        inbox.queueTransaction(b"", 21_000, sender=alice)
    # By an eighth in each block without a sale, it is down to where it began within some 320 blocks.
    l1.mine(350)
    inbox.queueTransaction(b"", 21_000, sender=alice)
    assert _market(l1, inbox)[:2] == (8, 21_000)


@pytest.mark.parametrize("gas", [21_000, 200_000, 1_200_000, LARGEST])
def test_sale_burns_the_price_less_what_the_call_uses(inbox: Any, alice: Any, gas: int) -> None:
    used = inbox.queueTransaction(b"", gas, sender=alice).gas_used
    assert max(gas, 45_000) <= used <= gas + OVERHEAD


def test_an_estimate_at_the_head_is_enough_in_the_next_block(rollup: Rollup, alice: Any) -> None:
    """Of so little L2 gas that nothing is burnt, which would even out a difference."""
    call = rollup.portal.functions["depositTransaction"].encode(alice.address, 0, 21_000, False, b"")
    wanted = {"from": alice.address, "to": rollup.portal.address, "data": call}
    rollup.deposit(0, sender=alice)  # the head has a sale
    estimate = rollup.l1.w3.eth.estimate_gas(wanted)
    receipt = rollup.l1.send(sender=alice, to=rollup.portal.address, data=call, gas=100_000)
    assert receipt.gas_used == estimate
    assert rollup.l1.send(sender=alice, to=rollup.portal.address, data=call, gas=estimate).succeeded


def test_sale_at_twice_the_price_burns_twice(l1: Chain, inbox: Any, alice: Any) -> None:
    inbox.queueTransaction(b"", 21_000, sender=alice)
    once = inbox.queueTransaction(b"", 500_000, sender=alice).gas_used
    l1.set_storage(inbox, 1, (l1.block_number + 1) << 128 | 2 * LOWEST)
    twice = inbox.queueTransaction(b"", 500_000, sender=alice).gas_used
    assert twice - once == 500_000


def test_largest_message_with_most_bytes_fits_into_one_transaction_at_the_highest_lowest_price(
    deploy: Any, alice: Any
) -> None:
    inbox = deploy(LARGEST, TARGET, 1_500)
    used = inbox.queueTransaction(b"\xff" * 50_000, LARGEST, sender=alice).gas_used
    assert LARGEST * 3 // 2 < used < TX_GAS_CAP


def test_sale_with_too_little_gas_to_burn_reverts(inbox: Any, alice: Any) -> None:
    """Among them what a caller leaves out on purpose: a call that forwards 63/64 of too little burns nothing less."""
    for gas in (200_000, 600_000, 1_000_000, 1_025_000):
        with reverts(inbox.TooLittleGasToBurn):
            inbox.queueTransaction(b"", 1_000_000, sender=alice, gas=gas)
    assert inbox.messageCount() == 0
    assert inbox.queueTransaction(b"", 1_000_000, sender=alice, gas=1_045_000).gas_used > 1_000_000


def test_sale_beyond_the_cap_of_a_block_reverts(l1: Chain, inbox: Any, alice: Any, bob: Any) -> None:
    left = 100_000
    with l1.block():
        inbox.queueTransaction(b"", LARGEST - left, sender=alice)
        refused = inbox.queueTransaction(b"", left + 1, sender=bob, check=False)
        accepted = inbox.queueTransaction(b"", left, sender=alice)
        late = inbox.queueTransaction(b"", 21_000, sender=bob, check=False)
    assert accepted.succeeded and inbox.messageCount() == 2
    for receipt, actual, available in ((refused, left + 1, left), (late, 21_000, 0)):
        with reverts(inbox.GasSoldOut, actual=actual, available=available):
            receipt.raise_if_reverted()
    inbox.queueTransaction(b"", LARGEST, sender=bob)


def test_at_the_lowest_price_each_block_sells_its_own_cap(l1: Chain, inbox: Any, alice: Any, bob: Any) -> None:
    with l1.block():
        inbox.queueTransaction(b"", TARGET, sender=alice)
        refused = inbox.queueTransaction(b"", LARGEST - TARGET + 1, sender=bob, check=False)
    with reverts(inbox.GasSoldOut, actual=LARGEST - TARGET + 1, available=LARGEST - TARGET):
        refused.raise_if_reverted()
    inbox.queueTransaction(b"", LARGEST, sender=bob)
    assert _market(l1, inbox) == (LOWEST, LARGEST, l1.block_number)


def test_deposits_and_queued_transactions_share_one_market(rollup: Rollup, alice: Any, bob: Any) -> None:
    delayed = rollup.contracts.delayed_inbox
    with rollup.l1.block():
        rollup.portal.depositTransaction(alice.address, 0, LARGEST - 21_000, False, b"", sender=alice, value=ether(1))
        late = delayed.queueTransaction(b"", 21_001, sender=bob, check=False)
    with reverts(delayed.GasSoldOut, actual=21_001, available=21_000):
        late.raise_if_reverted()


def _spam(rollup: Rollup, spammer: Any, price: int) -> tuple[int, int]:
    """Buy in one L1 block all that its gas pays for; returns the gas sold and the wei paid."""
    l1, delayed = rollup.l1, rollup.contracts.delayed_inbox
    left, room, before = LARGEST, l1.head.gas_limit, l1.balance(spammer)
    with l1.block():
        while room > 200_000 and left >= 21_000:
            gas = min(TX_GAS_CAP, room)
            amount = min(left, (gas - OVERHEAD) * 63 // 64 * 1_000 // price)
            if amount < 21_000:
                break
            delayed.queueTransaction(b"", amount, sender=spammer, gas=gas)
            left, room = left - amount, room - max(amount * price // 1_000, 60_000) - 60_000
    assert _market(l1, delayed)[1] == LARGEST - left
    return LARGEST - left, before - l1.balance(spammer)


def test_a_spammer_cannot_keep_the_escape_hatch_closed(rollup: Rollup, accounts: Any) -> None:
    """At ff042e3 one L1 block of 60,000,000 gas sold 7,314,866,176 gas of L2 for 0.136 ether at 1.06 gwei a gas (872
    deposits of 2^23; 54 billion gas an ether), and as much through queueTransaction for gas of L1 alone.

    Now it sells 8,388,608. Whoever buys all of it, block after block, has to stop within seven blocks, as the price
    then takes more than all of L1's gas; from there on others get in, at a price that one transaction can burn.
    """
    l1, delayed = rollup.l1, rollup.contracts.delayed_inbox
    spammer, user = accounts.mallory, accounts.alice
    limit, need = l1.head.gas_limit, 100_000
    raw = rollup.sign_l2(user, to=accounts.bob, value=1, gas=need)
    delayed.queueTransaction(b"", 21_000, sender=spammer)
    price, sold, paid = LOWEST, 21_000, 0
    closed, sales = 0, []
    for number in range(24):
        price = _next(price, sold, TARGET, LOWEST)
        sold, wei = _spam(rollup, spammer, price)
        sales.append(sold)
        paid += wei
        assert sold * 10**18 // wei < 10**9
        assert _market(l1, delayed)[0] == price <= limit * 1_000 // TARGET
        if LARGEST - sold < need:
            assert closed == number, "once open, it stays open"
            closed += 1
    assert 0 < closed <= 7
    assert max(sales) <= LARGEST
    assert sum(sales) * 10**18 // paid < 10**8
    assert sales[-1] < TARGET * 9 // 8
    receipt = delayed.queueTransaction(raw, need, sender=user)
    assert receipt.gas_used < TX_GAS_CAP // 4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("delayed_gas_cap", 2**23 - 1),
        ("delayed_gas_cap", 2**64),
        ("delayed_gas_target", 0),
        ("delayed_gas_target", 2**23 + 1),
        ("delayed_gas_price", 7),
        ("delayed_gas_price", 1_501),
    ],
)
def test_parameters_that_make_no_market_are_refused_before_anything_is_deployed(name: str, value: int) -> None:
    with pytest.raises(WrongRollupParameter, match=f"{name} is {value}, expected a whole number from"):
        RollupConfig.of({name: value})


def test_an_attached_rollup_knows_the_terms(rollup: Rollup) -> None:
    config = rollup.config
    assert (config.delayed_gas_cap, config.delayed_gas_target, config.delayed_gas_price) == (LARGEST, TARGET, LOWEST)
