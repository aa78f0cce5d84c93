"""A watchtower answers a stale close for an offline party. It knows only what its client gave it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from harness.channels import model, rules, wire
from harness.channels.errors import BadChannelSignature, ChannelOverdrawn, IllegalProposal, IncompleteState
from harness.channels.judge import ChannelInfo
from harness.channels.locks import EMPTY, hashlock_of
from harness.channels.messages import Domain, Messages, recover
from harness.channels.types import Lock, SignedState, Status, Terms
from harness.errors import HarnessError


@dataclass(frozen=True, slots=True)
class PostUpdate:
    """Replace a posted state by a newer one."""

    terms: Terms
    signed: SignedState


@dataclass(frozen=True, slots=True)
class PostPreimage:
    """Publish a preimage before the locks on it expire."""

    preimage: bytes


Answer = PostUpdate | PostPreimage


class Judge(Protocol):
    """What a watchtower needs of the contract."""

    @property
    def now(self) -> int: ...

    def info(self, terms: Terms) -> ChannelInfo: ...

    def update(self, terms: Terms, signed: SignedState) -> object: ...

    def reveal(self, preimage: bytes) -> object: ...

    def revealed_at(self, hashlock: bytes) -> int: ...


@dataclass(frozen=True, slots=True)
class Secret:
    """A preimage and the locks that it is for; None means every lock on its hashlock."""

    preimage: bytes
    locks: frozenset[Lock] | None

    def opens(self, lock: Lock) -> bool:
        return self.locks is None or lock in self.locks

    def with_locks(self, locks: frozenset[Lock] | None) -> Secret:
        every = self.locks is None or locks is None
        return Secret(self.preimage, None if every else (self.locks or frozenset()) | (locks or frozenset()))


@dataclass(slots=True)
class Watchtower:
    """Holds, for each channel, the newest state that both parties signed.

    It needs no key of its client: a state carries both signatures, so anybody may post it. It publishes the preimages
    that it was given when the channel is being closed, or when less than ``lead`` seconds are left. ``missed`` are the
    channels whose settlement window had closed when it looked. ``failed`` are answers that the chain refused, with the
    reason. They are tried again, and they delay no other client.
    """

    domain: Domain
    judge: Judge
    _held: dict[bytes, tuple[Terms, SignedState]] = field(default_factory=dict)
    missed: list[bytes] = field(default_factory=list)
    lead: int = 3_600
    _secrets: dict[bytes, Secret] = field(default_factory=dict)
    failed: dict[Answer, HarnessError] = field(default_factory=dict)

    def watch(self, terms: Terms, signed: SignedState) -> None:
        """Keep a state for a client.

        A state that is no newer than the one held changes nothing, and so does one of a settled channel. Raises
        MalformedMessage, IncompleteState without both signatures, BadChannelSignature if a signature is not its
        party's, IllegalProposal if the locks are not the state's, and ChannelOverdrawn if the contract could not pay
        the state.
        """
        wire.check_terms(terms)
        wire.check_signed(signed)
        held = self._held.get(terms.channel)
        if held is not None and held[1].version >= signed.version:
            return
        digest = Messages.of(self.domain, terms).state(signed.state)
        for party, signature in ((terms.a, signed.signature_a), (terms.b, signed.signature_b)):
            if not signature:
                raise IncompleteState(signed.version, party)
            if recover(digest, signature) != party:
                raise BadChannelSignature(recover(digest, signature), party)
        rules.check_commitment(signed)
        info = self.judge.info(terms)
        if info.status is Status.SETTLED:
            return
        for side, balance in zip("AB", info.funds.balances(signed.state), strict=True):
            if balance < 0:
                raise ChannelOverdrawn(side, -balance, 0)
        self._held[terms.channel] = (terms, signed)

    def entrust(self, preimages: Iterable[bytes], locks: Iterable[Lock] | None = None) -> None:
        """Keep preimages of locks that are to be paid to the client; of ``locks`` only, if they are given.

        Raises MalformedMessage or IllegalProposal for what the contract would refuse; then none is kept.
        """
        given = [_checked(preimage) for preimage in preimages]
        scope = None if locks is None else frozenset(_checked_lock(lock) for lock in locks)
        for preimage in given:
            hashlock = hashlock_of(preimage)
            known = self._secrets.get(hashlock, Secret(preimage, frozenset()))
            self._secrets[hashlock] = known.with_locks(scope)

    def decide(self, now: int, infos: dict[bytes, ChannelInfo]) -> list[Answer]:
        """Return the answers that ``infos``, by channel, call for, the most urgent first.

        An answer is a newer state, or a preimage of a lock that will expire. A state that the contract no longer covers
        is left out. A channel that has no record in ``infos`` waits.
        """
        answers: list[tuple[int, Answer]] = []
        for channel, info in infos.items():
            terms, signed = self._held[channel]
            answers += [(lock.expiry, PostPreimage(secret)) for lock, secret in self._urgent(signed, info, now)]
            if info.status is not Status.CLOSING or info.version >= signed.version:
                continue
            if now > info.deadline:
                if channel not in self.missed:
                    self.missed.append(channel)
            elif model.postable(info.funds, signed.state):
                answers.append((info.deadline, PostUpdate(terms, signed)))
        return list(dict.fromkeys(answer for _, answer in sorted(answers, key=lambda due: due[0])))

    def step(self) -> list[Answer]:
        """Look at the chain once and post what must be posted; return the answers that were given."""
        infos: dict[bytes, ChannelInfo] = {}
        for channel, (terms, _) in self._held.items():
            try:
                infos[channel] = self.judge.info(terms)
            except HarnessError:
                continue
        return [answer for answer in self.decide(self.judge.now, infos) if self._give(answer)]

    def _urgent(self, signed: SignedState, info: ChannelInfo, now: int) -> Iterable[tuple[Lock, bytes]]:
        for lock in signed.locks:
            secret = self._secrets.get(lock.hashlock)
            urgent = info.status is not Status.OPEN or lock.expiry - now <= self.lead
            if secret is not None and secret.opens(lock) and urgent and now <= lock.expiry:
                yield lock, secret.preimage

    def _give(self, answer: Answer) -> bool:
        """Post one answer; return False if it failed, or if somebody else was faster."""
        try:
            if isinstance(answer, PostUpdate):
                self.judge.update(answer.terms, answer.signed)
            elif self.judge.revealed_at(hashlock_of(answer.preimage)):
                return False
            else:
                self.judge.reveal(answer.preimage)
        except HarnessError as problem:
            if not self._is_done(answer):
                self.failed[answer] = problem
            return False
        self.failed.pop(answer, None)
        return True

    def _is_done(self, answer: Answer) -> bool:
        """Return whether the chain already has what the answer would give it."""
        try:
            if isinstance(answer, PostPreimage):
                return bool(self.judge.revealed_at(hashlock_of(answer.preimage)))
            return self.judge.info(answer.terms).version >= answer.signed.version
        except HarnessError:
            return False


def _checked(preimage: bytes) -> bytes:
    wire.check_bytes("preimage", preimage, 32)
    if preimage == EMPTY:
        raise IllegalProposal("preimage", "zero", "one that the contract takes")
    return preimage


def _checked_lock(lock: Lock) -> Lock:
    wire.check_lock(lock)
    return lock
