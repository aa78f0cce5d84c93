"""The channel pack against a one-way channel of a user's own: ether, vouchers of the payer alone, no versions.

The honest party is the payer in one seat, and the payee in the other.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.adapters.choosing import choose
from harness.attack.attack import Outcome, Verdict
from harness.attack.channel.pack import PACK
from harness.attack.runner import run_pack
from tests.attack.planting import planted

HERE = Path(__file__).resolve().parent / "projects" / "voucher"
FAULTS = {
    "a voucher is paid whole each time": ("uint256 part = amount - c.redeemed;", "uint256 part = amount;"),
    "anybody's voucher counts": ("signer != c.payer || ", ""),
    "the payer takes the rest in the last second": ("block.timestamp > c.leavesAt", "block.timestamp >= c.leavesAt"),
}


def attacked(folder: Path, *, first_only: bool = True) -> list[Outcome]:
    word = f"{folder / 'voucher_adapter.py'}:VoucherAdapter"
    return run_pack(PACK, choose("channel", word, PACK.built_in, PACK.protocol, root=folder), first_only=first_only)


def test_the_sound_contract_holds_in_both_seats() -> None:
    outcomes = attacked(HERE, first_only=False)
    assert [each for each in outcomes if each.verdict in (Verdict.FOUND, Verdict.FAILED)] == []
    held = {each.attack: each.variant for each in outcomes if each.verdict is Verdict.HELD}
    assert len(held) >= 30
    assert held["stale-close"] == "ether, the honest party is second", "an old voucher is worse for the payee"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, tmp_path: Path) -> None:
    assert attacked(planted(HERE, tmp_path, FAULTS[fault]))[-1].verdict is Verdict.FOUND
