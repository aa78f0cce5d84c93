"""A validator: it proposes in its turn, checks what others propose, and seals what a quorum prepared.

Nothing here waits. A network hands over messages one by one, and says when a round's time is over.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness.primitives.hashing import keccak256
from harness.primitives.signatures import signer_of
from harness.sidechain.header import Header, Vote, seal, signer
from harness.sidechain.messages import Commit, Finished, Message, Prepare, Proposal, RoundChange
from harness.sidechain.validators import Tally, proposer, quorum

Sent = tuple[bytes | None, Message]
"""To whom, or None for every validator, and what."""


Vouched = dict[tuple[int, int], bytes]
"""What a validator has sealed: a digest by height and round."""


class Ledger(ABC):
    """What a validator knows of the chain's execution."""

    @abstractmethod
    def build(self, parent: Header, extra_validators: tuple[bytes, ...], by: bytes, vote: Vote | None) -> Header:
        """Return the header of the next block, in round 0 and without seals."""

    @abstractmethod
    def executes(self, header: Header) -> bool:
        """Return whether the header says what its transactions do."""


@dataclass(slots=True)
class Height:
    """What a validator knows of the block that is being agreed on."""

    parent: Header
    tally: Tally
    round: int = 0
    accepted: Header | None = None
    prepared: Header | None = None
    certificate: tuple[Prepare, ...] = ()
    finished: Header | None = None
    seals: dict[bytes, bytes] = field(default_factory=dict)  # those on the finished block, by validator
    proposed: int = -1  # the last round in which this validator proposed
    proposals: dict[int, Proposal] = field(default_factory=dict)
    prepares: dict[tuple[int, bytes], dict[bytes, Prepare]] = field(default_factory=dict)
    commits: dict[tuple[int, bytes], dict[bytes, bytes]] = field(default_factory=dict)  # each a seal
    changes: dict[int, dict[bytes, RoundChange]] = field(default_factory=dict)
    number: int = field(init=False)
    """The number of the block."""
    domain: bytes = field(init=False)
    """The vanity of the chain's headers."""
    validators: tuple[bytes, ...] = field(init=False)
    """Who seals the block, in order."""
    quorum: int = field(init=False)
    """How many must seal it."""

    def __post_init__(self) -> None:
        self.number, self.domain = self.parent.number + 1, self.parent.extra.vanity
        self.validators = self.tally.validators
        self.quorum = quorum(len(self.validators))

    def turn(self, round_: int) -> bytes:
        """Return who proposes in a round."""
        return proposer(self.validators, self.parent.coinbase, round_)


class Validator:
    """An honest validator.

    ``ballot`` are its wishes for the set: whenever it proposes, it votes for one that is open.
    """

    def __init__(self, key: bytes, ledger: Ledger, vouched: Vouched | None = None) -> None:
        """``vouched`` is what it has sealed, by height and round; an honest validator never forgets it."""
        self.key = key
        self.address = signer_of(key)
        self._vouched: Vouched = {} if vouched is None else vouched
        self.ballot: dict[bytes, bool] = {}
        self._ledger = ledger
        self._at: Height | None = None

    @property
    def finished(self) -> Header | None:
        """The sealed block of the height that it was started on; None as long as there is none."""
        return self._at.finished if self._at is not None else None

    @property
    def seals(self) -> Mapping[bytes, bytes]:
        """The seals that it has on the finished block, by validator: those of the header, and what came later."""
        return {} if self._at is None else self._at.seals

    @property
    def commits(self) -> int:
        """The most seals that it has seen on one proposal of this height, as long as it has no block of it."""
        return max((len(each) for each in self._at.commits.values()), default=0) if self._at is not None else 0

    # -- what the network calls

    def start(self, parent: Header, tally: Tally) -> Sequence[Sent]:
        """Begin with the block behind ``parent``; return what it sends."""
        self._at = Height(parent, tally)
        return self._propose((), None) if self._at.turn(0) == self.address else ()

    def receive(self, sender: bytes, message: Message) -> Sequence[Sent]:
        """Take a validator's message; return what it sends in answer."""
        at = self._at
        if at is None or sender not in at.validators:
            return ()
        if at.finished is not None:
            self._collect(at, sender, message)
            return ()
        if isinstance(message, Prepare):
            return self._prepare(at, sender, message)
        if isinstance(message, Commit):
            return self._commit(at, sender, message)
        if isinstance(message, Proposal):
            return self._consider(at, sender, message)
        if isinstance(message, RoundChange):
            return self._change(at, sender, message)
        return self._take(at, message.header)

    def timeout(self) -> Sequence[Sent]:
        """The round's time is over: go on to the next round, unless the block is there."""
        at = self._at
        if at is None or at.finished is not None or self.address not in at.validators:
            return ()
        return self._enter(at, at.round + 1)

    # -- proposing

    def _propose(self, changes: tuple[RoundChange, ...], prepared: Header | None) -> Sequence[Sent]:
        """Propose what a quorum may have sealed already, else a block of its own."""
        assert self._at is not None
        self._at.proposed = self._at.round
        block = prepared or self._ledger.build(
            self._at.parent, self._at.validators, self.address, self._vote(self._at.tally)
        )
        return ((None, Proposal(block.in_round(self._at.round), changes)),)

    def _vote(self, tally: Tally) -> Vote | None:
        wishes = (Vote(candidate, add) for candidate, add in sorted(self.ballot.items()))
        return next((vote for vote in wishes if tally.pending(self.address, vote)), None)

    # -- the three steps of a round

    def _consider(self, at: Height, sender: bytes, proposal: Proposal) -> Sequence[Sent]:
        header = proposal.header
        round_ = header.extra.round
        if round_ < at.round or sender != at.turn(round_) or round_ in at.proposals:
            return ()
        if not self._follows(at, header) or not self._is_justified(at, sender, proposal):
            return ()
        at.proposals[round_] = proposal
        at.round, at.accepted = round_, header
        return ((None, Prepare.signed(self.key, at.domain, at.number, round_, header.digest)),)

    def _follows(self, at: Height, header: Header) -> bool:
        """Return whether a header is one that may follow the parent."""
        extra, parent = header.extra, at.parent
        return (
            header.number == at.number
            and header.parent_hash == parent.hash
            and header.timestamp > parent.timestamp
            and extra.vanity == parent.extra.vanity
            and extra.validators == at.validators
            and not extra.seals
            and header.coinbase in at.validators
            and self._ledger.executes(header)
        )

    def _is_justified(self, at: Height, sender: bytes, proposal: Proposal) -> bool:
        """Return whether no other block can have been sealed earlier. It is the sender's turn in that round."""
        header = proposal.header
        if header.extra.round == 0:
            return header.coinbase == sender
        authors = {self._is_change(at, each, header.extra.round) for each in proposal.changes}
        if None in authors or len(authors) < at.quorum:
            return False  # INVARIANT: none that is false may say what was prepared
        highest = _highest(proposal.changes)
        return header.coinbase == sender if highest is None else highest.hash == header.hash

    def _is_change(self, at: Height, change: RoundChange, round_: int) -> bytes | None:
        """Return a round change's author if it is a validator's and what it says was prepared was; else None."""
        author = change.author(at.domain)
        if change.height != at.number or change.round != round_ or author not in at.validators:
            return None
        if change.prepared is None:
            return author
        earlier, digest = change.prepared.extra.round, change.prepared.digest
        signed = {
            each.author(at.domain)
            for each in change.prepares
            if (each.height, each.round, each.digest) == (at.number, earlier, digest)
        }
        return author if earlier < round_ and len(signed.intersection(at.validators)) >= at.quorum else None

    def _prepare(self, at: Height, sender: bytes, prepare: Prepare) -> Sequence[Sent]:
        if prepare.height != at.number or prepare.author(at.domain) != sender:
            return ()
        at.prepares.setdefault((prepare.round, prepare.digest), {})[sender] = prepare
        return self._seal(at)

    def _seal(self, at: Height) -> Sequence[Sent]:
        """Seal the accepted proposal once a quorum has prepared it."""
        accepted = at.accepted
        if accepted is None or accepted.extra.round != at.round:
            return ()
        prepares = at.prepares.get((at.round, accepted.digest), {})
        if len(prepares) < at.quorum or (at.prepared is not None and at.prepared.extra.round == at.round):
            return ()
        at.prepared, at.certificate = accepted, tuple(prepares.values())
        if self._vouched.setdefault((at.number, at.round), accepted.digest) != accepted.digest:
            return ()  # it sealed another block in this round, which a reorg or a failed attempt took away
        return ((None, Commit(at.number, at.round, accepted.digest, seal(self.key, accepted.digest))),)

    def _commit(self, at: Height, sender: bytes, commit: Commit) -> Sequence[Sent]:
        if commit.height != at.number or signer(commit.digest, commit.seal) != sender:
            return ()
        commits = at.commits.setdefault((commit.round, commit.digest), {})
        commits[sender] = commit.seal
        accepted = at.proposals.get(commit.round)
        if len(commits) < at.quorum or accepted is None or accepted.header.digest != commit.digest:
            return ()
        return self._finish(at, accepted.header.sealed(tuple(commits[each] for each in sorted(commits))), commits)

    def _collect(self, at: Height, sender: bytes, message: Message) -> None:
        """Keep another seal on the finished block: a light client may count fewer validators than the chain does."""
        finished = at.finished
        if isinstance(message, Commit) and finished is not None and signer(finished.digest, message.seal) == sender:
            at.seals[sender] = message.seal

    def _finish(self, at: Height, header: Header, seals: Mapping[bytes, bytes]) -> Sequence[Sent]:
        at.finished, at.seals = header, dict(seals)
        return ((None, Finished(header)),)

    def _take(self, at: Height, header: Header) -> Sequence[Sent]:
        """Take a block that it may have missed, if it is sealed."""
        if not self._is_sealed(at, header):
            return ()
        known = dict(zip(header.signers(), header.extra.seals, strict=True))
        seals = {each: sealed for each, sealed in known.items() if each is not None}
        return self._finish(at, header, seals | at.commits.get((header.extra.round, header.digest), {}))

    def _is_sealed(self, at: Height, header: Header) -> bool:
        """Return whether a quorum sealed a block, which follows the parent."""
        signers = header.signers()
        known = [each for each in signers if each in at.validators]
        is_in_order = len(known) == len(signers) and known == sorted(set(known))
        return is_in_order and len(known) >= at.quorum and self._follows(at, header.sealed(()))

    # -- going on to another round

    def _enter(self, at: Height, round_: int) -> Sequence[Sent]:
        at.round, at.accepted = round_, None
        change = RoundChange.signed(self.key, at.domain, at.number, round_, at.prepared, at.certificate)
        return ((None, change),)

    def _change(self, at: Height, sender: bytes, change: RoundChange) -> Sequence[Sent]:
        if change.round == 0 or self._is_change(at, change, change.round) != sender:
            return ()
        sent: list[Sent] = []
        at.changes.setdefault(change.round, {})[sender] = change
        ahead = {author for round_, found in at.changes.items() if round_ > at.round for author in found}
        if len(ahead) > (len(at.validators) - 1) // 3:  # one of them is honest
            sent += self._enter(at, min(round_ for round_ in at.changes if round_ > at.round))
        ready = at.changes.get(at.round, {})
        # Its own proposal may not have come back yet when another round change does.
        is_new = at.round not in at.proposals and at.proposed < at.round
        if at.turn(at.round) == self.address and is_new and len(ready) >= at.quorum:
            changes = tuple(ready[each] for each in sorted(ready))
            sent += self._propose(changes, _highest(changes))
        return sent


def _highest(changes: Iterable[RoundChange]) -> Header | None:
    prepared = [each.prepared for each in changes if each.prepared is not None]
    return max(prepared, key=lambda header: header.extra.round, default=None)


class Silent(Validator):
    """A validator that is offline."""

    def start(self, parent: Header, tally: Tally) -> Sequence[Sent]:
        """Say nothing."""
        return ()

    def receive(self, sender: bytes, message: Message) -> Sequence[Sent]:
        """Say nothing."""
        return ()

    def timeout(self) -> Sequence[Sent]:
        """Say nothing."""
        return ()


class Equivocator(Validator):
    """A validator that proposes two blocks in its turn, and prepares and seals whatever anybody proposes.

    The two differ in their vote, which no rule prescribes, so that both are valid. Those of its ``coalition`` hear of
    both, and each half of the others of one.
    """

    def __init__(self, key: bytes, ledger: Ledger, coalition: Collection[bytes] = ()) -> None:
        super().__init__(key, ledger)
        self._coalition = {self.address, *coalition}

    def start(self, parent: Header, tally: Tally) -> Sequence[Sent]:
        """Propose two blocks, if it is the proposer."""
        sent = super().start(parent, tally)
        if not sent:
            return ()
        second = self._ledger.build(parent, tally.validators, self.address, Vote(keccak256(parent.hash)[12:], True))
        return tuple(self._divide(tally.validators, sent[0][1], Proposal(second)))

    def _divide(self, validators: Sequence[bytes], first: Message, second: Message) -> Iterator[Sent]:
        others = [each for each in validators if each not in self._coalition]
        for each in sorted(self._coalition.intersection(validators)):
            yield each, first
            yield each, second
        half = (len(others) + 1) // 2
        for place, each in enumerate(others):
            yield each, first if place < half else second

    def receive(self, sender: bytes, message: Message) -> Sequence[Sent]:
        """Prepare and seal a proposal at once."""
        at = self._at
        if at is None or not isinstance(message, Proposal):
            return ()
        digest, round_ = message.header.digest, message.header.extra.round
        return [
            (None, Prepare.signed(self.key, at.domain, at.number, round_, digest)),
            (None, Commit(at.number, round_, digest, seal(self.key, digest))),
        ]


class Colluder(Validator):
    """A validator that agrees with its ``coalition`` on a lie: a block that says something else than its execution.

    Whenever one of them proposes, all of them prepare and seal the lie. With a quorum of them, the chain has the block;
    with fewer, honest validators refuse it, and go on to the next round.
    """

    def __init__(
        self, key: bytes, ledger: Ledger, coalition: Collection[bytes], lie: Callable[[Header], Header]
    ) -> None:
        """``lie`` returns a header as the coalition proposes it; its number, parent and validators must stay."""
        super().__init__(key, ledger)
        self._coalition = {self.address, *coalition}
        self._lie = lie

    def start(self, parent: Header, tally: Tally) -> Sequence[Sent]:
        """Propose the lie, if it is the proposer."""
        self._at = at = Height(parent, tally)
        if at.turn(0) != self.address:
            return ()
        return [(None, Proposal(self._lie(self._ledger.build(parent, at.validators, self.address, None))))]

    def _follows(self, at: Height, header: Header) -> bool:
        """Take whatever one of the coalition proposes."""
        return header.coinbase in self._coalition or super()._follows(at, header)
