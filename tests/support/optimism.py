"""The OP Stack's own contracts, from the npm package that publishes them, deployed as the OP Stack deploys them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness import tools
from harness.chain.chain import Chain
from harness.chain.values.accounts import Account
from harness.contracts.bindings import Contract, ContractType
from harness.contracts.library import Contracts
from harness.contracts.project import prebuilt_project
from harness.errors import ToolNotFound
from tests.support.npm import NO_NPM

BEDROCK = ("@eth-optimism/contracts-bedrock", "0.17.3")
VIEM = ("viem", "2.57.20")
ZERO = "0x" + 40 * "0"
GAME_TYPE = 0
CLOCK = 3_600
RESOURCES = (20_000_000, 10, 8, 10**9, 1_000_000, 2**128 - 1)
"""The OP Stack's default terms of its market for deposits' gas."""


@lru_cache
def package(name: str, version: str) -> Path:
    """Return the package's folder; skips the test where npm cannot be reached."""
    import pytest

    try:
        home = tools.npm_package(name, version, tools.any_node())
    except ToolNotFound:
        pytest.skip(NO_NPM)
    return home / "node_modules" / name


def artifacts() -> Path:
    """Return the folder of the OP Stack's compiled contracts."""
    return package(*BEDROCK) / "forge-artifacts"


@lru_cache
def _contracts() -> Contracts:
    return Contracts(prebuilt_project(artifacts(), artifacts()))


@lru_cache
def kind(name: str) -> ContractType:
    """Return one of the OP Stack's contracts as a type."""
    return _contracts()[name]


@dataclass(frozen=True, slots=True)
class OpStack:
    """Portal and factory behind their proxies, and who owns them."""

    chain: Chain
    owner: Account
    portal: Contract
    factory: Contract

    @classmethod
    def deploy(cls, chain: Chain, owner: Account) -> OpStack:
        """Deploy what a withdrawal and a deposit touch; delays are zero, the games' clocks an hour."""

        def behind_proxy(name: str, *arguments: Any) -> tuple[Contract, Contract, Contract]:
            proxy = kind("Proxy").deploy(chain, owner.address, sender=owner)
            model = kind(name).deploy(chain, *arguments, sender=owner)
            return proxy, model, kind(name).at(chain, proxy.address)

        def begin(made: tuple[Contract, Contract, Contract], *arguments: Any) -> Contract:
            proxy, model, bound = made
            call = model.functions["initialize"].encode(*arguments)
            proxy.upgradeToAndCall(model.address, call, sender=owner)
            return bound

        superchain = begin(behind_proxy("SuperchainConfig"), owner.address, False)
        system = begin(
            behind_proxy("SystemConfig"),
            *(owner.address, 0, 0, bytes(32), 30_000_000, owner.address, RESOURCES, ZERO, (ZERO,) * 7),
        )
        factory = begin(behind_proxy("DisputeGameFactory"), owner.address)
        registry = behind_proxy("AnchorStateRegistry", factory.address)
        begin(registry, [(GAME_TYPE, (b"\x01" * 32, 0))])
        weth = begin(behind_proxy("DelayedWETH", 0), owner.address, superchain.address)
        terms = (GAME_TYPE, b"\x02" * 32, 8, 4, 60, CLOCK)
        game = kind("FaultDisputeGame").deploy(
            chain, *terms, owner.address, weth.address, registry[2].address, 901, sender=owner
        )
        factory.setImplementation(GAME_TYPE, game.address, sender=owner)
        portal = behind_proxy("OptimismPortal2", 0, 0)
        begin(portal, factory.address, system.address, superchain.address, GAME_TYPE)
        return cls(chain, owner, portal[2], factory)

    def claim(self, root: bytes, block: int) -> int:
        """Make a game about a root and let it resolve in its favour; return the game's index."""
        index = int(self.factory.gameCount())
        self.factory.create(GAME_TYPE, root, block.to_bytes(32, "big"), sender=self.owner)
        _, _, address = self.factory.gameAtIndex(index)
        self.chain.warp(CLOCK + 1)
        game = kind("FaultDisputeGame").at(self.chain, address)
        game.resolveClaim(0, 0, sender=self.owner)
        game.resolve(sender=self.owner)
        self.chain.mine()
        return index
