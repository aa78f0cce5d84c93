"""The schedule of forks: who may add to it, what it takes, and what it writes into each batch's record."""

from __future__ import annotations

from typing import Any

import pytest

from harness import reverts
from harness.chain import open_chain
from harness.rollup.contracts import NO_DISPUTES, contract_type
from harness.rollup.forks import Fork
from harness.rollup.node.inbox import batch_of
from harness.testbed.rollup import Rollup

CANCUN, PRAGUE, OSAKA = range(3)
pytestmark = [pytest.mark.l1(fork="prague"), pytest.mark.rollup(fork="cancun")]


@pytest.fixture
def inbox(rollup: Rollup) -> Any:
    return rollup.contracts.sequencer_inbox


@pytest.fixture
def factory(rollup: Rollup) -> Any:
    return contract_type("DisputeGameFactory").at(rollup.l1, rollup.assertions.disputes())


@pytest.fixture
def owner(rollup: Rollup, factory: Any) -> Any:
    return next(account for account in rollup.l1.accounts if account.address == factory.owner())


@pytest.fixture
def earliest(rollup: Rollup, factory: Any) -> int:
    """The earliest time that an entry may have for sure: a minute for the block that takes it."""
    return rollup.l1.now + int(factory.delay()) + 60


def test_schedule_by_another_reverts(inbox: Any, owner: Any, accounts: Any, earliest: int) -> None:
    with reverts(inbox.NotOwner, actual=accounts.dave.address, expected=owner.address):
        inbox.schedule(OSAKA, earliest, sender=accounts.dave)


def test_schedule_without_games_reverts(rollup: Rollup, accounts: Any, earliest: int) -> None:
    alone = Rollup.deploy(rollup.l1, rollup.config, disputes=NO_DISPUTES).contracts.sequencer_inbox
    with reverts(alone.NotOwner, actual=accounts.victor.address, expected=NO_DISPUTES):
        alone.schedule(OSAKA, earliest, sender=accounts.victor)


@pytest.mark.parametrize("fork", [CANCUN, PRAGUE])
def test_schedule_of_a_fork_that_does_not_come_later_reverts(inbox: Any, owner: Any, earliest: int, fork: int) -> None:
    inbox.schedule(PRAGUE, earliest, sender=owner)
    with reverts(inbox.ForkGoesBack, actual=fork, minimum=OSAKA):
        inbox.schedule(fork, earliest + 1, sender=owner)


def test_schedule_of_the_first_fork_reverts(inbox: Any, owner: Any, earliest: int) -> None:
    with reverts(inbox.ForkGoesBack, actual=CANCUN, minimum=PRAGUE):
        inbox.schedule(CANCUN, earliest, sender=owner)


def test_schedule_of_a_fork_that_the_prover_does_not_know_reverts(inbox: Any, owner: Any, earliest: int) -> None:
    with reverts(inbox.UnprovableFork, actual=3, newest=OSAKA):
        inbox.schedule(3, earliest, sender=owner)


def test_schedule_waits_for_the_prover_that_knows_the_fork(
    rollup: Rollup, inbox: Any, factory: Any, owner: Any
) -> None:
    """A prover that is set but does not decide games yet is not enough: another one can still move its time."""
    other = Rollup.deploy(rollup.l1, rollup.config, deployer=owner)
    its_inbox = other.contracts.sequencer_inbox
    its_factory = contract_type("DisputeGameFactory").at(rollup.l1, its_inbox.disputes())
    old, new = (contract_type("CountingProver").deploy(rollup.l1, newest, sender=owner) for newest in (2, 3))
    for prover in (old, new):
        game = contract_type("DisputeGame").deploy(
            rollup.l1, its_factory.address, other.assertions.address, prover.address, rollup.config.games.words(),
            sender=owner,
        )  # fmt: skip
        its_factory.setImplementation(game.address, sender=owner)
    time = rollup.l1.now + 10**9
    with reverts(inbox.UnprovableFork, actual=3, newest=OSAKA):
        its_inbox.schedule(3, time, sender=owner)
    rollup.l1.warp(to=max(rollup.l1.now, its_factory.nextAt()) + 1)
    its_inbox.schedule(3, time, sender=owner)
    assert its_inbox.forkAt(time) == 3


def test_schedule_within_a_period_and_a_game_reverts(rollup: Rollup, inbox: Any, factory: Any, owner: Any) -> None:
    """The past is earlier still."""
    delay = int(factory.delay())
    assert delay == rollup.config.period + rollup.config.games.longest + 1
    for time in (0, rollup.l1.now, rollup.l1.now + delay - 1):
        with reverts(inbox.ForkTooEarly, actual=time):
            inbox.schedule(OSAKA, time, sender=owner)
    inbox.schedule(OSAKA, rollup.l1.now + delay + 60, sender=owner)


def test_schedule_not_behind_the_last_entry_reverts(inbox: Any, owner: Any, earliest: int) -> None:
    inbox.schedule(PRAGUE, earliest + 100, sender=owner)
    for time in (earliest, earliest + 100):
        with reverts(inbox.ForkTooEarly, actual=time, minimum=earliest + 101):
            inbox.schedule(OSAKA, time, sender=owner)
    inbox.schedule(OSAKA, earliest + 101, sender=owner)


def test_schedule_beyond_64_bits_reverts(inbox: Any, owner: Any) -> None:
    with reverts(inbox.WrongParameter, name="time", actual=2**64, expected=2**64 - 1):
        inbox.schedule(PRAGUE, 2**64, sender=owner)


def test_schedule_is_kept_and_said(inbox: Any, owner: Any, earliest: int) -> None:
    for fork, time in ((PRAGUE, earliest), (OSAKA, earliest + 5)):
        (event,) = inbox.schedule(fork, time, sender=owner).events
        assert (event.name, event.fork, event.time) == ("ForkScheduled", fork, time)
    times = (0, earliest - 1, earliest, earliest + 4, earliest + 5, 2**64)
    assert [inbox.forkAt(time) for time in times] == [CANCUN, CANCUN, PRAGUE, PRAGUE, OSAKA, OSAKA]


def test_deployment_in_an_unknown_fork_reverts(rollup: Rollup, contracts: Any, accounts: Any) -> None:
    inbox = contracts["SequencerInbox"]
    terms = (600, 60, 901, 7, 0, 0, 2**23, 2**23, 3, NO_DISPUTES)
    with reverts(inbox.WrongParameter, name="firstFork", actual=3, expected=OSAKA):
        inbox.deploy(rollup.l1, accounts.alice.address, accounts.alice.address, *terms, sender=accounts.alice)


def test_deployment_with_a_lead_whose_times_the_event_could_not_tell_reverts(
    rollup: Rollup, contracts: Any, accounts: Any
) -> None:
    """The record hashes a batch's last time whole, and the event tells 64 bits of it."""
    inbox, most = contracts["SequencerInbox"], 2**63 - 1
    for lead in (most + 1, 2**64 - 1):
        terms = (600, lead, 901, 7, 0, 0, 2**23, 2**23, OSAKA, NO_DISPUTES)
        with reverts(inbox.WrongParameter, name="lead", actual=lead, expected=most):
            inbox.deploy(rollup.l1, accounts.alice.address, accounts.alice.address, *terms, sender=accounts.alice)


@pytest.mark.parametrize("fork", [CANCUN, PRAGUE])
def test_deployment_on_an_l1_that_cannot_prove_the_fork_reverts(fork: int, contracts: Any, backend_name: str) -> None:
    """Osaka's MODEXP fails for 1,025 bytes, which cost 5,547 gas before."""
    inbox = contracts["SequencerInbox"]
    with open_chain(backend_name, fork="osaka") as l1:
        anyone = l1.accounts.alice
        terms = (anyone.address, anyone.address, 600, 60, 901, 7, 0, 0, 2**23, 2**23)
        with reverts(inbox.L1CannotProve, fork=fork, precompile=5, gas=5_547, actual=0, expected=1):
            inbox.deploy(l1, *terms, fork, NO_DISPUTES, sender=anyone)
        assert inbox.deploy(l1, *terms, OSAKA, NO_DISPUTES, sender=anyone).firstFork() == OSAKA


def test_each_batch_has_the_fork_of_its_time_in_its_record(rollup: Rollup, inbox: Any, owner: Any) -> None:
    """Posted and forced ones alike, and whatever is scheduled later changes none of them."""
    time = rollup.upgrade("prague", sender=owner)
    rollup.sequencer.post()
    rollup.l1.warp(to=time - 60)
    forks = []
    for at in (None, time):
        if at is not None:
            rollup.l1.warp(to=at)
        event = rollup.sequencer.post_data(b"\x02").events[-1]
        forks.append(event.fork)
        assert inbox.batchHash(event.index) == batch_of(event).hash
    assert forks == [CANCUN, PRAGUE]


def test_a_forced_batch_has_the_fork_of_its_time(rollup: Rollup, inbox: Any, owner: Any, accounts: Any) -> None:
    rollup.sequencer.become(None)
    time = rollup.upgrade("prague", sender=owner)
    rollup.unsafe.takes_delayed = False
    message = rollup.queue_deposit(1, sender=accounts.dave, to=accounts.dave.address_bytes, call_value=0)
    rollup.l1.warp(to=time)
    event = rollup.force_include(message, sender=accounts.dave).events[-1]
    assert (event.forced, event.fork) == (True, PRAGUE)
    rollup.node.sync()
    assert rollup.node.idle.env.fork is Fork.PRAGUE
