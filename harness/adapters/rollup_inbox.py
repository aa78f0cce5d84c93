"""The built-in inboxes, driven alone, and read back by a rollup's node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar

from eth_utils import to_checksum_address

from harness.adapters.game_values import Promise
from harness.adapters.inbox import Derived, DerivedBatch, DerivedMessage, Inbox, Market, Terms
from harness.adapters.rollup_inbox_forks import Calendar
from harness.chain.receipts import Receipt
from harness.chain.values.accounts import Account
from harness.errors import RollupError
from harness.rollup.config import RollupConfig
from harness.rollup.forks import fork_word
from harness.testbed.rollup import Rollup

MOST_MESSAGE_BYTES, MOST_BATCH_BYTES, LEAST_GAS, MOST_GAS = 50_000, 96 * 1024, 21_000, 1 << 23
MOST_MESSAGES = 511
CONFIG = RollupConfig()
PLENTY = 16_000_000


class RollupInbox(Inbox):
    """Drives the inboxes of a rollup. Its L1 proves the newest fork alone, so no upgrade can follow."""

    says_why: ClassVar[bool] = True
    guarded: ClassVar[tuple[str, ...]] = ("postBatch", "queueDeposit", "schedule")

    def deploy(self) -> None:
        """Deploy a rollup; its agents take no part."""
        self.rollup = Rollup.deploy(self.chain, CONFIG)
        self.sequencer_inbox, self.delayed_inbox = (
            self.rollup.contracts.sequencer_inbox, self.rollup.contracts.delayed_inbox
        )  # fmt: skip
        self.sequencer = self.rollup.sequencer.account

    def terms(self) -> Terms:
        """Return what SPEC states."""
        market = Market(CONFIG.delayed_gas_cap, CONFIG.delayed_gas_target, CONFIG.delayed_gas_price, 8)
        return Terms(
            CONFIG.window, CONFIG.lead, LEAST_GAS, MOST_GAS, MOST_MESSAGE_BYTES, MOST_BATCH_BYTES, MOST_MESSAGES, market
        )  # fmt: skip

    def post(self, data: bytes, delayed: int | None = None, *, sender: Account | None = None, after: int = 0) -> None:
        """Call postBatch."""
        inbox = self.sequencer_inbox
        count = int(self.delayed_inbox.messageCount()) if delayed is None else delayed
        index, before = int(inbox.batchCount()) + after, int(inbox.delayedCount())
        inbox.postBatch(index, before, count, data, sender=sender or self.sequencer)

    def queue(self, raw: bytes, gas: int, sender: Account, *, limit: int = 0) -> int:
        """Call queueTransaction."""
        return int(self.delayed_inbox.queueTransaction(raw, gas, sender=sender, gas=limit or PLENTY).gas_used)

    def record(self, index: int) -> Mapping[str, Any]:
        """Return the record of a message, as the contract takes it."""
        names = ("kind", "sender", "l1Block", "l1Timestamp", "gasLimit", "payloadHash")
        self.rollup.node.inbox.sync()
        return dict(zip(names, self.rollup.node.inbox.messages[index].record, strict=True))

    def force(self, count: int, sender: Account, record: Mapping[str, Any] | None = None) -> None:
        """Call forceInclude."""
        shown = self.record(count - 1) if record is None else record
        self.sequencer_inbox.forceInclude(count, tuple(shown.values()), sender=sender)

    def derived(self) -> Derived:
        """Read both inboxes by their events, and compare each record with the hash that L1 keeps."""
        inbox = self.rollup.node.inbox
        try:
            inbox.sync()
        except RollupError as problem:
            raise ValueError(str(problem)) from problem
        for index, message in enumerate(inbox.messages):
            if bytes(self.delayed_inbox.messageHash(index)) != message.hash:
                raise ValueError(f"message {index} is not the one that L1 keeps")
        count = int(self.delayed_inbox.messageCount())
        if len(inbox.messages) != count:
            raise ValueError(f"{len(inbox.messages)} messages are told, {count} are kept")
        batches = [
            DerivedBatch(
                batch.data, batch.delayed_count, batch.min_timestamp, batch.max_timestamp, batch.forced,
                {
                    "number": batch.l1_block, "timestamp": batch.l1.timestamp, "parent_hash": batch.l1.parent_hash,
                    "base_fee": batch.l1.base_fee, "blob_base_fee": batch.l1.blob_base_fee,
                },
            )
            for batch in inbox.batches
        ]  # fmt: skip
        messages = [
            DerivedMessage(to_checksum_address(each.sender), each.gas_limit, each.payload) for each in inbox.messages
        ]
        return Derived(batches, messages)

    def price(self) -> int:
        """Return the market's price."""
        return int(self.delayed_inbox.price())

    def queue_unchecked(self, raw: bytes, gas: int, sender: Account) -> Receipt:
        """Call queueTransaction with plenty of gas."""
        sent: Receipt = self.delayed_inbox.queueTransaction(raw, gas, sender=sender, gas=PLENTY, check=False)
        return sent

    def promises(self) -> Iterable[Promise]:
        """Return the bounds of the parameters, and when forks come."""
        yield from self._bounds()
        yield from self._deposits()
        yield from self._forks()
        yield from Calendar().promises()

    def _bounds(self) -> Iterator[Promise]:
        cap, target, lowest = CONFIG.delayed_gas_cap, CONFIG.delayed_gas_target, CONFIG.delayed_gas_price
        delayed = {
            "a market too small for a message": (MOST_GAS - 1, MOST_GAS - 1, lowest),
            "a market beyond 64 bits": (2**64, 2**62, lowest),
            "a target below a 64th of the cap": (cap, cap // 64 - 1, lowest),
            "a target above the cap": (cap, cap + 1, lowest),
            "a price that cannot fall": (cap, target, 7),
            "a price above what a transaction can pay": (cap, target, 1_501),
        }
        for name, terms in delayed.items():
            yield Promise(
                name, "messages cannot be queued", partial(self._deployed, "DelayedInbox", self.portal, *terms)
            )
        good = {
            "window": CONFIG.window, "lead": CONFIG.lead, "chain": CONFIG.chain_id, "base_fee": 0, "scalar": 0,
            "blob_scalar": 0, "per_block": CONFIG.gas_per_block, "cap": CONFIG.gas_cap,
            "fork": fork_word(CONFIG.first_fork),
        }  # fmt: skip
        bad = {
            "no window": {"window": 0},
            "a lead beyond 64 bits": {"lead": 2**63},
            "a budget below a transaction": {"per_block": (1 << 23) - 1},
            "a budget's cap below a block": {"cap": CONFIG.gas_per_block - 1},
            "a budget's cap beyond 64 bits": {"cap": 2**64},
            "a fork that nobody knows": {"fork": 3},
            "a fork that this L1 cannot prove": {"fork": 0},
        }
        for name, changed in bad.items():
            values = (self.delayed_inbox.address, self.sequencer.address, *(good | changed).values())
            where = str(self.sequencer_inbox.disputes())
            yield Promise(name, "L2 stands still", partial(self._deployed, "SequencerInbox", *values, where))

    def _deposits(self) -> Iterator[Promise]:
        """Deposits and messages get what L2 needs, no more than it has, and pay for it."""
        chain, mallory = self.chain, self.chain.accounts.mallory
        data = b"\xff" * 1_000
        floor = LEAST_GAS + 40 * len(data)  # by EIP-7623, for bytes that are not zero

        def lone(portal: str, cap: int) -> Any:
            return self.create("DelayedInbox", portal, cap, MOST_GAS, CONFIG.delayed_gas_price)

        def below() -> str:
            queue = lone(mallory.address, MOST_GAS)
            queue.queueDeposit(mallory, False, mallory, 0, 0, floor - 1, data, sender=mallory, gas=PLENTY)
            return "it was taken"

        def unpaid() -> str:
            # At the lowest price the most gas costs more of L1's than this.
            limit = MOST_GAS * CONFIG.delayed_gas_price // 1_000 // 2
            self.rollup.portal.depositTransaction(
                chain.accounts.alice, 0, MOST_GAS, False, b"", sender=mallory, gas=limit
            )
            return "it was taken"

        def above() -> str:
            lone(self.portal, 4 * MOST_GAS).queueTransaction(b"\x02", MOST_GAS + 1, sender=mallory, gas=PLENTY)
            return "it was taken"

        yield Promise("a deposit below the floor of its data", "L2 stands still", below)
        yield Promise("a deposit that pays half", "L2 is crowded for nothing", unpaid)
        yield Promise("a message of too much gas in a wide market", "L2 stands still", above)

    @property
    def portal(self) -> str:
        """The portal, which alone queues deposits."""
        return str(self.rollup.portal.address)

    def _deployed(self, name: str, *arguments: Any) -> str:
        self.create(name, *arguments)
        return "it was taken"

    def _forks(self) -> Iterator[Promise]:
        inbox, chain = self.sequencer_inbox, self.chain
        factory = self.contracts["DisputeGameFactory"].at(self.chain, self.sequencer_inbox.disputes())
        owner = next(each for each in chain.accounts if each.address == str(factory.owner()))
        delay, first = int(factory.delay()), int(inbox.firstFork())

        def schedule(fork: int, ahead: int) -> str:
            inbox.schedule(fork, chain.head.timestamp + ahead, sender=owner)
            return "it was taken"

        harm = "nobody can leave, or nothing can be proven"
        yield Promise("the fork that L2 has", harm, partial(schedule, first, delay + 100))
        yield Promise("a fork of the past", harm, partial(schedule, first - 1, delay + 100))
        yield Promise("a fork that nobody proves", harm, partial(schedule, first + 1, delay + 100))
