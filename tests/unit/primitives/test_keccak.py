"""All libraries in this process hash as the harness does, by the fast extension, whoever was imported first."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

USE = "from eth_hash.auto import keccak; assert keccak(b'').hex().startswith('c5d24601')"
TELL = "print(type(keccak.hasher.__self__).__module__, keccak.new(b'a').digest() == keccak(b'a') == keccak256(b'a'))"


@pytest.mark.parametrize("room", ["harness.chain", "harness.contracts.project", "harness.testbed.rollup"])
@pytest.mark.parametrize("harness_first", [True, False])
def test_eth_hash_uses_the_fast_extension(room: str, harness_first: bool) -> None:
    lines = [f"import {room}", USE] if harness_first else [USE, f"import {room}", USE]
    code = "\n".join([*lines, "from harness.primitives.hashing import keccak256", TELL])
    environment = {name: value for name, value in os.environ.items() if name != "ETH_HASH_BACKEND"}
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert told.stdout.split() == ["eth_hash.backends.pysha3", "True"]
