"""One drawn life of a sidechain, as it is played."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

from harness.chain import Chain, ether
from harness.fuzz.sidechain_books import Books, SidechainFault
from harness.fuzz.sidechain_cases import SidechainCase
from harness.fuzz.sidechain_liars import Mallory
from harness.primitives.hashing import keccak256
from harness.sidechain.bridge import RESERVE
from harness.sidechain.errors import NoQuorum
from harness.sidechain.sidechain import Sidechain
from harness.sidechain.validators import quorum

DEPTH = 5
"""Blocks of L1 that validators wait for."""

PERIOD = 20_000
"""How long validators are trusted, in seconds: longer than any deadline of a life is away, and than it once warps."""


class Life:
    """A case as it is played on chains that are restored afterwards."""

    def __init__(self, l1: Chain, side: Sidechain) -> None:
        self.l1, self.side = l1, side
        self.bridge = side.bridges[0]
        self.books = Books(self.bridge)
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

    def _deposit(self, amount: int) -> None:
        accounts = self.l1.accounts
        sender, to = (accounts[(amount + place) % 5] for place in (0, 1))
        if not self.books.is_over:
            self.bridge.deposit(to, ether(1) + amount, sender=sender, within=60 + amount * 10)

    def _withdraw(self, amount: int) -> None:
        """Send back what came over the bridge: the accounts have ether of the sidechain's own besides."""
        account = self.side.chain.accounts[amount % 5]
        there = RESERVE - self.side.chain.balance(self.bridge.far)
        self.bridge.withdraw(account, min(there, ether(amount % 3) + 1), sender=account)

    def _mine(self, amount: int) -> None:
        self.l1.mine(1 + amount % 8)

    def _reorg(self, amount: int) -> None:
        """Lose or delay what lies less deep than validators wait for."""
        depth = min(1 + amount % DEPTH, self.l1.head.number - self.books.floor)
        if depth > 0:
            lost = self.l1.reorg(depth)
            if amount % 2:
                self.l1.replay(lost, check=False)
            self.bridge.client.sync()
            if self.l1.now < self.side.chain.now:  # a block that took L1's clock ahead is gone
                self.l1.warp(to=self.side.chain.now)

    def _step(self, amount: int) -> None:
        """Let everybody go on, unless too few of those whom the far end believes are there to name who follows them."""
        believed = self.bridge.validators()
        if believed == self.side.members or len(set(believed) & set(self.side.online())) >= quorum(len(believed)):
            self.side.step()

    def _warp(self, amount: int) -> None:
        """Both chains have one time, and the light client follows before its trust ends."""
        self._pass(1 + amount * (15 if amount % 3 == 0 else 1))

    def _expire(self, amount: int) -> None:
        """Let the trust end, if nobody follows before."""
        if amount % 2:
            self.l1.warp(PERIOD + amount)
            self.l1.mine()
        else:
            self._pass(PERIOD // 2)
            self._pass(PERIOD // 2 + amount)

    def _pass(self, seconds: int) -> None:
        self.l1.warp(seconds)
        self.side.chain.warp(to=max(self.l1.now, self.side.chain.now + 1))
        self.side.chain.mine()
        self.books.follow()

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
        if amount % 3:
            self._step(amount)

    def _pay(self, amount: int) -> None:
        accounts = self.side.chain.accounts
        self.side.chain.send(sender=accounts[amount % 5], to=accounts[(amount + 1) % 5], value=amount)

    def _execute(self, amount: int) -> None:
        """Have run on L1 what can."""
        self.books.execute(self.books.waiting())

    def _refund(self, amount: int) -> None:
        """Have paid back what can be."""
        for message in self.books.unpaid():
            self.books.refund(message)

    def _cheat(self, amount: int) -> None:
        Mallory(self.books, self.side.keys()).cheat(amount)

    def _forge(self, amount: int) -> None:
        """Let former validators, and fewer than a third of those of now, lie to either end."""
        mallory = Mallory(self.books, self.side.keys())
        (mallory.forge, mallory.attest, mallory.freeze_by_few)[amount % 3](amount // 3)

    def _freeze(self, amount: int) -> None:
        """Let more than a third of a trusted set end the light client. They take nothing by that."""
        Mallory(self.books, self.side.keys()).freeze(amount)

    # -- the oracle

    def _check(self, after: str) -> None:
        self.books.check(after)
        if self.side.evidence:
            raise SidechainFault(f"after {after}: two blocks were sealed at height {self.side.evidence[0][0].number}")

    def _settle(self) -> None:
        """Let everything run that may, and refund the rest: nobody is left with less than was sent."""
        self.side.mend(*{*self.side.members, *self.bridge.validators()})
        self.l1.mine(DEPTH + 1)
        self._step(0)
        late = [message.deadline - self.l1.now for message in self.books.undone()]
        self._pass(max([0, *late]) + 1)
        self._execute(0)
        self._refund(0)
        self._check("the end")
        self._cheat(self.l1.head.number)
        Mallory(self.books, self.side.keys()).freeze_late()
        self._check("what was tried at the end")
        self.books.check_end()
