"""Which heavy libraries a user's first test waits for; each takes a tenth of a second or more to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "Crypto", "aiohttp", "asyncio", "eth", "eth_account", "eth_tester", "hypothesis", "jinja2", "numpy", "py_ecc",
    "pydantic", "pyrevm", "pytest", "requests", "rich", "solcx", "urllib3", "web3", "websockets", "yaml",
}  # fmt: skip

UTILS = {"pydantic"}
"""What eth_utils imports."""

PY_EVM = UTILS | {"eth", "py_ecc"}
HTTP = {"requests", "urllib3"}
TABLES = {"py_ecc.optimized_bls12_381", "py_ecc.bls12_381"}
"""Curves whose tables take a tenth of a second or more to compute; eth_account imports both, py-evm one."""

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


LATER = """
import harness.primitives.py_evm
import eth.consensus.ethash
from eth.consensus import pow
from eth.rlp.transactions import BaseTransaction
from eth.vm.base import cached_property

print(pow.get_dataset_full_size(1), pow.hashimoto_light(1 << 10, ((1,) * 16,) * 9, b"11", b"22"))
print(eth.consensus.ethash.generate_seed_hash(30_001).hex())
class Counted:
    asked = 0
    @cached_property
    def once(self):
        self.asked += 1
        return self.asked
counted = Counted()
print(counted.once, counted.once, vars(counted))
"""


def test_what_is_left_out_of_py_evm_comes_when_it_is_called() -> None:
    def told(code: str) -> str:
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    found = told(LATER)
    assert found.startswith("1073739904 ")
    assert found == told(LATER.replace("import harness.primitives.py_evm", "import eth"))
