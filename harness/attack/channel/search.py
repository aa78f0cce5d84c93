"""Moves on channels, drawn at random and combined: the cheat does anything, and the honest party never sleeps.

The honest party answers a close that runs before the last second to answer has passed. So it ends with what its newest
state gives it, whatever the cheat does in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, cast

from harness.adapters.channel import Channel, Lock, State
from harness.adapters.errors import NotApplicable
from harness.attack.channel.forging import altered, stand_ins
from harness.attack.channel.ring import Ring
from harness.attack.search import Pool, Search, Word
from harness.attack.seats import BOTH_SEATS, UNIT
from harness.attack.stage import Stage

Act = Callable[[Random], None]


@dataclass(slots=True)
class Cheat:
    """Makes one move from each word: everything that a word leaves open is drawn from it alone.

    ``due`` is what the honest party is entitled to in other channels, and ``added`` what it has put into this one since
    it signed its newest state. ``agreements`` are ends that both agreed on, with their shares and their last second;
    ``permits`` are withdrawals that both permitted, with the cheat's total and their last second.
    """

    ring: Ring
    pool: Pool | None = None
    due: int = 0
    added: int = 0
    is_over: bool = False
    has_answered: bool = False
    agreements: list[tuple[tuple[int, int], int, tuple[bytes, bytes]]] = field(default_factory=list)
    permits: list[tuple[int, int, tuple[bytes, bytes]]] = field(default_factory=list)
    others: list[Any] = field(default_factory=list)

    def play(self, words: Sequence[Word]) -> None:
        """Make the moves of all words, one after the other."""
        acts = self._acts()
        for place, word in enumerate(words):
            random = Random(f"move {word}")
            act = random.choices(list(acts), list(acts.values()))[0]
            before = len(self.ring.stopped)
            with self.ring.extreme(act.__name__):
                act(random)
            if random.random() < 0.5:
                self._defend()
            if self.pool is not None:
                said = [each.rpartition("reverted: ")[2].partition("(")[0] for each in self.ring.stopped[before:]]
                self.pool.note(tuple(words[: place + 1]), (act.__name__, tuple(said[:2]), self._state()))

    def _acts(self) -> dict[Act, int]:
        return {
            self.wait: 4,
            self.sign: 2,
            self.submit: 6,
            self.forge: 2,
            self.settle: 4,
            self.pay: 3,
            self.put_in: 1,
            self.together: 2,
            self.take_out: 2,
            self.elsewhere: 1,
            self.unlock: 2,
            self.again: 3,
        }

    def _state(self) -> tuple[Any, ...]:
        ring = self.ring
        left = ring.purse.of(ring.holder)
        return (ring.deadline(ring.channel) is not None, self.is_over, len(ring.signed), left > 0, len(self.others))

    # -- the honest party

    def _defend(self) -> None:
        """Answer a close that runs by the newest state, once: what is on chain then stands."""
        if not self.is_over and not self.has_answered and self.ring.deadline(self.ring.channel) is not None:
            self.ring.answer()
            self.has_answered = True

    def _is_open(self) -> bool:
        """Return whether the honest party still signs: no close runs, and the channel has not ended."""
        return not self._has_ended() and self.ring.deadline(self.ring.channel) is None

    def _has_ended(self) -> bool:
        """Return whether the honest party has been paid, or has something to take."""
        self.is_over = self.is_over or self.ring.has_ended()
        return self.is_over

    def entitled(self) -> int:
        """Return the least that whatever the honest party signed last gives it."""
        ring = self.ring
        agreed = [int(ring.of_role(shares)[0]) for shares, _, _ in self.agreements]
        return self.due + self.added + min([ring.entitled(), *agreed])

    def finish(self) -> None:
        """Let the honest party defend its newest state, open its locks, and wait for those that it can take back."""
        ring = self.ring
        if not self.has_answered:
            ring.answer()
        ring.end(ring.channel, ring.honest)
        for lock in ring.newest.locks:
            if (lock.payer == 0) != ring.is_first:
                ring.attempt("unlock", ring.channel, ring.newest, lock, lock.secret, ring.honest)
            if ring.now <= lock.expiry:
                ring.wait_until(lock.expiry + 1)

    # -- moves

    def wait(self, random: Random) -> None:
        """Let time pass up to a boundary; the honest party does not sleep through the last second to answer."""
        ring, now = self.ring, self.ring.now
        until = ring.deadline(ring.channel)
        ends = [lock.expiry for lock in ring.newest.locks] + [expiry for _, expiry, _ in self.agreements]
        near = [end for end in (*ends, until) if end is not None and end > now]
        when = random.choice(near or [now + ring.hour]) + random.choice((-1, 0, 1, -random.randrange(1, ring.hour)))
        if until is not None and when > until:
            if now < until - 1 and not self.has_answered:
                ring.wait_until(until - 1)
            self._defend()
        if when > ring.now + 1:
            ring.wait_until(when)

    def _hold_back(self, random: Random) -> None:
        """Wait at times for the last second to answer; the honest party has answered before."""
        until = self.ring.deadline(self.ring.channel)
        if until is not None and self.ring.now < until - 1 and random.random() < 0.3:
            self._defend()
            self.ring.wait_until(until)

    def sign(self, random: Random) -> None:
        """Let both parties sign a newer state."""
        ring = self.ring
        if ring.adapter.is_final or len(ring.signed) > 6 or self.agreements or self.permits or not self._is_open():
            return
        locks: tuple[Lock, ...] = ()
        if ring.adapter.has_locks and random.random() < 0.4:
            expiry = ring.now + 3 * (ring.adapter.window or 86_400)
            locks = (Lock(bytes([random.randrange(1, 9)]) * 32, UNIT, expiry, random.randrange(2)),)
        now = 10 * int(ring.of_role(ring.newest.shares)[0]) // ring.total
        least, most = (0, 9) if ring.adapter.both_ways else (0, now) if ring.is_first else (now, 9)
        self.added = 0  # the shares of the next state have it
        ring.agree(ring.state(ring.newest.version + random.choice((1, 1, 2)), random.randint(least, most), locks))

    def submit(self, random: Random) -> None:
        """Put a state that both signed before the contract."""
        ring = self.ring
        state, pair = random.choice(ring.signed)
        self._hold_back(random)
        ring.submit(f"version {state.version}", state, pair, random.choice((ring.cheat, ring.cheat, ring.sybil)))

    def forge(self, random: Random) -> None:
        """Put a state before the contract that the honest party did not sign."""
        ring = self.ring
        known, pair = random.choice(ring.signed)
        if random.random() < 0.5:
            what, state = random.choice(list(altered(ring, known)))
            mine = ring.of_role(pair)[0]
        else:
            state = ring.state(known.version + random.choice((0, 1)), random.choice((0, 1)))
            what, mine = random.choice(list(stand_ins(ring, state)))
        who = random.choice((ring.cheat, ring.sybil))
        self._hold_back(random)
        ring.submit(f"a state with {what}", state, ring.ordered(mine, ring.sign(state, ring.cheat)), who)

    def settle(self, random: Random) -> None:
        """Settle by whatever was posted, or by a state that the cheat names; or race the honest answer."""
        ring = self.ring
        if random.random() < 0.3:
            ring.move("a settlement by a state", "settle_with", ring.channel, random.choice(ring.signed)[0], ring.cheat)
        elif random.random() < 0.4 and not self.has_answered and (until := ring.deadline(ring.channel)) is not None:
            if ring.now < until - 1:
                ring.wait_until(until)
            self.has_answered = True
            ring.race(
                "a settlement ahead of the answer",
                lambda: ring.call("settle", ring.channel, ring.cheat),
                lambda: ring.call("submit", ring.channel, ring.newest, ring.signatures(ring.newest), ring.honest),
            )
        else:
            ring.move("a settlement", "settle", ring.channel, random.choice((ring.cheat, ring.sybil)))

    def pay(self, random: Random) -> None:
        """Pay somebody, by somebody."""
        ring = self.ring
        if random.random() < 0.2:
            ring.move("a payout of both", "pay_both", ring.channel, ring.cheat)
        who = random.choice((ring.cheat, ring.cheat, ring.honest, ring.sybil))
        ring.move("a payout", "withdraw", ring.channel, who, random.choice((ring.cheat, ring.sybil)))

    def put_in(self, random: Random) -> None:
        """Add to a deposit, each party for itself."""
        ring, part = self.ring, random.choice((1, UNIT // 3, UNIT))
        if random.random() < 0.5:
            ring.total += part * ring.move("a deposit", "deposit", ring.channel, ring.cheat, part, ring.cheat)
        elif not self.agreements and not ring.attempt("deposit", ring.channel, ring.honest, part, ring.honest):
            ring.total, ring.put_in, self.added = ring.total + part, ring.put_in + part, self.added + part

    def together(self, random: Random) -> None:
        """Agree on an end at once, or use such an agreement."""
        ring = self.ring
        if not self.agreements and not self.permits and not ring.newest.locks and self._is_open():
            shares, expiry = ring.newest.shares, ring.now + ring.hour
            mine = ring.call("agree", ring.channel, shares, expiry, ring.honest)
            pair = ring.ordered(mine, ring.call("agree", ring.channel, shares, expiry, ring.cheat))
            self.agreements.append((shares, expiry, pair))
        elif self.agreements:
            shares, expiry, pair = self.agreements[0]
            until = expiry + random.choice((0, 0, ring.hour))
            ring.move("an end together", "close_together", ring.channel, shares, until, pair, ring.cheat)

    def take_out(self, random: Random) -> None:
        """Permit the cheat to take something out, or use such a permission."""
        ring = self.ring
        if not self.permits and not self.agreements and self._is_open():
            total, expiry = UNIT // 2, ring.now + ring.hour
            mine = ring.call("permit", ring.channel, ring.cheat, total, expiry, ring.honest)
            pair = ring.ordered(mine, ring.call("permit", ring.channel, ring.cheat, total, expiry, ring.cheat))
            self.permits.append((total, expiry, pair))
        elif self.permits:
            total, expiry, pair = self.permits[0]
            more = total + random.choice((0, 0, 0, UNIT))
            ring.move("a withdrawal", "take_out", ring.channel, ring.cheat, more, expiry, pair, ring.cheat)

    def elsewhere(self, random: Random) -> None:
        """Use a state of another channel of the two parties."""
        ring, half = self.ring, sum(self.ring.deposits) // 2
        if not self.others:
            self.others.append(ring.open_another())
            self.due += half
        state = State(9, ring.ordered(half, sum(ring.deposits) - half))
        mine = ring.agree_on(self.others[0], state)
        own = ring.sign(state, ring.cheat, random.choice((ring.channel, self.others[0])))
        ring.submit("a state of another channel", state, ring.ordered(mine, own), ring.cheat)

    def unlock(self, random: Random) -> None:
        """Decide a lock: by its secret, by a wrong one, or for the payer."""
        ring = self.ring
        state = random.choice(ring.signed)[0]
        if not state.locks:
            raise NotApplicable("the state has no locks")
        lock = state.locks[0]
        payee_is_cheat = (lock.payer == 0) == ring.is_first
        own = lock.secret if payee_is_cheat else bytes(31) + b"\x01"
        ring.move("a lock", "unlock", ring.channel, state, lock, random.choice((own, None)), ring.cheat)

    def again(self, random: Random) -> None:
        """Send a call that the contracts have had once more, as it was or with a word altered."""
        ring = self.ring
        if not ring.tape.calls:
            return
        call = random.choice(ring.tape.calls)
        _, changed = random.choice(list(ring.tape.altered(call, random)))
        if random.random() < 0.5:
            changed = call
        ring.replay(changed, random.choice((ring.cheat, ring.sybil)))


def one(stage: Stage, words: Sequence[Word], pool: Pool | None = None) -> str:
    """Play one channel of words to its end."""
    random = Random(f"channel {words[0] if words else ''}")
    assets = cast(type[Channel], stage.kind).assets
    seats = [seat for seat in BOTH_SEATS if seat.partition(",")[0] in assets]
    ring = Ring(Stage(stage.chain, stage.kind, stage.contracts, seed=stage.seed, variant=random.choice(seats)))
    try:
        cheat = Cheat(ring, pool)
        cheat.play(words)
        cheat.finish()
        return ring.judge(due=cheat.entitled())
    finally:
        ring.close()


combined = Search(one, tries=24, length=14)
"""The search of channels."""
