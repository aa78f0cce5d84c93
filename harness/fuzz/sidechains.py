"""``harness fuzz sidechain``: lives of a sidechain drawn from a seed; fewer than a third of its validators lie."""

from __future__ import annotations

import random
import shlex
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from harness.chain import Chain, ether, open_chain
from harness.fuzz.cases import check_names, line_of, read_cases
from harness.fuzz.losses import Lost
from harness.progress import Tally
from harness.sidechain.bridge import RESERVE, BridgedMessage, SidechainBridge
from harness.sidechain.errors import NoQuorum
from harness.sidechain.sidechain import Sidechain

SIZES = (4, 7)
"""How many validators a chain begins with."""

VERBS = ("deposit", "withdraw", "mine", "reorg", "step", "warp", "silence", "corrupt", "mend", "vote", "pay")
"""What can happen; ``amount`` is drawn for each, and taken as far as it makes sense."""

_WEIGHTS = (6, 5, 4, 1, 6, 2, 2, 1, 1, 1, 2)
_DEPTH = 5


class SidechainFault(Exception):
    """A life in which somebody honest lost, or a sum did not come out."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happens in a life."""

    verb: str
    amount: int

    def __post_init__(self) -> None:
        check_names("verb", [self.verb], VERBS)


@dataclass(frozen=True, slots=True)
class SidechainCase:
    """A life: how many validators, and what happens one after the other."""

    validators: int
    happenings: tuple[Happening, ...]

    def __post_init__(self) -> None:
        if self.validators not in SIZES:
            raise ValueError(f"validators is {self.validators}, expected {' or '.join(map(str, SIZES))}")


def draw(seed: int, index: int) -> SidechainCase:
    """Return the case of a seed with this index. Each case is drawn on its own, so that it can be played alone."""
    chance = random.Random(f"sidechain {seed} {index}")
    verbs = chance.choices(VERBS, _WEIGHTS, k=chance.randint(6, 18))
    return SidechainCase(chance.choice(SIZES), tuple(Happening(verb, chance.randrange(1_000)) for verb in verbs))


class Life:
    """A case as it is played on chains that are restored afterwards."""

    def __init__(self, l1: Chain, side: Sidechain) -> None:
        self.l1, self.side = l1, side
        self.bridge: SidechainBridge = side.bridges[0]
        self._floor = l1.head.number
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
        depth = min(1 + amount % _DEPTH, self.l1.head.number - self._floor)
        if depth > 0:
            lost = self.l1.reorg(depth)
            if amount % 2:
                self.l1.replay(lost, check=False)
            self.bridge.client.sync()
            if self.l1.now < self.side.chain.now:  # a block that took L1's clock ahead is gone
                self.l1.warp(to=self.side.chain.now)

    def _step(self, amount: int) -> None:
        self.side.step()

    def _warp(self, amount: int) -> None:
        """Both chains have one time, and the light client follows before its trust ends."""
        self.l1.warp(1 + amount)
        self.side.chain.warp(to=max(self.l1.now, self.side.chain.now + 1))
        self.side.chain.mine()
        self.bridge.follow()

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
        """Vote somebody in or out, and let the bridge know the new set; between three and nine stay."""
        members = self.side.members
        candidate = members[amount % len(members)]
        add = amount % 2 == 0 or len(members) < 4
        if add and len(members) < 9:
            candidate = self.side.join(bytes((1 + amount % 255,)) * 32).address
        elif add:
            return
        self.side.mend(*members)
        self.side.vote(candidate, add, members)
        self.side.chain.mine(len(members))
        if self.bridge.validators() != self.side.members:
            self.bridge.succeed()
        self.bridge.follow()

    def _pay(self, amount: int) -> None:
        accounts = self.side.chain.accounts
        self.side.chain.send(sender=accounts[amount % 5], to=accounts[(amount + 1) % 5], value=amount)

    # -- the oracle

    def _check(self, after: str) -> None:
        """Compare what L1 has locked with what the sidechain has and what is on its way, to the wei."""
        locked = self.l1.balance(self.bridge.near)
        there = RESERVE - self.side.chain.balance(self.bridge.far)
        coming = sum(message.value for message in self.bridge.sent() if not self._is_done(message))
        leaving = sum(message.value for message in self.bridge.sent_back() if not self.bridge.near.received(message.id))
        if locked != there + coming + leaving:
            raise SidechainFault(
                f"after {after}: L1 has locked {locked} wei; {there} are on the sidechain, {coming} on their way there,"
                f" {leaving} on their way back"
            )
        if self.side.evidence:
            raise SidechainFault(f"after {after}: two blocks were sealed at height {self.side.evidence[0][0].number}")

    def _is_done(self, message: BridgedMessage) -> bool:
        return bool(self.bridge.far.received(message.id) or self.bridge.near.refunded(message.id))

    def _settle(self) -> None:
        """Let everything run that may, and refund the rest: nobody is left with less than was sent."""
        self.side.mend(*self.side.members)
        self.l1.mine(_DEPTH + 1)
        self.side.step()
        late = [message for message in self.bridge.sent() if not self._is_done(message)]
        end = max([self.l1.now, self.side.chain.now, *(message.deadline for message in late)]) + 1
        self.l1.warp(to=max(end, self.l1.now + 1))
        self.side.chain.warp(to=max(end, self.side.chain.now + 1))
        self.side.chain.mine()
        self.bridge.follow()
        for message in late:
            self.bridge.refund(message)
        for message in self.bridge.sent_back():
            if not self.bridge.near.received(message.id):
                self.bridge.execute(message)
        self._check("the end")
        if self.l1.balance(self.bridge.near) != RESERVE - self.side.chain.balance(self.bridge.far):
            raise SidechainFault("at the end, something is still on its way")


@dataclass(slots=True)
class Shores:
    """An L1 and a sidechain of each size, restored after each life."""

    l1: Chain
    sides: dict[int, Sidechain]

    def play(self, case: SidechainCase) -> Counter[str]:
        """Play a life; return what happened in it. Raises SidechainFault if a promise was broken."""
        side = self.sides[case.validators]
        marks = self.l1.snapshot(), side.snapshot()
        life = Life(self.l1, side)
        try:
            life.play(case)
        finally:
            self.l1.restore(marks[0])
            side.restore(marks[1])
        return life.happened


@contextmanager
def open_shores() -> Iterator[Shores]:
    """Open the chains."""
    with ExitStack() as stack:
        l1 = stack.enter_context(open_chain("py-evm", seed=0))
        sides = {size: Sidechain(size, chain_id=7_700 + size) for size in SIZES}
        for side in sides.values():
            stack.callback(side.close)
            side.attach(l1, depth=_DEPTH)
        yield Shores(l1, sides)


def lines(seed: int, count: int, first: int = 0) -> Iterator[str]:
    """Return the cases that `run` would play, as lines of JSON."""
    return (line_of(draw(seed, index)) for index in range(first, first + count))


def play_on(l1: Chain, case: SidechainCase) -> None:
    """Play a life on an L1 and leave it as it is then; raises SidechainFault if a promise was broken."""
    side = Sidechain(case.validators, chain_id=7_700 + case.validators)
    try:
        side.attach(l1, depth=_DEPTH)
        Life(l1, side).play(case)
    finally:
        side.close()


def run(
    seed: int,
    count: int,
    first: int = 0,
    *,
    cases: Path | None = None,
    keep: Callable[[Lost], object] = lambda _: None,
) -> int:
    """Play lives ``first`` to ``first + count - 1`` of a seed, or of the file ``cases``; ``keep`` hears what is lost.

    Returns the exit code: 1 if somebody honest lost, 130 if the run was interrupted. Raises CaseUnreadable.
    """
    kept = None if cases is None else read_cases(cases, SidechainCase)
    if kept is not None:
        count = min(count, max(0, len(kept) - first))
    source = f"--seed {seed}" if cases is None else f"--cases {shlex.quote(str(cases))}"
    lost, happened = 0, Counter[str]()
    tally = Tally("sidechains", count)
    with suppress(KeyboardInterrupt), open_shores() as shores, tally:
        for index in range(first, first + count):
            case = draw(seed, index) if kept is None else kept[index]
            try:
                happened += shores.play(case)
            except Exception as problem:  # a crash is a loss, too, and no reason to stop
                lost += 1
                what = " ".join(f"{type(problem).__name__}: {problem}".split())
                print(f"harness fuzz sidechain {source} --first {index} --count 1  # {what}")
                keep(Lost(case, problem, shores.play))
            tally.advance()
    print(", ".join(f"{verb} {times}" for verb, times in sorted(happened.items())))
    print(f"sidechains: {tally.done} played, {lost} lost by the honest side")
    if tally.done < count:
        print(f"interrupted; to go on: harness fuzz sidechain {source} --first {first + tally.done}"
              f" --count {count - tally.done}")  # fmt: skip
        return 130
    return 1 if lost else 0
