"""A base for Hypothesis's stateful tests on payment channels: payments, cheats, absences, a watchtower, and time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from harness.channels.types import Status
from harness.scenarios.machines.world import MachineWorld, WorldMachine
from harness.testbed.channel import Channel

MINUTE, HOUR = 60, 3_600
_UNWATCHED = 10 * MINUTE
_MANY = 2**16
PLACES = st.integers(0, _MANY - 1)
"""Draws a place of a list whose length is not known yet."""


class ChannelMachine(WorldMachine):
    """A machine over payment channels between the parties of ``pairs``, who cheat, go offline, and route payments.

    Ready rules pay, route, add and take out deposits, close with new, old and forged states, answer, settle, and let
    time pass. A watchtower answers before a window can end, and who is offline is back before that. A sequence ends
    when every channel is settled; then nobody may have lost anything but who cheated. Rules of yours act by `do`.
    """

    pairs: ClassVar[Sequence[tuple[str, str]]] = (("alice", "bob"), ("bob", "carol"))
    deposit: ClassVar[str] = "10 ether"
    window: ClassVar[str] = "1 days"

    def _prepare(self) -> None:
        super()._prepare()
        world = MachineWorld({}, self.chain, self._sources)
        world.open_desk(0)
        self._stack.callback(world.desk.network.stop)
        self._kept: dict[str, list[str]] = {}
        self._forged = 0
        self._offline: set[str] = set()
        self._unwatched = 0
        self._enter_world(world)

    def begin(self) -> None:
        """Open the channels of ``pairs``, each named after its parties."""
        for pair in self.pairs:
            step = {"parties": list(pair), "as": "_".join(pair), "deposit": self.deposit, "other": self.deposit}
            self.do({"open": {**step, "window": self.window}})

    # -- what there is

    @property
    def names(self) -> list[str]:
        """The channels, in the order of their opening."""
        return list(self.world.desk.channels)

    def channel(self, place: int) -> tuple[str, Channel]:
        """Return a channel by its place, counted round."""
        name = self.names[place % len(self.names)]
        return name, self.world.desk.channels[name]

    def _parties(self, channel: Channel) -> list[str]:
        return [self.world.name_of(address) for address in (channel.terms.a, channel.terms.b)]

    def _party(self, channel: Channel, is_first: bool) -> str:
        return self._parties(channel)[0 if is_first else 1]

    def _everybody(self) -> list[str]:
        return sorted({name for channel in self.world.desk.channels.values() for name in self._parties(channel)})

    # -- rules

    @rule(place=PLACES, is_first=st.booleans(), wei=st.integers(1, 5 * 10**18))
    def pay(self, place: int, is_first: bool, wei: int) -> None:
        """Pay within a channel."""
        name, channel = self.channel(place)
        self.attempt_step({"pay": {"channel": name, "from": self._party(channel, is_first), "value": f"{wei} wei"}})

    @rule(payer=PLACES, payee=PLACES, wei=st.integers(1, 5 * 10**18))
    def route(self, payer: int, payee: int, wei: int) -> None:
        """Pay over the channels of others."""
        people = self._everybody()
        first, second = people[payer % len(people)], people[payee % len(people)]
        if first != second:
            self.attempt_step({"route": {"from": first, "to": second, "value": f"{wei} wei"}})

    @rule(place=PLACES, is_first=st.booleans(), wei=st.integers(1, 5 * 10**18))
    def top_up(self, place: int, is_first: bool, wei: int) -> None:
        """Add to a deposit."""
        name, channel = self.channel(place)
        self.attempt_step({"top-up": {"channel": name, "by": self._party(channel, is_first), "value": f"{wei} wei"}})

    @rule(place=PLACES, is_first=st.booleans(), wei=st.integers(1, 5 * 10**18))
    def take_out(self, place: int, is_first: bool, wei: int) -> None:
        """Take ether out of an open channel, which both parties sign."""
        name, channel = self.channel(place)
        self.attempt_step({"take-out": {"channel": name, "by": self._party(channel, is_first), "value": f"{wei} wei"}})

    @rule(place=PLACES)
    def keep(self, place: int) -> None:
        """Keep the state of now, to cheat with it later."""
        name, _ = self.channel(place)
        kept = self._kept.setdefault(name, [])
        if len(kept) < 3:
            self.do({"keep": {"channel": name, "as": f"{name}_state_{len(kept) + 1}"}})
            kept.append(f"{name}_state_{len(kept) + 1}")

    @rule(place=PLACES, is_first=st.booleans(), old=st.one_of(st.none(), PLACES))
    def post(self, place: int, is_first: bool, old: int | None) -> None:
        """Close a channel, or answer its close, with the newest state or an old one."""
        name, channel = self.channel(place)
        kept = self._kept.get(name, [])
        state = {} if old is None or not kept else {"state": kept[old % len(kept)]}
        step = {"channel": name, "by": self._party(channel, is_first), **state}
        if self.attempt_step({self._posting(channel): step}) and state:
            self.reach("an old state is posted")

    @rule(place=PLACES, is_first=st.booleans(), signature=st.sampled_from(("own", "empty", "zeros")))
    def post_forged(self, place: int, is_first: bool, signature: str) -> None:
        """Close a channel, or answer its close, with a state that the other party never signed."""
        name, channel = self.channel(place)
        forger, self._forged = self._party(channel, is_first), self._forged + 1
        forged = f"{name}_forged_{self._forged}"
        step = {"channel": name, "by": forger, "takes": "1 ether", "as": forged, "signature": signature}
        self.do({"forge-state": step})
        if self.attempt_step({self._posting(channel): {"channel": name, "by": forger, "state": forged}}):
            self.reach("a forged state is posted")

    def _posting(self, channel: Channel) -> str:
        return "close" if channel.info.status is Status.OPEN else "answer"

    @rule(place=PLACES)
    def settle(self, place: int) -> None:
        """Settle a channel once its window is over, if somebody closed it."""
        name, channel = self.channel(place)
        if channel.info.status is not Status.OPEN:
            self._defend()
        self.attempt_step({"settle": name})

    @rule(place=PLACES, is_first=st.booleans())
    def collect(self, place: int, is_first: bool) -> None:
        """Ask a channel for what it owes a party, whether it owes anything or not."""
        name, channel = self.channel(place)
        self.attempt_step({"collect": {"channel": name, "by": self._party(channel, is_first)}})

    @rule(place=PLACES)
    def go_offline(self, place: int) -> None:
        """Cut a party off."""
        people = self._everybody()
        who = people[place % len(people)]
        if who not in self._offline:
            self._offline.add(who)
            self.do({"offline": who})

    @precondition(lambda self: self._offline)
    @rule()
    def come_back(self) -> None:
        """Bring everybody back."""
        for who in sorted(self._offline):
            self.do({"online": who})
        self._offline.clear()
        self.do({"tick": 1})

    @rule(seconds=st.sampled_from((1, MINUTE, HOUR, 12 * HOUR, 36 * HOUR)))
    def let_time_pass(self, seconds: int) -> None:
        """Let time pass; everybody is back, and the watchtower answers, before a window or a lock can end."""
        self._unwatched += seconds
        if self._unwatched > _UNWATCHED:
            self._defend()
        self.do({"warp": f"{seconds} s"})
        self.do({"mine": 1})

    @precondition(lambda self: self.reorgs and self.chain.block_number > self._settled)
    @rule(depth=st.integers(1, 3))
    def reorganise(self, depth: int) -> None:
        """Remove the newest blocks, though none that `begin` made; their transactions come again."""
        depth = min(depth, self.chain.block_number - self._settled)
        self.do({"reorg": {"depth": depth, "resend": "same"}})

    def _defend(self) -> None:
        """Bring everybody back, and let the watchtower answer every close."""
        if self._offline:
            self.come_back()
        for name, channel in self.world.desk.channels.items():
            if channel.info.status is Status.CLOSING and self.chain.now <= channel.info.deadline:
                self.do({"answer": {"channel": name, "by": "watchtower"}})
        self._unwatched = 0

    # -- the end

    def finish(self) -> None:
        """Settle every channel; then judge."""
        if not self.names:
            return
        self._defend()
        for name, channel in self.world.desk.channels.items():
            if channel.info.status is Status.OPEN:
                self.do({"close": {"channel": name, "by": self._parties(channel)[0]}})
        self._defend()
        for name, channel in self.world.desk.channels.items():
            self.reach(f"a channel is {channel.info.status.name.lower()} at the end")
            self.do({"settle": name})
        self.judge()
