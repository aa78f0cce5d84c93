"""What the life of a channel costs, against the published figures of other channel contracts."""

from __future__ import annotations

from harness.channels.gas import PUBLISHED, measure
from tests.support.guide_tables import check_table


def test_every_row_is_below_the_published_figures(l1, contracts) -> None:  # type: ignore[no-untyped-def]
    measured = measure(l1, contracts["PaymentChannel"])
    above = [row for row in PUBLISHED if measured[row.ours] >= row.gas]
    assert not above, {row.what: (measured[row.ours], row.gas) for row in above}


def test_the_guide_shows_the_gas_that_is_measured(l1, contracts) -> None:  # type: ignore[no-untyped-def]
    measured = measure(l1, contracts["PaymentChannel"])
    lines = ["| published | gas | here | gas |", "|---|---:|---|---:|"]
    lines += [f"| {row.what} | {row.gas:,} | {row.ours} | {measured[row.ours]:,} |" for row in PUBLISHED]
    check_table("costs", "channel-gas", "\n".join(lines))
