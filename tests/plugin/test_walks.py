"""The walks of CONTRIBUTING.md lead through the functions that they name, in their order."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Run

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
HOP = re.compile(r"^\d+\. `(\S+)` `([\w.]+)`(.*)$", re.MULTILINE)

WATCHER = """
import json
import sys
from pathlib import Path

import pytest

HOPS = [tuple(hop) for hop in json.loads(Path("hops.json").read_text())]
WANTED = {name for _, name in HOPS}
passed = []


def watch(frame, event, argument):
    code = frame.f_code
    if event != "call" or code.co_qualname not in WANTED or len(passed) == len(HOPS):
        return
    file, name = HOPS[len(passed)]
    if code.co_qualname == name and code.co_filename == file:
        passed.append(name)


@pytest.fixture
def walk():
    return lambda: sys.setprofile(watch)


def pytest_unconfigure(config):
    sys.setprofile(None)
    Path("passed.json").write_text(json.dumps(passed))
"""

TRANSACTION = """
from harness import ether

def test_it(rollup, accounts, walk):
    data = rollup.passer.initiateWithdrawal.encode(accounts.bob.address, 0, b"")
    to = rollup.passer.address
    raw = rollup.sign_l2(accounts.alice, to=to, value=ether(1), data=data, gas=200_000)
    before = rollup.l1.balance(accounts.bob)
    walk()
    rollup.l2.send_raw(raw)
    rollup.confirm_all()
    rollup.execute(rollup.withdrawal_in(raw), sender=accounts.carol)
    assert rollup.l1.balance(accounts.bob) == before + ether(1)
"""

PAYMENT = """
from harness import ether

def test_it(channels, accounts, walk):
    channel = channels.open(accounts.alice, accounts.bob, deposit=ether(10))
    walk()
    channel.pay(accounts.alice, ether(3))
    old = channel.state
    channel.pay(accounts.alice, ether(2))
    channels.offline(accounts.bob)
    channel.close(by=accounts.alice, state=old)
    channels.watchtower.step()
    channel.settle()
    before = channels.chain.balance(accounts.bob)
    channel.collect(accounts.bob)
    assert channels.chain.balance(accounts.bob) > before
"""

REVERT = """
def test_it(rollup, accounts, Counter, walk):
    counter = rollup.l2.deploy(Counter, sender=accounts.alice)
    walk()
    counter.set(3, sender=accounts.bob)
"""


@dataclass(frozen=True, slots=True)
class Walk:
    """One walk: its title in the document, the test that walks it, and whether that test passes."""

    title: str
    test: str
    passes: bool = True

    @property
    def hops(self) -> list[tuple[str, str, str]]:
        """The lines that the document has under the title: file, function, and what it says of them."""
        return HOP.findall(DOCUMENT.partition(f"**{self.title}.**")[2].partition("\n\n**")[0])


WALKS = [
    Walk("A raw L2 transaction to a payout on L1", TRANSACTION),
    Walk("A payment to its settlement", PAYMENT),
    Walk("A revert on L2 to the failure that pytest prints", REVERT, passes=False),
]


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.title)
def test_a_walk_calls_the_functions_that_it_names_in_their_order(
    run: Run, pytester: pytest.Pytester, walk: Walk
) -> None:
    hops = [(str(ROOT / file), name) for file, name, _ in walk.hops if file.endswith(".py")]
    assert len(hops) > 10
    result = run({"test_it.py": walk.test, "conftest.py": WATCHER, "hops.json": json.dumps(hops)})
    result.assert_outcomes(passed=int(walk.passes), failed=int(not walk.passes))
    passed = json.loads((pytester.path / "passed.json").read_text(encoding="utf-8"))
    assert passed == [name for _, name in hops]


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.title)
def test_the_contracts_of_a_walk_have_the_functions_that_it_names(walk: Walk) -> None:
    hops = [hop for hop in walk.hops if hop[0].endswith(".sol")]
    for file, name, said in hops:
        functions = set(re.findall(r"\bfunction (\w+)\(", (ROOT / file).read_text(encoding="utf-8")))
        assert {name, *re.findall(r"`(\w+)`", said)} <= functions
