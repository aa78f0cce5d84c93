"""viem's client of the OP Stack, unmodified, against a rollup: deposits, and withdrawals in all their states."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness import RollupConfig, ether, tools
from harness.rollup.machine.environment import bytes_gas
from harness.rollup.withdrawals import OutputRootProof, message_in
from harness.testbed.rollup import Rollup
from tests.support.forked import ended_after
from tests.support.optimism import VIEM, artifacts, package
from tests.support.served import served

GAS = 60_000
EXTRA = 10
"""Seconds that viem adds to what has to be waited."""

SCRIPT = (Path(__file__).parents[1] / "support" / "optimism_client.mjs").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def viem() -> Iterator[subprocess.Popen[str]]:
    """viem's process: to start it costs more than all of its steps."""
    home, node = package(*VIEM), tools.any_node()
    with subprocess.Popen(
        [str(node.executable), "--input-type=module", "-e", SCRIPT],
        cwd=home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@dataclass(frozen=True, slots=True)
class Client:
    """viem with alice's key. Its clock is that of L1."""

    viem: subprocess.Popen[str]
    rollup: Rollup
    account: Any

    def ask(self, what: str, **given: Any) -> Any:
        """Return what one step of the script finds; numbers beyond JSON's are text."""
        rollup = self.rollup
        assert self.viem.stdin is not None and self.viem.stdout is not None
        with served(l1=rollup.l1, l2=rollup.l2) as urls:
            wanted = {
                "what": what, "given": given, "urls": urls, "key": f"0x{self.account.private_key.hex()}",
                "ids": {"l1": rollup.l1.chain_id, "l2": rollup.l2.chain_id}, "portal": rollup.portal.address,
                "factory": rollup.roots.address, "now": rollup.l1.now,
            }  # fmt: skip
            print(json.dumps(wanted), file=self.viem.stdin, flush=True)
            with ended_after(120, self.viem):
                line = self.viem.stdout.readline()
        assert line, f"viem has ended with {self.viem.wait()}"
        told = json.loads(line)
        assert "problem" not in told, told["problem"]
        return told.get("found")

    def status(self, sent: str) -> str:
        """Return the state of a withdrawal, which a transaction on L2 made."""
        return str(self.ask("status", hash=sent))


@pytest.mark.parametrize(("value", "gas"), [(ether(1), {"gas": str(GAS)}), (0, {})], ids=["given", "estimated"])
def test_a_deposit_is_found_on_l2_by_its_receipt_on_l1(
    viem: Any, rollup: Rollup, alice: Any, bob: Any, value: int, gas: dict[str, str]
) -> None:
    """viem estimates gas as the zero address, which has no ether here; so it has to be told where value moves."""
    client = Client(viem, rollup, alice)
    before = rollup.l2.balance(bob)
    found = client.ask("deposit", to=bob.address, mint=str(ether(1)), value=str(value), data="0x1234", **gas)
    assert rollup.l2.balance(bob) == before + value
    receipt = rollup.l2.receipt(found["hash"])
    assert (receipt.sender, receipt.to, receipt.succeeded) == (alice.address, bob.address, True)
    assert (found["status"], found["type"]) == ("success", "deposit")
    assert (found["sourceHash"], found["mint"]) == (
        "0x" + rollup.node.inbox.messages[-1].source.hex(), str(ether(1)),
    )  # fmt: skip


@pytest.mark.parametrize("maturity", [0, 500, 100_000])
def test_a_withdrawal_passes_through_all_states(viem: Any, l1: Any, alice: Any, bob: Any, maturity: int) -> None:
    rollup = Rollup.deploy(l1, RollupConfig(maturity=maturity))
    rollup.deposit(ether(9), sender=alice)
    client = Client(viem, rollup, alice)
    sent = client.ask("withdraw", to=bob.address, value=str(ether(1)), data="0x5678", gas=str(GAS))
    message = message_in(rollup.l2.receipt(sent))
    assert (message.target, message.value, message.gas_limit) == (bob.address, ether(1), GAS)
    assert client.status(sent) == "waiting-to-prove"

    rollup.sequencer.post()
    assertion = rollup.proposer.propose()
    assert client.status(sent) == "waiting-to-prove"  # nobody has opened its root
    index = rollup.open_root(assertion, sender=bob)
    assert client.status(sent) == "ready-to-prove"

    idle = rollup.node.idle_after(assertion.end)
    root = "0x" + OutputRootProof.of(idle).root.hex()
    told = client.ask("output", hash=sent)
    assert told["games"] == [{"index": str(index), "rootClaim": root, "l2BlockNumber": str(idle.env.number)}]
    assert told["output"] == {"outputIndex": str(index), "outputRoot": root, "l2BlockNumber": str(idle.env.number)}

    client.ask("prove", hash=sent)
    proven_at = rollup.l1.now
    assert rollup.portal.provenWithdrawals(message.hash, alice.address)[1] == proven_at
    assert client.status(sent) == "waiting-to-finalize"  # the assertion is pending
    ends = int(rollup.game_at(rollup.roots.gameOf(assertion.id)).createdAt()) + rollup.config.period + 1
    wait = client.ask("wait", hash=sent)
    assert (wait["period"], wait["seconds"]) == (maturity, max(ends, proven_at + maturity) - rollup.l1.now + EXTRA)

    rollup.confirm_all()
    if maturity > rollup.config.period:
        assert client.status(sent) == "waiting-to-finalize"  # the proof is not old enough
        rollup.l1.warp(maturity)
    assert client.status(sent) == "ready-to-finalize"
    before = rollup.l1.balance(bob)
    client.ask("finalize", hash=sent)
    assert rollup.l1.balance(bob) == before + ether(1)
    assert rollup.portal.finalizedWithdrawals(message.hash)
    assert client.status(sent) == "finalized"


def test_viem_estimates_and_reads_the_l1_data_fee(viem: Any, l1: Any, alice: Any, bob: Any) -> None:
    """It asks the OP Stack's oracle, which takes 68 bytes for the signature that it does not know yet."""
    oracle = {"contract": "GasPriceOracle", "artifacts": str(artifacts()), "storage": {"0x0": 1}}
    table = {"0x420000000000000000000000000000000000000F": oracle}
    scalars = {"base_fee_scalar": 1_368, "blob_base_fee_scalar": 810_949}
    rollup = Rollup.deploy(l1, RollupConfig.of({"genesis": table, **scalars}))
    rollup.deposit(ether(9), sender=alice)
    found = Client(viem, rollup, alice).ask("fee", to=bob.address, value="5", data="0x" + "12" * 400)
    env, sent = rollup.unsafe.idle.env, rollup.unsafe.head.transactions[-1].payload
    assert int(found["l1Fee"]) == env.data_fee(sent.raw) > 0
    assert (int(found["l1GasUsed"]), int(found["l1GasPrice"])) == (bytes_gas(sent.raw), env.l1.base_fee)
    assert abs(int(found["estimate"]) - int(found["l1Fee"])) * 50 < int(found["l1Fee"])
