"""One channel between an honest party and a cheat, a second channel of bystanders, and the judge of both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from harness.adapters.channel import Channel, Lock, Pair, Signatures, State
from harness.attack.attack import Found
from harness.attack.oracle import OWN_MONEY
from harness.attack.seats import UNIT, WEALTH, Seats
from harness.attack.stage import Stage
from harness.attack.tape import Call, Tape

if TYPE_CHECKING:
    from harness.chain.values.accounts import Account

WAITS = (0, 3_600, 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400)
"""Seconds that the honest party waits one after the other for a settlement of which it does not know when it works."""
BLOCKS = (0, 10, 100, 1_000)
"""The same in blocks, each of which must be mined, where the contract states no window."""


class Ring(Seats[Channel]):
    """A channel of ``honest`` and ``cheat``, with states that both signed.

    ``newest`` is the newest state that both signed, ``stale`` an older one that is better for the cheat, or None if the
    contract has no way to answer a stale state. ``proposals`` are states that the honest party signed and the cheat did
    not answer.
    """

    protocol: ClassVar[type[Channel]] = Channel
    channel: Any
    holder: Any = ""
    newest: State

    def __init__(
        self, stage: Stage, *, token: str = "PlainToken", deposits: Pair | None = None, wealth: int = WEALTH
    ) -> None:
        super().__init__(stage, token=token, wealth=wealth)
        usual: Pair = (6 * UNIT, 4 * UNIT) if self.adapter.both_ways else self.ordered_by_payer(10 * UNIT)
        self.deposits = usual if deposits is None else deposits
        """What the honest party and the cheat put in."""
        self.total = sum(self.deposits)
        self.beside = self.open(self.adapter, self.bystanders, self.beside_deposits)
        self.others: list[tuple[Any, State, Signatures, Account]] = []
        """Further channels of the honest party: the newest state with its signatures, and the partner."""
        self.former: list[tuple[Any, State, Signatures, Account]] = []
        self.signed: list[tuple[State, Signatures]] = []
        self.tape = Tape(self.chain, self._watches)
        self.begin()

    def begin(self) -> None:
        """Open the next channel, and let both parties sign two states of it."""
        if self.signed:
            self.former.append((self.channel, self.newest, self.signatures(self.newest), self.cheat))
        self.channel = self.open(self.adapter, self.parties, self.ordered(*self.deposits))
        self.put_in += self.deposits[0]
        self.holder = self.call("holder", self.channel)
        self.signed = []
        self.proposals: list[State] = []
        self.stale: State | None = None
        # What the payer of a one-way channel signed before its newest state is worse for the payee.
        only_pays = self.is_first and not self.adapter.both_ways
        if not self.adapter.is_final and not only_pays:
            self.stale = self.agree(self.state(1, 2 if self.adapter.both_ways else 3))
        elif only_pays:
            self.agree(self.state(1, 8))
        self.newest = self.agree(self.state(2, 3 if only_pays else 8))

    def ordered_by_payer(self, deposit: int) -> Pair:
        """Return the deposits of the honest party and of the cheat if only the first party pays."""
        return (deposit, 0) if self.is_first else (0, deposit)

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Let the body play on, and take back at its end what it did on the chain, and the calls that it made."""
        known = len(self.tape.calls)
        with super().trial():
            try:
                yield
            finally:
                del self.tape.calls[known:]

    def close(self) -> None:
        """Stop listening to the chain."""
        self.tape.close()
        super().close()

    def _watches(self, address: str) -> bool:
        tokens = {str(self.token.address)} if self.token is not None else set()
        watched = (self.holder, *self.adapter.attacked())
        return address not in tokens and any(address == str(getattr(each, "address", each)) for each in watched)

    # -- other channels

    @property
    def beside_deposits(self) -> Pair:
        """What the bystanders put in."""
        return (70 * UNIT, 50 * UNIT) if self.adapter.both_ways else (70 * UNIT, 0)

    def open_another(self, partner: Account | None = None) -> Any:
        """Open a second channel of the honest party, with the cheat or another partner, and return it."""
        self.partner = partner or self.cheat
        parties = self.ordered(self.honest, self.partner)
        found = self.open(self.adapter, parties, self.ordered(*self.deposits))
        if found == self.channel:
            both = sum(self.deposits)
            self.broken("each opening is a channel of its own", f"a second one took {both}, and is the first one again")
        self.put_in += self.deposits[0]
        return found

    def agree_on(self, channel: Any, state: State) -> bytes:
        """Let the honest party sign a state of another of its channels; it is the newest one there."""
        mine = self.sign(state, self.honest, channel)
        both = self.ordered(mine, self.sign(state, self.partner, channel))
        self.others.append((channel, state, both, self.partner))
        return mine

    def settle_collusion(self, channel: Any) -> None:
        """End a channel of the cheat with its second account and take what it pays; the next one is a new one."""
        self.end(channel, self.cheat)
        self.take(channel, (self.cheat, self.sybil))
        self._own = None

    def replay_all(self) -> None:
        """Send every call that the contracts have had so far once more, from both of the cheat's accounts."""
        for call in tuple(self.tape.calls):
            for who in (self.cheat, self.sybil):
                self.replay(call, who)

    def replay(self, call: Call, who: Account, again: str = "sent again") -> bool:
        """Let the cheat send a call, once more or as ``again`` says; return whether it went through."""
        held = self.purse.of(self.holder)
        done = self.tape.send(call, who)
        if not done:
            self.stopped.append(f"{call.name} {again} by {who.name}: {self.tape.reason}")
        # What the cheat puts in by such a call is its own to leave there.
        self.donated += max(0, self.purse.of(self.holder) - held)
        return done

    # -- states and signatures

    def state(self, version: int, tenths: int, locks: tuple[Lock, ...] = ()) -> State:
        """Return a state that gives the honest party so many tenths of the channel, and the cheat the rest."""
        free = self.total - sum(lock.amount for lock in locks)
        mine = self.total * tenths // 10
        return State(version, self.ordered(mine, free - mine), locks)

    def agree(self, state: State) -> State:
        """Let both parties sign a state, which is the newest one then."""
        signatures = self.ordered(self.sign(state, self.honest), self.sign(state, self.cheat))
        self.signed.append((state, signatures))
        self.newest = state
        return state

    def signatures(self, state: State) -> Signatures:
        """Return the signatures of a state that both signed."""
        return next(signatures for known, signatures in self.signed if known is state)

    def sign(self, state: State, who: Account, channel: Any = None, adapter: Channel | None = None) -> bytes:
        """Return an account's signature over a state."""
        of = self.channel if channel is None else channel
        return bytes(self.call("sign", of, state, who, adapter=adapter))

    def submit(self, what: str, state: State, signatures: Signatures, sender: Account, channel: Any = None) -> bool:
        """Let somebody put a state before the contract; return whether it was taken."""
        return self.move(what, "submit", self.channel if channel is None else channel, state, signatures, sender)

    def try_submit(
        self, what: str, state: State, signatures: Signatures, sender: Account, *, answers: bool = True
    ) -> None:
        """Let somebody put a state before the contract, judge the channel if it was taken, and take all of it back.

        So no refused transaction takes the time, or the block, in which the next one counts.
        """
        with self.trial():
            if self.submit(what, state, signatures, sender):
                self.judge(answers=answers)

    # -- the honest party's part

    def answer(self) -> str:
        """Let the honest party put its newest state before the contract; return why it was refused, or ""."""
        return self.attempt("submit", self.channel, self.newest, self.signatures(self.newest), self.honest)

    def end(self, channel: Any, sender: Account) -> str:
        """Settle a channel as soon as the contract allows it; return why it never did, or ""."""
        if self.adapter.is_final:
            return ""
        said = ""
        until = self.deadline(channel)
        if until is not None and self.now <= until:
            self.wait_until(until + 1)
        for wait in self._waits():
            if wait:
                self.wait(wait)
            said = self.attempt("settle", channel, sender)
            if not said:
                return ""
        return said

    def _waits(self) -> tuple[int, ...]:
        if not self.adapter.counts_blocks:
            return WAITS
        return BLOCKS if self.adapter.window is None else (0, self.adapter.window)

    def has_ended(self) -> bool:
        """Return whether the honest party has been paid, or has something to take."""
        paid = self.net(self.honest) + self.put_in > 0
        return paid or any(self.owed(self.channel, who) for who in (self.honest, self.cheat))

    def finish(self, *, answers: bool = True) -> None:
        """Let the honest party defend its newest state, and everybody take what is theirs."""
        if answers:
            self.answer()
        self.end(self.channel, self.honest)
        for lock in self.newest.locks:
            payee_is_honest = (lock.payer == 0) != self.is_first
            secret = lock.secret if payee_is_honest else None
            self.attempt("unlock", self.channel, self.newest, lock, secret, self.honest)
        self.take(self.channel, (self.honest, self.cheat))
        newest = {id(other[0]): other for other in self.others}
        for channel, state, pair, partner in newest.values():
            self.attempt("submit", channel, state, pair, self.honest)
            self.end(channel, self.honest)
            self.take(channel, (self.honest, partner))

    # -- the judge

    def entitled(self) -> int:
        """Return the least that the states which the honest party signed last give it."""
        states = [self.newest, *(state for state in self.proposals if state.version > self.newest.version)]
        return min(int(self.of_role(state.shares)[0]) for state in states)

    def judge(self, *, due: int | None = None, answers: bool = True, may_stick: bool = False) -> str:
        """Let everybody finish, and raise `Found` for a broken promise; return what held.

        ``due`` is what the honest party is entitled to; None is what its newest state gives it. ``answers`` is False if
        it has no time to answer any more. ``may_stick`` is True if the cheat may have burnt money of its own.
        """
        self.finish(answers=answers)
        got = self.paid(self.entitled() if due is None else due)
        gained = self.net(self.cheat, self.sybil)
        self._beside()
        if not may_stick:
            self._let_the_cheat_finish()
            self.nothing_stuck(self.holder)
        stopped = self.stopped[-1] if self.stopped else f"the honest party got {got}"
        return stopped if not gained > 0 else f"{stopped}; the cheat got what the newest state gives it"

    def _let_the_cheat_finish(self) -> None:
        """Let the cheat do what the contract leaves to it alone, so that only what nobody can take is stuck."""
        if self.purse.of(self.holder) <= self.donated:
            return
        newest = (self.channel, self.newest, self.signatures(self.newest), self.cheat)
        for channel, state, pair, partner in (newest, *self.former, *self.others):
            self.attempt("submit", channel, state, pair, partner)
            self.end(channel, partner)
            self.take(channel, (self.honest, partner))

    def close_beside(self) -> list[str]:
        """Let the bystanders close their channel; return what was refused."""
        both, state = self.bystanders, State(1, self._beside_shares)
        signatures = (self.sign(state, both[0], self.beside), self.sign(state, both[1], self.beside))
        said = [self.attempt("submit", self.beside, state, signatures, both[0])]
        # Where each party shows what it received, the other one has something to show, too.
        self.attempt("submit", self.beside, state, signatures, both[1])
        said.append(self.end(self.beside, both[0]))
        self.take(self.beside, both)
        return said

    @property
    def _beside_shares(self) -> Pair:
        return (40 * UNIT, sum(self.beside_deposits) - 40 * UNIT)

    def _beside(self) -> None:
        """Close the bystanders' channel; raises Found if it does not give them what they agreed on."""
        both, deposits, shares = self.bystanders, self.beside_deposits, self._beside_shares
        said = self.close_beside()
        for who, share, deposit in zip(both, shares, deposits, strict=True):
            got = self.net(who) + deposit
            if got < share:
                why = "; ".join(filter(None, said)) or "another channel took it"
                raise Found(
                    OWN_MONEY,
                    f"{who.name}, who is no party, got {got} of {share}: {why}",
                    gained=max(0, self.net(self.cheat, self.sybil)),
                    lost=share - got,
                )
