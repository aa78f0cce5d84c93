"""What a header costs on L1, by the number of validators, as the guide "sidechain" shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

import pytest
from eth_utils import to_canonical_address

from harness.chain import open_chain
from harness.primitives.hashing import keccak256
from harness.sidechain.bridge import RECEIVED, SENT, slot_of
from harness.sidechain.header import Header
from harness.sidechain.light_client import LightClient
from harness.sidechain.sidechain import Sidechain
from harness.sidechain.validators import quorum
from tests.support.guide_tables import check_table, markdown

HEAD = ("validators", "seals", "same set", "one validator replaced")
COUNTS = (4, 7, 21, 100)
FEW_SEALS = 80_000
"""The gas below which a header of one to three validators stays, with the same set."""


def advance(side: Sidechain) -> Header:
    """Return the next header, of a block with a transaction."""
    side.chain.send(sender=side.chain.accounts.alice, to=side.chain.accounts.bob, value=1)
    return side.head


def test_the_guide_shows_what_a_header_costs() -> None:
    rows = []
    with open_chain("py-evm") as l1:
        for size in COUNTS:
            side = Sidechain(size)
            side.chain.mine()
            client = LightClient.deploy(l1, side.head, 86_400)
            same = client.update(advance(side)).gas_used
            new = tuple(sorted((*side.members[1:], side.join(b"\x07" * 32).address)))
            keys = side.keys()
            header = advance(side)
            changed = replace(header, extra=replace(header.extra, validators=new))
            sealed = changed.sealed_by([keys[each] for each in new[: quorum(size)]])
            changed_set = client.update(sealed).gas_used
            rows.append((size, quorum(size), f"{same:,}", f"{changed_set:,}"))
            assert same < 60_000 + 6_000 * quorum(size)
            assert changed_set < 96_000 + 7_000 * quorum(size)
            side.close()
    check_table("sidechain", "light-client", markdown(HEAD, rows), within=0.005)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_header_with_one_or_two_seals_costs_less_than_the_guide_says(size: int) -> None:
    """Its extra data are too short for the quick way."""
    with open_chain("py-evm") as l1:
        side = Sidechain(size)
        side.chain.mine()
        client = LightClient.deploy(l1, side.head, 86_400)
        assert quorum(size) < 3
        assert client.update(advance(side)).gas_used < FEW_SEALS
        side.close()


BRANCHES = 4


def beside(key: bytes, made: Callable[[int], bytes]) -> Iterator[int]:
    """Yield numbers whose keys share one, two and three nibbles with a key, so that four branches lead to it."""
    path = keccak256(key).hex()
    for shared in range(1, BRANCHES):
        yield next(n for n in count(1) if keccak256(made(n)).hex()[:shared] == path[:shared] and made(n) != key)


def test_the_guide_shows_what_the_bridge_costs() -> None:
    with open_chain("py-evm") as l1:
        side = Sidechain(4)
        bridge = side.attach(l1)
        deposit = bridge.near.send(l1.accounts.bob, l1.now + 9_000, 0, b"", sender=l1.accounts.alice, value=10**18)
        l1.mine(bridge.depth)
        side.step()
        leaving = bridge.withdraw(l1.accounts.carol, 10**17, sender=side.chain.accounts.bob)
        waiting = bridge.deposit(l1.accounts.bob, 10**17, sender=l1.accounts.alice)
        far = to_canonical_address(bridge.far.address)
        for n in beside(far, lambda n: n.to_bytes(20, "big")):
            side.chain.set_balance(n.to_bytes(20, "big"), 1)
        for message, mapping in ((leaving, SENT), (waiting, RECEIVED)):
            slot = slot_of(message.id, mapping).to_bytes(32, "big")
            for n in beside(slot, lambda n: n.to_bytes(32, "big")):
                side.chain.set_storage(bridge.far, n, 1)
        side.chain.warp(to=waiting.deadline + 1)
        side.chain.mine()
        l1.warp(to=waiting.deadline + 1)
        bridge.follow()
        proof = bridge.prove(SENT, leaving.id)
        assert min(len(nodes) for nodes in proof[2:]) >= BRANCHES + 1, "four branches, and a leaf"
        absence = bridge.prove(RECEIVED, waiting.id)
        assert min(len(nodes) for nodes in absence[2:]) >= BRANCHES
        withdrawal, refund = bridge.execute(leaving, proof).gas_used, bridge.refund(waiting).gas_used
    assert max(withdrawal, refund) < 250_000
    rows = [
        ("a message to the sidechain", f"{deposit.gas_used:,}"),
        ("a message from there, with its proof", f"{withdrawal:,}"),
        ("a refund, with its proof", f"{refund:,}"),
    ]
    check_table("sidechain", "bridge-gas", markdown(("on L1, proofs of four branches each", "gas"), rows), within=0.005)
