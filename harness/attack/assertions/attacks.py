"""Attacks on a chain of assertions: rivals, late disputes, attempts, children of lies, and bonds."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any

from harness.adapters.assertions import CONFIRMED, PENDING, REJECTED, Assertions
from harness.adapters.errors import AdapterError, NotApplicable
from harness.attack.attack import Attack, Found
from harness.attack.promises import try_promises
from harness.attack.purse import Purse
from harness.attack.reasons import must_say_why
from harness.attack.stage import Stage, reason_of
from harness.attack.strangers import strangers
from harness.errors import HarnessError, Reverted
from harness.primitives.hashing import keccak256

WHOLE = 10_000


def root(number: int) -> bytes:
    """Return one of many roots."""
    return keccak256(b"root %d" % number)


class Ledger:
    """A chain of assertions with some batches to assert about, and who must be owed what."""

    def __init__(self, stage: Stage, batches: int = 3) -> None:
        chain = stage.adapter
        assert isinstance(chain, Assertions)
        self.chain, self.l1, self.stakes = chain, stage.chain, chain.stakes()
        self.alice, self.bob, self.carol = (stage.chain.accounts[name] for name in ("alice", "bob", "carol"))
        chain.post(batches)
        self.top = chain.top()
        self.tried, self.last, self.lacks = 0, "none", ""
        self.held = chain.held()
        self.burnt = chain.burnt()

    def fails(self, what: str, call: Callable[..., object], *arguments: Any, **options: Any) -> None:
        """Make a call that must be refused, and take it back."""
        mark = self.l1.snapshot()
        self.tried += 1
        try:
            call(*arguments, **options)
        except NotApplicable as problem:  # the adapter has no form for it, so no contract has refused it
            self.tried -= 1
            self.lacks = reason_of(problem)
        except AdapterError:  # the adapter's mistake is no contract's refusal
            raise
        except HarnessError as problem:
            self.last = reason_of(problem)
            must_say_why(self.chain, what, problem)
        else:
            raise Found("the assertions", f"{what} is taken")
        finally:
            self.l1.restore(mark)

    def works(self, what: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Make an honest call."""
        try:
            return call(*arguments, **options)
        except Reverted as revert:
            raise Found("the honest side", f"{what} is refused: {reason_of(revert)}") from revert

    def propose(self, parent: bytes, number: int, who: Any = None) -> bytes:
        """Assert a root on a parent."""
        found: bytes = self.works("an assertion", self.chain.propose, parent, root(number), who or self.alice)
        return found

    def is_(self, id: bytes, status: str) -> None:
        """See that an assertion has a status."""
        actual = self.chain.show(id).status
        if actual != status:
            raise Found("the outcome", f"an assertion is {actual}, expected {status}")

    def money(self, *, locked: int, disputes: int = 0, burnt: int = 0, **owed: int) -> None:
        """See that bonds, burnt wei and credits are these, to the wei, and that the contract holds their sum.

        ``disputes`` are those that run, each with what the challenger has put in.
        """
        for name, due in owed.items():
            actual = self.chain.owed(self.l1.accounts[name].address)
            if actual != due:
                said = f"{name} is owed {actual} wei, expected {due}"
                raise Found("the payouts", said, gained=max(0, actual - due), lost=max(0, due - actual))
        if self.chain.burnt() - self.burnt != burnt:
            raise Found("the books", f"{self.chain.burnt() - self.burnt} wei are called burnt, expected {burnt}")
        held = self.chain.held() - self.held
        due = locked * self.stakes.bond + disputes * self.stakes.challenge + burnt + sum(owed.values())
        if held != due:
            raise Found("the money", f"{held} wei are held, expected {due}", lost=max(0, due - held))

    def collect(self, who: Any) -> None:
        """Collect once, and fail to collect again, also while money of others is there to be taken."""
        due = self.chain.owed(who.address)
        with Purse(self.l1, None) as purse:
            before = purse.of(who)
            self.works("a payout", self.chain.collect, who)
            got = purse.of(who) - before
        if got != due:
            said = f"{who.name} was owed {due} wei and got {got}"
            raise Found("the payouts", said, gained=max(0, got - due), lost=max(0, due - got))
        mark = self.l1.snapshot()
        with suppress(NotApplicable, Reverted):
            other = self.chain.propose(self.chain.top(), root(99), self.l1.accounts.dave)
            self.chain.dispute(other, self.l1.accounts.erin)
        self.fails("a second payout", self.chain.collect, who)
        self.l1.restore(mark)

    @property
    def lost(self) -> int:
        """What is burnt of a bond."""
        return self.stakes.bond * self.stakes.burnt_share // WHOLE

    @property
    def won(self) -> int:
        """What a challenger who is right gets: what is left of the bond, and what it has put in."""
        return self.stakes.bond - self.lost + self.stakes.challenge

    @property
    def lost_challenge(self) -> int:
        """What is burnt of what a challenger has put in who is not right."""
        return self.stakes.challenge * self.stakes.burnt_share // WHOLE

    @property
    def said(self) -> str:
        """What stopped the attack. Raises NotApplicable if the adapter had no form for any of it."""
        if not self.tried and self.lacks:
            raise NotApplicable(self.lacks)
        return f"{self.tried} refused, the last: {self.last}"


def an_honest_assertion(stage: Stage) -> str:
    """An assertion is confirmed a second early and in time, once, and its bond comes back once."""
    ledger = Ledger(stage)
    chain, l1 = ledger.chain, ledger.l1
    made = ledger.propose(ledger.top, 1)
    at = l1.head.timestamp + ledger.stakes.period
    if chain.show(made).prestate != chain.show(ledger.top).root:
        raise Found("the claims", "a dispute does not begin with the parent's root")
    ledger.money(locked=1, alice=0)
    l1.warp(to=at)
    ledger.fails("a confirmation in the last second of the period", chain.confirm, made, ledger.bob)
    l1.mine()
    ledger.works("a confirmation", chain.confirm, made, ledger.bob)
    ledger.is_(made, CONFIRMED)
    ledger.fails("a second confirmation", chain.confirm, made, ledger.bob)
    ledger.fails("a dispute about what is final", chain.dispute, made, ledger.carol)
    ledger.money(locked=0, alice=ledger.stakes.bond, bob=0)
    ledger.collect(ledger.alice)
    return ledger.said


def assertions_that_are_none(stage: Stage) -> str:
    """A bond a wei off, the root zero, an unknown parent, a duplicate, a root of batches to come, another attempt."""
    ledger = Ledger(stage, batches=1)
    chain, bob = ledger.chain, ledger.bob
    bond = ledger.stakes.bond
    for wei in (bond - 1, bond + 1, 0, 2 * bond):
        ledger.fails(f"an assertion for {wei} wei", chain.propose, ledger.top, root(1), bob, bond=wei)
    ledger.fails("the root zero", chain.propose, ledger.top, bytes(32), bob)
    ledger.fails("an assertion on an unknown parent", chain.propose, root(7), root(1), bob)
    ledger.fails("the number of an attempt on an unknown parent", chain.attempts, root(7), root(1))
    ledger.fails("an attempt that skips", chain.propose, ledger.top, root(1), bob, attempt=1)
    made = ledger.propose(ledger.top, 1)
    ledger.fails("a duplicate", chain.propose, ledger.top, root(1), bob)
    while chain.show(made).end < int(chain.show(ledger.top).end) + 99:
        try:
            made = chain.propose(made, root(2), bob)
        except (NotApplicable, Reverted) as refusal:
            ledger.last = reason_of(refusal) if isinstance(refusal, Reverted) else ledger.last
            break
    else:
        raise Found("the assertions", "batches are asserted that nobody posted")
    return ledger.said


def rivals(stage: Stage) -> str:
    """A rival comes in the last second and a second late; neither is confirmed beside the other."""
    ledger = Ledger(stage)
    chain, l1 = ledger.chain, ledger.l1
    lie = ledger.propose(ledger.top, 1, ledger.bob)
    over = l1.head.timestamp + ledger.stakes.period
    l1.warp(to=over)
    true = ledger.propose(ledger.top, 2)
    ledger.fails("a rival a second late", chain.propose, ledger.top, root(3), ledger.carol)
    ledger.fails("a confirmation beside a rival", chain.confirm, lie, ledger.bob)
    ledger.works("a dispute beside a rival", chain.dispute, lie, ledger.carol)
    ledger.fails("a confirmation in dispute", chain.confirm, lie, ledger.bob)
    ledger.fails("a second dispute", chain.dispute, lie, ledger.alice)
    chain.decide(lie, stands=False)
    ledger.is_(lie, REJECTED)
    chain.settle(lie)
    ledger.money(locked=1, burnt=ledger.lost, carol=ledger.won, bob=0, alice=0)
    l1.warp(to=max(l1.now + 1, over + ledger.stakes.period + 1))
    ledger.works("the survivor's confirmation", chain.confirm, true, ledger.carol)
    ledger.money(locked=0, burnt=ledger.lost, carol=ledger.won, alice=ledger.stakes.bond, bob=0)
    ledger.collect(ledger.carol)
    ledger.collect(ledger.alice)
    return ledger.said


def a_lie_in_dispute(stage: Stage) -> str:
    """A lie is disputed once, falls, and is never confirmed; whoever disputed it is paid once."""
    ledger = Ledger(stage)
    chain, l1 = ledger.chain, ledger.l1
    lie = ledger.propose(ledger.top, 1, ledger.bob)
    over = l1.head.timestamp + ledger.stakes.period
    stake = ledger.stakes.challenge
    for wei in (stake - 1, stake + 1, 0, 2 * stake) if stake else ():
        ledger.fails(f"a dispute for {wei} wei", chain.dispute, lie, ledger.carol, bond=wei)
    ledger.works("a dispute", chain.dispute, lie, ledger.carol)
    ledger.money(locked=1, disputes=1, bob=0, carol=0)
    ledger.fails("a second dispute", chain.dispute, lie, ledger.alice)
    mark = l1.snapshot()
    l1.warp(to=over + 1)
    ledger.fails("a confirmation in dispute", chain.confirm, lie, ledger.bob)
    l1.restore(mark)
    chain.decide(lie, stands=False)
    chain.settle(lie)
    ledger.is_(lie, REJECTED)
    ledger.money(locked=0, burnt=ledger.lost, bob=0, carol=ledger.won)
    ledger.fails("a dispute about what fell", chain.dispute, lie, ledger.alice)
    ledger.fails("a confirmation of what fell", chain.confirm, lie, ledger.bob)
    ledger.fails("an assertion on what fell", chain.propose, lie, root(3), ledger.bob)
    ledger.collect(ledger.carol)
    return ledger.said


def a_late_dispute(stage: Stage) -> str:
    """A dispute is opened in the last second of the period and a second late; an upheld assertion is confirmed."""
    ledger = Ledger(stage)
    chain, l1 = ledger.chain, ledger.l1
    made = ledger.propose(ledger.top, 1)
    over = l1.head.timestamp + ledger.stakes.period
    l1.warp(to=over + 1)
    ledger.fails("a dispute a second late", chain.dispute, made, ledger.carol)
    l1.warp(to=over)
    ledger.works("a dispute in the last second", chain.dispute, made, ledger.carol)
    ledger.money(locked=1, disputes=1, alice=0, carol=0)
    ledger.fails("a confirmation in dispute", chain.confirm, made, ledger.bob)
    chain.decide(made, stands=True)
    ledger.is_(made, PENDING)
    ledger.works("an upheld assertion", chain.confirm, made, ledger.bob)
    burnt = ledger.lost_challenge
    ledger.money(locked=0, burnt=burnt, alice=ledger.stakes.bond + ledger.stakes.challenge - burnt, carol=0)
    ledger.collect(ledger.alice)
    return ledger.said


def children_of_a_lie(stage: Stage) -> str:
    """What stands on a lie falls with it, after it, and pays whoever countered it."""
    ledger = Ledger(stage, batches=4)
    chain = ledger.chain
    lie = ledger.propose(ledger.top, 1, ledger.bob)
    child = ledger.propose(lie, 2, ledger.bob)
    ledger.fails("the end of a child whose parent stands", chain.reject_child, child, ledger.carol)
    ledger.fails("the end of a child whose parent is final", chain.reject_child, lie, ledger.carol)
    chain.dispute(lie, ledger.carol)
    chain.decide(lie, stands=False)
    if not chain.pays_at_once:
        ledger.fails("the end of a child before it is known who is paid", chain.reject_child, child, ledger.bob)
    ledger.fails("an assertion on a rejected one", chain.propose, lie, root(3), ledger.alice)
    chain.settle(lie)
    ledger.works("the end of a child", chain.reject_child, child, ledger.bob)
    ledger.is_(child, REJECTED)
    ledger.fails("a second end of a child", chain.reject_child, child, ledger.bob)
    left = ledger.stakes.bond - ledger.lost
    ledger.money(locked=0, burnt=2 * ledger.lost, carol=left + ledger.won, bob=0, alice=0)
    ledger.collect(ledger.carol)
    return ledger.said


def a_dispute_about_a_child_of_a_lie(stage: Stage) -> str:
    """A child is in dispute when its parent falls: the dispute ends, and not before."""
    ledger = Ledger(stage, batches=4)
    chain = ledger.chain
    lie = ledger.propose(ledger.top, 1, ledger.bob)
    child = ledger.propose(lie, 2, ledger.alice)
    chain.dispute(lie, ledger.carol)
    chain.dispute(child, ledger.carol)
    ledger.fails("the end of a dispute whose parent stands", chain.void, child, ledger.bob)
    chain.decide(lie, stands=False)
    ledger.works("the end of a dispute whose parent fell", chain.void, child, ledger.bob)
    ledger.fails("its second end", chain.void, child, ledger.bob)
    chain.settle(lie)
    ledger.works("the end of the child", chain.reject_child, child, ledger.bob)
    ledger.is_(child, REJECTED)
    return ledger.said


def a_root_that_fell(stage: Stage) -> str:
    """A root that was rejected is asserted again, as the next attempt and as no other, and confirmed."""
    ledger = Ledger(stage)
    chain, l1 = ledger.chain, ledger.l1
    _attempts(ledger, 0)
    first = ledger.propose(ledger.top, 1)
    chain.dispute(first, ledger.bob)
    chain.decide(first, stands=False)
    chain.settle(first)
    ledger.is_(first, REJECTED)
    for off in (-1, 1):
        ledger.fails(f"an attempt {off:+d}", chain.propose, ledger.top, root(1), ledger.carol, attempt=off)
    _attempts(ledger, 1)
    again = ledger.propose(ledger.top, 1, ledger.carol)
    if again == first:
        raise Found("the claims", "another attempt has the id of the one that fell")
    with suppress(NotApplicable):  # there may be one assertion at a time
        other = ledger.propose(ledger.top, 5, ledger.bob)
        chain.dispute(other, ledger.alice)
        chain.decide(other, stands=False)
    l1.warp(ledger.stakes.period + 1)
    ledger.works("a root's second attempt", chain.confirm, again, ledger.bob)
    ledger.is_(again, CONFIRMED)
    return ledger.said


def _attempts(ledger: Ledger, expected: int) -> None:
    """See how often the contracts say that the first root has failed, and that no other one has."""
    with suppress(NotApplicable):
        for number, right in ((1, expected), (2, 0)):
            told = ledger.chain.attempts(ledger.top, root(number))
            if told != right:
                raise Found("what is told", f"a root that fell {right} times is said to have fallen {told} times")


def the_range(stage: Stage) -> str:
    """An assertion ends where its parent's record says, and covers no more batches than a game has places for."""
    ledger = Ledger(stage, batches=2)
    chain = ledger.chain
    first = ledger.propose(ledger.top, 1)
    chain.post(ledger.stakes.most_range + 9)
    second = ledger.propose(first, 2)
    third = ledger.propose(second, 3)
    ends = [chain.show(id).end for id in (ledger.top, first, second, third)]
    steps = [after - before for before, after in pairwise(ends)]
    if steps[0] < 1 or max(steps) > ledger.stakes.most_range or steps[2] != ledger.stakes.most_range:
        raise Found("the assertions", f"assertions cover {steps} batches, at most {ledger.stakes.most_range} fit")
    return f"assertions cover {steps} batches"


def further_promises(stage: Stage) -> str:
    """Whatever else the contracts promise is tried."""
    ledger = Ledger(stage)
    return try_promises(ledger.chain, ledger.chain.promises())


def in_dispute(stage: Stage) -> list[bytes | int]:
    """Assert and dispute, and where there may be rivals have one fall and leave one alone; return the ids."""
    ledger = Ledger(stage)
    ids = [ledger.propose(ledger.top, 1)]
    ledger.chain.dispute(ids[0], ledger.carol)
    with suppress(NotApplicable):
        ids += [ledger.propose(ledger.top, 2), ledger.propose(ledger.top, 3)]
        ledger.chain.dispute(ids[2], ledger.carol)
        ledger.chain.decide(ids[2], stands=False)
    return [*ids]


ATTACKS = (
    Attack("an honest assertion", "a bond is lost, or paid early or twice", an_honest_assertion),
    Attack("assertions that are none", "an assertion is free, or about nothing", assertions_that_are_none),
    Attack("rivals", "two assertions are final, or a lie is", rivals),
    Attack("a lie in dispute", "a lie is final, or its bond goes to another, or twice", a_lie_in_dispute),
    Attack("a late dispute", "a lie can be disputed too short, or the truth too long", a_late_dispute),
    Attack("children of a lie", "what stands on a lie lives on, or pays a liar", children_of_a_lie),
    Attack("a dispute about a child", "a dispute about nothing goes on", a_dispute_about_a_child_of_a_lie),
    Attack("a root that fell", "a true root can never be asserted again", a_root_that_fell),
    Attack("the range", "an assertion covers what no game can decide", the_range),
    strangers(in_dispute),
    Attack("further promises", "lies are free", further_promises),
)
