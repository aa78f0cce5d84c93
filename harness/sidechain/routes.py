"""Ways from one L1 over the sidechain to another, by names that a router on the sidechain knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eth_abi.abi import encode

from harness.chain.values.accounts import Account
from harness.contracts.bindings import Contract
from harness.sidechain.bridge import BridgedMessage, SidechainBridge, message_of
from harness.sidechain.light_client import contract_type
from harness.sidechain.sealed_chain import SealedChain


def route(name: str) -> bytes:
    """Return a name as the router has it: its bytes, and zeros behind them."""
    return name.encode().ljust(32, b"\0")


class Routes:
    """A router on the sidechain, and who uses it. ``router`` is the contract; ``bridges`` are what its names stand for.

    What arrives at the sidechain is on its way to the second L1 at once, as one of that bridge's ``sent_back()``.
    """

    def __init__(self, side: SealedChain, bridges: Mapping[str, SidechainBridge]) -> None:
        self.bridges = dict(bridges)
        named = [(route(name), bridge.far_port.address) for name, bridge in self.bridges.items()]
        self.router: Contract = side.chain.deploy(contract_type("Router"), named, sender=side.chain.accounts.trent)

    def send(
        self, start: str, end: str, to: Any, data: bytes = b"", *, sender: Account, within: int = 86_400, gas: int = 0
    ) -> BridgedMessage:
        """Send a message from one L1 to a receiver on another; return its first half."""
        call = self.router.forward.encode(route(end), to, gas, data)
        return self.bridges[start].deposit(self.router, 0, call, sender=sender, within=within)

    def send_tokens(
        self,
        start: str,
        end: str,
        token: Contract,
        to: Account | Contract,
        amount: int,
        *,
        sender: Account,
        data: bytes = b"",
        within: int = 86_400,
        gas: int = 0,
    ) -> BridgedMessage:
        """Send tokens from one L1 to another, whose port has been approved for them; return the first half."""
        bridge = self.bridges[start]
        onward = encode(["bytes32", "address", "uint256", "bytes"], [route(end), to.address, gas, data])
        deadline = bridge.l1.now + within
        return message_of(bridge.near_port.send(token, self.router, amount, deadline, 0, onward, sender=sender))
