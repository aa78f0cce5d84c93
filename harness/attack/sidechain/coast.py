"""A sidechain with ether on it, its validators as the attacks play them, and the sums of both chains."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from eth_utils import to_canonical_address

from harness.adapters.errors import AdapterError, NotApplicable
from harness.adapters.sidechain import DAY, Parts, QbftBridge
from harness.attack.attack import Found
from harness.attack.purse import Purse
from harness.attack.reasons import must_say_why
from harness.attack.stage import Stage, reason_of
from harness.chain.errors import ChainError
from harness.chain.values.accounts import Account
from harness.errors import HarnessError, Reverted
from harness.primitives.signatures import signer_of
from harness.sidechain.bridge import SENT, BridgedMessage, slot_of
from harness.sidechain.forging import ForgedState
from harness.sidechain.header import Header, seal
from harness.sidechain.light_client import evidence, joined

ETHER = 10**18
LOCKED = 30 * ETHER
DEPTH = 5


class Coast:
    """A bridge that holds 30 ether of bob's, which alice sent him, and what was refused so far."""

    def __init__(self, stage: Stage, *, validators: int = 4, stake: int = 0, period: int = 14 * DAY) -> None:
        def prepare(adapter: Any) -> None:
            adapter.validators, adapter.stake, adapter.period = validators, stake, period

        bridge = stage.another(prepare=prepare)
        assert isinstance(bridge, QbftBridge)
        stage.use(bridge)
        self.stage, self.bridge, self.chain, self.side = stage, bridge, stage.chain, bridge.side
        accounts = stage.chain.accounts
        self.alice, self.bob, self.carol, self.mallory = accounts.alice, accounts.bob, accounts.carol, accounts.mallory
        self.olivia = accounts.olivia
        self.purse = Purse(self.chain, None)
        self.members = self.side.members
        self.trusted = [self.members]
        """The sets that the light client has trusted, oldest first."""
        self.refused: list[str] = []
        self.tried = 0
        self.cross(LOCKED, self.bob)
        self.seal()
        self.follow()

    # -- what honest people do

    def key(self, place: int) -> bytes:
        """Return the private key of one of the first validators."""
        return self.side.keys()[self.members[place]]

    def owner(self, place: int) -> Account:
        """Return a validator's account on L1."""
        return Account.from_key(self.key(place))

    def works(self, what: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Make an honest call, compare the sums, and return its answer; raises Found if it is refused."""
        try:
            answer = call(*arguments, **options)
        except (Reverted, ChainError) as problem:
            raise Found("the honest side", f"{what} is refused: {reason_of(problem)}", lost=LOCKED) from problem
        self.check(what)
        return answer

    def cross(self, value: int, to: Account, *, within: int = DAY, data: bytes = b"") -> BridgedMessage:
        """Send ether of alice's to the sidechain and have it delivered."""
        message = self.deposit(value, to.address, within=within, data=data)
        self.deliver(message)
        return message

    def deposit(self, value: int, to: str, *, within: int = DAY, data: bytes = b"") -> BridgedMessage:
        """Send ether of alice's to the sidechain."""
        deadline = self.chain.now + within
        found: BridgedMessage = self.works("a deposit", self.bridge.deposit, to, value, deadline, self.alice, data)
        return found

    def signed(self, message: BridgedMessage, by: Iterable[int]) -> tuple[bytes, list[bytes]]:
        """Return validators' seats and their signatures on a message."""
        digest, places = self.bridge.attestation(message), sorted(by)
        return bytes(places), [seal(self.key(place), digest) for place in places]

    def deliver(self, message: BridgedMessage) -> None:
        """Let all validators attest to a message, and deliver it."""
        self.chain.mine(DEPTH)
        self.keep_time()
        self.works("a delivery", self.bridge.deliver, message, *self.signed(message, range(len(self.members))))

    def keep_time(self) -> None:
        """Set the sidechain's clock to L1's, if it is behind."""
        if self.side.chain.now < self.chain.now:
            self.side.chain.warp(to=self.chain.now)

    def seal(self, count: int = 1) -> None:
        """Seal blocks of the sidechain."""
        self.keep_time()
        self.side.chain.mine(count)

    def follow(self) -> Header:
        """Have the newest header trusted."""
        header = self.side.head
        if header.timestamp > self.chain.now:
            self.chain.warp(to=header.timestamp)
        self.works("an honest header", self.hand_in, header)
        self.learn(header)
        return header

    def hand_in(self, header: Header, **changes: Any) -> None:
        """Hand a header in as its parts say."""
        parts = {**self.parts(header), **changes}
        self.bridge.update(parts, self.mallory, is_change=header.extra.validators != self.trusted[-1])

    def learn(self, header: Header) -> None:
        """Note the set of a header that was taken."""
        if header.extra.validators != self.trusted[-1]:
            self.trusted.append(header.extra.validators)

    def parts(self, header: Header, trusted: Sequence[bytes] | None = None) -> Parts:
        """Return a header as it is handed in."""
        by = self.trusted[-1] if trusted is None else trusted
        raw, sealed, places = evidence(header, by)
        return {"header": raw, "seats": sealed, "places": places, "trusted": joined(by)}

    def withdraw(self, value: int = ETHER, to: str = "", *, data: bytes = b"") -> BridgedMessage:
        """Send ether of bob's back to L1."""
        self.keep_time()
        found: BridgedMessage = self.works(
            "a message to L1", self.bridge.withdraw, to or self.bob.address, value, self.bob, data
        )
        return found

    def execute(self, message: BridgedMessage, proof: Parts | None = None) -> None:
        """Run a message on L1 by a proof against the newest header, which pays exactly once."""
        to, value = message.words[2], message.value
        shown = proof or self.bridge.proof(message)
        with self.pays("a message", to, value):
            self.works("an honest message", self.bridge.execute, message, shown, self.mallory)

    def whole(self) -> str:
        """Let bob take out all that is his, and return what stopped the attack."""
        rest = self.bridge.there()
        message = self.withdraw(rest)
        self.seal()
        self.follow()
        self.execute(message)
        return self.said

    # -- what liars do

    def header(
        self,
        *,
        by: Sequence[int] = (),
        alone: bool = False,
        parent: Header | None = None,
        at: tuple[int, int] | None = None,
        root: bytes | None = None,
    ) -> Header:
        """Return a header that follows ``parent``, or the newest header, sealed by these validators.

        ``alone`` makes them all the validators that it has. ``at`` is another height and time, and ``root`` another
        state root.
        """
        base = (parent or self.side.head).in_round(0)
        keys = [self.key(place) for place in by]
        extra = replace(base.extra, vote=None)
        if alone:
            extra = replace(extra, validators=tuple(sorted(map(signer_of, keys))))
        number, timestamp = at or (base.number + 1, base.timestamp + 1)
        header = replace(base, number=number, timestamp=timestamp, parent_hash=base.hash, extra=extra)
        return replace(header, state_root=root or base.state_root).sealed_by(keys)

    def loot(self) -> tuple[BridgedMessage, ForgedState]:
        """Return a message that pays mallory all that the bridge holds, and a state in which it was sent."""
        message = self.bridge.forged_message(self.mallory.address, self.bridge.held())
        slot = slot_of(message.id, SENT)
        return message, ForgedState.of(to_canonical_address(self.bridge.far_end()), {slot: 1}, slot)

    # -- the oracle

    def fails(self, what: str, call: Callable[..., object], *arguments: Any, **options: Any) -> None:
        """Make a call that must be refused, and take it back; raises Found if it is taken, or if ether has gone."""
        held = self.bridge.held()
        self.tried += 1
        with self.taken_back():
            try:
                call(*arguments, **options)
            except (AdapterError, NotApplicable):  # no contract's refusal
                raise
            except (HarnessError, OverflowError, ValueError) as problem:  # what cannot be encoded is refused, too
                self.refused.append(reason_of(problem))
                must_say_why(self.bridge, what, problem)
                if self.bridge.held() != held:
                    gone = held - self.bridge.held()
                    raise Found("the money", f"{what} was refused, and {gone} wei have gone", lost=gone) from problem
            else:
                lost = max(0, held - self.bridge.held())
                raise Found("the seals and proofs", f"{what} is taken", gained=lost, lost=lost)

    @contextmanager
    def taken_back(self) -> Iterator[None]:
        """Restore both chains afterwards."""
        marks, trusted = (self.chain.snapshot(), self.side.snapshot()), list(self.trusted)
        try:
            yield
        finally:
            self.chain.restore(marks[0])
            self.side.restore(marks[1])
            self.trusted = trusted

    @contextmanager
    def pays(self, what: str, address: str, wei: int) -> Iterator[None]:
        """See that exactly these wei go from L1's end to an address."""
        had, held = self.purse.of(address), self.bridge.held()
        yield
        got, gone = self.purse.of(address) - had, held - self.bridge.held()
        if (got, gone) != (wei, wei):
            evidence = f"{what} paid {got} wei and cost the bridge {gone}, expected {wei}"
            raise Found("the money", evidence, gained=max(0, got - wei), lost=max(0, wei - got, gone - wei))

    def check(self, after: str) -> None:
        """Compare what L1 holds with what is on the sidechain and what is on its way, to the wei."""
        held, there, underway = self.bridge.held(), self.bridge.there(), self.bridge.underway()
        if held != there + underway:
            evidence = f"after {after} L1 holds {held} wei; {there} are on the sidechain and {underway} on their way"
            raise Found("the sums of both chains", evidence, lost=max(0, there + underway - held))

    @property
    def said(self) -> str:
        """What stopped the attack."""
        return f"{self.tried} refused, the last: {self.refused[-1] if self.refused else 'none'}"


def seats_of(places: Iterable[int]) -> int:
    """Return places as the bits of seats."""
    return sum(1 << place for place in places)
