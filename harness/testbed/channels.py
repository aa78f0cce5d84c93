"""All that a test of channels needs behind one object: contract, parties, the bus between them, a watchtower."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from harness.channels.bus import NO_FAULTS, Faults
from harness.channels.end import check_amount
from harness.channels.judge import ChannelJudge
from harness.channels.locks import MAX_LOCKS
from harness.channels.routing import Edge, Graph, Hop
from harness.channels.types import ETHER, Terms
from harness.deprecations import warn_of
from harness.testbed.channel import HOUR, Channel
from harness.testbed.channel_network import ChannelNetwork

if TYPE_CHECKING:
    from harness.chain import Account

DAY = 86_400


def _verb_of_channel(name: str) -> Callable[..., Any]:
    """A deprecated verb, which is the channel's own now."""

    def verb(self: Channels, channel: Channel, *args: Any, **keywords: Any) -> Any:
        warn_of(f"channels.{name}(channel)")
        return getattr(channel, name)(*args, **keywords)

    verb.__doc__ = f"Deprecated: `channel.{name}`."
    return verb


class Channels(ChannelNetwork):
    """Opens channels of the chain's accounts, and pays over several of them."""

    def __init__(
        self, judge: ChannelJudge, *, seed: int = 0, faults: Faults = NO_FAULTS, check_books: bool = True
    ) -> None:
        super().__init__(judge, seed=seed, faults=faults, check_books=check_books)
        self.channels: dict[bytes, Channel] = {}
        self._salt = 0

    def open(
        self,
        first: Account,
        second: Account,
        deposit: int,
        *,
        other_deposit: int = 0,
        token: str = ETHER,
        window: int = DAY,
        penalty: int = 0,
    ) -> Channel:
        """Open a channel and deposit for the first party, and for the second if asked.

        A token must have been approved.
        """
        a, b = sorted((first.address, second.address), key=lambda address: int(address, 16))
        terms = Terms(token, a, b, self.judge.next_epoch(token, a, b), window, penalty)
        self.enter(terms, first, second)
        channel = self.channels[terms.channel] = Channel(self, terms)
        self.judge.open(terms, deposit, first)
        if other_deposit:
            channel.deposit(second, other_deposit)
        return channel

    # -- routed payments

    def graph(self) -> Graph:
        """All open channels, both ways, with what their ends can carry now."""
        self.read_chain()
        return Graph(self._edges())

    def pay_route(
        self, source: Account, target: Account, amount: int, *, time: int = HOUR, max_hops: int = 20
    ) -> tuple[bytes, tuple[Hop, ...]]:
        """Send a payment over the channels of others; the hashlock, by which `Node.is_paid` knows it, and the route.

        ``time`` in seconds is the target's own. Raises NoRoute.
        """
        check_amount(amount)
        self._salt += 1
        latest = self.now + time + 30 * DAY
        route = self.graph().route(
            source.address, target.address, amount, expiry=self.now + time, latest=latest, max_hops=max_hops
        )
        hashlock = self.node(target).invoice(amount, self._salt)
        self.node(source).pay_route(hashlock, route, self.now)
        self.settle_messages()
        return hashlock, route

    def _edges(self) -> Iterable[Edge]:
        for terms in self.terms.values():
            for end in self.ends(terms):
                party, peer = terms.party(end.side), terms.party(end.side.other)
                if not end.ledger.frozen and self.is_online(party):
                    has_room = len(end.ledger.draft.locks) < MAX_LOCKS
                    capacity = end.balance(self.now) if has_room else 0
                    yield Edge(party, peer, terms.channel, self.nodes[party].policy, capacity)

    # -- deprecated

    deposit = _verb_of_channel("deposit")
    withdraw = _verb_of_channel("withdraw")
    close_together = _verb_of_channel("close_together")
    close = _verb_of_channel("close")
    answer = _verb_of_channel("answer")
    settle = _verb_of_channel("settle")
    unlock = _verb_of_channel("unlock")
    locks = _verb_of_channel("locks")
    collect = _verb_of_channel("collect")

    def close_desk(self) -> None:
        """Deprecated: `stop`."""
        warn_of("channels.close_desk()")
        self.stop()


__all__ = ["DAY", "HOUR", "Channel", "Channels"]
