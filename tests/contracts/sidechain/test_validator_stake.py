"""Who seals two blocks in one round loses its stake, also at the last moment; nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from harness import reverts
from harness.chain import ether, open_chain
from harness.chain.chain import Chain
from harness.chain.values.accounts import Account
from harness.contracts.bindings import Contract
from harness.primitives.hashing import keccak256
from harness.primitives.signatures import signer_of
from harness.sidechain.header import Header
from harness.sidechain.light_client import LightClient, contract_type, evidence, joined
from harness.sidechain.sealed_chain import validator_keys
from harness.sidechain.sidechain import Sidechain

PERIOD = 14 * 86_400
MINIMUM = ether(32)
STAKE = contract_type("ValidatorStake")
CLIENT = contract_type("LightClient")
BURNT = "0x" + "00" * 18 + "dead"


@dataclass
class Desk:
    l1: Chain
    side: Sidechain
    client: LightClient

    @property
    def stake(self) -> Contract:
        return self.client.stake

    @property
    def owners(self) -> list[Account]:
        """The validators' accounts, in order."""
        return sorted(
            (self.l1.impersonate(each) for each in self.side.members), key=lambda account: account.address_bytes
        )

    def pair(self, *, rounds: tuple[int, int] = (0, 0)) -> tuple[Header, Header]:
        """Return two headers that the second and the third validator both sealed."""
        keys = [self.side.keys()[each] for each in self.side.members]
        base = replace(self.side.head, number=self.side.head.number + 5, timestamp=self.side.head.timestamp + 5)
        first = base.in_round(rounds[0]).sealed_by(keys[:3])
        return first, replace(base.in_round(rounds[1]), state_root=keccak256(b"another")).sealed_by(keys[1:])


@pytest.fixture
def desk() -> Iterator[Desk]:
    l1, side = open_chain("py-evm"), Sidechain(4)
    side.chain.mine()
    client = LightClient.deploy_with_stake(l1, side.head, PERIOD, MINIMUM)
    made = Desk(l1, side, client)
    for owner in made.owners:
        l1.set_balance(owner, ether(100))
        client.stake.stake(sender=owner, value=MINIMUM)
    yield made
    side.close()
    l1.backend.close()


def test_who_sealed_two_blocks_in_one_round_loses_all_of_its_stake(desk: Desk) -> None:
    olivia = desk.l1.accounts.olivia
    before = desk.l1.balance(olivia)
    receipt = desk.client.freeze(*desk.pair(), sender=olivia)
    left = [desk.stake.stakeOf(owner) for owner in desk.owners]
    assert left == [MINIMUM, 0, 0, MINIMUM]
    assert desk.l1.balance(BURNT) == 2 * MINIMUM * 9 // 10
    assert desk.l1.balance(olivia) - before + receipt.cost == 2 * MINIMUM // 10
    assert desk.l1.balance(desk.stake) == sum(left)


def test_a_conflict_of_two_rounds_costs_nobody_anything(desk: Desk) -> None:
    desk.client.freeze(*desk.pair(rounds=(0, 1)))
    assert [desk.stake.stakeOf(owner) for owner in desk.owners] == [MINIMUM] * 4


@pytest.mark.parametrize(("late", "is_slashed"), [(0, True), (1, False)])
def test_a_leaver_pays_up_to_the_last_second_of_the_period(desk: Desk, late: int, is_slashed: bool) -> None:
    liar = desk.owners[1]
    desk.stake.leave(sender=liar)
    first, second = desk.pair()
    desk.l1.warp(to=desk.client.newest.timestamp + PERIOD + late)
    if is_slashed:
        desk.client.freeze(first, second)
        assert desk.stake.stakeOf(liar) == 0
    else:
        with reverts(CLIENT.TrustExpired):
            desk.client.freeze(first, second)
        with reverts(STAKE.StillLocked):
            desk.stake.withdraw(liar, sender=liar)


def test_evidence_that_is_shown_after_a_stake_was_taken_freezes_the_client_at_no_cost_of_its_owner(desk: Desk) -> None:
    """The set stays, so it is still trusted; the stake of who left is free a day after the trusting period."""
    liar, olivia = desk.owners[1], desk.l1.accounts.olivia
    first, second = desk.pair()
    desk.stake.leave(sender=liar)
    for _ in range(3):
        for chain in (desk.l1, desk.side.chain):
            chain.warp(PERIOD // 2)
            chain.mine()
        desk.client.update(desk.client.counted(desk.side.head, desk.side.seals(desk.side.head.number)))
    assert desk.stake.freeFrom(liar) <= desk.l1.now
    desk.stake.withdraw(liar, sender=liar)
    desk.client.freeze(first, second, sender=olivia)
    assert desk.client.contract.frozenAt() == first.number
    assert [desk.stake.stakeOf(owner) for owner in desk.owners] == [MINIMUM, 0, 0, MINIMUM]
    assert desk.l1.balance(BURNT) == MINIMUM * 9 // 10, "the other liar's alone"


def test_seals_without_a_stake_do_not_count(desk: Desk) -> None:
    desk.side.chain.mine()
    assert len(desk.side.head.extra.seals) == 3
    desk.stake.leave(sender=desk.owners[0])
    with reverts(CLIENT.TooFewStaked, actual=2, expected=3):
        desk.client.update(desk.side.head)
    desk.stake.stake(sender=desk.owners[0])
    desk.client.update(desk.side.head)


@pytest.mark.parametrize("leaver", range(4))
def test_one_without_a_stake_does_not_stop_the_client(desk: Desk, leaver: int) -> None:
    """Whoever of the four leaves: the other three have sealed, too, and who relays the header takes their seals."""
    desk.stake.leave(sender=desk.owners[leaver])
    for _ in range(3):
        desk.side.chain.mine()
        head = desk.side.head
        desk.client.update(desk.client.counted(head, desk.side.seals(head.number)))
    assert desk.client.contract.head()[0] == desk.side.head.number


def test_who_vouches_for_a_set_has_a_stake(desk: Desk) -> None:
    """Two leave, and stay in the set. Then they vouch for strangers, who have a stake, and would take everything."""
    keys = [desk.side.keys()[each] for each in desk.side.members]
    strangers = [bytes((n,)) * 32 for n in range(1, 8)]
    for key in strangers:
        owner = desk.l1.impersonate(signer_of(key))
        desk.l1.set_balance(owner, ether(100))
        desk.stake.stake(sender=owner, value=MINIMUM)
    made_up = tuple(sorted(map(signer_of, (*keys[:2], *strangers))))
    head = replace(desk.side.head.in_round(0), number=2, timestamp=desk.side.head.timestamp + 1)
    header = replace(head, extra=replace(head.extra, validators=made_up)).sealed_by((*keys[:2], *strangers))
    mark = desk.l1.snapshot()
    desk.client.contract.updateSet(
        evidence(header, desk.client.spans[-1]), joined(desk.client.spans[-1]), sender=desk.l1.accounts.mallory
    )
    desk.l1.restore(mark)
    desk.stake.leave(sender=desk.owners[0])
    with reverts(CLIENT.TooFewStaked, actual=1, expected=2):
        desk.client.update(header)


def test_a_stake_is_paid_once_it_is_free(desk: Desk) -> None:
    owner, carol = desk.owners[0], desk.l1.accounts.carol
    with reverts(STAKE.NotLeaving):
        desk.stake.withdraw(owner, sender=owner)
    desk.stake.leave(sender=owner)
    free = desk.stake.freeFrom(owner)
    with reverts(STAKE.AlreadyLeaving):
        desk.stake.leave(sender=owner)
    desk.l1.warp(to=free - 1)
    with reverts(STAKE.StillLocked, actual=free - 1, **{"from": free}):
        desk.stake.withdraw(carol, sender=owner)
    desk.l1.warp(to=free)
    before = desk.l1.balance(carol)
    desk.stake.withdraw(carol, sender=owner)
    assert desk.l1.balance(carol) - before == MINIMUM
    with reverts(STAKE.NotLeaving):
        desk.stake.withdraw(carol, sender=owner)


def test_only_the_client_slashes(desk: Desk) -> None:
    with reverts(STAKE.NotClient):
        desk.stake.slash([desk.owners[0]], desk.l1.accounts.mallory, sender=desk.l1.accounts.mallory)


def test_a_stake_has_the_minimum(desk: Desk) -> None:
    with reverts(STAKE.BelowMinimum, actual=MINIMUM - 1, minimum=MINIMUM):
        desk.stake.stake(sender=desk.l1.accounts.alice, value=MINIMUM - 1)
    with reverts(STAKE.BelowMinimum, actual=0, minimum=MINIMUM):
        desk.stake.leave(sender=desk.l1.accounts.alice)


def test_a_stake_outlives_the_trust(desk: Desk) -> None:
    with reverts(STAKE.LockTooShort, actual=PERIOD, period=PERIOD):
        desk.l1.deploy(STAKE, desk.client.contract, MINIMUM, PERIOD, PERIOD, sender=desk.l1.accounts.alice)


def test_the_keys_are_those_of_the_accounts(desk: Desk) -> None:
    assert {signer_of(key) for key in validator_keys(4)} == {owner.address_bytes for owner in desk.owners}
