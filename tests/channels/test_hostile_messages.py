"""A message that no honest party sends raises one named error, moves no money, and leaves the channel usable."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness import ether
from harness.channels.errors import (
    BadChannelSignature,
    ChannelOverdrawn,
    ForeignState,
    IllegalAmount,
    IllegalProposal,
    MalformedMessage,
    NotAChannelParty,
    StaleState,
    UnknownChannel,
    UnknownLock,
)
from harness.channels.ledger import Content
from harness.channels.locks import MAX_LOCKS, hashlock_of
from harness.channels.routing import Hop
from harness.channels.rules import MAX_LEAP
from harness.channels.types import Lock, Side, SignedState, Withdrawal
from harness.channels.wire import Ack, Forward, Preimage, Proposal
from harness.errors import ChannelError

from .peer import Peer

SECRET = b"\x07" * 32
HUGE = 10**5_000
"""More digits than Python prints."""


@pytest.fixture
def peer(channels: Any, accounts: Any) -> Peer:
    """Alice before the hub Carol, who has a channel to Bob; all channels hold an ether of each side."""
    upper = channels.open(accounts.alice, accounts.carol, deposit=ether(1), other_deposit=ether(1))
    channels.open(accounts.carol, accounts.bob, deposit=ether(1), other_deposit=ether(1))
    return Peer(channels, upper, accounts.alice, accounts.carol)


def lower(channels: Any) -> Any:
    return list(channels.channels.values())[1]


def goes_on(channels: Any, peer: Peer) -> bool:
    """Whether the hub still is paid and pays over both channels."""
    other = lower(channels)
    before = peer.channel.balance(peer.victim), other.balance(peer.victim)
    peer.says(peer.proposal(pays=5))
    peer.channel.pay(peer.victim, 3)
    peer.says(peer.ack(peer.end.ledger.newest))
    other.pay(peer.victim, 7)
    after = peer.channel.balance(peer.victim), other.balance(peer.victim)
    quiet = peer.end.is_settled_between_us and other.end(peer.victim).is_settled_between_us
    return quiet and after == (before[0] + 2, before[1] - 7)


def refused_by_name(channels: Any, peer: Peer, message: Any, error: type[ChannelError]) -> None:
    """The hub refuses ``message`` as ``error``, writes nothing down, and goes on."""
    node = channels.node(peer.victim)
    written, count = len(node.journal), len(node.refused)
    worth = peer.end.balance(channels.now)
    peer.says(message)
    assert [type(problem) for problem in node.refused[count:]] == [error]
    assert str(node.refused[-1])
    assert len(node.journal) == written
    assert peer.end.balance(channels.now) == worth
    assert goes_on(channels, peer)


FIELDS = {
    "version": [-1, 2**64, HUGE, "1", 1.0, None, True],
    "base": [-1, 2**64, HUGE, b"\x00"],
    "paid_a": [-1, 2**128, HUGE, None],
    "paid_b": [-1, 2**128, 0.5],
    "locked_a": [-1, 2**128],
    "locked_b": [2**256],
    "lock_root": [b"", bytes(31), bytes(33), "0x" + 64 * "0", None],
}


@pytest.mark.parametrize(
    ("field", "value"),
    [(field, value) for field, values in FIELDS.items() for value in values],
    ids=lambda value: type(value).__name__ if value is HUGE else repr(value)[:20],
)
def test_a_proposal_with_a_field_out_of_its_range_is_malformed(
    channels: Any, peer: Peer, field: str, value: Any
) -> None:
    good = peer.proposal(pays=1)
    bad = replace(good, signed=replace(good.signed, state=replace(good.signed.state, **{field: value})))
    refused_by_name(channels, peer, bad, MalformedMessage)


def malformed(peer: Peer, now: int) -> dict[str, Any]:
    good, lock = peer.proposal(pays=1), peer.lock(bytes([1]) * 32, 5, now + 9_000)
    channel = peer.channel.id
    hop = Hop(channel, peer.account.address, 1, now + 3_600)
    wrong: dict[str, Any] = {
        "nothing": None,
        "text": "proposal",
        "no state": replace(good, signed=None),  # type: ignore[arg-type]
        "a list of locks": replace(good, signed=replace(good.signed, locks=[])),  # type: ignore[arg-type]
        "no lock": replace(good, signed=replace(good.signed, locks=(1,))),  # type: ignore[arg-type]
        "no signature": replace(good, signature=None),  # type: ignore[arg-type]
        "a list as channel": replace(good, channel=[]),  # type: ignore[arg-type]
        "a short channel": Ack(b"\x01", 1, b""),
        "an acknowledged text": Ack(channel, "1", b""),  # type: ignore[arg-type]
        "a huge acknowledgement": Ack(channel, HUGE, b""),
        "a forward of nothing": Forward(channel, None, ()),  # type: ignore[arg-type]
        "hops without end": Forward(channel, lock, (hop,) * 1_000),
        "no hop": Forward(channel, lock, (None,)),  # type: ignore[arg-type]
        "a short preimage": Preimage(channel, bytes(32), b"\x01"),
        "a preimage in text": Preimage(channel, bytes(32), "0x01"),  # type: ignore[arg-type]
        "a long hashlock": Preimage(channel, bytes(64), bytes(32)),
        "too many locks": replace(
            good,
            signed=replace(good.signed, locks=tuple(replace(lock, amount=n + 1) for n in range(MAX_LOCKS + 1))),
        ),
    }
    for name, change in {
        "amount 0": {"amount": 0},
        "amount -1": {"amount": -1},
        "amount 2**128": {"amount": 2**128},
        "expiry -1": {"expiry": -1},
        "expiry 2**64": {"expiry": 2**64},
        "payer 0": {"payer": 0},
        "payer 7": {"payer": 7},
        "hashlock": {"hashlock": bytes(31)},
    }.items():
        odd = replace(lock, **change)  # type: ignore[arg-type]
        wrong[f"a proposed lock of {name}"] = replace(good, signed=replace(good.signed, locks=(odd,)))
        wrong[f"a forwarded lock of {name}"] = Forward(channel, odd, ())
    for name, change in {
        "amount 0": {"amount": 0},
        "amount -1": {"amount": -1},
        "amount 2**128": {"amount": 2**128},
        "expiry 2**64": {"expiry": 2**64},
        "recipient None": {"recipient": None},
        "recipient 0x": {"recipient": "0x"},
        "channel": {"channel": bytes(3)},
    }.items():
        wrong[f"a hop of {name}"] = Forward(channel, lock, (replace(hop, **change),))  # type: ignore[arg-type]
    return wrong


MALFORMED = sorted(
    malformed(
        type(
            "Names",
            (),
            {
                "proposal": lambda self, pays: Proposal(bytes(32), SignedState(Content().state(1, 0)), b""),
                "lock": lambda self, *values: Lock(*values, Side.A),
                "channel": type("Channel", (), {"id": bytes(32)}),
                "account": type("Account", (), {"address": "0x" + 40 * "0"}),
            },
        )(),
        0,
    )
)


@pytest.mark.parametrize("name", MALFORMED)
def test_a_message_of_the_wrong_form_is_malformed(channels: Any, peer: Peer, name: str) -> None:
    refused_by_name(channels, peer, malformed(peer, channels.now)[name], MalformedMessage)


def test_messages_that_name_another_channel_or_nobody_are_refused(channels: Any, accounts: Any, peer: Peer) -> None:
    good = peer.proposal(pays=1)
    refused_by_name(channels, peer, replace(good, channel=b"\x05" * 32), UnknownChannel)
    with pytest.raises(ForeignState):
        peer.end.receive(replace(good, channel=lower(channels).id), channels.now)
    channels.bus.send(accounts.alice.address, "0x" + 40 * "9", good)
    channels.deliver()
    with pytest.raises(NotAChannelParty):
        channels.node(accounts.dave).join(peer.channel.terms)


@pytest.mark.parametrize("signature", [b"", bytes(65), b"\xff" * 65, bytes(64) + b"\x1b"], ids=["none", "0", "ff", "s"])
def test_an_unsigned_proposal_or_acknowledgement_is_refused(channels: Any, peer: Peer, signature: bytes) -> None:
    refused_by_name(channels, peer, replace(peer.proposal(pays=1), signature=signature), BadChannelSignature)
    peer.end.pay(1, channels.now)
    version = peer.end.ledger.newest
    peer.says(replace(peer.ack(version), signature=signature))
    assert isinstance(channels.node(peer.victim).refused[-1], BadChannelSignature)
    assert peer.end.ledger.is_waiting


def test_versions_cannot_be_used_up(channels: Any, peer: Peer) -> None:
    """With 2**64 - 1 adopted the channel could carry no further state of the other side."""
    top = 2**64 - 1 if peer.side is Side.A else 2**64 - 2
    refused_by_name(channels, peer, peer.proposal(version=top), IllegalProposal)
    far = peer.proposal().signed.version + MAX_LEAP - 2
    peer.says(peer.proposal(version=far))
    assert peer.end.newest.version == far
    assert goes_on(channels, peer)


# -- money that was given up stays given up


def test_a_lock_that_was_given_back_does_not_come_back(channels: Any, accounts: Any, peer: Peer) -> None:
    """It would be worthless: the hub has signed that it may be removed unpaid, and must not forward it again."""
    now = channels.now
    too_much = Hop(lower(channels).id, accounts.bob.address, ether(2), now + 3_600)
    lock = peer.locks(hashlock_of(SECRET), ether(1) // 2, now + 7_200, (too_much,))
    assert lock in peer.end.ledger.dropped
    peer.says(peer.ack(peer.end.ledger.newest))
    assert lock not in peer.end.newest.locks
    peer.says(peer.proposal(locks=(lock,)))
    assert isinstance(channels.node(accounts.carol).refused[-1], IllegalProposal)
    peer.says(Forward(peer.channel.id, lock, (replace(too_much, amount=5),)))
    assert isinstance(channels.node(accounts.carol).refused[-1], UnknownLock)
    assert not lower(channels).state.locks
    assert goes_on(channels, peer)


def test_a_lock_that_is_being_given_back_is_not_forwarded_after_all(channels: Any, accounts: Any, peer: Peer) -> None:
    """The payer withholds its acknowledgement, so that the lock is still in the newest state of both."""
    now = channels.now
    low = lower(channels)
    low.pay(accounts.carol, ether(1))
    hop = Hop(low.id, accounts.bob.address, ether(1) // 4, now + 3_600)
    lock = peer.locks(hashlock_of(SECRET), ether(1) // 2, now + 7_200, (hop,))
    assert lock in peer.end.newest.locks
    low.pay(accounts.bob, ether(1))
    peer.says(Forward(peer.channel.id, lock, (hop,)))
    channels.tick()
    assert not low.state.locks
    assert channels.node(accounts.carol).secrets_for(peer.end) == []


def test_a_payment_is_not_made_twice_on_a_base_that_was_passed_over(channels: Any, peer: Peer) -> None:
    """The victim pays, the peer answers with a crossing proposal and builds on the payment afterwards."""
    end = peer.end
    payment = end.pay(500, channels.now)
    first = peer.proposal(base=0)
    peer.says(first)
    assert end.newest.version == first.signed.version
    assert end.state.state.paid(end.side) == 500
    channels.node(peer.victim).refused.clear()
    below = payment.signed.state
    version = end.ledger.newest + 1
    again = peer.signed(SignedState(replace(below, version=version, base=below.version)))
    peer.says(again)
    assert [type(problem) for problem in channels.node(peer.victim).refused] == [IllegalProposal]
    peer.says(peer.ack(end.ledger.newest))
    assert end.newest.state.paid(end.side) == 500
    assert goes_on(channels, peer)


def test_what_a_crossing_proposal_left_no_room_for_is_given_up(channels: Any, peer: Peer) -> None:
    """Each side fills half of the room and one more: the loser of the crossing keeps what still fits."""
    now, end = channels.now, peer.end
    half = MAX_LOCKS // 2
    for number in range(1, half + 4):
        end.lock(hashlock_of(number.to_bytes(32, "big")), 1, now + 9_000, now)
    theirs = tuple(peer.lock(hashlock_of((10**6 + n).to_bytes(32, "big")), 1, now + 9_000) for n in range(half))
    crossing = peer.proposal(base=0, locks=theirs)
    peer.says(crossing)
    assert end.newest.version == crossing.signed.version
    assert len(end.state.locks) == MAX_LOCKS
    assert end.balance(now) == ether(1) - half
    resumed = channels.resume(peer.victim).end(peer.channel.id)
    assert (resumed.state, resumed.ledger.draft) == (end.state, end.ledger.draft)


# -- withdrawals


@pytest.mark.parametrize("acknowledged", [False, True])
def test_no_withdrawal_is_promised_that_overdraws_the_newest_state_of_both(
    channels: Any, accounts: Any, peer: Peer, acknowledged: bool
) -> None:
    """A payment that the peer has not acknowledged is not its money yet: all that the victim can post is older."""
    end = peer.end
    end.pay(ether(1) // 2, channels.now)
    if acknowledged:
        peer.says(peer.ack(end.ledger.newest))
    wanted = Withdrawal(peer.side, ether(3) // 2, channels.now + 3_600)
    if not acknowledged:
        with pytest.raises(ChannelOverdrawn):
            end.promise_withdrawal(wanted, channels.now)
        wanted = replace(wanted, total=ether(1))
    signatures = [end.promise_withdrawal(wanted, channels.now), peer.signer.sign(end.messages.withdrawal(wanted))]
    channels.judge.withdraw(
        peer.channel.terms, wanted, accounts.alice.address, signatures if peer.side is Side.B else signatures[::-1]
    )
    peer.channel.close(by=peer.victim)
    peer.channel.settle()
    assert peer.channel.payout(peer.victim) == (ether(1) // 2 if acknowledged else ether(1))


def test_a_withdrawal_leaves_every_state_covered_that_may_still_be_acknowledged(channels: Any, peer: Peer) -> None:
    """The victim's own proposals in between may hold less than both the oldest and the newest."""
    end, now = peer.end, channels.now
    lock, _ = end.lock(hashlock_of(SECRET), ether(1), now + 10, now)
    end.expire_lock(lock, lock.expiry + 1)
    assert end.balance(lock.expiry + 1) == ether(1)
    with pytest.raises(ChannelOverdrawn):
        end.promise_withdrawal(Withdrawal(end.side, 1, now + 3_600), lock.expiry + 1)


@pytest.mark.parametrize("total", [0, -1, 2**128, "1"])
def test_an_impossible_withdrawal_is_not_signed(channels: Any, peer: Peer, total: Any) -> None:
    with pytest.raises(MalformedMessage):
        peer.end.promise_withdrawal(Withdrawal(peer.side, total, channels.now + 60), channels.now)


# -- moves of a game


def test_a_player_refuses_a_move_of_the_wrong_form() -> None:
    from harness.channels.apps import AppTerms, NoughtsAndCrosses, Player
    from harness.channels.messages import Domain, Signer

    signers = [Signer(bytes([n + 1]) * 32) for n in range(2)]
    terms = AppTerms("0x" + 40 * "1", *("0x" + 40 * digit for digit in "23"), 1, 600)
    mover, player = (
        Player(Domain(900, "0x" + 40 * "9"), terms, side, NoughtsAndCrosses(), signers[side]) for side in Side
    )
    good = mover.play(b"\x04")
    changes: list[dict[str, Any]] = [
        {"move": None},
        {"move": 4},
        {"signature": None},
        {"state": None},
        *({"state": replace(good.state, turn=turn)} for turn in (-1, 2**64, None, "1")),
        {"state": replace(good.state, data="")},
    ]
    for change in changes:
        with pytest.raises(MalformedMessage):
            player.receive(replace(good, **change))
    with pytest.raises(MalformedMessage):
        player.receive(None)  # type: ignore[arg-type]
    assert player.state.turn == 0


# -- what a party asks of itself


@pytest.mark.parametrize("amount", [0, -1, 1.5, "1", None, True])
def test_an_amount_that_nobody_can_pay_is_refused_by_name(channels: Any, accounts: Any, amount: Any) -> None:
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(1))
    attempts = (
        lambda: channel.pay(accounts.alice, amount),
        lambda: channels.pay_route(accounts.alice, accounts.bob, amount),
        lambda: channels.node(accounts.bob).invoice(amount, 1),
    )
    for attempt in attempts:
        with pytest.raises(IllegalAmount):
            attempt()
    assert channel.state.version == 0


def test_a_stale_proposal_is_no_offence_and_is_answered(channels: Any, peer: Peer) -> None:
    old = peer.proposal(pays=1)
    peer.says(old)
    peer.says(peer.proposal(pays=1))
    node = channels.node(peer.victim)
    written = len(node.journal)
    peer.says(old)
    assert len(node.journal) == written
    assert node.refused == []
    with pytest.raises(StaleState):
        peer.end.adopt(old, channels.now)
    assert goes_on(channels, peer)
