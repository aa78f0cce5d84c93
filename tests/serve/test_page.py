"""The page on both ports, in a browser: it shows what the rollup is, and follows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness import ether
from harness.agents import Proposer, faults
from harness.testbed.rollup import Rollup
from tests.support.browser import CHROMIUM, NO_BROWSER, open_page
from tests.support.clients import ask

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=NO_BROWSER)

WIDTHS = (360, 1_280)


def once(condition: str) -> str:
    """Return an expression whose value comes when a condition holds; it fails after two minutes."""
    return (
        "new Promise((done, failed) => { const end = Date.now() + 120000; const look = () => {"
        f" if ({condition}) done(true); else if (Date.now() > end) failed(document.body.innerText);"
        " else setTimeout(look, 20); }; look(); })"
    )


def cells(table: str) -> str:
    return f"[...document.querySelectorAll('#{table} td')].map(cell => cell.innerText)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("layer", ["l1", "l2"])
def test_the_page_shows_the_rollup_and_follows_it(
    rollup: Rollup, alice: Any, bob: Any, tmp_path: Path, scheme: str, layer: str
) -> None:
    served = rollup.serve()
    with open_page(tmp_path) as page:
        page.open(getattr(served, layer), 1_280, 900, scheme)
        page.value(once("document.querySelectorAll('#accounts tr').length > 1"))
        head = page.value("document.querySelectorAll('.head b')[1].innerText")
        assert int(head) == rollup.l2.block_number
        assert page.value("document.getElementById('state').innerText") == "live"

        rollup.l2.send(sender=alice, to=bob, value=1)
        withdrawal = rollup.withdraw(ether(1), sender=alice)
        page.value(once(f"document.querySelectorAll('.head b')[1].innerText == {rollup.l2.block_number}"))
        assert withdrawal.hash.hex()[:8] in page.value(cells("withdrawals"))[0]
        assert page.value(cells("withdrawals"))[3] == "sent"

        rollup.sequencer.post()
        liar = rollup.join(Proposer(lie=faults.wrong_root()))
        game = rollup.challenger.dispute(liar.propose())
        page.value(once("document.querySelectorAll('#games li').length >= 1"))
        assert "wrong" in page.value(cells("assertions"))
        rollup.run_until(game.resolved)
        rollup.confirm_all()
        claims = len(game.view.claims)
        page.value(once(f"document.querySelectorAll('#games li').length == {claims}"))
        page.value(once("document.querySelector('#games h3').innerText.includes('rejected')"))
        page.value(once("document.querySelector('#withdrawals td:nth-child(4)').innerText == 'executable'"))
        assert page.problems == []


def test_the_page_fits_any_width_and_keeps_text_apart_from_its_back(rollup: Rollup, tmp_path: Path) -> None:
    served = rollup.serve()
    with open_page(tmp_path) as page:
        for width in WIDTHS:
            page.open(served.l2, width, 800)
            page.value(once("document.querySelectorAll('#accounts tr').length > 1"))
            assert page.value("document.documentElement.scrollWidth") <= width
        backs = []
        for scheme in ("light", "dark"):
            page.open(served.l2, 1_280, 800, scheme)
            backs.append(page.value("getComputedStyle(document.body).backgroundColor"))
        assert len(set(backs)) == 2


def test_what_the_page_shows_can_be_asked_for(rollup: Rollup, alice: Any) -> None:
    served = rollup.serve()
    rollup.deposit(ether(1), sender=alice)
    sent = rollup.withdraw(7, sender=alice)
    rollup.confirm_all()
    assert ask(served.l1, "rollup_overview") == ask(served.l2, "rollup_overview")
    safe = ask(served.l2, "rollup_outputAtBlock", hex(rollup.l2.block_number))
    assert safe["machineRoot"] == "0x" + rollup.latest_confirmed.root.hex()
    proof = ask(served.l2, "rollup_withdrawalProof", "0x" + sent.hash.hex())
    assert proof["nodes"] == ["0x" + node.hex() for node in rollup.proof(sent).nodes]
    assert proof["gameIndex"] is None
    index = rollup.open_root(sender=alice)
    proof = ask(served.l2, "rollup_withdrawalProof", "0x" + sent.hash.hex())
    assert int(proof["gameIndex"], 16) == index
    parts = [proof["output"][name] for name in ("version", "stateRoot", "messagePasserStorageRoot", "latestBlockhash")]
    given = tuple(bytes.fromhex(part[2:]) for part in parts)
    nodes = [bytes.fromhex(node[2:]) for node in proof["nodes"]]
    rollup.portal.proveWithdrawalTransaction(sent.struct, index, given, nodes, sender=alice)
    assert ask(served.l2, "rollup_withdrawals")[0]["isProven"] is True


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("rollup_outputAtBlock", [hex(10**6)], -32001),
        ("rollup_outputAtBlock", [7.5], -32602),
        ("rollup_assertion", ["0x" + "11" * 32], -32001),
        ("rollup_assertion", ["0x11"], -32602),
        ("rollup_game", ["0x" + "11" * 20], -32001),
        ("rollup_withdrawalProof", ["0x" + "11" * 32], -32001),
        ("rollup_run", [hex(2**50)], -32602),
        ("rollup_step", [1], -32602),
    ],
)
def test_what_the_rollup_does_not_have_is_an_error_with_its_code(
    rollup: Rollup, method: str, params: list[Any], code: int
) -> None:
    assert ask(rollup.serve().l2, method, *params)["code"] == code
