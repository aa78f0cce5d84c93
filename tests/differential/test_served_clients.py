"""Clients that people use, unmodified, against both ports of a served rollup."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from eth_utils import event_signature_to_log_topic, function_signature_to_4byte_selector
from web3 import AsyncWeb3, WebSocketProvider

from harness import ether, tools
from harness.errors import ToolNotFound
from harness.rollup.contracts import contract_type
from harness.testbed.rollup import Rollup
from tests.support.npm import NO_NPM
from tests.support.optimism import VIEM, package
from tests.support.published import NO_PYPI

ETHERS = ("ethers", "6.15.0")
TITANOBOA = "titanoboa==0.2.8"
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


def hardhat(folder: Path, networks: dict[str, Any], artifact: Any) -> list[str]:
    """Make a project of Hardhat with a compiled contract, and return Hardhat's command; skips the test without npm."""
    try:
        node, home = tools.hardhat()
    except ToolNotFound:
        pytest.skip(NO_NPM)
    token = {"contractName": "DemoToken", "abi": plain(artifact.abi), "bytecode": hexed(artifact.bytecode)}
    files = {
        "package.json": json.dumps({"type": "module", "private": True}),
        "hardhat.config.js": f"export default {json.dumps({'networks': networks})};\n",
        "artifacts/contracts/DemoToken.sol/DemoToken.json": json.dumps(token),
        "client.mjs": (SUPPORT / "hardhat_client.mjs").read_text(encoding="utf-8"),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "node_modules").symlink_to(home / "node_modules")
    return [str(node.executable), str(folder / "node_modules" / "hardhat" / "dist" / "src" / "cli.js")]


def python_packages(requirement: str) -> Path:
    """Return a folder of a package and all that it needs, beside the harness's own; skips the test without PyPI."""
    home = tools.cache_dir() / "python" / requirement.replace("==", "-")
    try:
        return tools.python_package(requirement, home, requirement)
    except ToolNotFound:
        pytest.skip(NO_PYPI)


def private_environment(folder: Path, **more: str) -> dict[str, str]:
    """Return this process's environment for a program that keeps what it writes in ``folder``."""
    kept = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
    return {**os.environ, "HOME": str(folder), **kept, **more}


def hexed(data: bytes) -> str:
    return "0x" + data.hex()


def token_calls(other: Any) -> dict[str, str]:
    """Return the encoded arguments and calls of the token that a client without an encoder of its own sends."""
    moves = {"transfer": 7, "tooMuch": 10**30}
    select = function_signature_to_4byte_selector
    return {
        "constructor": encode(["string", "string", "uint256"], ["Gold", "GLD", 1_000]).hex(),
        "balanceOf": hexed(select("balanceOf(address)") + encode(["address"], [other.address])),
        **{
            name: hexed(select("transfer(address,uint256)") + encode(["address", "uint256"], [other.address, amount]))
            for name, amount in moves.items()
        },
    }


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


def test_hardhat_signs_deploys_calls_and_reads_events_on_both_layers(
    rollup: Rollup, alice: Any, bob: Any, tmp_path: Path
) -> None:
    kind, networks = contract_type("DemoToken"), {}
    blocks = {name: getattr(rollup, name).block_number for name in ("l1", "l2")}
    with rollup.serve() as served:
        for name in blocks:
            place = {"type": "http", "url": getattr(served, name), "chainId": getattr(rollup, name).chain_id}
            networks[name] = {**place, "accounts": [f"0x{alice.private_key.hex()}"]}
        command = [*hardhat(tmp_path, networks, kind.artifact), "run", "--no-compile", "client.mjs"]
        (tmp_path / "wanted.json").write_text(json.dumps({"other": bob.address, **token_calls(bob)}))
        options = {"cwd": tmp_path, "env": private_environment(tmp_path, CI="true", NO_COLOR="1")}
        found = json.loads(run(command, **options))
    topics = [hexed(event_signature_to_log_topic("Transfer(address,address,uint256)"))]
    topics += [hexed(encode(["address"], [each.address])) for each in (alice, bob)]
    seven = hexed(encode(["uint256"], [7]))
    refusal = hexed(function_signature_to_4byte_selector("BalanceTooLow(address,uint256,uint256)"))
    for name, told in found.items():
        chain = getattr(rollup, name)
        assert kind.at(chain, told.pop("place")).balanceOf(bob) == 7
        assert told.pop("revert").startswith(refusal)
        assert told == {
            "chain": chain.chain_id, "block": blocks[name], "from": alice.address.lower(), "status": "0x1", "paid": "5",
            "moved": [{"topics": topics, "data": seven}], "balance": seven, "logs": 2,
        }  # fmt: skip
        assert chain.block_number == blocks[name] + 3


def test_titanoboa_compiles_deploys_calls_and_reads_events_on_both_layers(
    rollup: Rollup, alice: Any, bob: Any, tmp_path: Path
) -> None:
    packages, kind = python_packages(TITANOBOA), contract_type("DemoToken")
    layers = {"l1": rollup.l1, "l2": rollup.l2}
    tokens = {name: chain.deploy(kind, "Gold", "GLD", 1_000, sender=alice) for name, chain in layers.items()}
    before = {name: chain.block_number for name, chain in layers.items()}
    with rollup.serve() as served:
        wanted = {
            "urls": {name: getattr(served, name) for name in layers}, "key": f"0x{alice.private_key.hex()}",
            "other": bob.address, "abi": plain(kind.artifact.abi),
            "tokens": {name: token.address for name, token in tokens.items()},
        }  # fmt: skip
        command = [sys.executable, "-I", "-S", str(SUPPORT / "boa_client.py"), str(packages)]
        told = run(command, input=json.dumps(wanted), cwd=tmp_path, env=private_environment(tmp_path))
    found = json.loads(told.splitlines()[-1])  # titanoboa shows each transaction before
    for name, chain in layers.items():
        assert chain.storage(found[name].pop("place"), 0) == 4
        assert found[name] == {
            "paid": 5, "kept": [3, 5, 4], "held": 7, "events": [[alice.address, 4]], "refused": True, "symbol": "GLD",
            "balance": 9,
        }  # fmt: skip
        assert chain.block_number == before[name] + 4


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
