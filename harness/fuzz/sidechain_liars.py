"""What Mallory tries in drawn lives of sidechains: with what was sent, and with the keys of too few validators."""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import suppress
from itertools import product

from harness.errors import Reverted
from harness.fuzz.sidechain_books import Books, SidechainFault
from harness.fuzz.sidechain_stakes import Stakes
from harness.primitives.hashing import keccak256
from harness.primitives.signatures import signer_of
from harness.sidechain.forging import forged, forged_message, state_with
from harness.sidechain.header import Header, seal
from harness.sidechain.validators import quorum, trusted_share

_ATTEMPTS = 12
"""How much Mallory tries at once, at most."""


class Mallory:
    """Somebody with the keys of former validators, and of a third, rounded down, of those who are trusted."""

    def __init__(self, books: Books, keys: Mapping[bytes, bytes], stakes: Stakes | None = None) -> None:
        """``stakes`` are those that the light client takes, if there are any."""
        self.stakes = stakes
        self.books, self.bridge, self.client = books, books.bridge, books.bridge.client
        self._keys = keys
        self.client.sync()

    def cheat(self, amount: int) -> None:
        """Try what was sent once more, by headers that were accepted.

        Most of it is refused. Whether what is taken was due, the sums tell.
        """
        heights = self.books.accepted()
        attempts = [
            *product([self.books.refund_by], self.bridge.sent(), heights),
            *product([self.books.execute_by], self.bridge.sent_back(), heights),
        ]
        for attempt, message, height in random.Random(amount).sample(attempts, min(_ATTEMPTS, len(attempts))):
            with suppress(Reverted):
                attempt(message, height)

    def forge(self, amount: int) -> None:
        """Hand in a header in which she has everything; raises SidechainFault if it is taken."""
        near = self.bridge.near
        message = forged_message(self.bridge, near.chain.accounts.mallory.address, near.chain.balance(near))
        state = state_with(self.bridge, message)
        keys = self._coalition(amount, self.client.spans[-1])
        header = forged(self.client.newest, state.root, keys, later=1 + amount % 3, alone=True)
        with suppress(Reverted):
            self.client.update(header)
            checkpoint = self.client.checkpoints[header.number]
            self.bridge.execute(message, (header.number, checkpoint.words, state.account, state.slot))
        if self.client.newest is header:
            raise SidechainFault("the light client took a header of fewer than a third")

    def attest(self, amount: int) -> None:
        """Have what nobody sent delivered by fewer than a quorum: by each seat that she can fill, and by each often."""
        far, believed = self.bridge.far, self.bridge.validators()
        chosen = {signer_of(key): key for key in self._coalition(amount, believed)}
        needed, account = quorum(len(believed)), far.chain.accounts.mallory
        words = (10**6, account.address, account.address, 10**15, far.chain.now + 900, 0, b"")
        digest = far.attestation(far.idOf(words, False))
        seats = [(place, seal(chosen[each], digest)) for place, each in enumerate(believed) if each in chosen]
        for filled in (seats, (seats * needed)[:needed]):
            with suppress(Reverted):
                far.deliver(words, bytes(place for place, _ in filled), [each for _, each in filled], sender=account)

    def freeze_by_few(self, amount: int) -> None:
        """Show a conflict of a third of the trusted set, rounded down; raises SidechainFault if it counts."""
        keys = self._coalition(amount, self.client.spans[-1])
        if self._freezes(_conflict(self.client.newest, keys), -1):
            raise SidechainFault("fewer than a third froze the light client")

    def freeze(self, amount: int) -> None:
        """Show a conflict of more than a third of some set that was trusted, at some height at which it was.

        They seal two blocks in one round, or in two, or one beside the block that honest validators sealed.
        """
        place = amount % len(self.client.spans)
        heights = [height for height in self.books.accepted() if height >= self._begins(place)]
        parent = heights[amount // 7 % len(heights)]
        if parent >= self.books.origin:
            lies = _conflict(self.client.header(parent), self._third(place), second_round=amount // 50 % 3 == 1)
            above = [height for height in heights if height > parent]
            if above and amount // 50 % 3 == 2:
                lies = self._beside(self.client.header(parent), self.client.header(above[-1]), self._third(place))
            self._freezes(lies, place)

    def _beside(self, parent: Header, real: Header, keys: list[bytes]) -> tuple[Header, Header]:
        """Return a block that was accepted, and a lie at its height and in its round."""
        lie = forged(parent, keccak256(b"lie"), keys, later=real.number - parent.number, alone=True)
        return real, lie.in_round(real.extra.round).sealed_by(keys)

    def freeze_late(self) -> None:
        """Show conflicts of sets that are trusted no more; raises SidechainFault if one counts."""
        for place in range(len(self.client.spans) - 1):
            begins, ends = self._begins(place), self._begins(place + 1)
            until = self.client.checkpoints[ends].timestamp + self.client.contract.trustingPeriod()
            lies = _conflict(self.client.header(begins), self._third(place))
            if self.bridge.l1.now > until and self._freezes(lies, place):
                raise SidechainFault("former validators froze the light client after their time")

    def _begins(self, span: int) -> int:
        height: int = self.client.contract.spans(span)[1]
        return height

    def _third(self, span: int) -> list[bytes]:
        """Return the keys of more than a third of a set that was trusted."""
        members = self.client.spans[span]
        return [self._keys[each] for each in members[: trusted_share(len(members))]]

    def _freezes(self, lies: tuple[Header, Header], span: int) -> bool:
        before = self.client.contract.frozenAt()
        with suppress(Reverted):
            self.client.freeze(*lies, span=span)
            if self.stakes is not None:
                self.stakes.conflict(*lies)
        return bool(self.client.contract.frozenAt() != before)

    def _coalition(self, amount: int, trusted: tuple[bytes, ...]) -> list[bytes]:
        """Return the keys of everybody outside of a set, and of a third of it, rounded down to fewer than count."""
        inside = [trusted[(amount + place) % len(trusted)] for place in range(trusted_share(len(trusted)) - 1)]
        outside = [each for each in self._keys if each not in trusted]
        return [self._keys[each] for each in (*inside, *outside)]


def _conflict(parent: Header, keys: list[bytes], *, second_round: bool = False) -> tuple[Header, Header]:
    first, second = (forged(parent, keccak256(bytes((number,))), keys, alone=True) for number in range(2))
    return first, second.in_round(1).sealed_by(keys) if second_round else second
