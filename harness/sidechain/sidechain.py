"""A sidechain as tests use it: on a new chain, with bridges to the L1s that it is attached to."""

from __future__ import annotations

from typing import Any

from harness.chain.chain import Chain
from harness.chain.opening import open_chain
from harness.chain.values.accounts import Account
from harness.sidechain.bridge import DEPTH, SidechainBridge
from harness.sidechain.light_client import LightClient
from harness.sidechain.routes import Routes
from harness.sidechain.sealed_chain import SealedChain, validator_keys
from harness.sidechain.validators import ordered

CHAIN_ID = 7_700
"""The chain id, unless another is asked for."""

TRUSTING_PERIOD = 14 * 86_400
"""How long a light client trusts the validators of its newest header, in seconds, unless another is asked for."""

_FOR_GAS = 10**18
"""Wei that a validator with a stake has besides, for gas."""


class Sidechain(SealedChain):
    """A chain of its own, sealed by validators. ``bridges`` lead to the L1s that it is attached to, in their order."""

    def __init__(
        self, validators: int = 4, *, backend: str = "py-evm", chain_id: int = CHAIN_ID, seed: int = 0
    ) -> None:
        """Open a new chain on this backend, with so many honest validators, whose keys follow from ``seed``.

        Raises BadValidators for none or more than 255, and what `open_chain` raises.
        """
        keys = validator_keys(validators, seed)
        ordered(keys)
        super().__init__(open_chain(backend, chain_id, seed, name="sidechain"), keys)
        self.bridges: list[SidechainBridge] = []

    def attach(
        self, l1: Chain, *, trusting_period: int = TRUSTING_PERIOD, depth: int = DEPTH, stake: int = 0
    ) -> SidechainBridge:
        """Deploy a light client that trusts the newest header, and a bridge over it; return the bridge.

        The sidechain's ether is that of the first L1. The ether of another one goes over its bridge as a token.
        ``trusting_period`` is in seconds. Validators attest to what lies ``depth`` blocks deep on that L1. With a
        ``stake``, in wei, each validator stakes so much there, which L1's last account gives it. The clock of the chain
        that is behind is set to that of the other one.
        """
        now = max(l1.now, self.chain.now)
        for chain in (l1, self.chain):
            if chain.now < now:
                chain.warp(to=now)
        self.chain.mine()
        client = (
            self._staked(l1, trusting_period, stake) if stake else LightClient.deploy(l1, self.head, trusting_period)
        )
        bridge = SidechainBridge(l1, self, client, depth, carries_ether=not self.bridges)
        bridge.client.update(self.head)
        self.bridges.append(bridge)
        return bridge

    def _staked(self, l1: Chain, trusting_period: int, stake: int) -> LightClient:
        client = LightClient.deploy_with_stake(l1, self.head, trusting_period, stake)
        for address in self.members:
            owner = Account.from_key(self.keys()[address])
            l1.send(sender=l1.accounts[-1], to=owner, value=stake + _FOR_GAS)
            client.stake.stake(sender=owner, value=stake)
        return client

    def routes(self, **bridges: SidechainBridge) -> Routes:
        """Deploy a router that knows bridges by these names; raises Reverted for a bridge that has two."""
        return Routes(self, bridges)

    def snapshot(self) -> tuple[Any, ...]:
        """Return a mark for `restore`: the chain, who its validators are, and what is known of each light client."""
        ballots = {address: dict(validator.ballot) for address, validator in self.validators.items()}
        known = [bridge.client.known() for bridge in self.bridges]
        vouched = {address: dict(digests) for address, digests in self.vouched.items()}
        return self.chain.snapshot(), dict(self.validators), ballots, len(self.evidence), known, vouched

    def restore(self, snapshot: tuple[Any, ...]) -> None:
        """Return to a mark. Each L1 has to be restored besides."""
        chain, validators, ballots, pairs, known, vouched = snapshot
        self.chain.restore(chain)
        self.validators = dict(validators)
        for address, ballot in ballots.items():
            self.validators[address].ballot = dict(ballot)
        for address, digests in self.vouched.items():
            digests.clear()
            digests.update(vouched.get(address, {}))
        del self.evidence[pairs:]
        del self.bridges[len(known) :]
        for bridge, client in zip(self.bridges, known, strict=True):
            bridge.client.learn(client)

    def unchanged(self, earlier: tuple[Any, ...], later: tuple[Any, ...]) -> bool:
        """Return whether nothing happened between two marks."""
        return earlier[1:] == later[1:] and self.chain.unchanged(earlier[0], later[0])

    def step(self) -> int:
        """Let validators attest to what they saw on each L1, and light clients follow; return the deliveries.

        A light client that is over stays where it is, whatever the others do. After a change of the set, the validators
        that a bridge's far end believes first name those of now.
        """
        for bridge in self.bridges:
            if bridge.validators() != self.members:
                bridge.succeed()
        delivered = sum(len(bridge.attest()) for bridge in self.bridges)
        for bridge in self.bridges:
            if not bridge.client.contract.isOver():
                bridge.follow()
        return delivered
