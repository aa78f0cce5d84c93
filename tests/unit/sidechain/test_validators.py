"""Quorums, turns and votes, by the cases that Besu's own tests have, and by a model."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sidechain.errors import BadValidators
from harness.sidechain.header import Vote
from harness.sidechain.validators import Tally, ordered, proposer, quorum, trusted_share

ONE, TWO, THREE, FOUR, FIVE = (bytes((n,)) * 20 for n in range(1, 6))


@pytest.mark.parametrize(
    ("count", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (21, 14), (100, 67)]
)
def test_two_thirds_seal(count: int, needed: int) -> None:
    assert quorum(count) == needed


@given(st.integers(1, 255))
def test_a_trusted_share_holds_an_honest_one_while_fewer_than_a_third_lie(count: int) -> None:
    liars = (count - 1) // 3
    assert liars < trusted_share(count) <= quorum(count)
    assert 2 * quorum(count) - count > liars, "two quorums share an honest validator"


def test_the_turn_goes_round() -> None:
    assert [proposer((ONE, TWO, FOUR), ONE, round_) for round_ in range(4)] == [TWO, FOUR, ONE, TWO]
    assert proposer((ONE, TWO, FOUR), FOUR, 0) == ONE
    assert proposer((ONE, TWO, FOUR), THREE, 0) == FOUR, "a proposer that was voted out is followed by its successor"
    assert proposer((ONE, TWO, FOUR), FIVE, 0) == ONE


def cast(tally: Tally, *votes: tuple[bytes, bytes, bool]) -> tuple[bytes, ...]:
    for voter, candidate, add in votes:
        tally.cast(voter, Vote(candidate, add))
    return tally.validators


def test_more_than_half_decide() -> None:
    four = Tally((ONE, TWO, THREE, FOUR))
    assert cast(four, (ONE, FIVE, True), (TWO, FIVE, True)) == (ONE, TWO, THREE, FOUR)
    assert cast(four, (TWO, FIVE, True)) == (ONE, TWO, THREE, FOUR), "each has one vote"
    assert cast(four, (THREE, FIVE, True)) == (ONE, TWO, THREE, FOUR, FIVE)
    assert cast(four, (ONE, FIVE, False), (TWO, FIVE, False)) == (ONE, TWO, THREE, FOUR, FIVE)
    assert cast(four, (THREE, FIVE, False)) == (ONE, TWO, THREE, FOUR)


def test_a_changed_vote_counts_for_what_it_says_now() -> None:
    four = Tally((ONE, TWO, THREE, FOUR))
    cast(four, (ONE, FIVE, True), (ONE, FIVE, False), (TWO, FIVE, True), (THREE, FIVE, True))
    assert FIVE not in four.validators


def test_votes_about_and_of_a_changed_validator_are_forgotten() -> None:
    four = Tally((ONE, TWO, THREE, FOUR))
    cast(four, (ONE, FIVE, True), (TWO, FIVE, True), (THREE, FIVE, True))
    cast(four, (ONE, FIVE, False), (TWO, FIVE, False), (THREE, FIVE, False))
    assert cast(four, (TWO, FIVE, True), (THREE, FIVE, True)) == (ONE, TWO, THREE, FOUR)
    five = Tally((ONE, TWO, THREE, FOUR))
    cast(five, (FOUR, FIVE, True), (ONE, FOUR, False), (TWO, FOUR, False), (THREE, FOUR, False))
    assert cast(five, (ONE, FIVE, True)) == (ONE, TWO, THREE), "one of three votes is left"


def test_few_validators_decide_alone() -> None:
    assert cast(Tally((ONE,)), (ONE, TWO, True)) == (ONE, TWO)
    assert cast(Tally((ONE, TWO)), (ONE, THREE, True)) == (ONE, TWO)
    assert cast(Tally((ONE, TWO)), (ONE, THREE, True), (TWO, THREE, True)) == (ONE, TWO, THREE)


def test_the_last_validator_stays() -> None:
    assert cast(Tally((ONE,)), (ONE, ONE, False)) == (ONE,)


def test_a_copy_goes_its_own_way() -> None:
    four = Tally((ONE, TWO, THREE, FOUR))
    cast(four, (ONE, FIVE, True))
    copy = four.copy()
    cast(copy, (TWO, FIVE, True), (THREE, FIVE, True))
    assert FIVE in copy.validators
    assert cast(four, (TWO, FIVE, True)) == (ONE, TWO, THREE, FOUR)


def test_a_pending_vote_is_one_that_changes_something() -> None:
    tally = Tally((ONE, TWO, THREE))
    assert tally.pending(ONE, Vote(FOUR, True))
    cast(tally, (ONE, FOUR, True))
    assert not tally.pending(ONE, Vote(FOUR, True))
    assert not tally.pending(ONE, Vote(TWO, True))
    assert not tally.pending(ONE, Vote(FIVE, False))


@pytest.mark.parametrize("found", [[], [ONE, ONE], [bytes((n // 200, n % 200)) + bytes(18) for n in range(256)]])
def test_what_is_no_set_is_refused(found: list[bytes]) -> None:
    with pytest.raises(BadValidators, match="expected"):
        ordered(found)
