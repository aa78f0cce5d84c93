from __future__ import annotations

import random

from eth_utils import to_checksum_address

from harness.primitives.addresses import checksum_address


def test_an_address_is_written_as_eth_utils_writes_it() -> None:
    draw = random.Random(3)
    for address in (bytes(20), b"\xff" * 20, *(draw.randbytes(20) for _ in range(200))):
        assert checksum_address(address) == to_checksum_address(address)
