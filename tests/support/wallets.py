"""Transactions of type 4 as the libraries of wallets sign them, viem and ethers, from the npm registry."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

from harness import tools
from harness.chain.capabilities import missing
from harness.chain.values.accounts import Account
from harness.errors import ToolNotFound

_VIEM = """
const { privateKeyToAccount } = require("viem/accounts");
const [authorityKey, payerKey, delegate, chainId, given, used] = process.argv.slice(1);
(async () => {
  const authority = privateKeyToAccount(authorityKey), payer = privateKeyToAccount(payerKey);
  const signed = await authority.signAuthorization({
    contractAddress: delegate, chainId: Number(chainId), nonce: Number(given),
  });
  console.log(await payer.signTransaction({
    type: "eip7702", chainId: Number(chainId), nonce: Number(used), to: authority.address, gas: 100000n,
    maxFeePerGas: 100000000000n, maxPriorityFeePerGas: 1000000000n, authorizationList: [signed],
  }));
})();
"""
_ETHERS = """
const { Wallet } = require("ethers");
const [authorityKey, payerKey, delegate, chainId, given, used] = process.argv.slice(1);
(async () => {
  const authority = new Wallet(authorityKey), payer = new Wallet(payerKey);
  const signed = authority.authorizeSync({ address: delegate, chainId: BigInt(chainId), nonce: BigInt(given) });
  console.log(await payer.signTransaction({
    type: 4, chainId: BigInt(chainId), nonce: Number(used), to: authority.address, gasLimit: 100000n,
    maxFeePerGas: 100000000000n, maxPriorityFeePerGas: 1000000000n, authorizationList: [signed],
  }));
})();
"""


@dataclass(frozen=True, slots=True)
class WalletLibrary:
    """An npm package, and a script that signs with it. The script prints the transaction."""

    package: str
    version: str
    script: str

    def sign(self, chain: Any, authority: Account, payer: Account, delegate: bytes) -> bytes:
        """Return a transaction for ``chain`` in which one account delegates, is called, and another one pays.

        Skips the test where the npm registry cannot be reached.
        """
        try:
            node = tools.any_node()
            home = tools.npm_package(self.package, self.version, node)
        except ToolNotFound:
            pytest.skip(str(missing("hardhat", ("offline",))))
        keys = [f"0x{who.private_key.hex()}" for who in (authority, payer)]
        numbers = [str(number) for number in (chain.chain_id, chain.nonce(authority), chain.nonce(payer))]
        command = [str(node.executable), "-e", self.script, *keys, "0x" + delegate.hex(), *numbers]
        done = subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return bytes.fromhex(done.stdout.strip().removeprefix("0x"))


LIBRARIES = (WalletLibrary("viem", "2.57.20", _VIEM), WalletLibrary("ethers", "6.17.0", _ETHERS))
each_library = pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.package)
