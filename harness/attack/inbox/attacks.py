"""Attacks on an inbox: censorship, forged records, crowded blocks, and lies about what L1 is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.adapters.errors import AdapterError, NotApplicable
from harness.adapters.inbox import Derived, DerivedBatch, Inbox, Market
from harness.attack.altering import altered_parts
from harness.attack.attack import Attack, Found
from harness.attack.promises import try_promises
from harness.attack.reasons import must_say_why
from harness.attack.stage import Stage, reason_of
from harness.attack.strangers import strangers
from harness.errors import HarnessError, Reverted
from harness.testbed.l1_faults import SLOT, full_blocks

RAW = b"\x02 a message of alice"
CROWDED = 40
"""Full blocks in a row, at most."""


class Desk:
    """An inbox, what was put into it, and what it refused."""

    def __init__(self, stage: Stage) -> None:
        inbox = stage.adapter
        assert isinstance(inbox, Inbox)
        self.inbox, self.chain, self.terms = inbox, stage.chain, inbox.terms()
        self.alice, self.mallory = stage.chain.accounts.alice, stage.chain.accounts.mallory
        self.tried = 0
        self.last = "none"
        self.lacks = ""

    def fails(self, what: str, call: Callable[..., object], *arguments: Any, **options: Any) -> None:
        """Make a call that must be refused, and take it back."""
        mark = self.chain.snapshot()
        self.tried += 1
        try:
            call(*arguments, **options)
        except NotApplicable as problem:  # the adapter has no form for it, so no contract has refused it
            self.tried -= 1
            self.lacks = reason_of(problem)
        except AdapterError:  # the adapter's mistake is no contract's refusal
            raise
        except (HarnessError, OverflowError, ValueError) as problem:
            self.last = reason_of(problem)
            must_say_why(self.inbox, what, problem)
        else:
            raise Found("the inbox's terms", f"{what} is taken")
        finally:
            self.chain.restore(mark)

    def works(self, what: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Make an honest call."""
        try:
            return call(*arguments, **options)
        except Reverted as revert:
            raise Found("the honest side", f"{what} is refused: {reason_of(revert)}") from revert

    def read(self) -> Derived:
        """Return what a node derives."""
        try:
            return self.inbox.derived()
        except ValueError as problem:
            raise Found("derivation", f"no node can derive L2: {problem}") from problem

    def newest(self) -> DerivedBatch:
        """Return the newest batch that a node derives from an inbox that has taken one."""
        batches = self.read().batches
        if not batches:
            raise Found("derivation", "no batch is derived, though the inbox has taken one")
        return batches[-1]

    def record(self, index: int) -> Mapping[str, Any]:
        """Return what shows a message when it is forced in; nothing if messages are not shown."""
        try:
            return self.inbox.record(index)
        except NotApplicable:
            return {}

    def expect(self, what: str, actual: object, expected: object) -> None:
        """Compare what was read back."""
        if actual != expected:
            raise Found("derivation", f"{what} is {actual!r}, expected {expected!r}")

    @property
    def said(self) -> str:
        """What stopped the attack. Raises NotApplicable if the adapter had no form for any of it."""
        if not self.tried and self.lacks:
            raise NotApplicable(self.lacks)
        return f"{self.tried} refused, the last: {self.last}"


def what_is_read_back(stage: Stage) -> str:
    """Messages and batches are read back as they were put in, with what L1 was then."""
    desk = Desk(stage)
    chain, inbox = desk.chain, desk.inbox
    senders = [desk.alice, desk.mallory, desk.alice]
    for number, who in enumerate(senders):
        desk.works("a message", inbox.queue, RAW + bytes([number]), 21_000 + number, who)
    for number in range(3):
        chain.warp(40)
        desk.works("a batch", inbox.post, b"batch %d" % number, number + 1)
        found = desk.read()
        desk.expect("the number of batches", len(found.batches), number + 1)
        batch = found.batches[-1]
        desk.expect("the batch's data", batch.data, b"batch %d" % number)
        desk.expect("the batch's messages", batch.delayed, number + 1)
        _told(desk, batch)
    messages = [(each.sender, each.gas, each.payload) for each in desk.read().messages]
    expected = [(who.address, 21_000 + number, RAW + bytes([number])) for number, who in enumerate(senders)]
    desk.expect("what was queued", messages, expected)
    return f"{len(messages)} messages and 3 batches as they were put in"


def _told(desk: Desk, batch: DerivedBatch) -> None:
    head = desk.chain.head
    block: Any = desk.chain.w3.eth.get_block(head.number)
    true = {
        "number": head.number,
        "timestamp": head.timestamp,
        "parent_hash": bytes(block["parentHash"]),
        "base_fee": int(block["baseFeePerGas"]),
    }
    if not int(block["excessBlobGas"]):
        true["blob_base_fee"] = 1  # EIP-4844: the least, as long as blocks carry few blobs
    for name, value in batch.told.items():
        if name in true:
            desk.expect(f"what L2 is told of L1's {name}", value, true[name])
    earliest = head.timestamp - desk.terms.window
    desk.expect("the batch's bounds", (batch.earliest, batch.latest), (earliest, head.timestamp + desk.terms.lead))


def a_censored_message(stage: Stage) -> str:
    """A message is forced in a second early, in time, twice, and with a forged record."""
    desk = Desk(stage)
    inbox, chain = desk.inbox, desk.chain
    inbox.queue(RAW, 50_000, desk.alice)
    made = chain.head.timestamp
    inbox.queue(RAW + b"2", 50_000, desk.alice)
    opens = made + desk.terms.window
    chain.warp(to=opens - 1)
    desk.fails("a message a second early", inbox.force, 1, desk.mallory)
    chain.mine()
    mark = chain.snapshot()
    chain.warp(to=opens)
    desk.works("a message in time", inbox.force, 1, desk.mallory)
    chain.restore(mark)
    chain.warp(to=opens)
    desk.fails("the message behind it, which is younger", inbox.force, 2, desk.mallory)
    for what, record in altered_parts(desk.record(0)):
        desk.fails(f"a record whose {what}", inbox.force, 1, desk.mallory, record)
    desk.works("a message in time", inbox.force, 1, desk.mallory)
    batch = desk.newest()
    desk.expect("the forced batch", (batch.forced, batch.delayed, batch.data), (True, 1, b""))
    desk.fails("a message that was forced before", inbox.force, 1, desk.mallory, desk.record(0) or None)
    return desk.said


def crowded_blocks(stage: Stage) -> str:
    """Others fill L1's blocks while a message waits: no block opens the window sooner, and none closes it."""
    desk = Desk(stage)
    inbox, chain, window = desk.inbox, desk.chain, desk.terms.window
    count = min(CROWDED, window // SLOT - 1)
    if count < 1:
        raise NotApplicable(f"the window opens in {window} s, before others can fill a block")
    inbox.queue(RAW, 50_000, desk.alice)
    opens = chain.head.timestamp + window
    full_blocks(chain, desk.mallory, count)
    desk.fails("a message after full blocks, ahead of its time", inbox.force, 1, desk.mallory)
    chain.warp(to=max(opens, chain.now))
    full_blocks(chain, desk.mallory, CROWDED)
    desk.works("a message in time, after full blocks", inbox.force, 1, desk.alice)
    batch = desk.newest()
    desk.expect("the forced batch", (batch.forced, batch.delayed, batch.data), (True, 1, b""))
    return desk.said


def a_race_for_a_place(stage: Stage) -> str:
    """A message is forced in while the sequencer's batch is on its way: the batch does not take its place."""
    desk = Desk(stage)
    inbox, chain = desk.inbox, desk.chain
    for number in range(3):
        inbox.queue(RAW + bytes([number]), 30_000, desk.alice)
    chain.warp(desk.terms.window + 1)
    desk.works("a message in time", inbox.force, 1, desk.mallory)
    desk.fails("a batch for the place of the forced one", inbox.post, b"", 3, after=-1)
    desk.fails("a batch that counts no message, behind the forced one", inbox.post, b"", 0)
    desk.works("two messages at once", inbox.force, 3, desk.mallory)
    desk.fails("the second message alone", inbox.force, 2, desk.mallory)
    desk.works("a batch behind them", inbox.post, b"later", 3)
    found = [(batch.forced, batch.delayed, batch.data) for batch in desk.read().batches]
    desk.expect("what is derived", found, [(True, 1, b""), (True, 3, b""), (False, 3, b"later")])
    return desk.said


def too_many_messages(stage: Stage) -> str:
    """A batch, and a forced inclusion, count as many messages as they may, and one more."""
    desk = Desk(stage)
    inbox, most = desk.inbox, desk.terms.most_messages
    if not most:
        raise NotApplicable("a batch may count any number of messages")
    for _ in range(most + 1):
        inbox.queue_unchecked(RAW, desk.terms.least_gas, desk.alice)
    count = len(desk.read().messages)
    desk.expect("the number of messages", count, most + 1)
    desk.chain.warp(desk.terms.window + 1)
    desk.fails("a batch of a message too many", inbox.post, b"", most + 1)
    desk.fails("a message too many by force", inbox.force, most + 1, desk.mallory)
    mark = desk.chain.snapshot()
    desk.works("as many as may be by force", inbox.force, most, desk.mallory)
    desk.chain.restore(mark)
    desk.works("a batch of as many as may be", inbox.post, b"", most)
    desk.works("the last one", inbox.post, b"", most + 1)
    desk.expect("what is derived", [batch.delayed for batch in desk.read().batches], [most, most + 1])
    return desk.said


def a_reorg(stage: Stage) -> str:
    """L1 takes a message and a batch back: they are derived no more, and others take their places."""
    desk = Desk(stage)
    inbox = desk.inbox
    inbox.queue(RAW, 30_000, desk.alice)
    inbox.post(b"stays", 1)
    before = desk.read()
    inbox.queue(RAW + b"lost", 30_000, desk.alice)
    inbox.post(b"lost", 2)
    desk.expect("the number of batches", len(desk.read().batches), 2)
    stage.reorg(2)
    desk.expect("what is left", desk.read(), before)
    desk.works("another message", inbox.queue, RAW + b"new", 40_000, desk.mallory)
    desk.works("another batch", inbox.post, b"new", 2)
    found = desk.read()
    desk.expect("the messages", [each.payload for each in found.messages], [RAW, RAW + b"new"])
    desk.expect("the batches", [batch.data for batch in found.batches], [b"stays", b"new"])
    return f"{len(found.batches)} batches after a reorg of two blocks"


def batches_that_are_none(stage: Stage) -> str:
    """Batches of strangers, at other places, of messages that are not there, and too long ones."""
    desk = Desk(stage)
    inbox = desk.inbox
    for number in range(3):
        inbox.queue(RAW + bytes([number]), 30_000, desk.alice)
    desk.fails("a batch of a stranger", inbox.post, b"", None, sender=desk.mallory)
    desk.fails("a batch ahead of its place", inbox.post, b"", None, after=1)
    desk.fails("a batch of messages to come", inbox.post, b"", 4)
    desk.works("a batch of two messages", inbox.post, b"", 2)
    desk.fails("a batch that takes messages back", inbox.post, b"", 1)
    desk.fails("a batch in the place of another", inbox.post, b"", 3, after=-1)
    longest = desk.terms.most_batch_bytes
    desk.fails("a batch of too many bytes", inbox.post, bytes(longest + 1), None)
    desk.works("the longest batch", inbox.post, bytes(longest), None)
    return desk.said


def messages_that_are_none(stage: Stage) -> str:
    """Messages of less gas than any needs, of more than any may have, and too long ones."""
    desk = Desk(stage)
    inbox, terms = desk.inbox, desk.terms
    if terms.least_gas:
        desk.fails("a message of too little gas", inbox.queue, RAW, terms.least_gas - 1, desk.mallory)
    if terms.most_gas:
        desk.fails("a message of too much gas", inbox.queue, RAW, terms.most_gas + 1, desk.mallory)
    desk.fails("a message of too many bytes", inbox.queue, bytes(terms.most_message_bytes + 1), 90_000, desk.mallory)
    desk.works("a message of the least gas", inbox.queue, RAW, terms.least_gas, desk.alice)
    desk.works("a message of the most gas", inbox.queue, RAW, terms.most_gas, desk.alice)
    return desk.said


def a_crowded_inbox(stage: Stage) -> str:
    """Blocks sell up to their cap and no more; prices rise and fall as they must, and each buyer burns its price."""
    desk = Desk(stage)
    market = desk.terms.market
    if market is None:
        raise NotApplicable("queued gas is not metered")
    price = market.lowest
    sales = [
        (market.cap,),
        (),
        (market.cap // 2, market.cap // 2),
        (market.cap // 4,),
        (),
        (),
        (),
        (),
        (),
        (market.cap,),
    ]
    sales += [(), (market.target,), (), (market.target // 2,), *[()] * 40, (market.cap // 3, market.cap // 3)]
    # At the lowest price again: many small buyers together get no more than the cap either.
    small = market.target // 2
    sales += [*[()] * 40, (*[small] * (market.cap // small), *([market.cap % small] if market.cap % small else []))]
    for number, block in enumerate(sales):
        sold = _crowd(desk, market, block, price)
        desk.expect(f"the price in block {number}", desk.inbox.price(), price)
        price = _next(market, price, sold)
    return f"{len(sales)} blocks, {desk.said}"


def _next(market: Market, price: int, sold: int) -> int:
    scale = market.target * market.change
    if sold > market.target:
        return price + price * (sold - market.target) // scale
    return max(market.lowest, price - price * (market.target - sold) // scale)


def _crowd(desk: Desk, market: Market, amounts: tuple[int, ...], price: int) -> int:
    """Sell gas in one block, in pieces that a message may have; return what the block sold."""
    pieces = [each for amount in amounts for each in _pieces(amount, desk.terms.most_gas)]
    least = [_burnt(price, gas) for gas in pieces]
    if not pieces or max(least) > 15_000_000:
        desk.chain.mine()
        return 0
    receipts = []
    inbox = desk.inbox
    with desk.chain.block():
        for gas in pieces:
            receipts.append(inbox.queue_unchecked(RAW, gas, desk.alice))
        beyond = inbox.queue_unchecked(RAW, desk.terms.least_gas, desk.mallory) if sum(pieces) == market.cap else None
    if beyond is not None and beyond.succeeded:
        raise Found("the market", f"a block sells more than its cap of {market.cap} gas")
    desk.tried += beyond is not None
    for gas, receipt, burnt in zip(pieces, receipts, least, strict=True):
        if not receipt.succeeded:
            raise Found("the market", f"{gas} gas are not sold, though the block has sold no more than its cap")
        if receipt.gas_used < burnt:
            raise Found("the market", f"{gas} gas at {price} cost {receipt.gas_used} gas of L1, expected {burnt}")
        if receipt.gas_used > max(burnt, 0) + 400_000:
            raise Found("the market", f"{gas} gas at {price} cost {receipt.gas_used} gas of L1, expected about {burnt}")
    return sum(pieces)


def _pieces(amount: int, most: int) -> list[int]:
    return [most] * (amount // most) + ([amount % most] if amount % most else [])


def _burnt(price: int, gas: int) -> int:
    return (gas * price + 999) // 1000


def too_little_gas_to_burn(stage: Stage) -> str:
    """A buyer gives its transaction less gas than the price: nothing is queued."""
    desk = Desk(stage)
    if desk.terms.market is None:
        raise NotApplicable("queued gas is not metered")
    gas = desk.terms.most_gas
    burnt = _burnt(desk.inbox.price(), gas)
    for limit in range(burnt // 2, burnt + 20_000, burnt // 16):
        desk.fails(f"{gas} gas for a transaction of {limit}", desk.inbox.queue, RAW, gas, desk.mallory, limit=limit)
    return desk.said


def further_promises(stage: Stage) -> str:
    """Whatever else the contracts promise is tried, each on its own."""
    desk = Desk(stage)
    return try_promises(desk.inbox, desk.inbox.promises())


def in_use(stage: Stage) -> list[bytes | int]:
    """Queue a message, and return values that mean something."""
    desk = Desk(stage)
    desk.inbox.queue(RAW, 50_000, desk.alice)
    return [b"", 0, 1, 2, 50_000, desk.chain.now + 10**8]


ATTACKS = (
    Attack("what is read back", "L2 is not what was put in", what_is_read_back),
    Attack("a censored message", "a message is kept out, or forced in too early", a_censored_message),
    Attack("crowded blocks", "whoever fills blocks keeps a message out, or forces it in too early", crowded_blocks),
    Attack("batches that are none", "a batch counts that the sequencer has not posted", batches_that_are_none),
    Attack("a race for a place", "a batch counts twice, or takes the place of another", a_race_for_a_place),
    Attack("too many messages", "a batch takes more messages than can be proven", too_many_messages),
    Attack("a reorg", "L2 keeps what L1 has forgotten", a_reorg),
    Attack("messages that are none", "a message stops L2", messages_that_are_none),
    Attack("further promises", "L2 stands still, or follows other rules", further_promises),
    strangers(in_use),
    Attack("a crowded inbox", "spam is free, or keeps others out", a_crowded_inbox),
    Attack("too little gas to burn", "L2's gas is bought for less than its price", too_little_gas_to_burn),
)
