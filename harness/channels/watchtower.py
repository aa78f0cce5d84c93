"""A watchtower answers a stale close for a party that is offline, with what its client gave it and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from harness.channels.errors import BadChannelSignature, IncompleteState
from harness.channels.judge import ChannelInfo
from harness.channels.locks import hashlock_of
from harness.channels.messages import Domain, Messages, recover
from harness.channels.types import SignedState, Status, Terms


@dataclass(frozen=True, slots=True)
class PostUpdate:
    """Replace a posted state by a newer one."""

    terms: Terms
    signed: SignedState


@dataclass(frozen=True, slots=True)
class PostPreimage:
    """Make a preimage public before the locks on it expire."""

    preimage: bytes


class Judge(Protocol):
    """What a watchtower needs of the contract."""

    @property
    def now(self) -> int: ...

    def info(self, terms: Terms) -> ChannelInfo: ...

    def update(self, terms: Terms, signed: SignedState) -> object: ...

    def reveal(self, preimage: bytes) -> object: ...

    def revealed_at(self, hashlock: bytes) -> int: ...


@dataclass(slots=True)
class Watchtower:
    """Holds, per channel, the newest state that both parties signed.

    It needs no key of its client: a state carries both signatures, so anybody may post it. Preimages that it was given
    it makes public when the channel is being closed, or when less than ``lead`` seconds are left. ``missed`` are the
    channels whose window had closed when it looked.
    """

    domain: Domain
    judge: Judge
    _held: dict[bytes, tuple[Terms, SignedState]] = field(default_factory=dict)
    missed: list[bytes] = field(default_factory=list)
    lead: int = 3_600
    _secrets: dict[bytes, bytes] = field(default_factory=dict)

    def watch(self, terms: Terms, signed: SignedState) -> None:
        """Take over a state; an older one than is held changes nothing.

        Raises IncompleteState without both signatures, BadChannelSignature if one is not its party's.
        """
        held = self._held.get(terms.channel)
        if held is not None and held[1].version >= signed.version:
            return
        digest = Messages.of(self.domain, terms).state(signed.state)
        for party, signature in ((terms.a, signed.signature_a), (terms.b, signed.signature_b)):
            if not signature:
                raise IncompleteState(signed.version, party)
            if recover(digest, signature) != party:
                raise BadChannelSignature(recover(digest, signature), party)
        self._held[terms.channel] = (terms, signed)

    def entrust(self, preimages: Iterable[bytes]) -> None:
        """Take over preimages of locks that are to be paid to the client."""
        self._secrets |= {hashlock_of(preimage): preimage for preimage in preimages}

    def decide(self, now: int, infos: dict[bytes, ChannelInfo]) -> list[PostUpdate | PostPreimage]:
        """The answers that ``infos``, by channel, call for: newer states, and preimages of locks that end."""
        answers: list[PostUpdate | PostPreimage] = []
        for channel, (_, signed) in self._held.items():
            for lock in signed.locks:
                urgent = infos[channel].status is not Status.OPEN or lock.expiry - now <= self.lead
                if lock.hashlock in self._secrets and urgent and now <= lock.expiry:
                    answers.append(PostPreimage(self._secrets[lock.hashlock]))
        for channel, (terms, signed) in self._held.items():
            info = infos[channel]
            if info.status is not Status.CLOSING or info.version >= signed.version:
                continue
            if now <= info.deadline:
                answers.append(PostUpdate(terms, signed))
            elif channel not in self.missed:
                self.missed.append(channel)
        return answers

    def step(self) -> list[PostUpdate | PostPreimage]:
        """Look at the chain once and post what has to be posted; the answers given."""
        infos = {channel: self.judge.info(terms) for channel, (terms, _) in self._held.items()}
        given = []
        for answer in self.decide(self.judge.now, infos):
            if isinstance(answer, PostUpdate):
                self.judge.update(answer.terms, answer.signed)
            elif self.judge.revealed_at(hashlock_of(answer.preimage)):
                continue
            else:
                self.judge.reveal(answer.preimage)
            given.append(answer)
        return given
