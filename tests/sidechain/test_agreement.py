"""Blocks come when a quorum seals them, whoever is silent, and only two thirds can seal two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from harness.chain.rpc import request
from harness.errors import Reverted, UnknownBlock
from harness.sidechain.errors import BadValidators, NoQuorum
from harness.sidechain.header import Header, Vote, executed
from harness.sidechain.messages import Commit, Finished, Message, Prepare, Proposal, RoundChange
from harness.sidechain.sealed_chain import domain_of
from harness.sidechain.sidechain import Sidechain
from harness.sidechain.validator import Sent, Validator
from harness.sidechain.validators import Tally, quorum

LOGS = bytes.fromhex("60015f5fa1")
"""Creation code that logs an event without data, so that the block has a bloom."""


@pytest.fixture(params=[4, 7])
def side(request: pytest.FixtureRequest) -> Iterator[Sidechain]:
    opened = Sidechain(request.param)
    yield opened
    opened.close()


def pay(side: Sidechain) -> None:
    side.chain.send(sender=side.chain.accounts.alice, to=side.chain.accounts.bob, value=1)


def check(header: Header, parent: Header) -> None:
    signers = header.signers()
    assert len(set(signers)) >= quorum(len(header.extra.validators))
    assert set(signers) <= set(header.extra.validators)
    assert (header.number, header.parent_hash) == (parent.number + 1, parent.hash)
    assert Header.decode(header.encode()) == header


def test_each_block_is_sealed_and_commits_to_the_state(side: Sidechain) -> None:
    pay(side)
    side.chain.mine(2)
    with side.chain.block():
        pay(side)
        pay(side)
    for number in range(1, side.head.number + 1):
        check(side.header(number), side.header(number - 1))
        assert side.header(number).state_root == side.chain.backend.block(number).state_root
    assert side.head.number == 4
    proposers = [side.header(number).coinbase for number in range(1, 5)]
    assert proposers == [*side.members[:4]] if len(side.members) == 4 else len(set(proposers)) == 4


def test_what_the_backend_of_this_process_executed_is_what_a_node_would_say() -> None:
    side = Sidechain(4)
    pay(side)
    side.chain.mine(2)
    with side.chain.block():
        pay(side)
        side.chain.send(sender=side.chain.accounts.bob, data=LOGS, gas=100_000)
    for number in range(5):
        told = request(side.execution.backend, "eth_getBlockByNumber", [hex(number), False])
        assert side.execution.at(number) == executed(told)
    assert side.execution.at(4).bloom
    with pytest.raises(UnknownBlock):
        side.execution.at(5)


def test_a_silent_proposer_costs_a_round(side: Sidechain) -> None:
    first, second = side.members[0], side.members[1]
    side.silence(first)
    pay(side)
    assert (side.head.extra.round, side.head.coinbase) == (1, second)
    check(side.head, side.header(0))


def test_as_many_may_be_silent_as_leave_a_quorum_and_one_more_stops_the_chain(side: Sidechain) -> None:
    count = len(side.members)
    spare = count - quorum(count)
    side.silence(*side.members[:spare])
    pay(side)
    side.silence(side.members[spare])
    before, nonce = side.head, side.chain.nonce(side.chain.accounts.alice)
    with pytest.raises(NoQuorum, match=f"block 2 was not sealed in {count} rounds"):
        pay(side)
    assert (side.head, side.chain.nonce(side.chain.accounts.alice)) == (before, nonce)
    side.mend(*side.members)
    pay(side)
    check(side.head, before)


def test_fewer_than_a_third_cannot_have_two_blocks_sealed(side: Sidechain) -> None:
    side.corrupt(*side.members[1 : 1 + (len(side.members) - 1) // 3])
    for _ in range(len(side.members)):
        pay(side)
    assert side.evidence == []


def test_a_third_and_more_have_two_blocks_sealed_in_one_round(side: Sidechain) -> None:
    count = len(side.members)
    liars = side.members[: 2 * quorum(count) - count]
    side.corrupt(*liars)
    for _ in range(count):
        pay(side)
    assert side.evidence
    for first, second in side.evidence:
        assert (first.number, first.extra.round) == (second.number, second.extra.round)
        assert first.hash != second.hash
        assert set(first.signers()) & set(second.signers()) <= set(liars)


def test_validators_are_voted_in_and_out() -> None:
    side = Sidechain(4)
    new = side.join(b"\x07" * 32).address
    old = side.members
    side.vote(new, True, old)
    side.chain.mine(3)
    assert (side.header(3).extra.validators, side.members) == (old, tuple(sorted((*old, new))))
    side.chain.mine(5)
    assert new in {side.header(number).coinbase for number in range(4, 9)}
    side.vote(old[0], False, side.members)
    side.chain.mine(3)
    assert old[0] not in side.members
    side.chain.mine(5)
    assert all(old[0] not in side.header(number).signers() for number in range(12, 17))


def test_the_chain_is_used_like_l1(side: Sidechain) -> None:
    alice = side.chain.accounts.alice
    mark = side.chain.snapshot()
    pay(side)
    first = side.head
    side.chain.restore(mark)
    assert side.head.number == 0
    pay(side)
    assert side.head == first
    side.chain.reorg(1)
    assert side.head.number == 0
    with pytest.raises(Reverted):
        side.chain.send(sender=alice, data=b"\xfe", gas=100_000)
    assert side.head.number == 1, "a reverted transaction has a sealed block like any other"
    assert side.chain.w3.eth.block_number == 1


def test_a_false_round_change_cannot_say_what_was_prepared() -> None:
    """One of four shows a block that nobody prepared beside the round changes of a quorum, which say another."""
    side = Sidechain(4)
    pay(side)
    parent, tally = side.header(0), Tally(side.members)
    right, domain = side.header(1).in_round(0), parent.extra.vanity
    keys = [side.keys()[each] for each in side.members]
    prepares = tuple(Prepare.signed(key, domain, 1, 0, right.digest) for key in keys[:3])
    changes = tuple(RoundChange.signed(key, domain, 1, 1, right, prepares) for key in keys[:3])
    other = replace(right, extra=replace(right.extra, vote=Vote(b"\x09" * 20, True)))
    false = RoundChange(1, 1, other.in_round(7), (), bytes(65))
    validator = Validator(keys[3], side.execution)
    proposer = side.members[1]
    for header, shown, is_taken in (
        (other.in_round(1), (*changes, false), False),
        (right.in_round(1), (*changes, false), False),
        (other.in_round(1), changes, False),
        (right.in_round(1), changes, True),
    ):
        validator.start(parent, tally)
        sent = validator.receive(proposer, Proposal(header, shown))
        assert bool(sent) == is_taken


def test_what_validators_said_on_another_chain_counts_for_nothing_here() -> None:
    """The same keys may seal two chains. A round change that says "nothing prepared" names no block of either."""
    side = Sidechain(4)
    pay(side)
    parent, tally = side.header(0), Tally(side.members)
    keys = [side.keys()[each] for each in side.members]
    proposed = side.header(1).in_round(1)
    for domain, is_taken in ((parent.extra.vanity, True), (domain_of(1), False)):
        validator = Validator(keys[3], side.execution)
        validator.start(parent, tally)
        changes = tuple(RoundChange.signed(key, domain, 1, 1, None, ()) for key in keys[:3])
        turned = replace(proposed, coinbase=side.members[1])
        assert bool(validator.receive(side.members[1], Proposal(turned, changes))) == is_taken
        fresh = Validator(keys[3], side.execution)
        fresh.start(parent, tally)
        fresh.receive(side.members[0], Proposal(side.header(1).in_round(0)))
        prepares = [Prepare.signed(key, domain, 1, 0, side.header(1).in_round(0).digest) for key in keys[:3]]
        said = [fresh.receive(each, prepare) for each, prepare in zip(side.members, prepares, strict=False)]
        assert any(said) == is_taken


def test_a_proposer_proposes_once_in_a_round() -> None:
    """Also if the fourth round change comes before its own proposal does, and says that another block was prepared."""
    side = Sidechain(4)
    pay(side)
    parent, tally = side.header(0), Tally(side.members)
    domain, right = parent.extra.vanity, side.header(1).in_round(0)
    keys = [side.keys()[each] for each in side.members]
    validator = Validator(keys[1], side.execution)
    validator.start(parent, tally)
    validator.timeout()
    prepares = tuple(Prepare.signed(key, domain, 1, 0, right.digest) for key in keys[:3])
    changes = [RoundChange.signed(key, domain, 1, 1, None, ()) for key in keys[:3]]
    changes.append(RoundChange.signed(keys[3], domain, 1, 1, right, prepares))
    said = [
        message
        for each, change in zip(side.members, changes, strict=True)
        for _, message in validator.receive(each, change)
    ]
    assert len([each for each in said if isinstance(each, Proposal)]) == 1


def test_every_seal_of_a_block_is_kept_though_a_header_has_a_quorum(side: Sidechain) -> None:
    pay(side)
    assert len(side.head.extra.seals) == quorum(len(side.members))
    assert set(side.seals(side.head.number)) == set(side.members)
    assert set(side.head.sealed(tuple(side.seals(1)[each] for each in side.members)).signers()) == set(side.members)
    assert side.seals(0) == {}


def test_a_seal_that_the_process_knows_is_one_validators_on_one_block_and_nobody_elses() -> None:
    """What the validators of this process sealed is known to it, and none of it stands for anything else."""
    side = Sidechain(4)
    pay(side)
    block, keys = side.header(1), side.keys()
    members, seals = side.members, [side.seals(1)[each] for each in side.members]
    other = block.in_round(1)
    turned = [each[:64] + bytes([1 - each[64]]) for each in seals]
    validator = Validator(keys[members[3]], side.execution)
    validator.start(side.header(0), Tally(members))
    validator.receive(members[0], Proposal(block.in_round(0)))
    for header, shown in (
        (other, seals[:3]),
        (block, turned[:3]),
        (block, [*seals[:2], turned[2]]),
        (block, [*seals[:2], seals[1]]),
        (block, [seals[1], seals[0], seals[2]]),
    ):
        assert not validator.receive(members[0], Finished(header.sealed(tuple(shown))))
    for author, sealed in ((0, seals[1]), (1, turned[1]), (2, seals[0])):
        assert not validator.receive(members[author], Commit(1, 0, block.digest, sealed))
        assert not validator.receive(members[author], Commit(1, 0, other.digest, sealed))
    for key, author in ((0, 1), (1, 2), (2, 0)):
        prepare = Prepare.signed(keys[members[key]], block.extra.vanity, 1, 0, block.digest)
        assert not validator.receive(members[author], prepare)
        assert not validator.receive(members[author], prepare.shown())
    assert (validator.commits, validator.finished, validator.seals) == (0, None, {})
    assert validator.receive(members[0], Finished(block.sealed(tuple(seals[:3]))))
    validator.receive(members[3], Commit(1, 0, block.digest, seals[0]))
    assert validator.seals == dict(zip(members[:3], seals[:3], strict=True))


def test_a_seal_is_kept_whether_it_comes_before_the_block_or_after_it() -> None:
    side = Sidechain(4)
    pay(side)
    block, members = side.header(1), side.members
    last = Commit(1, 0, block.digest, side.seals(1)[members[3]])
    finished = Finished(block.sealed(tuple(side.seals(1)[each] for each in members[:3])))
    for messages in ([(members[3], last), (members[0], finished)], [(members[0], finished), (members[3], last)]):
        validator = Validator(side.keys()[members[3]], side.execution)
        validator.start(side.header(0), Tally(members))
        for sender, message in messages:
            validator.receive(sender, message)
        assert validator.seals == side.seals(1)


class Deaf(Validator):
    """A validator that misses all but the news of sealed blocks from its ``friend``."""

    friend = b""

    def receive(self, sender: bytes, message: Message) -> Sequence[Sent]:
        """Hear of a sealed block."""
        is_heard = sender == self.friend and isinstance(message, Finished)
        return super().receive(sender, message) if is_heard else ()


@pytest.mark.parametrize("friend", range(3))
def test_who_missed_what_was_said_about_a_block_hears_that_it_is_sealed(friend: int) -> None:
    side = Sidechain(4)
    deaf = Deaf(side.keys()[side.members[3]], side.execution)
    side.validators[deaf.address], deaf.friend = deaf, side.members[friend]
    pay(side)
    assert deaf.finished == side.head
    assert set(deaf.seals) == set(side.members[:3])


def test_a_vote_in_a_block_that_was_taken_back_does_not_count() -> None:
    side = Sidechain(4)
    side.vote(b"\x09" * 20, True, by=side.members)
    mark = side.snapshot()
    for _ in range(4):
        pay(side)
        assert side.head.extra.vote == Vote(b"\x09" * 20, True)
        side.restore(mark)
    assert len(side.members) == 4


@pytest.mark.parametrize("seal", [b"", bytes(64), bytes(66)])
def test_a_seal_of_another_length_is_nobodys(seal: bytes) -> None:
    side = Sidechain(4)
    pay(side)
    validator = Validator(side.keys()[side.members[3]], side.execution)
    validator.start(side.header(0), Tally(side.members))
    assert not validator.receive(side.members[0], Commit(1, 0, side.header(1).digest, seal))
    assert not validator.receive(side.members[0], Finished(side.header(1).sealed((seal,) * 3)))
    assert validator.finished is None


def test_honest_validators_seal_one_block_in_a_round_whatever_a_reorg_takes_away(side: Sidechain) -> None:
    pay(side)
    first = side.head
    side.chain.reorg(1)
    side.chain.send(sender=side.chain.accounts.carol, to=side.chain.accounts.bob, value=2)
    assert side.head.hash != first.hash
    assert side.head.extra.round == first.extra.round + 1
    assert not set(first.signers()) & set(side.head.signers()) or first.extra.round != side.head.extra.round


@pytest.mark.parametrize("count", [0, 256])
def test_no_chain_has_no_or_too_many_validators(count: int) -> None:
    with pytest.raises(BadValidators, match=f"{count} validators, expected 1 to 255"):
        Sidechain(count)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_colluding_validators_seal_a_state_of_their_own_only_with_a_quorum(count: int) -> None:
    side = Sidechain(4)
    lie = bytes(31) + b"\1"
    side.collude(*side.members[:count], lie=lambda header: replace(header, state_root=lie))
    side.chain.mine(8)
    top = side.chain.head.number
    headers = [side.header(number) for number in range(top - 7, top + 1)]
    false = [header for header in headers if header.state_root == lie]
    assert bool(false) is (count >= quorum(4))
    assert all(set(header.signers()) <= set(side.members[:count]) for header in false)
    assert all(len(header.extra.seals) >= quorum(4) for header in headers)
    if not false:
        assert all(header.state_root == side.execution.at(header.number).state_root for header in headers)
        assert any(header.extra.round > 0 for header in headers), "the liars' turns passed"
    side.close()
