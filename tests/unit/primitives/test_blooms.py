from __future__ import annotations

import random

from eth_bloom import BloomFilter

from harness.primitives.blooms import bloom_of


def test_a_filter_is_that_of_eth_bloom() -> None:
    draw = random.Random(4)
    for count in (0, 1, 2, 30):
        logs = [(draw.randbytes(20), [draw.randbytes(32) for _ in range(draw.randrange(5))]) for _ in range(count)]
        expected = BloomFilter()
        for address, topics in logs:
            expected.add(address)
            for topic in topics:
                expected.add(topic)
        assert bloom_of(logs) == int(expected)


def test_the_order_of_logs_does_not_matter() -> None:
    logs = [(b"\x01" * 20, [b"\x02" * 32]), (b"\x03" * 20, [])]
    assert bloom_of(logs) == bloom_of(reversed(logs)) == bloom_of(logs[:1]) | bloom_of(logs[1:])
