"""A party that crashes at any record of its journal comes back to the same channel."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from harness import ether
from harness.channels.errors import JournalCorrupt, UnknownRecord
from harness.channels.journal import FileJournal
from harness.channels.types import Side
from harness.fuzz.crashes import Crash, CrashingJournal

PAYMENTS = (3, 5, 7)


def story(channels: Any, accounts: Any, attempts: list[int]) -> Any:
    """Payments both ways and a routed one; after a crash of bob he resumes, and what he had not done he does again."""
    alice, bob, carol = accounts.alice, accounts.bob, accounts.carol

    def insist(doing: Any) -> None:
        with contextlib.suppress(Crash):
            return doing()
        attempts[0] += 1
        channels.resume(bob)
        channels.settle_messages()
        return None

    first, second = channels.channels.values()
    for amount in PAYMENTS:
        insist(lambda amount=amount: first.pay(alice, amount))
    insist(channels.settle_messages)
    insist(lambda: channels.pay_route(alice, carol, 11))
    for _ in range(3):
        insist(channels.settle_messages)
        insist(channels.tick)
    return first, second


@pytest.mark.parametrize("written", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize("point", range(11))
def test_a_crash_at_every_write_loses_nothing(channels: Any, accounts: Any, point: int, written: bool) -> None:
    journal = CrashingJournal()
    channels.journals[accounts.bob.address] = journal
    channels.open(accounts.alice, accounts.bob, deposit=ether(1))
    channels.open(accounts.bob, accounts.carol, deposit=ether(1))
    channels.read_chain()
    journal.arm(point, written=written)
    crashes = [0]
    first, second = story(channels, accounts, crashes)
    assert crashes[0] == 1
    # A hub that dies between writing a forward down and signing it gives the payment back: all of it, or none.
    routed = second.balance(accounts.carol)
    assert routed in (0, 11)
    assert first.balance(accounts.bob) == sum(PAYMENTS) + routed
    assert first.balance(accounts.alice) == ether(1) - sum(PAYMENTS) - routed
    for channel, closer in ((first, accounts.bob), (second, accounts.carol)):
        channel.close(by=closer)
        channel.settle()
    assert first.payout(accounts.bob) == sum(PAYMENTS) + routed
    assert second.payout(accounts.carol) == routed


def test_a_journal_in_a_file_brings_a_party_back(channels: Any, accounts: Any, tmp_path: Path) -> None:
    path = tmp_path / "bob"
    journal = FileJournal(path)
    channels.journals[accounts.bob.address] = journal
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(1))
    channel.pay(accounts.alice, 7)
    before = channel.end(accounts.bob).ledger
    journal.close()
    channels.journals[accounts.bob.address] = FileJournal(path, sync=True)
    channels.resume(accounts.bob)
    after = channel.end(accounts.bob).ledger
    assert after is not before
    assert (after.adopted, after.signed, after.funds) == (before.adopted, before.signed, before.funds)
    channel.pay(accounts.alice, 5)
    assert channel.balance(accounts.bob) == 12
    assert channel.side(accounts.bob) in Side


def test_a_torn_last_record_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = FileJournal(path)
    journal.append(["first", 1])
    journal.append(["second", 2])
    journal.close()
    whole = path.read_bytes()
    for cut in range(whole.index(b"\n") + 1, len(whole)):
        path.write_bytes(whole[:cut])
        resumed = FileJournal(path)
        assert list(resumed.records()) == [["first", 1]]
        resumed.append(["third", 3])
        assert list(resumed.records()) == [["first", 1], ["third", 3]]
        resumed.close()


def test_a_damaged_record_is_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = FileJournal(path)
    for number in range(3):
        journal.append(["record", number])
    journal.close()
    content = bytearray(path.read_bytes())
    content[15] ^= 1
    path.write_bytes(content)
    with pytest.raises(JournalCorrupt) as problem:
        list(FileJournal(path).records())
    assert problem.value.record == 1


@pytest.mark.parametrize("record", [["from the future", 1], []])
def test_a_record_of_an_unknown_kind_is_refused(channels: Any, accounts: Any, record: list[Any]) -> None:
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(1))
    with pytest.raises(UnknownRecord):
        channel.end(accounts.bob).ledger.apply(record)
    channels.journals[accounts.bob.address].append(record)
    with pytest.raises(UnknownRecord):
        channels.resume(accounts.bob)
