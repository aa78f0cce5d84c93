"""One object for tests of channels: contract, parties, the bus between them, and a watchtower."""

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


def _deprecated(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Return the deprecated form of a verb of `Channel`, which takes the channel as its first argument."""
    name = verb.__name__

    def old(self: Channels, channel: Channel, *args: Any, **keywords: Any) -> Any:
        warn_of(f"channels.{name}(channel)")
        return verb(channel, *args, **keywords)

    old.__doc__ = f"Deprecated: `channel.{name}`."
    return old


class Channels(ChannelNetwork):
    """Opens channels between the chain's accounts, and pays over several of them.

    Amounts are wei, or the smallest unit of a token. Times are seconds.
    """

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
        """Open a channel on chain and deposit for the first party; ``other_deposit`` is the second party's.

        ``token`` is an ERC-20's address, which both must have approved; by default the channel holds ether. ``window``
        is the settlement window. ``penalty`` is what a stale close costs the closer, in 1/10,000 of its balance. Raises
        the decoded Reverted.
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
        """Return all open channels in both directions, with what each end can carry now."""
        self.read_chain()
        return Graph(self._edges())

    def pay_route(
        self, source: Account, target: Account, amount: int, *, time: int = HOUR, max_hops: int = 20
    ) -> tuple[bytes, tuple[Hop, ...]]:
        """Send a hashlocked payment over the channels of others; return its hashlock and its route.

        `Node.is_paid` takes the hashlock. ``time`` is what the target has to claim it; each hop before it has more.
        Raises NoRoute if no route of at most ``max_hops`` carries the amount, and IllegalAmount.
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

    deposit = _deprecated(Channel.deposit)
    withdraw = _deprecated(Channel.withdraw)
    close_together = _deprecated(Channel.close_together)
    close = _deprecated(Channel.close)
    answer = _deprecated(Channel.answer)
    settle = _deprecated(Channel.settle)
    unlock = _deprecated(Channel.unlock)
    locks = _deprecated(Channel.locks)
    collect = _deprecated(Channel.collect)

    def close_desk(self) -> None:
        """Stop listening to the chain. Deprecated: use `stop`."""
        warn_of("channels.close_desk()")
        self.stop()


__all__ = ["DAY", "HOUR", "Channel", "Channels"]
