from __future__ import annotations

import pytest

from harness.contracts.errors import EventMissing
from harness.contracts.events import emitted, events_of, not_emitted


def test_events_are_decoded_in_order(chain, alice, probe):
    receipt = probe.increment(sender=alice)
    (event,) = receipt.events
    assert (event.name, event.contract, event.address) == ("Incremented", "ChainProbe", probe.address)
    assert (event.by, event.count, event["note"]) == (alice.address, 6, b"\xbe\xef")


def test_an_indexed_string_is_its_hash(chain, alice, probe):
    from eth_hash.auto import keccak

    assert probe.increment(sender=alice).events[0].tag == keccak(b"tag")


def test_emitted_finds_by_some_fields(chain, alice, probe, contracts):
    receipt = probe.increment(sender=alice)
    assert emitted(receipt, contracts["ChainProbe"].Incremented).count == 6
    assert emitted(receipt, probe.Incremented, by=alice, count=6).note == b"\xbe\xef"


def test_emitted_fails_and_shows_the_events_that_there_were(chain, alice, probe, contracts):
    receipt = probe.increment(sender=alice)
    with pytest.raises(EventMissing, match=r"no event ChainProbe.Incremented\(count=7\); emitted: .*count=6"):
        emitted(receipt, probe.Incremented, count=7)
    with pytest.raises(AssertionError):
        emitted(receipt, probe.Environment)
    with pytest.raises(AssertionError):
        not_emitted(receipt, probe.Incremented)
    not_emitted(receipt, probe.Environment)


def test_emitted_distinguishes_contracts(chain, alice, probe, contracts):
    other = chain.deploy(contracts["ChainProbe"], 1, sender=alice)
    receipt = probe.increment(sender=alice)
    assert events_of(receipt, other.Incremented) == []
    assert len(events_of(receipt, contracts["ChainProbe"].Incremented)) == 1


@pytest.mark.needs("mining")
def test_log_indices_count_through_the_block(chain, alice, probe):
    with chain.block():
        first = probe.increment(sender=alice)
        second = probe.increment(sender=alice)
    assert [log.index for receipt in (first, second) for log in receipt.logs] == [0, 1]
