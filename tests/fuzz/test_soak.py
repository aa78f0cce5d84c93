"""What a soak asks of a server, and what it makes of the memory that it sees."""

from __future__ import annotations

import pytest

from harness.chain import open_chain
from harness.cli import main
from harness.fuzz import soak
from harness.fuzz.soak import MemoryGrows, Soaked
from harness.rollup.config import RollupConfig
from harness.testbed.rollup import Rollup


def test_growth_is_that_of_the_last_minute_over_the_second() -> None:
    sizes = {30: 50, 70: 100, 90: 102, 110: 104, 200: 500, 250: 105, 270: 106, 299: 107}
    assert Soaked(memory=list(sizes.items())).growth == pytest.approx(100 * (106 / 102 - 1))  # type: ignore[arg-type]


def test_a_short_soak_compares_its_halves() -> None:
    assert Soaked(memory=[(1, 100), (6, 110), (10, 110)]).growth == pytest.approx(10)


@pytest.mark.parametrize(("last", "status"), [(104, 0), (106, 1)])
def test_the_command_fails_if_memory_grows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], last: int, status: int
) -> None:
    def run(seconds: float) -> Soaked:
        found = Soaked(2, 10, [(70, 100 << 20), (seconds, last << 20)])
        if found.growth > soak.MOST_GROWTH:
            raise MemoryGrows(found)
        return found

    monkeypatch.setattr(soak, "run", run)
    assert main(["fuzz", "soak"]) == status
    assert f"memory: 100 MiB, then {last} MiB" in capsys.readouterr().out


def test_a_round_takes_back_what_it_did() -> None:
    with open_chain() as l1:
        rollup = Rollup.deploy(l1, RollupConfig())
        rollup.fund()
        before = l1.head, rollup.l2.head
        with rollup.serve() as served:
            soaked = soak.soak({"L1": served.l1, "L2": served.l2}, lambda: 1, 0)
        assert (l1.head, rollup.l2.head) == before
        assert soaked.rounds == 1 and soaked.requests > 200
