"""The steps between opcodes: what is taken from L1, what a new block tells, what is paid, and machines at rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.adapters.prover import ProvenStep
from harness.adapters.prover_steps import transactions
from harness.adapters.prover_steps.bench import (
    BUDGET,
    CODED,
    POOR,
    RICH,
    SPENT,
    TARGET,
    Bench,
    Benches,
    address,
    parts_of,
    rich_state,
    with_nothing_proven,
)
from harness.adapters.prover_steps.transactions import (
    DATA,
    FLOOR,
    INTRINSIC,
    NOBODY,
    deposits,
    scant_deposits,
    set_code,
    sign,
)
from harness.primitives.delegation import designator
from harness.proofs.witness import Witness, to_words
from harness.rollup.codec.batch import Item
from harness.rollup.codec.messages import DEPOSIT, SIGNED, L1Attributes
from harness.rollup.forks import FORKS, Fork
from harness.rollup.machine.environment import TX_GAS_CAP
from harness.rollup.machine.opening import HISTORY, L1_BLOCK

MALFORMED = (
    b"\x02", b"\xff" * 40, b"\x00", b"\x00\x00\x00", b"\x00\x00\x00\x05abcd", b"\x00\xff\xff\xffabcd",
    b"\x01" + bytes(10), b"\x01" + bytes(8) + b"\x00\x00\x01",
)  # fmt: skip
"""Bytes behind an item that are none."""
SCALARS = (1_368, 810_949)
"""Those of a chain of the OP Stack."""
HIGH = L1Attributes(2**256 - 1, 1_700_000_500, b"\x99" * 32, 2**200)


def _raw(raw: bytes) -> bytes:
    return b"\x00" + len(raw).to_bytes(3, "big") + raw


def _of(bench: Bench, kind: str, *items: Item | bytes, **given: object) -> Iterator[ProvenStep]:
    """Yield the steps of a batch of its own, which takes the messages that were queued since the last one."""
    fork = given.pop("fork", FORKS[-1])
    seen = given.pop("l1", None)
    queued = given.pop("queued", 0)
    taken = len(bench.messages) - int(queued)  # type: ignore[call-overload]
    data = b"".join(item.encode() if isinstance(item, Item) else item for item in items)
    batch = bench.post(data, fork, l1=seen)  # type: ignore[arg-type]
    given.setdefault("budget", BUDGET)
    yield from bench.steps_of(bench.derive(batch, taken=taken, **given), kind)  # type: ignore[arg-type]


def steps(benches: Benches) -> Iterator[ProvenStep]:
    """Yield inputs of every kind."""
    bench = benches.osaka
    yield from _delayed(bench)
    for name, raw in transactions.taken().items():
        yield from _of(bench, name, Item(raw), Item(sign(SPENT, nonce=7)))
    for name, raw in transactions.skipped().items():
        yield from _of(bench, f"skipped, {name}", _raw(raw), Item(sign()))
        yield from _of(bench, f"{name}, beyond the budget", _raw(raw), b"\xff", budget=20_998, l1_block=9)
    for number, tail in enumerate(MALFORMED):
        yield from _of(bench, f"malformed {number}", Item(sign()), tail)
    yield from _of(bench, "no item")
    yield from _of(bench, "511 items", b"\x00\x00\x00\x00" * 513)
    yield from _budgets(bench)
    for seconds in (-3_601, -1, 9_601, 2**40):
        when = max(0, 1_700_000_000 + seconds)
        for previous in (0, 1_700_050_000):
            items = Item(sign(), timestamp=when), Item(sign(nonce=1))
            yield from _of(bench, f"a block at {seconds} s", *items, timestamp=previous)
    old = benches.prague
    for fork in (Fork.CANCUN, Fork.PRAGUE):
        for gas in (FLOOR, FLOOR - 1, INTRINSIC, INTRINSIC - 1):
            yield from _of(old, f"{gas} gas in {fork.name}", Item(sign(gas=gas, data=DATA, to=NOBODY)), fork=fork)
        yield from _of(old, f"type 4 in {fork.name}", Item(set_code()), Item(sign(CODED)), fork=fork)
    yield from _upgrade(old)


def _delayed(bench: Bench) -> Iterator[ProvenStep]:
    """Yield messages from L1, each in a batch of its own, and many ahead of items."""
    for name, deposit in {**deposits(), **scant_deposits()}.items():
        bench.queue(DEPOSIT, deposit.sender, deposit.gas_limit, deposit.payload)
        yield from _of(bench, f"a deposit: {name}", queued=1)
    queued = {
        "taken": (sign(), TX_GAS_CAP), "a nonce ahead": (sign(nonce=9), TX_GAS_CAP), "nothing": (b"", TX_GAS_CAP),
        "junk": (b"junk", TX_GAS_CAP), "a byte less": (sign()[:-1], TX_GAS_CAP),
        "of a contract": (sign(CODED), TX_GAS_CAP),
        "at its gas": (sign(), 100_000), "above its gas": (sign(), 99_999),
    }  # fmt: skip
    for name, (raw, gas) in queued.items():
        bench.queue(SIGNED, address(RICH), gas, raw)
        yield from _of(bench, f"queued, {name}", b"\xff", queued=1)
    some = [deposits()[name] for name in ("call", "creation", "value not covered")]
    for deposit in some:
        bench.queue(DEPOSIT, deposit.sender, deposit.gas_limit, deposit.payload)
    bench.queue(SIGNED, address(RICH), TX_GAS_CAP, sign(nonce=1, gas=90_000))
    yield from _of(bench, "messages first", Item(sign(nonce=2), timestamp=0), b"\x07", queued=4)


def _budgets(bench: Bench) -> Iterator[ProvenStep]:
    """Yield batches that fill the budget, and items that it does not hold."""
    for budget, blocks in ((0, 0), (5, 1), (BUDGET - TX_GAS_CAP, 1), (BUDGET - TX_GAS_CAP + 1, 1), (BUDGET, 0), (7, 9)):
        yield from _of(bench, f"{blocks} blocks on {budget}", Item(sign()), budget=budget, l1_block=9 - blocks)
    following = Item(sign(nonce=1, gas=21_000, to=NOBODY))
    for budget in (100_000, 99_999, 0):
        for timestamp in (None, 2**40):
            first = Item(sign(gas=100_000), timestamp)
            yield from _of(bench, f"100,000 of {budget} gas", first, following, budget=budget, l1_block=9)
    for code in (b"\x00", designator(TARGET), designator(TARGET) + b"\0", b"\xef\x01\x01" + TARGET):
        state = rich_state().with_account(address(CODED), code=code)
        for timestamp in (None, 2**40):
            items = Item(sign(CODED), timestamp), Item(sign())
            yield from _of(bench, f"code {code.hex()[:8]}", *items, state=state, budget=200_000, l1_block=9)


def _upgrade(bench: Bench) -> Iterator[ProvenStep]:
    """Yield the batches on both sides of an upgrade, and one whose fork goes back."""
    for one, other in ((Fork.CANCUN, Fork.PRAGUE), (Fork.PRAGUE, Fork.OSAKA), (Fork.CANCUN, Fork.OSAKA)):
        batches = [
            bench.post(Item(sign(nonce=number, gas=INTRINSIC, data=DATA)).encode(), fork)
            for number, fork in enumerate((one, other))
        ]
        trace = bench.derive(*batches, taken=len(bench.messages), budget=BUDGET)
        yield from bench.steps_of(trace, f"from {one.name} to {other.name}")


def blocks(benches: Benches) -> Iterator[ProvenStep]:
    """Yield the steps that write what a new block tells, in every fork."""
    three = (Item(sign(), timestamp=0), Item(b"", timestamp=0), Item(sign(nonce=1)))
    bare = rich_state().with_account(L1_BLOCK, code=b"", balance=3).with_account(HISTORY, code=b"", balance=4)
    for fork in FORKS:
        bench = benches.osaka if fork is Fork.OSAKA else benches.prague
        yield from _of(bench, f"three in {fork.name}", *three, fork=fork)
        yield from _of(bench, f"nobody to tell in {fork.name}", *three, fork=fork, state=bare)
        for code in (b"\x00", designator(TARGET)):
            state = rich_state().with_account(address(CODED), code=code)
            yield from _of(bench, f"by {code.hex()[:6]}", Item(sign(CODED), timestamp=0), fork=fork, state=state)
    bench = benches.osaka
    for number in (0, 1, 8_190, 8_191, 8_192, 2**20):
        yield from _of(bench, f"number {number}", number=number)
    two = [bench.post(b"".join(item.encode() for item in three[:2])), bench.post(Item(sign(nonce=1), 0).encode())]
    later = replace(two[1], l1=L1Attributes(5, 1_700_000_900, b"\x44" * 32, 6))
    yield from bench.steps_of(bench.derive(*two, taken=len(bench.messages), budget=BUDGET), "two batches")
    fresh = bench.post(later.data, l1=later.l1)
    yield from bench.steps_of(bench.derive(fresh, taken=len(bench.messages), budget=BUDGET), "another L1")
    yield from _of(bench, "an authorisation", Item(set_code(), timestamp=0))


def fees(benches: Benches) -> Iterator[ProvenStep]:
    """Yield what transactions pay for their bytes and for their floor."""
    bench = benches.osaka
    rich = rich_state().with_account(address(RICH), balance=10**40).with_account(address(POOR), balance=10**18)
    for scalars in (SCALARS, (1, 0), (0, 2**32 - 1), (2**32 - 1, 2**32 - 1)):
        for name, raw in transactions.taken().items():
            if scalars == SCALARS or name == "type 2":
                yield from _of(bench, f"{name} at {scalars}", Item(raw, timestamp=0), state=rich, scalars=scalars)
        yield from _of(bench, f"high fees at {scalars}", Item(sign()), l1=HIGH, state=rich, scalars=scalars)
    raw = sign(POOR, gas=21_000, value=4, to=NOBODY)
    trace = bench.derive(bench.post(Item(raw).encode()), taken=len(bench.messages), state=rich, scalars=SCALARS)
    fee = trace.inputs[1].ready.env.data_fee(raw)
    for short in (0, 1):
        poor = rich_state().with_account(address(POOR), balance=21_000 * 10 + 4 + fee - short)
        yield from _of(bench, f"{short} wei short of its fee", Item(raw), state=poor, scalars=SCALARS)
    skipped = Item(sign(CODED), timestamp=0), Item(sign(nonce=7))
    yield from _of(bench, "no fee of what is skipped", *skipped, scalars=SCALARS)
    destroys = Item(sign(to=None, nonce=1, data=b"\x32\xff", gas=200_000))
    state = rich_state().with_account(address(RICH), nonce=1)
    yield from _of(bench, "a fee before a destruction", destroys, state=state, scalars=SCALARS)
    bench.queue(SIGNED, address(RICH), TX_GAS_CAP, sign())
    yield from _of(bench, "a queued transaction's fee", queued=1, scalars=SCALARS)
    deposit = deposits()["call"]
    bench.queue(DEPOSIT, deposit.sender, deposit.gas_limit, deposit.payload)
    yield from _of(bench, "no fee of a deposit", queued=1, scalars=SCALARS)


def nothing(benches: Benches) -> Iterator[ProvenStep]:
    """Yield machines that have nothing to do at an index, and a batch of a fork that the prover does not know."""
    bench = benches.osaka
    batch = bench.post(Item(sign()).encode())
    trace = bench.derive(batch, taken=len(bench.messages), budget=BUDGET)
    idle = trace.hash_at(0)
    witness = parts_of(Witness(machine=to_words(trace.before.words())))
    for index, end in ((1, 9), (1 << 23, 9), ((1 << 24) - 1, 9), ((5 << 24) + 3, 9), (0, 0), (7 << 24, 0)):
        yield ProvenStep(f"IDLE: at {index:#x} up to batch {end}", idle, idle, index, witness, end, bench.place)
    unknown: object = FORKS[-1] + 1
    strange = bench.post(b"", unknown)  # type: ignore[arg-type]
    first = next(bench.steps_of(bench.derive(strange, taken=len(bench.messages)), ""))
    yield with_nothing_proven(first, "INPUT: a batch of a fork to come")
