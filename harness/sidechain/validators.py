"""Who may seal the next block: quorums, the turn to propose, and votes on the set. Addresses have 20 bytes.

Source: Besu's documentation of QBFT (block header validator selection), and its classes BftHelpers, BftProposerSelector
and VoteTally.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from itertools import pairwise

from harness.sidechain.errors import BadValidators
from harness.sidechain.header import MAX_VALIDATORS, Vote, check_count


def quorum(count: int) -> int:
    """Return how many of so many validators must seal a block: two thirds, rounded up."""
    return -(-2 * count // 3)


def trusted_share(count: int) -> int:
    """Return how many of so many trusted validators vouch for another set: more than a third, so one is honest."""
    return count // 3 + 1


def ordered(addresses: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return a set in the order of its addresses; raises BadValidators for an empty, huge or repeating one."""
    found = tuple(sorted(addresses))
    check_count(len(found))
    if repeated := [each for each, following in pairwise(found) if each == following]:
        raise BadValidators(f"0x{repeated[0].hex()} is there more than once, expected each validator once")
    return found


def proposer(validators: tuple[bytes, ...], previous: bytes, round_: int) -> bytes:
    """Return whose turn it is: the one behind the previous block's proposer, and one further in each round.

    If that proposer is no validator any more, the first turn is its successor's.
    """
    at = bisect_left(validators, previous)
    is_there = at < len(validators) and validators[at] == previous
    return validators[(at + is_there + round_) % len(validators)]


class Tally:
    """The votes in a chain's headers. Each validator has one vote on each candidate; more than half decide."""

    def __init__(self, validators: Iterable[bytes]) -> None:
        self.validators = ordered(validators)
        self._votes: dict[bytes, dict[bytes, bool]] = {}

    def copy(self) -> Tally:
        """Return a tally that goes its own way from now on."""
        other = Tally(self.validators)
        other._votes = {candidate: dict(votes) for candidate, votes in self._votes.items()}
        return other

    def pending(self, voter: bytes, vote: Vote) -> bool:
        """Return whether this vote would change anything: the set lacks it, and the voter has not given it yet."""
        is_there = vote.candidate in self.validators
        return vote.add != is_there and self._votes.get(vote.candidate, {}).get(voter) != vote.add

    def cast(self, voter: bytes, vote: Vote) -> bool:
        """Count the vote of a block's proposer; return whether it changed the set.

        The last validator cannot be voted out: a chain without validators has no next block.
        """
        votes = self._votes.setdefault(vote.candidate, {})
        votes[voter] = vote.add
        wanted = sum(each == vote.add for each in votes.values())
        is_there = vote.candidate in self.validators
        if 2 * wanted <= len(self.validators) or vote.add == is_there:
            return False
        left = set(self.validators) ^ {vote.candidate}
        if not 0 < len(left) <= MAX_VALIDATORS:
            return False
        self.validators = tuple(sorted(left))
        del self._votes[vote.candidate]
        if not vote.add:
            for others in self._votes.values():
                others.pop(vote.candidate, None)
        return True
