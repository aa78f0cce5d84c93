"""One drawn life of a sidechain, as it is played."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from harness.contracts.bindings import Contract
from harness.errors import Reverted
from harness.fuzz.sidechain_books import Books, SidechainFault
from harness.fuzz.sidechain_cases import SidechainCase
from harness.fuzz.sidechain_liars import Mallory
from harness.fuzz.sidechain_stakes import Stakes
from harness.primitives.hashing import keccak256
from harness.sidechain.errors import NoQuorum
from harness.sidechain.sidechain import Sidechain
from harness.sidechain.validators import quorum

DEPTH = 5
"""Blocks of L1 that validators wait for."""

PERIOD = 20_000
"""How long validators are trusted, in seconds: longer than any deadline of a life is away, and than it once warps."""


class Life:
    """A case as it is played on chains that are restored afterwards."""

    def __init__(self, side: Sidechain, tokens: Sequence[Contract]) -> None:
        self.side = side
        self.l1s = [bridge.l1 for bridge in side.bridges]
        self.all = [Books(bridge, token) for bridge, token in zip(side.bridges, tokens, strict=True)]
        self.stakes = Stakes(self.all[0])
        self.happened: Counter[str] = Counter()

    def play(self, case: SidechainCase) -> None:
        """Play a case, check the sums after each happening, and let everything arrive; raises SidechainFault."""
        for happening in case.happenings:
            with suppress(NoQuorum):
                getattr(self, f"_{happening.verb}")(happening.amount)
                self.happened[happening.verb] += 1
            self._check(happening.verb)
        self._settle()

    # -- what happens

    def _books(self, amount: int) -> Books:
        return self.all[amount % len(self.all)]

    def _deposit(self, amount: int) -> None:
        self._books(amount).deposit(amount)

    def _lock(self, amount: int) -> None:
        self._books(amount).lock(amount)

    def _withdraw(self, amount: int) -> None:
        self.all[0].withdraw(amount)

    def _unlock(self, amount: int) -> None:
        self._books(amount).unlock(amount)

    def _mine(self, amount: int) -> None:
        self._books(amount // 8).l1.mine(1 + amount % 8)

    def _reorg(self, amount: int) -> None:
        """Lose or delay what lies less deep than validators wait for."""
        books = self._books(amount // 10)
        depth = min(1 + amount % DEPTH, books.l1.head.number - books.floor)
        if depth > 0:
            lost = books.l1.reorg(depth)
            if amount % 2:
                books.l1.replay(lost, check=False)
            books.bridge.client.sync()
            latest = max(chain.now for chain in (*self.l1s, self.side.chain))
            if books.l1.now < latest:  # a block that took L1's clock ahead is gone
                books.l1.warp(to=latest)

    def _step(self, amount: int) -> None:
        """Let everybody go on, unless too few of those whom a far end believes are there to name who follows them.

        With too few stakes, a light client stays where it is.
        """
        online = set(self.side.online())
        for believed in (books.bridge.validators() for books in self.all):
            if believed != self.side.members and len(online & set(believed)) < quorum(len(believed)):
                return
        try:
            self.side.step()
        except Reverted:
            if self._goes_on():
                raise
            self.stakes.check_refused()

    def _goes_on(self) -> bool:
        return self.all[0].is_over or self.stakes.suffices()

    def _warp(self, amount: int) -> None:
        """Both chains have one time, and the light client follows before its trust ends."""
        self._pass(1 + amount * (15 if amount % 3 == 0 else 1))

    def _expire(self, amount: int) -> None:
        """Let the trust end, if nobody follows before."""
        if amount % 2:
            for l1 in self.l1s:
                l1.warp(PERIOD + amount)
                l1.mine()
        else:
            self._pass(PERIOD // 2)
            self._pass(PERIOD // 2 + amount)

    def _pass(self, seconds: int) -> None:
        """Let all chains go so far, and the light clients follow."""
        now = max(chain.now for chain in (*self.l1s, self.side.chain)) + seconds
        for chain in (*self.l1s, self.side.chain):
            chain.warp(to=now)
        self.side.chain.mine()
        # Without enough stakes, the first L1's light client takes no header; those of the others ask for none.
        first = 0 if self._goes_on() else 1
        for books in self.all[first:]:
            books.follow()

    def _silence(self, amount: int) -> None:
        """Take any one offline; with more than may be, the chain stands until somebody is back."""
        self.side.silence(self.side.members[amount % len(self.side.members)])

    def _corrupt(self, amount: int) -> None:
        members = self.side.members
        liars = (len(members) - 1) // 3
        self.side.mend(*members)
        first = amount % len(members)
        self.side.corrupt(*(members[(first + place) % len(members)] for place in range(liars)))

    def _mend(self, amount: int) -> None:
        self.side.mend(*self.side.members)

    def _vote(self, amount: int) -> None:
        """Vote somebody in or out; between three and nine stay. The bridge hears of it at once, or at the next step."""
        members = self.side.members
        candidate = members[amount % len(members)]
        add = amount % 2 == 0 or len(members) < 4
        if add and len(members) < 9:
            candidate = self.side.join(keccak256(b"candidate" + bytes((amount % 256,)))).address
        elif add:
            return
        self.side.mend(*members)
        self.side.vote(candidate, add, members)
        self.side.chain.mine(len(members))
        if add and amount % 5:
            self.stakes.stake(candidate)
        if amount % 3:
            self._step(amount)

    def _stake(self, amount: int) -> None:
        """Let a validator stake, also one that has left or was slashed."""
        self.stakes.stake(self.side.members[amount % len(self.side.members)])

    def _unstake(self, amount: int) -> None:
        """Let a validator leave its stake, and if it did so before, try to take it."""
        self.stakes.leave(self.side.members[amount % len(self.side.members)])

    def _pay(self, amount: int) -> None:
        accounts = self.side.chain.accounts
        self.side.chain.send(sender=accounts[amount % 5], to=accounts[(amount + 1) % 5], value=amount)

    def _execute(self, amount: int) -> None:
        """Have run on L1 what can."""
        for books in self.all:
            books.execute(books.waiting())

    def _refund(self, amount: int) -> None:
        """Have paid back what can be."""
        for books in self.all:
            for message in books.unpaid():
                books.refund(message)

    def _cheat(self, amount: int) -> None:
        self._mallory(amount).cheat(amount)

    def _forge(self, amount: int) -> None:
        """Let former validators, and fewer than a third of those of now, lie to either end."""
        mallory = self._mallory(amount // 3)
        (mallory.forge, mallory.attest, mallory.freeze_by_few)[amount % 3](amount // 3)

    def _freeze(self, amount: int) -> None:
        """Let more than a third of a trusted set end a light client. They take nothing by that."""
        self._mallory(amount).freeze(amount // 2)

    def _mallory(self, amount: int) -> Mallory:
        books = self._books(amount)
        return Mallory(books, self.side.keys(), self.stakes if books is self.all[0] else None)

    # -- the oracle

    def _check(self, after: str) -> None:
        for books in self.all:
            books.check(after)
        self.stakes.check(after)
        if self.side.evidence:
            raise SidechainFault(f"after {after}: two blocks were sealed at height {self.side.evidence[0][0].number}")

    def _settle(self) -> None:
        """Let everything run that may, and refund the rest: nobody is left with less than was sent."""
        self.side.mend(*self.side.members, *(each for books in self.all for each in books.bridge.validators()))
        for each in self.side.members:
            if not self.stakes.counts(each):
                self.stakes.stake(each)
        self.side.chain.mine()
        for l1 in self.l1s:
            l1.mine(DEPTH + 1)
        if not self._goes_on():  # too few of those that the light client trusts are left: its time runs out
            self._pass(PERIOD + 1)
        self._step(0)
        self._pass(max([0, *(each.deadline - books.l1.now for books in self.all for each in books.undone())]) + 1)
        self._execute(0)
        self._refund(0)
        for books in self.all:
            books.reclaim_all()
        self._check("the end")
        for place, l1 in enumerate(self.l1s):
            self._cheat(len(self.l1s) * l1.head.number + place)
            self._mallory(place).freeze_late()
        self._check("what was tried at the end")
        for books in self.all:
            books.check_end()
        self.stakes.end()
