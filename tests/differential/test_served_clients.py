"""Clients that people use, unmodified, against both ports of a served rollup."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from web3 import AsyncWeb3, WebSocketProvider

from harness import ether, tools
from harness.errors import ToolNotFound
from harness.rollup.contracts import contract_type
from harness.testbed.rollup import Rollup
from tests.support.npm import NO_NPM
from tests.support.optimism import VIEM, package

ETHERS = ("ethers", "6.15.0")
SUPPORT = Path(__file__).parents[1] / "support"


def run(command: list[str], **options: Any) -> str:
    """Return what a program prints; a program that fails shows why."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def foundry(name: str) -> str:
    """Return a program of Foundry; skips the test where npm cannot be reached."""
    try:
        home = tools.npm_package(f"@foundry-rs/{name}", tools.ANVIL_VERSION, tools.any_node())
    except ToolNotFound:
        pytest.skip(NO_NPM)
    return str(next(home.glob(f"node_modules/@foundry-rs/*/bin/{name}")))


def plain(abi: Any) -> Any:
    return json.loads(json.dumps(abi, default=dict))


def test_ethers_deposits_deploys_listens_and_withdraws_with_a_proof(rollup: Rollup, alice: Any, bob: Any) -> None:
    kind = contract_type("DemoToken")
    with rollup.serve() as served:
        wanted = {
            "l1": served.l1, "l2": served.l2, "key": f"0x{alice.private_key.hex()}", "other": bob.address,
            "token": {"abi": plain(kind.artifact.abi), "bytecode": "0x" + kind.artifact.bytecode.hex()},
            **{
                name: {"address": getattr(rollup, name).address, "abi": plain(getattr(rollup, name).abi)}
                for name in ("portal", "passer", "roots")
            },
        }  # fmt: skip
        home, node = package(*ETHERS), tools.any_node()
        script = (SUPPORT / "ethers_client.mjs").read_text(encoding="utf-8")
        told = run([str(node.executable), "--input-type=module", "-e", script], input=json.dumps(wanted), cwd=home)
    found = json.loads(told)
    withdrawal = found.pop("withdrawal")
    assert found == {
        "deposited": str(ether(2)), "symbol": "GLD", "event": [alice.address, bob.address, "7"], "heard": True,
        "logs": 2, "balance": "7", "revert": "BalanceTooLow", "paid": str(ether(1)), "feeHistory": 3,
    }  # fmt: skip
    assert rollup.portal.finalizedWithdrawals(bytes.fromhex(withdrawal[2:]))


def test_viem_deploys_listens_and_is_told_what_l2_cannot_do(rollup: Rollup, alice: Any, bob: Any) -> None:
    kind = contract_type("DemoToken")
    with rollup.serve() as served:
        wanted = {
            "url": served.l2, "id": rollup.l2.chain_id, "key": f"0x{alice.private_key.hex()}", "other": bob.address,
            "abi": plain(kind.artifact.abi), "bytecode": "0x" + kind.artifact.bytecode.hex(),
        }  # fmt: skip
        script = (SUPPORT / "viem_client.mjs").read_text(encoding="utf-8")
        home, node = package(*VIEM), tools.any_node()
        told = run([str(node.executable), "--input-type=module", "-e", script], input=json.dumps(wanted), cwd=home)
    found = json.loads(told)
    assert "deposit through the portal" in found.pop("refused")
    assert found == {
        "symbol": "GLD", "status": "success", "event": [alice.address, bob.address, "7"], "head": True,
        "revert": "BalanceTooLow", "gas": True, "fees": True, "hasEther": True, "proof": True, "logs": 2,
        "pool": [0, 0],
    }  # fmt: skip


def test_cast_sends_calls_and_reads_on_both_layers(rollup: Rollup, alice: Any, bob: Any) -> None:
    cast, key = foundry("cast"), f"0x{alice.private_key.hex()}"
    with rollup.serve() as served:
        for chain, url in ((rollup.l1, served.l1), (rollup.l2, served.l2)):
            assert run([cast, "chain-id", "--rpc-url", url]).strip() == str(chain.chain_id)
            before = chain.balance(bob)
            sent = run([cast, "send", bob.address, "--value", "5", "--private-key", key, "--rpc-url", url, "--json"])
            assert json.loads(sent)["status"] == "0x1"
            assert chain.balance(bob) == before + 5
            assert run([cast, "balance", bob.address, "--rpc-url", url]).strip() == str(before + 5)
            assert run([cast, "block", "latest", "--rpc-url", url, "--json"])
            trace = run([cast, "run", "--quick", json.loads(sent)["transactionHash"], "--rpc-url", url])
            assert "Transaction successfully executed" in trace
        call = [cast, "call", rollup.portal.address, "version()(string)", "--rpc-url", served.l1]
        assert run(call).strip().strip('"') == rollup.portal.version()


@pytest.fixture
def forge_project(tmp_path: Path) -> Path:
    """A project of Foundry whose compiler is the harness's own: forge's host may be out of reach."""
    from harness.contracts import versions
    from harness.contracts.compiling import solc

    found = solc.find(versions.BUILT_IN)
    compiler = tmp_path / "solc"
    if found.path.is_dir():
        node = tools.any_node().executable
        # npm's command line shows a line before its JSON, and ends before a long answer is through a pipe.
        (tmp_path / "solc.js").write_text(
            f"const solc = require({json.dumps(str(found.path))});\n"
            f"if (process.argv.includes('--version')) console.log('solc\\nVersion: ' + solc.version());\n"
            "else { let text = ''; process.stdin.on('data', part => text += part).on('end', () =>"
            " process.stdout.write(solc.compile(text))); }\n"
        )
        compiler.write_text(f'#!/bin/sh\nexec "{node}" "{tmp_path / "solc.js"}" "$@"\n')
        compiler.chmod(0o755)
    else:
        compiler.symlink_to(found.path)
    (tmp_path / "foundry.toml").write_text('[profile.default]\nsrc = "src"\nevm_version = "prague"\n')
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "Kept.sol").write_text(
        "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\n"
        "contract Kept { uint256 public kept; constructor(uint256 first) { kept = first; }"
        " function keep(uint256 value) external { kept = value; } }\n"
        "interface Vm { function startBroadcast() external; }\n"
        "contract Deploy { function run() external {"
        ' Vm(address(uint160(uint256(keccak256("hevm cheat code"))))).startBroadcast();'
        " new Kept(3).keep(4); } }\n"
    )
    return tmp_path


@pytest.mark.parametrize("layer", ["l1", "l2"])
def test_forge_creates_and_broadcasts_a_script(rollup: Rollup, alice: Any, forge_project: Path, layer: str) -> None:
    forge, key = foundry("forge"), f"0x{alice.private_key.hex()}"
    common = ["--use", str(forge_project / "solc"), "--offline", "--private-key", key, "--broadcast"]
    environment = {**os.environ, "FOUNDRY_DISABLE_NIGHTLY_WARNING": "1", "HOME": str(forge_project)}
    options = {"cwd": forge_project, "env": environment}
    chain = getattr(rollup, layer)
    with rollup.serve() as served:
        url = ["--rpc-url", getattr(served, layer)]
        made = run([forge, "create", "src/Kept.sol:Kept", *common, *url, "--constructor-args", "9"], **options)
        place = next(line.split()[-1] for line in made.splitlines() if line.startswith("Deployed to:"))
        assert chain.storage(place, 0) == 9
        before = chain.block_number
        told = run([forge, "script", "src/Kept.sol:Deploy", *common, *url, "--slow"], **options)
        assert "ONCHAIN EXECUTION COMPLETE & SUCCESSFUL" in told
        assert chain.block_number == before + 2


def test_web3_over_websocket_hears_of_heads(rollup: Rollup, alice: Any, bob: Any) -> None:
    async def listen(url: str) -> list[int]:
        async with AsyncWeb3(WebSocketProvider(url)) as w3:
            await w3.eth.subscribe("newHeads")
            for _ in range(3):
                await asyncio.to_thread(rollup.l2.send, sender=alice, to=bob, value=1)
            heads: list[int] = []
            async for message in w3.socket.process_subscriptions():
                heads.append(message["result"]["number"])
                if len(heads) == 3:
                    return heads
        raise AssertionError(heads)

    with rollup.serve() as served:
        head = rollup.l2.block_number
        assert asyncio.run(listen(served.l2.replace("http", "ws"))) == [head + 1, head + 2, head + 3]
