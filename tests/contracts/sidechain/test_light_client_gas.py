"""What a header costs on L1, by the number of validators, as the guide "sidechain" shows it."""

from __future__ import annotations

from dataclasses import replace

from harness.chain import open_chain
from harness.sidechain.header import Header
from harness.sidechain.light_client import LightClient
from harness.sidechain.sidechain import Sidechain
from harness.sidechain.validators import quorum
from tests.support.guide_tables import check_table, markdown

HEAD = ("validators", "seals", "same set", "one validator replaced")
COUNTS = (4, 7, 21, 100)


def advance(side: Sidechain) -> Header:
    """Return the next header, of a block with a transaction."""
    side.chain.send(sender=side.chain.accounts.alice, to=side.chain.accounts.bob, value=1)
    return side.head


def test_the_guide_shows_what_a_header_costs() -> None:
    rows = []
    with open_chain("py-evm") as l1:
        for count in COUNTS:
            side = Sidechain(count)
            side.chain.mine()
            client = LightClient.deploy(l1, side.head, 86_400)
            same = client.update(advance(side)).gas_used
            new = tuple(sorted((*side.members[1:], side.join(b"\x07" * 32).address)))
            keys = side.keys()
            header = advance(side)
            changed = replace(header, extra=replace(header.extra, validators=new))
            sealed = changed.sealed_by([keys[each] for each in new[: quorum(count)]])
            rows.append((count, quorum(count), f"{same:,}", f"{client.update(sealed).gas_used:,}"))
            assert same < 64_000 + 6_000 * quorum(count)
            side.close()
    check_table("sidechain", "light-client", markdown(HEAD, rows), within=0.005)
