"""Reads deployment files; `harness.testbed.deployment` writes them and says what they hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eth_utils import is_address

from harness.chain.chain import Chain
from harness.errors import RollupError
from harness.rollup.config import RollupConfig
from harness.rollup.errors import DeploymentMismatch, DeploymentUnreadable

_FIELDS: Mapping[str, type] = {
    "chainId": int, "genesisHash": str, "deployer": str, "firstNonce": int, "firstBlock": int, "sequencer": str,
    "parameters": dict, "complete": bool, "steps": list, "abis": dict,
}  # fmt: skip
_STEP: Mapping[str, type] = {"name": str, "contract": str, "address": str, "arguments": list}


def read_deployment(path: Path) -> dict[str, Any]:
    """Return the content of a deployment file; raises DeploymentUnreadable for any other file, or none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise DeploymentUnreadable(str(path), problem.strerror or str(problem)) from problem
    except (ValueError, RecursionError) as problem:
        raise DeploymentUnreadable(str(path), f"it is no JSON ({problem})") from problem
    _check(path, "the file", content, _FIELDS)
    for number, step in enumerate(content["steps"]):
        where = f"step {number}"
        _check(path, where, step, _STEP)
        if not is_address(step["address"]):
            raise DeploymentUnreadable(str(path), f"address of {where} is {step['address']!r}, expected an address")
    try:
        RollupConfig.of(content["parameters"])
    except RollupError as problem:
        raise DeploymentUnreadable(str(path), str(problem)) from problem
    return dict(content)


def address_in(path: Path, content: Mapping[str, Any], name: str) -> str:
    """Return the address of a contract by its name; raises DeploymentUnreadable if the file has none."""
    for step in content["steps"]:
        if step["name"] == name:
            return str(step["address"])
    raise DeploymentUnreadable(str(path), f"it has no step {name!r}")


def check_chain(chain: Chain, path: Path, content: Mapping[str, Any]) -> None:
    """Raise DeploymentMismatch unless a chain is the one that the file's rollup was deployed to."""
    genesis = "0x" + chain.block_at(0).hash.hex()
    for what, actual, expected in (
        ("chain id", chain.chain_id, content["chainId"]),
        ("genesis hash", genesis, content["genesisHash"]),
    ):
        if actual != expected:
            raise DeploymentMismatch(str(path), what, actual, expected)


def _check(path: Path, where: str, found: Any, fields: Mapping[str, type]) -> None:
    if not isinstance(found, dict):
        raise DeploymentUnreadable(str(path), f"{where} is a {type(found).__name__}, expected an object")
    for name, kind in fields.items():
        value = found.get(name)
        fits = isinstance(value, kind) and (kind is not int or _is_natural(value))
        if not fits:
            shown = "missing" if name not in found else f"{value!r:.60}"
            raise DeploymentUnreadable(str(path), f"{name} of {where} is {shown}, expected {kind.__name__}")


def _is_natural(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
