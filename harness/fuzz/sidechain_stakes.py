"""The stakes of validators in drawn lives: who must have lost one, and who gets it back."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress

from eth_utils import to_checksum_address

from harness.chain.values.accounts import Account
from harness.errors import Reverted
from harness.fuzz.sidechain_books import Books, SidechainFault
from harness.sidechain.header import Header
from harness.sidechain.validators import quorum, trusted_share

STAKE = 10**16
"""What each validator stakes, in wei."""

_LONGEST_LOCK = 200_000
"""Seconds after which each stake is free, whoever has left."""


class Stakes:
    """What each validator must have staked on the L1 of one bridge, by what was done and sealed alone.

    A reorg of that L1 takes away nothing that was done to stakes.
    """

    def __init__(self, books: Books) -> None:
        """The sidechain's members have staked already."""
        self._books, self._side, self._l1 = books, books.bridge.side, books.l1
        self._contract = books.bridge.client.stake
        self._due: defaultdict[bytes, int] = defaultdict(int, dict.fromkeys(self._side.members, STAKE))
        self._left: dict[bytes, int] = {}

    def counts(self, validator: bytes) -> bool:
        """Return whether somebody's seal counts."""
        return self._due[validator] >= STAKE and validator not in self._left

    def suffices(self) -> bool:
        """Return whether the light client must take the newest header, by whatever quorum of its seals."""
        head, trusted = self._side.head, self._books.bridge.client.spans[-1]
        sealed = [each for each in self._side.seals(head.number) if self.counts(each)]
        needed = quorum(len(head.extra.validators))
        vouching = min(needed, len(set(sealed).intersection(trusted)))
        is_known = head.extra.validators == trusted or vouching >= trusted_share(len(trusted))
        return len(sealed) >= needed and is_known

    def check_refused(self) -> None:
        """Hand in the newest header with all of its seals, those without a stake as well, unless it may be taken.

        Raises SidechainFault if the light client takes it.
        """
        head, client = self._side.head, self._books.bridge.client
        seals, trusted = self._side.seals(head.number), client.spans[-1]
        counting = [each for each in seals if self.counts(each)]
        is_vouched = len(set(counting).intersection(trusted)) >= trusted_share(len(trusted))
        if len(counting) >= quorum(len(head.extra.validators)) and (head.extra.validators == trusted or is_vouched):
            return
        with suppress(Reverted):
            client.update(head.sealed(tuple(seals[each] for each in sorted(seals))))
            raise SidechainFault(f"{len(counting)} of {len(seals)} seals of a header that was taken have a stake")

    # -- what validators do

    def stake(self, validator: bytes) -> None:
        """Let somebody stake, again or for the first time."""
        owner = self._owner(validator)
        self._l1.send(sender=self._l1.accounts[-1], to=owner, value=2 * STAKE)
        self._contract.stake(sender=owner, value=STAKE)
        self._due[validator] += STAKE
        self._left.pop(validator, None)
        self._books.floor = self._l1.head.number

    def leave(self, validator: bytes) -> None:
        """Let somebody leave who has a stake; if it has left, let it try to take the stake."""
        if self.counts(validator):
            self._contract.leave(sender=self._owner(validator))
            self._left[validator] = self._l1.now
        elif validator in self._left:
            self._take(validator)
        self._books.floor = self._l1.head.number

    def _take(self, validator: bytes) -> None:
        """Try to take a stake; raises SidechainFault if it was free before its owner's word was worth nothing."""
        owner, due = self._owner(validator), self._due[validator]
        before = self._l1.balance(owner)
        with suppress(Reverted):
            receipt = self._contract.withdraw(owner, sender=owner)
            if self._l1.now <= self._left.pop(validator) + self._books.bridge.client.contract.trustingPeriod():
                raise SidechainFault("a stake was taken in the trusting period")
            self._due[validator] = 0
            if self._l1.balance(owner) != before + due - receipt.cost:
                raise SidechainFault(f"who left was not paid {due} wei")

    def _owner(self, validator: bytes) -> Account:
        return Account.from_key(self._side.keys()[validator])

    # -- the oracle

    def conflict(self, first: Header, second: Header) -> None:
        """Note that the light client took two headers as a conflict: who sealed both in one round pays, nobody else."""
        if first.extra.round == second.extra.round:
            for each in {*first.signers()}.intersection(second.signers()):
                if each is not None:
                    self._due[each] = 0
        self._books.floor = self._l1.head.number

    def check(self, after: str) -> None:
        """Compare each stake with what it must be; raises SidechainFault."""
        for validator in self._side.validators:
            has, due = self._contract.stakeOf(to_checksum_address(validator)), self._due[validator]
            if has != due:
                raise SidechainFault(f"after {after}: the stake of 0x{validator.hex()} is {has} wei, expected {due}")
        held, due = self._l1.balance(self._contract), sum(self._due.values())
        if held != due:
            raise SidechainFault(f"after {after}: {held} wei lie for stakes of {due}")

    def end(self) -> None:
        """Let everybody leave, and take what is due; raises SidechainFault if somebody does not get it."""
        for validator, due in tuple(self._due.items()):
            if due and validator not in self._left:
                self.leave(validator)
        self._l1.warp(_LONGEST_LOCK)
        self._l1.mine()
        for validator, due in tuple(self._due.items()):
            if due:
                self._take(validator)
        if left := sum(self._due.values()):
            raise SidechainFault(f"at the end, {left} wei of stakes are not paid")
