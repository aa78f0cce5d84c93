"""Lets validators agree on one block: hands over their messages in order, and ends rounds that lead nowhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from harness.sidechain.errors import NoQuorum, SafetyBroken
from harness.sidechain.header import Header
from harness.sidechain.messages import Finished
from harness.sidechain.validator import Sent, Validator
from harness.sidechain.validators import Tally, quorum


def agree(validators: Mapping[bytes, Validator], parent: Header, tally: Tally) -> Header:
    """Return the sealed header of the block behind ``parent``.

    Every validator proposes once before the attempt is given up. Raises NoQuorum, and SafetyBroken if two blocks were
    sealed.
    """
    members = [validators[address] for address in tally.validators if address in validators]
    rounds = len(tally.validators)
    for round_ in range(rounds):
        waiting: deque[tuple[bytes, Sent]] = deque()
        for each in members:
            sent = each.timeout() if round_ else each.start(parent, tally)
            waiting.extend((each.address, message) for message in sent)
        _deliver(members, waiting)
        done = [each.finished for each in members if each.finished is not None]
        if done:
            return _only(done)
    sealed = max((each.commits for each in members), default=0)
    raise NoQuorum(parent.number + 1, rounds, sealed, quorum(len(tally.validators)))


def _deliver(members: Sequence[Validator], waiting: deque[tuple[bytes, Sent]]) -> None:
    """Hand over messages, oldest first, until nobody has anything left to say.

    News of a sealed block come last, so that all who can seal it themselves do, and are dropped if all did.
    """
    late: deque[tuple[bytes, Sent]] = deque()
    while waiting or late:
        if not waiting and all(each.finished is not None for each in members):
            return
        author, (to, message) = (waiting or late).popleft()
        if isinstance(message, Finished) and waiting:
            late.append((author, (to, message)))
            continue
        for each in members:
            if to is None or to == each.address:
                for answer in each.receive(author, message):
                    waiting.append((each.address, answer))


def _only(finished: Sequence[Header]) -> Header:
    """Return the block that all agree on, with the seals that its first holder has."""
    first = finished[0]
    for other in finished[1:]:
        if other.hash != first.hash:
            raise SafetyBroken(first, other)
    return first
