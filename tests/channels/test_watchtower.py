"""A party that is offline loses nothing as long as its watchtower looks once per settlement window."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness import ether, reverts
from harness.channels.errors import (
    BadChannelSignature,
    ChannelOverdrawn,
    IllegalProposal,
    IncompleteState,
    MalformedMessage,
)
from harness.channels.locks import hashlock_of
from harness.channels.messages import Signer
from harness.channels.types import Lock, SignedState, Withdrawal
from harness.errors import ChainError, ChannelError


def test_watchtower_punishes_a_stale_close(channels, accounts):
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(10))
    channel.pay(accounts.alice, ether(3))
    old = channel.state
    channel.pay(accounts.alice, ether(2))
    channels.offline(accounts.bob)
    channel.close(by=accounts.alice, state=old)
    channels.watchtower.step()
    channel.settle()
    assert channel.payout(accounts.bob) == ether(5)


def stale_close(channels: Any, accounts: Any, penalty: int = 0) -> Any:
    """Alice pays three times and closes with the first state while Bob is away."""
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(10), penalty=penalty)
    channel.pay(accounts.alice, ether(1))
    old = channel.state
    channel.pay(accounts.alice, ether(1))
    channel.pay(accounts.alice, ether(3))
    channels.offline(accounts.bob)
    channel.close(by=accounts.alice, state=old)
    return channel


@pytest.mark.parametrize(
    ("penalty", "fine"), [(0, ether(0)), (1_000, ether(5) // 10), (10_000, ether(5))], ids=["none", "tenth", "all"]
)
def test_a_provably_stale_close_costs_the_agreed_share(channels: Any, accounts: Any, penalty: int, fine: int) -> None:
    channel = stale_close(channels, accounts, penalty)
    channels.watchtower.step()
    assert channel.info.stale
    channel.settle()
    assert channel.payout(accounts.alice) == ether(5) - fine
    assert channel.payout(accounts.bob) == ether(5) + fine


@pytest.mark.parametrize("offset", [-1, 0])
def test_the_watchtower_is_in_time_up_to_the_deadline(channels: Any, accounts: Any, l1: Any, offset: int) -> None:
    channel = stale_close(channels, accounts)
    l1.warp(to=channel.info.deadline + offset)
    assert len(channels.watchtower.step()) == 1
    channel.settle()
    assert channel.payout(accounts.bob) == ether(5)


def test_a_watchtower_one_second_late_can_only_say_so(channels: Any, accounts: Any, l1: Any) -> None:
    channel = stale_close(channels, accounts)
    l1.warp(to=channel.info.deadline + 1)
    assert channels.watchtower.step() == []
    assert channels.watchtower.missed == [channel.id]
    with reverts(channels.contract.WindowClosed, actual=channel.info.deadline + 1, deadline=channel.info.deadline):
        channels.judge.update(channel.terms, channel.end(accounts.bob).newest)
    channel.settle()
    assert channel.payout(accounts.bob) == ether(1)


def test_the_victim_returns_before_its_watchtower_looks(channels: Any, accounts: Any) -> None:
    channel = stale_close(channels, accounts)
    channels.online(accounts.bob)
    channel.answer(by=accounts.bob)
    assert channels.watchtower.step() == []
    channel.settle()
    assert channel.payout(accounts.bob) == ether(5)


def test_one_watchtower_answers_two_closes_in_one_step(channels: Any, accounts: Any) -> None:
    first = stale_close(channels, accounts)
    second = channels.open(accounts.carol, accounts.dave, deposit=ether(4))
    second.pay(accounts.carol, ether(1))
    old = second.state
    second.pay(accounts.carol, ether(2))
    second.close(by=accounts.carol, state=old)
    assert {answer.terms.channel for answer in channels.watchtower.step()} == {first.id, second.id}
    assert channels.watchtower.step() == []


def test_it_keeps_complete_and_genuine_states_only(channels: Any, accounts: Any) -> None:
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(1))
    channels.read_chain()
    channels.offline(accounts.bob)
    channel.pay(accounts.alice, 5)
    end = channel.end(accounts.alice)
    digest = end.messages.state(end.state.state)
    good = end.state.signed(channel.side(accounts.bob), channel.end(accounts.bob).signer.sign(digest))
    half = good.signed(channel.side(accounts.alice), b"")
    with pytest.raises(IncompleteState):
        channels.watchtower.watch(channel.terms, half)
    forged = good.signed(channel.side(accounts.alice), good.signature(channel.side(accounts.bob)))
    with pytest.raises(BadChannelSignature):
        channels.watchtower.watch(channel.terms, forged)


# -- what its clients give it


@pytest.fixture
def agreed(channels: Any, accounts: Any) -> tuple[Any, Any]:
    """A channel in which Alice has paid Bob one of ten ether, and a state of both that the tower does not hold."""
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(10))
    channel.pay(accounts.alice, ether(1))
    return channel, accounts


def both_sign(agreed: tuple[Any, Any], **changes: Any) -> SignedState:
    channel, accounts = agreed
    newest = channel.end(accounts.bob).newest
    signed = replace(newest, locks=changes.pop("locks", newest.locks))
    signed = replace(signed, state=replace(newest.state, version=newest.version + 2, **changes))
    digest = channel.end(accounts.bob).messages.state(signed.state)
    for account in (accounts.alice, accounts.bob):
        signed = signed.signed(channel.side(account), Signer(account.private_key).sign(digest))
    return signed


def paid_by_alice(agreed: tuple[Any, Any], amount: int) -> dict[str, int]:
    channel, accounts = agreed
    return {("paid_a", "paid_b")[channel.side(accounts.alice)]: amount}


def test_it_refuses_when_given_what_it_could_not_post(channels: Any, agreed: Any) -> None:
    channel, accounts = agreed
    tower = channels.watchtower
    lock = Lock(hashlock_of(b"\x07" * 32), 5, 2**40, channel.side(accounts.alice))
    refused: list[tuple[dict[str, Any], type[ChannelError]]] = [
        (paid_by_alice(agreed, ether(10) + 1), ChannelOverdrawn),
        ({"locks": (lock,)}, IllegalProposal),
        ({"locked_a": 5}, IllegalProposal),
        ({"lock_root": b"\x01" * 32}, IllegalProposal),
    ]
    for changes, error in refused:
        with pytest.raises(error):
            tower.watch(channel.terms, both_sign(agreed, **changes))
    good = both_sign(agreed)
    for broken in (None, replace(good, locks=None), replace(good, signature_a=None)):
        with pytest.raises(MalformedMessage):
            tower.watch(channel.terms, broken)  # type: ignore[arg-type]
    for terms in (None, replace(channel.terms, token="token"), replace(channel.terms, epoch=-1)):
        with pytest.raises(MalformedMessage):
            tower.watch(terms, good)  # type: ignore[arg-type]
    with pytest.raises(BadChannelSignature):
        tower.watch(replace(channel.terms, epoch=2), good)
    assert tower._held[channel.id][1] == channel.end(accounts.bob).newest
    tower.watch(channel.terms, good)
    assert tower._held[channel.id][1] == good


@pytest.mark.parametrize("preimage", [bytes(32), b"", bytes(31), bytes(33), "0x01", None, 7], ids=repr)
def test_it_refuses_a_preimage_that_the_contract_would_not_take(channels: Any, preimage: Any) -> None:
    with pytest.raises(IllegalProposal):
        channels.watchtower.entrust([b"\x07" * 32, preimage])
    assert channels.watchtower._secrets == {}


def test_one_clients_state_that_was_overdrawn_since_delays_nobody(channels: Any, accounts: Any) -> None:
    """Two that collude take out what their newest state gives away, and close with an older one."""
    colluding = channels.open(accounts.carol, accounts.dave, deposit=ether(4))
    colluding.pay(accounts.carol, ether(1))
    old = colluding.state
    colluding.pay(accounts.carol, ether(2))
    wanted = Withdrawal(colluding.side(accounts.carol), ether(3), channels.now + 3_600)
    digest = colluding.end(accounts.carol).messages.withdrawal(wanted)
    signatures = [Signer(account.private_key).sign(digest) for account in (accounts.carol, accounts.dave)]
    channels.judge.withdraw(
        colluding.terms, wanted, accounts.carol.address, signatures[:: -1 if colluding.side(accounts.carol) else 1]
    )
    colluding.close(by=accounts.dave, state=old)
    honest = stale_close(channels, accounts)
    assert [answer.terms.channel for answer in channels.watchtower.step()] == [honest.id]
    assert honest.info.version == honest.end(accounts.bob).newest.version
    assert channels.watchtower.failed == {}


class Breaking:
    """A judge whose answers for one channel fail; what anybody may run into on a real network."""

    def __init__(self, judge: Any, terms: Any, errors: dict[str, Exception]) -> None:
        self._judge, self._terms, self.errors = judge, terms, errors

    def __getattr__(self, name: str) -> Any:
        if name not in ("info", "update", "reveal"):
            return getattr(self._judge, name)

        def call(subject: Any, *args: Any) -> Any:
            if name in self.errors and (name == "reveal" or subject == self._terms):
                raise self.errors[name]
            return getattr(self._judge, name)(subject, *args)

        return call


@pytest.mark.parametrize("what", ["info", "update", "reveal"])
def test_one_answer_that_fails_delays_no_other_and_is_tried_again(channels: Any, accounts: Any, what: str) -> None:
    broken = stale_close(channels, accounts)
    tower = channels.watchtower
    lock_owner = channels.open(accounts.carol, accounts.dave, deposit=ether(4))
    channels.pay_route(accounts.carol, accounts.dave, 5)
    lock_owner.pay(accounts.carol, ether(1))
    old = lock_owner.state
    lock_owner.pay(accounts.carol, ether(2))
    lock_owner.close(by=accounts.carol, state=old)
    judge = tower.judge
    tower.judge = Breaking(judge, broken.terms, {what: ChainError("no answer")})
    given = tower.step()
    assert lock_owner.id in {answer.terms.channel for answer in given if hasattr(answer, "terms")}
    assert (broken.info.version == broken.end(accounts.bob).newest.version) == (what == "reveal")
    assert len(tower.failed) == (what == "update")
    tower.judge = judge
    tower.step()
    assert broken.info.version == broken.end(accounts.bob).newest.version
    assert tower.failed == {}


def test_being_overtaken_is_no_failure(channels: Any, accounts: Any) -> None:
    """The victim posts the same state between the tower's look and its answer."""
    channel = stale_close(channels, accounts)
    tower, judge = channels.watchtower, channels.watchtower.judge

    class Overtaken(Breaking):
        def __getattr__(self, name: str) -> Any:
            if name == "update":
                judge.update(channel.terms, channel.end(accounts.bob).newest)
                return judge.update
            return getattr(judge, name)

    tower.judge = Overtaken(judge, channel.terms, {})
    assert tower.step() == []
    assert tower.failed == {}
    assert channel.info.version == channel.end(accounts.bob).newest.version
