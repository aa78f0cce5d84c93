"""One L1 and one sidechain, which each test finds as good as new."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.chain import open_chain
from harness.sidechain.sidechain import Sidechain
from tests.support.shores import PERIOD, Desk


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
