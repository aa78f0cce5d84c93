"""The parties of channels on one chain: their nodes, the bus between them, a watchtower, and the contract's books."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.channels.bus import NO_FAULTS, Faults, MessageBus
from harness.channels.chain_log import ChainLog
from harness.channels.end import ChannelEnd
from harness.channels.errors import UnknownChannel
from harness.channels.journal import Journal, MemoryJournal
from harness.channels.judge import ChannelJudge
from harness.channels.locks import LockTree, hashlock_of
from harness.channels.messages import Signer
from harness.channels.node import REMEMBERED, REVEAL_MARGIN, Node, NodeMessage
from harness.channels.routing import Policy
from harness.channels.types import ChannelState, Lock, Status, Terms
from harness.channels.watchtower import Watchtower
from harness.errors import HarnessError
from harness.testbed.channel_conservation import Books

if TYPE_CHECKING:
    from harness.chain import Account, Chain, Receipt
    from harness.contracts.bindings import Contract

CLOSED = "it is closed on chain"
ROUNDS = 200
"""Rounds of repeated messages.

After so many a faulty bus has let a message through, for any sensible chance of loss.
"""


class ChannelNetwork:
    """The parties of channels. Each is a node on one bus.

    A party that is `offline` gets no messages and sees no blocks until it is back. ``failed`` holds the errors of
    single actions; one party's error stops no other party.
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
        self.terms: dict[bytes, Terms] = {}
        self.journals: dict[str, Journal] = {}
        self.policies: dict[str, Policy] = {}
        self.reveal_margin = REVEAL_MARGIN
        self.failed: list[HarnessError] = []
        self._offline: set[str] = set()
        self._said = ChainLog(self.contract)
        self._rewritten = self.chain.rewritten
        self._locks: dict[bytes, tuple[Lock, ...]] = {}
        """The locks under a root. They come from states that some party knew when the states were posted."""
        self._news = False
        self._hooks: list[Callable[[], None]] = [self.chain.on_transaction(self._see)]
        if check_books:
            self.books.read()
            self._hooks.append(self.chain.on_transaction(self._check_books))

    def _check_books(self, chain: Chain, receipt: Receipt) -> None:
        self.books.on_transaction(chain, receipt)

    def stop(self) -> None:
        """Stop listening to the chain."""
        for remove in self._hooks:
            remove()

    @property
    def now(self) -> int:
        """Time that the parties see, in seconds since 1970."""
        return self.chain.now

    # -- parties

    def node(self, account: Account) -> Node:
        """Return the node of an account, after it has read the chain."""
        self.read_chain()
        if account.address not in self.nodes:
            self.journals.setdefault(account.address, MemoryJournal())
            self.resume(account)
        return self.nodes[account.address]

    def resume(self, account: Account) -> Node:
        """Start a party from its journal, as after a crash; it reads the chain for what happened meanwhile."""
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
        """Cut a party off: it gets no messages and sees no blocks until `online`."""
        self._offline.add(account.address)

    def online(self, account: Account) -> None:
        """Bring a party back: it reads the chain, and repeats what nobody answered."""
        self._offline.discard(account.address)
        self._catch_up(self.node(account))
        self.settle_messages()

    def is_online(self, address: str) -> bool:
        """Return whether the party at an address is not cut off."""
        return address not in self._offline

    def ends(self, terms: Terms) -> list[ChannelEnd]:
        """Return both ends of a channel, as its parties know them."""
        return [self.nodes[party].end(terms.channel) for party in (terms.a, terms.b)]

    def enter(self, terms: Terms, *members: Account) -> None:
        """Make parties know a channel before it is opened on chain."""
        self.terms[terms.channel] = terms
        self.books.add(terms)
        for account in members:
            self.node(account).join(terms)
        self._news = True

    # -- what the contract has of a channel

    def undecided_locks(self, terms: Terms) -> LockTree:
        """Return the undecided locks of the posted state.

        Raises UnknownChannel if nobody has closed the channel.
        """
        posted = self.posted(terms)
        tree = LockTree(self._locks.get(posted.lock_root, ()))
        for decided in self._said.unlocked.get(terms.channel, ()):
            lock = next((lock for lock in tree.remaining if (lock.hashlock, lock.amount) == decided), None)
            if lock is not None:
                tree.remove(lock)
        return tree

    def posted(self, terms: Terms) -> ChannelState:
        """Return the newest state that the contract has; raises UnknownChannel if nobody has closed the channel."""
        self.read()
        if terms.channel not in self._said.posted:
            raise UnknownChannel(f"0x{terms.channel.hex()} that is closed", len(self._said.posted))
        return self._said.posted[terms.channel]

    # -- messages and time

    def read_chain(self) -> None:
        """Make every online party read what has happened on chain."""
        self.read()
        if self._news:
            self._news = False
            for address, node in list(self.nodes.items()):
                if self.is_online(address):
                    self._catch_up(node)

    def deliver(self) -> None:
        """Deliver the messages on the bus, and those that they cause, until the bus is empty."""
        self.read_chain()
        while (envelope := self.bus.deliver()) is not None:
            node = self.nodes.get(envelope.recipient)
            if node is not None and self.is_online(envelope.recipient):
                node.receive_from(envelope.sender, envelope.message, self.now)
        self._entrust()

    def tick(self) -> None:
        """Make every online party repeat what is unanswered, and publish what must be on chain."""
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

    def _quiet(self) -> bool:
        if len(self.bus):
            return False
        for terms in self.terms.values():
            ends = self.ends(terms)
            both = all(self.is_online(party) for party in (terms.a, terms.b))
            if both and not ends[0].ledger.frozen and not all(end.is_settled_between_us for end in ends):
                return False
        return True

    def _entrust(self) -> None:
        """Give the watchtower each party's newest complete state, and the preimages of the locks in it."""
        for terms in self.terms.values():
            for party in (terms.a, terms.b):
                end = self.nodes[party].ends.get(terms.channel) if party in self.nodes else None
                if end is not None:
                    self._attempt(lambda terms=terms, party=party: self._entrust_one(terms, party))  # type: ignore[misc]

    def _entrust_one(self, terms: Terms, party: str) -> None:
        node = self.nodes[party]
        newest = node.ends[terms.channel].newest
        if newest.version and newest.signature_a and newest.signature_b:
            self.watchtower.watch(terms, newest)
            for lock, secret in node.entrust(node.ends[terms.channel], self.now):
                self.watchtower.entrust([secret], [lock])

    def _attempt(self, action: Callable[[], object]) -> None:
        """Act for one party. A failure is kept in ``failed``, and the next party gets its turn."""
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
        """Read the contract's events while the parties still know the states that the events name."""
        if any(log.address == self.contract.address for log in receipt.logs):
            self.read()

    def read(self) -> None:
        """Read the contract's events, whoever is online."""
        if not self._said.read() and self._rewritten == self.chain.rewritten:
            return
        self._rewritten = self.chain.rewritten
        self._news = True
        for identity, posted in self._said.posted.items():
            if identity in self.terms and posted.lock_root not in self._locks:
                locks = self._locks_of(self.terms[identity], posted.lock_root)
                self._locks |= {posted.lock_root: locks} if locks else {}

    def _locks_of(self, terms: Terms, root: bytes) -> tuple[Lock, ...]:
        """Return the locks that some party knows under a root; empty if nobody knows them."""
        for end in self.ends(terms):
            for signed in (end.state, end.newest, *end.ledger.signed.values()):
                if signed.state.lock_root == root:
                    return signed.locks
        return ()
