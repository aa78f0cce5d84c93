import pytest

from harness import reverts

DAY = 24 * 3600


@pytest.fixture(scope="module")
def piggy(l1, accounts, Coin, Piggy):
    coin = l1.deploy(Coin, 1000, sender=accounts.alice)
    piggy = l1.deploy(Piggy, coin.address, l1.now + DAY, sender=accounts.alice)
    coin.transfer(piggy.address, 600, sender=accounts.alice)
    return piggy


def test_nothing_is_taken_too_early(piggy, accounts, Piggy):
    with reverts(Piggy.StillLocked, opensAt=piggy.opensAt()):
        piggy.take(600, sender=accounts.bob)


def test_everything_is_taken_in_time(l1, piggy, accounts, Coin):
    l1.warp(DAY)
    piggy.take(600, sender=accounts.bob)
    assert l1.at(Coin, piggy.coin()).balanceOf(accounts.bob.address) == 600


def test_more_is_taken_than_there_is(l1, piggy, accounts):
    l1.warp(DAY)
    piggy.take(601, sender=accounts.bob)
