"""An L1 by URL that cannot carry a rollup is refused by name, before anything is deployed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness import tools
from harness.chain import open_chain
from harness.chain.errors import InsufficientFunds, WrongNode
from harness.chain.nodes.process import Launch, NodeProcess
from harness.rollup.config import RollupConfig
from harness.rollup.errors import PrecompileDiffers
from harness.testbed.rollup import Rollup

pytestmark = pytest.mark.only_anvil


@contextmanager
def anvil(*options: str) -> Iterator[str]:
    command = [str(tools.anvil()), "--port", "0", "--chain-id", "900", "--accounts", "20", *options]
    with NodeProcess(Launch("anvil", command, re.compile(r"^Listening on (\S+)"))) as node:
        yield node.url


@pytest.mark.parametrize(("fork", "precompile"), [("london", 5), ("shanghai", 11), ("cancun", 11)])
def test_a_chain_without_what_proofs_need_is_refused(fork: str, precompile: int) -> None:
    with anvil("--hardfork", fork) as url, open_chain(url) as chain:
        with pytest.raises(PrecompileDiffers, match=f"precompile {precompile} "):
            Rollup.deploy(chain, RollupConfig(fork="osaka"))
        assert chain.block_number == 0


def test_a_deployer_without_money_is_named_and_nothing_is_deployed() -> None:
    with anvil("--hardfork", "osaka", "--balance", "0") as url, open_chain(url) as chain:
        with pytest.raises(InsufficientFunds, match="balance of 0x"):
            Rollup.deploy(chain, RollupConfig())
        assert chain.block_number == 0


def test_another_chain_than_was_named_is_refused() -> None:
    with anvil() as url, pytest.raises(WrongNode, match="chain id 900, expected 901"):
        open_chain(url, 901)
