"""What the built-in inbox promises of upgrades, on an L1 of Prague, which proves every fork, and on a later one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.adapters.game_values import Promise
from harness.chain.opening import open_chain
from harness.errors import Reverted
from harness.rollup.config import RollupConfig
from harness.rollup.contracts import contract_type
from harness.rollup.forks import Fork, fork_word
from harness.testbed.rollup import Rollup

HARM = "nobody can leave, or nothing can be proven"
CANCUN, PRAGUE, OSAKA = (fork_word(fork) for fork in (Fork.CANCUN, Fork.PRAGUE, Fork.OSAKA))
UNKNOWN = OSAKA + 1
SLOTS = 32
"""Slots of storage that a contract has at most, but for what lies in its mappings and lists."""


def _refusal(inbox: Any, fork: int, time: int, sender: Any) -> str:
    """Schedule a fork; return why that was refused, "" if it was not."""
    try:
        inbox.schedule(fork, time, sender=sender)
    except Reverted as revert:
        return revert.reason or "reverted"
    return ""


class Calendar:
    """A rollup that begins with Cancun, and what its inbox takes into its schedule."""

    def __init__(self) -> None:
        self.chain = open_chain("py-evm", name="prague", fork="prague", is_private=True)
        self.rollup = Rollup.deploy(self.chain, RollupConfig(fork="cancun"))
        self.inbox: Any = self.rollup.contracts.sequencer_inbox
        self.factory: Any = contract_type("DisputeGameFactory").at(self.chain, self.rollup.assertions.disputes())
        self.owner = next(each for each in self.chain.accounts if each.address == self.factory.owner())
        self.delay = int(self.factory.delay())

    def promises(self) -> Iterator[Promise]:
        """Yield what must be refused, taken, and told."""
        mark = self.chain.snapshot()
        for name, test in {
            "the schedule is the owner's": self._by_a_stranger,
            "forks go forward": self._backwards,
            "a fork needs a prover": self._unproven,
            "a fork needs a prover that counts": self._ahead_of_its_prover,
            "a fork leaves time to leave": self._too_early,
            "a later fork comes later": self._out_of_order,
            "a fork's time has 64 bits": self._beyond_64_bits,
            "a fork begins at its second": self._at_its_second,
            "a batch has the fork of its time": self._in_the_record,
            "a fork needs an L1 that proves it": self._on_a_later_l1,
        }.items():
            self.chain.restore(mark)
            yield Promise(name, HARM, test, True)

    def _schedule(self, fork: int, time: int, sender: Any = None) -> str:
        return _refusal(self.inbox, fork, time, sender or self.owner)

    def _later(self, seconds: int = 100) -> int:
        return int(self.chain.head.timestamp) + self.delay + seconds

    def _by_a_stranger(self) -> str:
        mallory = self.chain.accounts.mallory
        return "" if self._schedule(OSAKA, self._later(), mallory) else "a stranger schedules a fork"

    def _backwards(self) -> str:
        if not self._schedule(CANCUN, self._later()):
            return "the fork that L2 has is scheduled"
        if why := self._schedule(PRAGUE, self._later()):
            return f"a later fork is refused: {why}"
        found = [fork for fork in (CANCUN, PRAGUE) if not self._schedule(fork, self._later(200))]
        return f"fork {found[0]} is scheduled behind {PRAGUE}" if found else ""

    def _unproven(self) -> str:
        return "" if self._schedule(UNKNOWN, self._later()) else "a fork that nobody proves is scheduled"

    def _ahead_of_its_prover(self) -> str:
        """Set a prover that knows a fork to come; it does not decide games yet."""
        words = self.rollup.config.games.words()
        for newest in (OSAKA, UNKNOWN):
            prover = contract_type("CountingProver").deploy(self.chain, newest, sender=self.owner)
            places = self.factory.address, self.rollup.assertions.address, prover.address
            game = contract_type("DisputeGame").deploy(self.chain, *places, words, sender=self.owner)
            self.factory.setImplementation(game.address, sender=self.owner)
        if not self._schedule(UNKNOWN, self._later(10**9)):
            return "a fork is scheduled whose prover does not count yet"
        self.chain.warp(to=max(self.chain.now, int(self.factory.nextAt())) + 1)
        why = self._schedule(UNKNOWN, self._later(10**9))
        return f"a fork whose prover counts is refused: {why}" if why else ""

    def _too_early(self) -> str:
        head = int(self.chain.head.timestamp)
        for early in (0, head, head + 1):
            if not self._schedule(OSAKA, early):
                return f"a fork is scheduled for {early}, at {head}"
        at = int(self.chain.head.timestamp) + 50
        self.chain.warp(to=at)
        if not self._schedule(OSAKA, at + self.delay - 1):
            return f"a fork is scheduled {self.delay - 1} s ahead, expected {self.delay} at least"
        at = int(self.chain.head.timestamp) + 50
        self.chain.warp(to=at)
        why = self._schedule(OSAKA, at + self.delay)
        return f"a fork {self.delay} s ahead is refused: {why}" if why else ""

    def _out_of_order(self) -> str:
        first = self._later(1_000)
        if why := self._schedule(PRAGUE, first):
            return f"a fork in time is refused: {why}"
        for time in (first - 500, first):
            if not self._schedule(OSAKA, time):
                return f"a later fork is scheduled for {time - first} s behind the earlier one"
        why = self._schedule(OSAKA, first + 1)
        return f"a later fork a second behind the earlier one is refused: {why}" if why else ""

    def _beyond_64_bits(self) -> str:
        found = [time for time in (2**64, 2**64 + 5, 2**255) if not self._schedule(PRAGUE, time)]
        return f"a fork is scheduled for {found[0]:#x}" if found else ""

    def _at_its_second(self) -> str:
        first = self._later(1_000)
        self._schedule(PRAGUE, first)
        self._schedule(OSAKA, first + 5)
        times = {0: CANCUN, first - 1: CANCUN, first: PRAGUE, first + 4: PRAGUE, first + 5: OSAKA, 2**64: OSAKA}
        wrong = {time: int(self.inbox.forkAt(time)) for time, fork in times.items() if self.inbox.forkAt(time) != fork}
        return f"at {min(wrong)} the fork is {wrong[min(wrong)]}, expected {times[min(wrong)]}" if wrong else ""

    def _on_a_later_l1(self) -> str:
        """Move L1 on to Osaka, which computes no MODEXP of 1,025 bytes: what it could prove, it cannot any more."""
        game = self.factory.implementation()
        prover = contract_type("DisputeGame").at(self.chain, game).prover()
        with open_chain("py-evm", name="osaka", fork="osaka", is_private=True) as later:
            later.warp(to=self.chain.now + 1)
            for moved in (self.inbox, self.factory, self.rollup.assertions, game, prover):
                later.set_code(moved, self.chain.code(moved))
                for slot in range(SLOTS):
                    later.set_storage(moved, slot, self.chain.storage(moved, slot))
            inbox: Any = contract_type("SequencerInbox").at(later, self.inbox.address)
            owner = next(each for each in later.accounts if each.address == self.owner.address)
            time = int(later.head.timestamp) + self.delay + 100
            if not _refusal(inbox, PRAGUE, time, owner):
                return "a fork is scheduled whose MODEXP this L1 does not compute"
            why = _refusal(inbox, OSAKA, time, owner)
        return f"a fork that L1 proves is refused: {why}" if why else ""

    def _in_the_record(self) -> str:
        """Post a second before a fork, at its second, and long after it, and read the records back."""
        time = self._later(1_000)
        self._schedule(PRAGUE, time)
        for at, fork in ((time - 1, Fork.CANCUN), (time, Fork.PRAGUE), (time + 9_000, Fork.PRAGUE)):
            self.chain.warp(to=at)
            self.rollup.sequencer.post_data(b"")
            self.rollup.node.inbox.sync()
            found = self.rollup.node.inbox.batches[-1].fork
            if found is not fork:
                return f"a batch {at - time} s behind its fork has {found.name}, expected {fork.name}"
        return ""
