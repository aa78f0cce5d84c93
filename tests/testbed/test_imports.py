"""Which heavy libraries a user's first test waits for; each takes a tenth of a second or more to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "Crypto", "aiohttp", "eth", "eth_account", "eth_tester", "hypothesis", "jinja2", "numpy", "py_ecc", "pydantic",
    "pyrevm", "pytest", "requests", "rich", "solcx", "urllib3", "web3", "websockets",
}  # fmt: skip

UTILS = {"pydantic"}
"""What eth_utils imports."""

PY_EVM = UTILS | {"Crypto", "eth", "py_ecc"}
HTTP = {"requests", "urllib3"}
TABLES = {"py_ecc.optimized_bls12_381", "py_ecc.bls12_381"}
"""Curves whose tables take a tenth of a second or more to compute; py-evm imports one of them, and eth_account both."""

SEND = "chain.send(sender=chain.accounts.alice, to=chain.accounts.bob, value=1).succeeded"
ROLLUP = """
rollup = Rollup.deploy(chain)
rollup.l2.balance(chain.accounts.alice)
rollup.sequencer.post()
"""

USES = {
    "the package": ("import harness", set()),
    "the errors": ("import harness.errors", set()),
    "a chain": (f"from harness import open_chain\nwith open_chain() as chain: {SEND}", PY_EVM),
    "a rollup": (f"from harness import open_chain, Rollup\nchain = open_chain()\n{ROLLUP}", PY_EVM),
    "anvil": (f"from harness import open_chain\nwith open_chain('anvil') as chain: {SEND}", UTILS | HTTP),
}


@pytest.mark.parametrize("use", [pytest.param(use, marks=[pytest.mark.only_anvil] * (use == "anvil")) for use in USES])
def test_each_use_imports_only_the_heavy_libraries_that_it_needs(use: str) -> None:
    code, needed = USES[use]
    ran = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sorted({HEAVY | TABLES!r} & set(sys.modules)))"],
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    assert set(ran.stdout.split()) == needed
