"""Payments in one channel on one core: the payer signs once and the payee verifies once.

Rates are per second of processor time, except where the disk must be waited for.
"""

from __future__ import annotations

import gc
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness.bench.measure import Ratio, rate
from harness.chain.opening import open_chain
from harness.chain.values.accounts import well_known_accounts
from harness.channels.end import ChannelEnd, Proposal
from harness.channels.journal import FileJournal, Record
from harness.channels.messages import Domain, Signer
from harness.channels.types import ETHER, Funds, Side, Terms

PROMISED = 5_000
_ACCOUNTS = sorted(well_known_accounts(), key=lambda account: int(account.address, 16))[:2]
_NOW = 1_700_000_000
Write = Callable[[Record], None]


def ratios() -> Iterator[Ratio]:
    transfers = _transfers()
    payer, payee = _ends(_nowhere, _nowhere)
    payments = _rate(_payment(payer, payee), seconds=3)
    yield Ratio("payments, signed and verified", payments, PROMISED, "/s", "/s promised", at_least=1)
    yield Ratio("payments, signed and verified", payments, transfers, "/s", "/s transfers on L1")
    yield Ratio("signing alone", _signing(), payments, "/s", "/s payments")
    yield Ratio("verifying alone", _verifying(), payments, "/s", "/s payments")
    with tempfile.TemporaryDirectory() as folder:
        yield from _persisted(Path(folder), payments)


def _persisted(folder: Path, payments: float) -> Iterator[Ratio]:
    record = ["propose", 12_345, 12_344, [["pay", 10**15]], 130 * "f"]
    for name, sync in (("in files", False), ("in files, each record flushed to disk", True)):
        journals = [FileJournal(folder / f"{side.name}-{sync}", sync=sync) for side in Side]
        per_second = rate if sync else _rate
        writes = per_second(lambda first=journals[0]: first.append(record))  # type: ignore[misc]
        yield Ratio(f"persisting alone, {name}", writes, payments, "/s", "/s payments")
        payer, payee = _ends(journals[0].append, journals[1].append)
        kept = per_second(_payment(payer, payee), seconds=2)
        yield Ratio(f"payments, both sides persisted {name}", kept, payments, "/s", "/s payments")
        for journal in journals:
            journal.close()


def _rate(action: Callable[[], object], *, seconds: float = 1.0) -> float:
    """Return the calls per second of this process's processor time."""
    for _ in range(50):
        action()
    gc.collect()
    calls, start = 0, time.process_time()
    while (spent := time.process_time() - start) < seconds:
        for _ in range(20):
            action()
        calls += 20
    return calls / spent


def _nowhere(_: Record) -> None:
    """Keep nothing, so that only signing and verifying are measured."""


def _ends(*writes: Write) -> tuple[ChannelEnd, ChannelEnd]:
    """Return payer and payee of a channel with money for any number of payments."""
    terms = Terms(ETHER, _ACCOUNTS[0].address, _ACCOUNTS[1].address, 1, 86_400)
    domain = Domain(900, "0x" + 40 * "1")
    ends = []
    for side, write in zip(Side, writes, strict=True):
        end = ChannelEnd.create(domain, terms, side, Signer(_ACCOUNTS[side].private_key), write)
        end.on_funds(Funds(10**24, 0))
        ends.append(end)
    return ends[0], ends[1]


def _payment(payer: ChannelEnd, payee: ChannelEnd) -> Callable[[], None]:
    """Return a function that makes one payment.

    Every thousandth payment is acknowledged, which lets the payer forget what came before.
    """
    made = itertools.count(1)

    def pay() -> None:
        payee.adopt(payer.pay(1, _NOW), _NOW)
        if next(made) % 1_000 == 0:
            ack = payee.acknowledge()
            assert ack is not None
            payer.receive(ack, _NOW)

    return pay


def _signing() -> float:
    payer, _ = _ends(_nowhere, _nowhere)
    return _rate(lambda: payer.pay(1, _NOW))


def _verifying() -> float:
    payer, payee = _ends(_nowhere, _nowhere)
    proposals: Any = iter([payer.pay(1, _NOW) for _ in range(40_000)])

    def verify() -> None:
        proposal: Proposal = next(proposals)
        payee.adopt(proposal, _NOW)

    return _rate(verify)


def _transfers() -> float:
    alice, bob = well_known_accounts()[0], well_known_accounts()[1]
    with open_chain() as chain:
        return _rate(lambda: chain.send(sender=alice, to=bob, value=1))
