"""`harness serve --l1 URL` at a node that mines by itself and takes no command: geth in dev mode, or its stand-in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness.chain.nodes.geth import GethProcess
from harness.chain.values.accounts import well_known_accounts
from tests.support.clients import ask
from tests.support.fake_geth import Fake
from tests.support.serving import running


@pytest.mark.parametrize("which", ["fake", *(["real"] if shutil.which("geth") else [])])
def test_l2_is_served_on_a_geth_and_funded_by_deposits(
    which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if which == "fake":
        Fake(tmp_path, monkeypatch)
    with GethProcess(900) as node, running("--l1", node.url, "--manual") as served:
        assert any("fund L2's accounts by deposits" in line for line in served.lines)
        assert int(ask(node.url, "eth_blockNumber"), 16) > 20
        alice = well_known_accounts()[0].address
        assert served.ask("L2", "eth_chainId") == hex(901)
        assert served.ask("L2", "eth_getBalance", alice, "latest") == "0x0"
        assert served.ask("L2", "rollup_syncStatus")["unsafeL2"]["number"] == "0x0"
