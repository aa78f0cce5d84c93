"""The channels of a run by their names: states that were kept, routed payments, and what everybody is owed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from harness.chain.chain import Chain
from harness.chain.values.accounts import Account
from harness.channels.messages import Messages, Signer
from harness.channels.types import Side, SignedState, Status
from harness.scenarios.errors import StepImpossible
from harness.scenarios.records import ChannelRecord, ChannelState
from harness.testbed.channel import Channel
from harness.testbed.channel_fixtures import open_channels
from harness.testbed.channels import Channels


@dataclass(slots=True)
class ChannelDesk:
    """The channels of one run on one PaymentChannel. ``name_of`` gives the name of an address."""

    network: Channels
    name_of: Callable[[str], str]
    channels: dict[str, Channel] = field(default_factory=dict)
    states: dict[str, SignedState] = field(default_factory=dict)
    payments: dict[str, bytes] = field(default_factory=dict)
    secured: dict[tuple[str, str], int] = field(default_factory=dict)
    """For each channel and party, what it had taken out and what its newest state gave it, while it was open."""
    cheats: set[str] = field(default_factory=set)
    """Parties that posted something else than their newest state."""
    _told: dict[str, list[ChannelState]] = field(default_factory=dict)

    @classmethod
    def on(cls, chain: Chain, seed: int, name_of: Callable[[str], str]) -> ChannelDesk:
        """Deploy a PaymentChannel and open a desk for it."""
        return cls(open_channels(chain, seed=seed, check_books=False), name_of)

    @property
    def address(self) -> str:
        """The address of the contract."""
        return str(self.network.contract.address)

    def channel(self, name: str) -> Channel:
        """Return a channel; raises StepImpossible for another name."""
        if name not in self.channels:
            raise StepImpossible(name, "no step that was done has opened it")
        return self.channels[name]

    def state(self, name: str | None) -> SignedState | None:
        """Return a state that was kept or forged; None for no name. Raises StepImpossible for another name."""
        if name is None:
            return None
        if name not in self.states:
            raise StepImpossible(name, "no step that was done has kept it")
        return self.states[name]

    def breach(self) -> str:
        """Return where the contract holds something else than it owes; "" if it does not."""
        books = self.network.books
        try:
            books.read()
            books.check()
        except AssertionError as problem:
            return str(problem)
        return ""

    # -- what happened

    def note(self, what: str) -> None:
        """Write down each channel whose state is another one than before, and what its parties are sure of."""
        for name, channel in self.channels.items():
            state = self._look(channel, what)
            told = self._told.setdefault(name, [])
            if not told or told[-1].model_copy(update={"time": state.time, "what": what}) != state:
                told.append(state)
            if state.status == "open":
                for party, wei in state.balances.items():
                    self.secured[name, party] = wei + self._taken_out(channel, party)

    def _taken_out(self, channel: Channel, party: str) -> int:
        """Return what an open channel has paid a party already."""
        funds = channel.info.funds
        return funds.withdrawn_a if self.name_of(channel.terms.a) == party else funds.withdrawn_b

    def _look(self, channel: Channel, what: str) -> ChannelState:
        info, terms = channel.info, channel.terms
        newest = channel.state
        shown_state = self.network.posted(terms) if info.status is Status.CLOSING else newest.state
        balances = info.funds.balances(shown_state)
        if info.status is Status.SETTLED:
            balances = (info.funds.held_a, info.funds.held_b)
        shown = {self.name_of(terms.party(side)): balances[side] for side in Side}
        locked = shown_state.locked_a + shown_state.locked_b
        status = info.status.name.lower()
        version = info.version if info.status is not Status.OPEN else newest.version
        return ChannelState(
            time=self.network.now, what=what, version=version, balances=shown, locked=locked, status=status
        )

    def records(self) -> tuple[ChannelRecord, ...]:
        """Return every channel with its states, in the order of their opening."""
        return tuple(
            ChannelRecord(
                name=name,
                id="0x" + channel.id.hex(),
                parties=(self.name_of(channel.terms.a), self.name_of(channel.terms.b)),
                contract=self.address,
                token=None if int(channel.terms.token, 16) == 0 else channel.terms.token,
                window=channel.terms.window,
                states=tuple(self._told.get(name, ())),
            )
            for name, channel in self.channels.items()
        )

    def losses(self, received: Mapping[str, int]) -> Iterator[tuple[str, int]]:
        """Yield who got less than the newest states give it, and by how many wei; cheats are left out.

        ``received`` is the ether that each party got out of the contract.
        """
        for party, wei in self._balances(received):
            if wei < 0 and party not in self.cheats:
                yield party, -wei

    def surpluses(self, received: Mapping[str, int]) -> Iterator[tuple[str, int]]:
        """Yield who got more than the newest states give it, and by how many wei."""
        return ((party, wei) for party, wei in self._balances(received) if wei > 0)

    def _balances(self, received: Mapping[str, int]) -> Iterator[tuple[str, int]]:
        """Yield what each party got and is still owed, less what the newest states of its channels gave it, in wei."""
        due: dict[str, int] = {}
        for (name, party), wei in self.secured.items():
            channel = self.channels[name]
            if int(channel.terms.token, 16) == 0:
                due[party] = due.get(party, 0) + wei - self._still_owed(channel, party)
        return ((party, received.get(party, 0) - wei) for party, wei in due.items())

    def owed(self, party: str) -> int:
        """Return the ether that channels still owe a party."""
        ours = (each for each in self.channels.values() if int(each.terms.token, 16) == 0)
        return sum(
            self._still_owed(each, party)
            for each in ours
            if party in (self.name_of(each.terms.a), self.name_of(each.terms.b))
        )

    def _still_owed(self, channel: Channel, party: str) -> int:
        """Return what a channel will pay a party; a newer state than the posted one counts while it can be posted."""
        info = channel.info
        side = Side.A if self.name_of(channel.terms.a) == party else Side.B
        if info.status is Status.SETTLED:
            return (info.funds.held_a, info.funds.held_b)[side]
        is_over = info.status is Status.CLOSING and self.network.now > info.deadline
        return info.funds.balances(self.network.posted(channel.terms) if is_over else channel.state.state)[side]

    def settle(self, channel: Channel, *, pays: bool) -> None:
        """Settle a channel, decide its locks, and pay both parties if ``pays``."""
        if channel.info.status is not Status.SETTLED:
            channel.settle()
            if channel.locks().remaining:
                channel.unlock()
        for party in (channel.terms.a, channel.terms.b):
            account = self.network.chain.accounts[party]
            if pays and channel.payout(account):
                channel.collect(account)

    # -- forging

    def forged(self, channel: Channel, by: Account, takes: int, ahead: int, signature: str) -> SignedState:
        """Return a state that the other party never signed, in which it pays ``takes`` wei more to ``by``.

        ``signature`` says what stands for its signature: "own" is one by ``by``, "empty" is none, "zeros" are 65 zero
        bytes.
        """
        side = channel.side(by)
        newest = channel.state.state
        state = replace(newest, version=newest.version + ahead)
        if side is Side.A:
            state = replace(state, paid_b=state.paid_b + takes)
        else:
            state = replace(state, paid_a=state.paid_a + takes)
        own = Signer(by.private_key).sign(Messages.of(self.network.judge.domain, channel.terms).state(state))
        fake = {"own": own, "empty": b"", "zeros": bytes(65)}[signature]
        return SignedState(state).signed(side, own).signed(side.other, fake)

    def is_paid(self, payer: Account, payment: str) -> bool:
        """Return whether the payer of a routed payment has the proof that its target was paid."""
        if payment not in self.payments:
            raise StepImpossible(payment, "no step that was done has sent it")
        return self.network.node(payer).is_paid(self.payments[payment])
