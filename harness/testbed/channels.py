"""All that a test of channels needs behind one object: contract, parties, the bus between them, a watchtower."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.channels.bus import NO_FAULTS, Faults, MessageBus
from harness.channels.chain_log import ChainLog
from harness.channels.end import ChannelEnd, check_amount
from harness.channels.errors import NotAChannelParty, UnknownChannel
from harness.channels.journal import Journal, MemoryJournal
from harness.channels.judge import ChannelInfo, ChannelJudge
from harness.channels.locks import MAX_LOCKS, LockTree, hashlock_of
from harness.channels.messages import Signer
from harness.channels.node import REMEMBERED, REVEAL_MARGIN, Node, NodeMessage
from harness.channels.routing import Edge, Graph, Hop, Policy
from harness.channels.types import (
    ETHER,
    ChannelState,
    CloseTogether,
    Lock,
    Side,
    SignedState,
    Status,
    Terms,
    Withdrawal,
)
from harness.channels.watchtower import Watchtower
from harness.errors import HarnessError
from harness.testbed.channel_conservation import Books

if TYPE_CHECKING:
    from harness.chain import Account, Chain, Receipt
    from harness.contracts.bindings import Contract

DAY = 86_400
HOUR = 3_600
CLOSED = "it is closed on chain"
ROUNDS = 200
"""Rounds of repeated messages after which a faulty bus has let one through, for any sensible chance of loss."""


@dataclass(slots=True, eq=False)
class Channel:
    """A channel as a test sees it: both ends, and the contract's view."""

    desk: ChannelDesk
    terms: Terms

    @property
    def id(self) -> bytes:
        return self.terms.channel

    def side(self, account: Account) -> Side:
        """Raises NotAChannelParty."""
        side = self.terms.side_of(account.address)
        if side is None:
            raise NotAChannelParty(account.address, self.terms.a, self.terms.b)
        return side

    def end(self, account: Account) -> ChannelEnd:
        self.side(account)
        return self.desk.node(account).end(self.id)

    @property
    def state(self) -> SignedState:
        """The newest state that any of the two signed, with the signatures known on both sides."""
        states = [self.desk.nodes[party].end(self.id).state for party in (self.terms.a, self.terms.b)]
        newest = max(states, key=lambda signed: signed.version)
        for signed in states:
            if signed.version == newest.version:
                for side in Side:
                    if signed.signature(side):
                        newest = newest.signed(side, signed.signature(side))
        return newest

    def pay(self, payer: Account, amount: int) -> None:
        """Pay the other party; the message is delivered before this returns, as far as the bus lets it through."""
        self.side(payer)
        self.desk.node(payer).pay(self.id, amount, self.desk.now)
        self.desk.deliver()

    @property
    def info(self) -> ChannelInfo:
        return self.desk.judge.info(self.terms)

    def balance(self, account: Account) -> int:
        """What a party can spend in the channel."""
        return self.end(account).balance(self.desk.now)

    def payout(self, account: Account) -> int:
        """What the settled channel still owes a party; 0 before the settlement."""
        info = self.info
        if info.status is not Status.SETTLED:
            return 0
        return (info.funds.held_a, info.funds.held_b)[self.side(account)]


class ChannelDesk:
    """Opens, pays, closes and settles channels of the chain's accounts.

    Every party is a node on one bus; ``offline`` ones get no messages and see no blocks until they are back. ``failed``
    are errors of single actions, which kept nobody else from theirs.
    """

    def __init__(
        self, judge: ChannelJudge, *, seed: int = 0, faults: Faults = NO_FAULTS, check_books: bool = True
    ) -> None:
        self.chain: Chain = judge.chain
        self.contract: Contract = judge.contract
        self.judge = judge
        self.bus = MessageBus(seed, faults)
        self.watchtower = Watchtower(self.judge.domain, self.judge)
        self.books = Books(self.judge)
        self.nodes: dict[str, Node] = {}
        self.channels: dict[bytes, Channel] = {}
        self.journals: dict[str, Journal] = {}
        self.policies: dict[str, Policy] = {}
        self.reveal_margin = REVEAL_MARGIN
        self.failed: list[HarnessError] = []
        self._offline: set[str] = set()
        self._said = ChainLog(self.contract)
        self._rewritten = self.chain.rewritten
        self._locks: dict[bytes, tuple[Lock, ...]] = {}
        """The locks under a root, of states that some party knew when they were posted."""
        self._salt = 0
        self._news = False
        self._hooks: list[Callable[[], None]] = [self.chain.on_transaction(self._see)]
        if check_books:
            self.books.read()
            self._hooks.append(self.chain.on_transaction(self._check_books))

    def _check_books(self, chain: Chain, receipt: Receipt) -> None:
        self.books.on_transaction(chain, receipt)

    def close_desk(self) -> None:
        """Stop listening to the chain."""
        for remove in self._hooks:
            remove()

    @property
    def now(self) -> int:
        return self.chain.now

    # -- parties

    def node(self, account: Account) -> Node:
        """The party of an account, as far as it has read the chain."""
        self.read_chain()
        if account.address not in self.nodes:
            self.journals.setdefault(account.address, MemoryJournal())
            self.resume(account)
        return self.nodes[account.address]

    def resume(self, account: Account) -> Node:
        """Bring a party up from its journal, as after a crash; what happened on chain meanwhile, it reads there."""
        address = account.address

        def send(recipient: str, message: NodeMessage) -> None:
            self.bus.send(address, recipient, message)

        signer, journal = Signer(account.private_key), self.journals[address]
        policy = self.policies.get(address, Policy())
        self.nodes[address] = Node.resume(address, signer, self.judge.domain, journal, send, policy)
        self.nodes[address].reveal_margin = self.reveal_margin
        self._catch_up(self.nodes[address])
        self._entrust()
        return self.nodes[address]

    def offline(self, account: Account) -> None:
        self._offline.add(account.address)

    def online(self, account: Account) -> None:
        """Back again: the party reads the chain, and repeats what nobody answered."""
        self._offline.discard(account.address)
        self._catch_up(self.node(account))
        self.settle_messages()

    def is_online(self, address: str) -> bool:
        return address not in self._offline

    # -- life of a channel

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
        channel = self.channels[terms.channel] = Channel(self, terms)
        self.books.add(terms)
        for account in (first, second):
            self.node(account).join(terms)
        self._news = True
        self.judge.open(terms, deposit, first)
        if other_deposit:
            self.deposit(channel, second, other_deposit)
        return channel

    def deposit(self, channel: Channel, account: Account, amount: int, *, sender: Account | None = None) -> Receipt:
        """Add to a side's deposit."""
        side, funds = channel.side(account), channel.info.funds
        total = (funds.held_a, funds.held_b)[side] + amount
        return self.judge.deposit(channel.terms, side, total, sender or account)

    def withdraw(self, channel: Channel, account: Account, amount: int, *, valid_for: int = HOUR) -> Receipt:
        """Take out a part that both parties sign."""
        side, funds = channel.side(account), channel.info.funds
        total = (funds.withdrawn_a, funds.withdrawn_b)[side] + amount
        wanted = Withdrawal(side, total, self.now + valid_for)
        self.read_chain()
        signatures = [end.promise_withdrawal(wanted, self.now) for end in self._ends(channel)]
        return self.judge.withdraw(channel.terms, wanted, account.address, signatures)

    def close_together(self, channel: Channel, *, valid_for: int = HOUR) -> Receipt:
        """Both parties sign the balances of the newest state, and the channel is settled at once."""
        self.read_chain()
        a, b = channel.info.funds.balances(channel.state.state)
        close = CloseTogether(a, b, self.now + valid_for)
        signatures = [end.promise_close(close, self.now) for end in self._ends(channel)]
        return self.judge.close_together(channel.terms, close, signatures)

    def close(self, channel: Channel, *, by: Account, state: SignedState | None = None) -> Receipt:
        """Close one-sidedly, with the closer's newest state unless another one is given."""
        return self.judge.close(channel.terms, channel.end(by).newest if state is None else state, by)

    def answer(self, channel: Channel, *, by: Account, state: SignedState | None = None) -> Receipt:
        """A party answers a close with its newest state, or another one."""
        return self.judge.update(channel.terms, channel.end(by).newest if state is None else state, by)

    def settle(self, channel: Channel) -> Receipt:
        """Let the settlement window pass and fix the balances."""
        deadline = channel.info.deadline
        if self.now <= deadline:
            self.chain.warp(to=deadline + 1)
        return self.judge.settle(channel.terms, self._posted(channel))

    def unlock(self, channel: Channel) -> None:
        """Decide every lock of a settled channel, after the last of them has expired."""
        tree = self.locks(channel)
        latest = max((lock.expiry for lock in tree.remaining), default=0)
        if self.now <= latest:
            self.chain.warp(to=latest + 1)
        for lock in tree.remaining:
            index, proof = tree.prove(lock)
            self.judge.unlock(channel.terms, lock, index, proof, tree.pool)
            tree.remove(lock)

    def locks(self, channel: Channel) -> LockTree:
        """The undecided locks of the posted state."""
        posted = self._posted(channel)
        tree = LockTree(self._locks.get(posted.lock_root, ()))
        for decided in self._said.unlocked.get(channel.id, ()):
            lock = next((lock for lock in tree.remaining if (lock.hashlock, lock.amount) == decided), None)
            if lock is not None:
                tree.remove(lock)
        return tree

    def _posted(self, channel: Channel) -> ChannelState:
        """The newest state that the contract has of a channel. Raises UnknownChannel if nobody has closed it."""
        self._read()
        if channel.id not in self._said.posted:
            raise UnknownChannel(f"0x{channel.id.hex()} that is closed", len(self._said.posted))
        return self._said.posted[channel.id]

    def collect(self, channel: Channel, account: Account) -> Receipt:
        """Pull a party's payout."""
        return self.judge.payout(channel.terms, channel.side(account))

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

    # -- messages and time

    def read_chain(self) -> None:
        """Every party that is online takes in what has happened on chain."""
        self._read()
        if self._news:
            self._news = False
            for address, node in list(self.nodes.items()):
                if self.is_online(address):
                    self._catch_up(node)

    def deliver(self) -> None:
        """Deliver what is on the bus, and what that causes, until it is empty."""
        self.read_chain()
        while (envelope := self.bus.deliver()) is not None:
            node = self.nodes.get(envelope.recipient)
            if node is not None and self.is_online(envelope.recipient):
                node.receive_from(envelope.sender, envelope.message, self.now)
        self._entrust()

    def tick(self) -> None:
        """Every online party repeats what is unanswered and sends what must be on chain."""
        self.read_chain()
        for address, node in list(self.nodes.items()):
            if self.is_online(address):
                for wish in node.tick(self.now):
                    if hashlock_of(wish.preimage) not in self._said.reveals:
                        self._attempt(lambda wish=wish: self.judge.reveal(wish.preimage))  # type: ignore[misc]
        self.deliver()

    def settle_messages(self) -> None:
        """Tick until no online party waits for another online one, or `ROUNDS` rounds have passed."""
        self.deliver()
        for _ in range(ROUNDS):
            if self._quiet():
                return
            self.tick()

    # -- inside

    def _edges(self) -> Iterable[Edge]:
        for channel in self.channels.values():
            for party in (channel.terms.a, channel.terms.b):
                end = self.nodes[party].end(channel.id)
                if not end.ledger.frozen and self.is_online(party):
                    peer = channel.terms.party(end.side.other)
                    has_room = len(end.ledger.draft.locks) < MAX_LOCKS
                    capacity = end.balance(self.now) if has_room else 0
                    yield Edge(party, peer, channel.id, self.nodes[party].policy, capacity)

    def _quiet(self) -> bool:
        if len(self.bus):
            return False
        for channel in self.channels.values():
            ends = [self.nodes[party].end(channel.id) for party in (channel.terms.a, channel.terms.b)]
            both = all(self.is_online(party) for party in (channel.terms.a, channel.terms.b))
            if both and not ends[0].ledger.frozen and not all(end.is_settled_between_us for end in ends):
                return False
        return True

    def _ends(self, channel: Channel) -> list[ChannelEnd]:
        return [self.nodes[party].end(channel.id) for party in (channel.terms.a, channel.terms.b)]

    def _entrust(self) -> None:
        """Each party hands its newest complete state to the watchtower, and the secrets of the locks in it."""
        for channel in self.channels.values():
            for party in (channel.terms.a, channel.terms.b):
                end = self.nodes[party].ends.get(channel.id) if party in self.nodes else None
                if end is not None:
                    self._attempt(lambda terms=channel.terms, party=party: self._entrust_one(terms, party))  # type: ignore[misc]

    def _entrust_one(self, terms: Terms, party: str) -> None:
        node = self.nodes[party]
        newest = node.ends[terms.channel].newest
        if newest.version and newest.signature_a and newest.signature_b:
            self.watchtower.watch(terms, newest)
            for lock, secret in node.entrust(node.ends[terms.channel], self.now):
                self.watchtower.entrust([secret], [lock])

    def _attempt(self, action: Callable[[], object]) -> None:
        """Do something for one party; its failure is noted, the newest of them, and the others have their turn."""
        try:
            action()
        except HarnessError as problem:
            self.failed.append(problem.with_traceback(None))
            del self.failed[:-REMEMBERED]

    def _catch_up(self, node: Node) -> None:
        for end in node.ends.values():
            info = self.judge.info(end.terms)
            if info.status is Status.OPEN:
                end.thaw(CLOSED)
                end.on_funds(info.funds)
            elif info.status is not Status.NONE and end.ledger.frozen != CLOSED:
                end.freeze(CLOSED)
        for preimage, revealed_at in self._said.reveals.values():
            node.on_reveal(preimage, revealed_at, self.now)

    def _see(self, _: Chain, receipt: Receipt) -> None:
        """Read what the contract says while the parties still know the states that it speaks of."""
        if any(log.address == self.contract.address for log in receipt.logs):
            self._read()

    def _read(self) -> None:
        if not self._said.read() and self._rewritten == self.chain.rewritten:
            return
        self._rewritten = self.chain.rewritten
        self._news = True
        for identity, posted in self._said.posted.items():
            if identity in self.channels and posted.lock_root not in self._locks:
                locks = self._locks_of(self.channels[identity], posted.lock_root)
                self._locks |= {posted.lock_root: locks} if locks else {}

    def _locks_of(self, channel: Channel, root: bytes) -> tuple[Lock, ...]:
        """The locks that some party knows under a root; none where nobody does."""
        for end in self._ends(channel):
            for signed in (end.state, end.newest, *end.ledger.signed.values()):
                if signed.state.lock_root == root:
                    return signed.locks
        return ()
