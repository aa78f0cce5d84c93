"""An L1, a sidechain, and a bridge between them."""

from __future__ import annotations

from dataclasses import dataclass

from harness.chain.chain import Chain
from harness.contracts.bindings import Contract
from harness.sidechain.bridge import RESERVE, BridgedMessage, SidechainBridge
from harness.sidechain.light_client import contract_type
from harness.sidechain.sidechain import Sidechain

ETHER = 10**18
PERIOD = 14 * 86_400
PROVEN, ATTESTED, PORT = (contract_type(name) for name in ("ProvenBridge", "AttestedBridge", "TokenPort"))
CLIENT = contract_type("LightClient")
PATRICIA = contract_type("NodePool")


@dataclass
class Desk:
    """An L1, a sidechain and a bridge between them."""

    l1: Chain
    side: Sidechain
    bridge: SidechainBridge

    def deposit(self, value: int = ETHER, *, within: int = 86_400) -> BridgedMessage:
        """Let Alice send ether to Bob, and L1 go on until validators believe it."""
        message = self.bridge.deposit(self.l1.accounts.bob, value, sender=self.l1.accounts.alice, within=within)
        self.l1.mine(self.bridge.depth)
        return message

    def update(self) -> None:
        self.bridge.follow()

    def locked(self) -> int:
        return self.l1.balance(self.bridge.near)

    def outstanding(self) -> int:
        return RESERVE - self.side.chain.balance(self.bridge.far)

    def late(self, message: BridgedMessage, seconds: int = 1) -> None:
        """Let both chains pass a deadline by so many seconds, and the light client follow."""
        self.side.chain.warp(to=message.deadline + seconds)
        self.side.chain.mine()
        self.l1.warp(to=message.deadline + seconds)
        self.update()


@dataclass
class Between:
    """Two chains, and the sidechain between them."""

    first: Chain
    second: Chain
    side: Sidechain

    @property
    def bridges(self) -> tuple[SidechainBridge, SidechainBridge]:
        first, second = self.side.bridges
        return first, second

    def settle(self) -> None:
        """Let both chains lie deep enough, validators attest, and light clients follow."""
        for chain in (self.first, self.second):
            chain.mine(6)
        self.side.step()


def twin(chain: Chain, port: Contract, token: Contract) -> Contract:
    return chain.at(contract_type("TwinToken"), port.twinOf(token))
