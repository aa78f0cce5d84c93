"""One L1 and one sidechain, which each test finds as good as new."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.chain import open_chain
from harness.sidechain.sidechain import Sidechain
from harness.testbed.rollup import Rollup
from tests.support.shores import PERIOD, Between, Desk


@pytest.fixture(scope="module")
def opened() -> Iterator[Desk]:
    l1, side = open_chain("py-evm"), Sidechain(4)
    yield Desk(l1, side, side.attach(l1, trusting_period=PERIOD))
    l1.backend.close()
    side.close()


@pytest.fixture
def desk(opened: Desk) -> Iterator[Desk]:
    marks = opened.l1.snapshot(), opened.side.snapshot()
    yield opened
    opened.l1.restore(marks[0])
    opened.side.restore(marks[1])


@pytest.fixture(params=["two L1s", "an L1 and a rollup"])
def between(request: pytest.FixtureRequest) -> Iterator[Between]:
    """Two chains with a sidechain between them. A test may ask for "py-evm and anvil" besides."""
    first = open_chain("py-evm", 900)
    if request.param != "an L1 and a rollup":
        second = open_chain("anvil" if "anvil" in request.param else "py-evm", 902)
    else:
        rollup = Rollup.deploy(first)
        rollup.fund()
        second = rollup.l2
    side = Sidechain(4)
    for chain in (first, second):
        side.attach(chain)
    yield Between(first, second, side)
    side.close()
    second.backend.close()
    first.backend.close()
