"""What happens on L2 in a drawn game: valid transactions, and what a batch or the delayed inbox may hold besides."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.agents.lies.inputs import ORDER
from harness.chain.values.accounts import Account
from harness.chain.values.codec import address_bytes
from harness.chain.values.transactions import Transaction, sign
from harness.contracts.bindings import Contract
from harness.primitives import rlp
from harness.rollup.codec import batch as codec
from harness.rollup.codec.batch import Item
from harness.rollup.codec.messages import DelayedMessage, Deposit
from harness.rollup.contracts import contract_type
from harness.testbed.bridge import PLAIN_GAS
from harness.testbed.rollup import Rollup

FOREIGN = 5
"""A chain id that neither L1 nor L2 has."""

RICH_GAS = 1_000_000


class Activity:
    """Acts on a rollup by name. `post` posts what was done as one batch.

    ``everything`` is a contract of which one transaction uses every family of opcodes.
    """

    def __init__(self, rollup: Rollup, rng: random.Random, everything: Contract) -> None:
        self.rollup = rollup
        self.rng = rng
        self.everything = everything
        self.users = [account for account in rollup.l1.accounts if account.name in USERS]
        self._besides: list[bytes] = []

    def perform(self, kind: str) -> None:
        """Do one thing; see ``VALID`` and ``INVALID``."""
        if kind in VALID:
            VALID[kind](self)
        else:
            self._besides.append(INVALID[kind](self))

    def post(self) -> None:
        """Post the drafts, the last one with the invalid items in between."""
        sequencer = self.rollup.sequencer
        if self._besides and not sequencer.view().drafts:
            self.transfer()
        drafts = sequencer.view().drafts
        for _ in drafts[:-1]:
            sequencer.perform(sequencer.agent.decide(sequencer.view())[0])
        last = sequencer.view().drafts[-1]
        items = [item.encode() for item in codec.decode(last.data)]
        for raw in self._besides:
            items.insert(self.rng.randrange(len(items) + 1), Item(raw).encode())
        self._besides = []
        sequencer.post_data(b"".join(items), last.delayed_count)
        self.rollup.node.sync()

    def _pair(self) -> tuple[Account, Account]:
        one, other = self.rng.sample(self.users, 2)
        return one, other

    # -- valid

    def transfer(self) -> None:
        one, other = self._pair()
        self.rollup.l2.send(sender=one, to=other, value=self.rng.randrange(1, 10**15))

    def everything_at_once(self) -> None:
        """Send one transaction with an access list that uses every family of opcodes."""
        l2, (sender, _) = self.rollup.l2, self._pair()
        target = address_bytes(self.everything)
        data = self.everything.run.encode(self.rng.randbytes(self.rng.randrange(1, 100)))
        base = Transaction(
            2, l2.chain_id, l2.nonce(sender), 10**6, 10**9, RICH_GAS, target, self.rng.randrange(100), data,
            ((target, (0, 1)),),
        )  # fmt: skip
        l2.send_transaction(base, sender)

    def addition(self) -> None:
        self.everything.add(self.rng.randrange(1, 1_000), sender=self._pair()[0])

    def refusal(self) -> None:
        """Send a transaction that reverts and pays for its gas."""
        self.rollup.l2.send(
            sender=self._pair()[0], to=self.everything, data=self.everything.refuse.encode(), check=False
        )

    def creation(self) -> None:
        contract_type("Short").deploy(self.rollup.l2, sender=self._pair()[0])

    def withdrawal(self) -> None:
        self.rollup.withdraw(self.rng.randrange(1, 10**15), sender=self._pair()[0])

    def deposit(self) -> None:
        one, other = self._pair()
        self.rollup.deposit(self.rng.randrange(1, 10**15), sender=one, to=other)

    def deposit_with_call(self) -> None:
        data = self.everything.add.encode(self.rng.randrange(1, 1_000))
        self.rollup.deposit(self.rng.randrange(10**6), sender=self._pair()[0], to=self.everything, data=data)

    def deposit_that_fails(self) -> None:
        data = self.everything.refuse.encode()
        self.rollup.queue_deposit(7, sender=self._pair()[0], to=address_bytes(self.everything), call_value=0, data=data)

    def signed_message(self) -> None:
        """Queue a signed transaction on L1."""
        one, other = self._pair()
        raw = self.rollup.sign_l2(one, to=other, value=3)
        self.rollup.contracts.delayed_inbox.queueTransaction(raw, PLAIN_GAS, sender=other)
        self.rollup.l2.backend.follow()

    # -- invalid: bytes that L2 skips

    def _signed(self, **given: int) -> bytes:
        one, other = self._pair()
        chain_id, nonce = given.get("chain_id"), given.get("nonce")
        return self.rollup.sign_l2(one, to=other, value=given.get("value", 1), nonce=nonce, chain_id=chain_id)

    def wrong_nonce(self) -> bytes:
        return self._signed(nonce=self.rng.choice((90, 91, 2**32)))

    def no_funds(self) -> bytes:
        return self._signed(value=10**30)

    def foreign_chain(self) -> bytes:
        return self._signed(chain_id=FOREIGN)

    def bad_signature(self) -> bytes:
        """Return a transaction with a high s, or with an r that belongs to no point (rule 3 of the validity rules)."""
        raw = self._signed()
        fields = list(rlp.to_list(rlp.decode(raw[1:])))
        parity, r, s = (rlp.to_int(field) for field in fields[-3:])
        parity, r, s = self.rng.choice(((1 - parity, r, ORDER - s), (parity, 0, s), (parity, r, 0), (2, r, s)))
        encoded = [rlp.encode(field) for field in fields[:-3]] + [rlp.encode_int(each) for each in (parity, r, s)]
        return raw[:1] + rlp.encode_list(encoded)

    def no_transaction(self) -> bytes:
        return self.rng.randbytes(self.rng.randrange(0, 40))

    def stranger(self) -> bytes:
        """Return a transaction signed by a key that nobody ever funded."""
        chain_id, target = self.rollup.l2.chain_id, self.users[0].address_bytes
        tx = Transaction(2, chain_id, 0, 0, 10**9, 21_000, target, self.rng.randrange(5), b"")
        return sign(tx, self.rng.randbytes(32)).raw


@dataclass(slots=True)
class Forcer:
    """A user whose deposit a censoring sequencer leaves out.

    The user forces it in as soon as that is allowed, and again after a reorg.
    """

    rollup: Rollup
    account: Account
    name: str = "a censored user"

    def _message(self) -> DelayedMessage | None:
        """Return its deposit, if L1 has it."""
        self.rollup.l2.backend.follow()
        messages = self.rollup.node.inbox.messages
        return next((each for each in reversed(messages) if each.payload == self._deposit.payload), None)

    @property
    def _deposit(self) -> Deposit:
        own = self.account.address_bytes
        return Deposit(own, own, CENSORED, CENSORED, 100_000, b"")

    def play(self) -> int:
        message = self._message()
        if message is None:
            self.rollup.queue_deposit(CENSORED, sender=self.account, to=self.account.address_bytes, call_value=CENSORED)
            return 1
        if self.included() or self.rollup.l1.now < self._opens(message):
            return 0
        self.rollup.force_include(message, sender=self.account)
        return 1

    def included(self) -> bool:
        """Return whether L2 has executed the deposit."""
        message = self._message()
        return message is not None and message.index < self.rollup.node.idle.cursor.delayed

    def _opens(self, message: DelayedMessage) -> int:
        return message.l1_timestamp + self.rollup.config.window

    def wakes_at(self) -> int | None:
        message = self._message()
        return None if message is None or self.included() else self._opens(message)


CENSORED = 123_456_789
"""Wei of the censored deposit. No other deposit has this amount."""

USERS = ("alice", "bob", "carol", "erin", "frank")

VALID: dict[str, Callable[[Activity], None]] = {
    "transfer": Activity.transfer,
    "everything": Activity.everything_at_once,
    "addition": Activity.addition,
    "refusal": Activity.refusal,
    "creation": Activity.creation,
    "withdrawal": Activity.withdrawal,
    "deposit": Activity.deposit,
    "deposit with a call": Activity.deposit_with_call,
    "deposit that fails": Activity.deposit_that_fails,
    "signed message": Activity.signed_message,
}
BY_L1 = frozenset({"deposit", "deposit with a call", "deposit that fails", "signed message"})
"""The activities that reach L2 through L1."""

INVALID: dict[str, Callable[[Activity], bytes]] = {
    "wrong nonce": Activity.wrong_nonce,
    "no funds": Activity.no_funds,
    "foreign chain": Activity.foreign_chain,
    "bad signature": Activity.bad_signature,
    "no transaction": Activity.no_transaction,
    "stranger": Activity.stranger,
}


def draw_activity(rng: random.Random, needed: Sequence[str]) -> tuple[str, ...]:
    """Draw what happens in one batch: a few valid things, sometimes an invalid one, and what a lie needs."""
    kinds = [rng.choice(sorted(VALID)) for _ in range(rng.randint(1, 4))]
    kinds += [rng.choice(sorted(INVALID))] if rng.random() < 0.4 else []
    kinds += needed
    rng.shuffle(kinds)
    return tuple(kinds)
