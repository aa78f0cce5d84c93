"""Plans and deploys a rollup with its disputes: the factory of games, the rollup, the prover, and the game."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from eth_utils import to_canonical_address

from harness.chain.chain import Chain
from harness.chain.values.accounts import Account
from harness.contracts.bindings import Contract
from harness.contracts.plan import PlannedContract, Planner
from harness.proofs.deploy import plan_prover
from harness.rollup.config import Addresses, GameRules, RollupConfig
from harness.rollup.contracts import ORDER, RollupContracts, attach, contract_type, plan
from harness.rollup.machine.machine import Idle


@dataclass(frozen=True, slots=True)
class RollupPlan:
    """All contracts of a rollup in order of deployment, and the genesis that they commit to.

    After their deployment, the factory's owner must set ``game`` as its implementation.
    """

    contracts: tuple[PlannedContract, ...]
    genesis: Idle

    def __iter__(self) -> Iterator[PlannedContract]:
        return iter(self.contracts)

    def address_of(self, name: str) -> str:
        return next(planned.address for planned in self.contracts if planned.name == name)

    @property
    def addresses(self) -> Addresses:
        return Addresses(**{name: self.address_of(name) for name in ORDER})

    @property
    def factory(self) -> str:
        return self.address_of("dispute_factory")

    @property
    def game(self) -> str:
        """The address of the implementation that games are clones of."""
        return self.address_of("dispute_game")


def plan_rollup(config: RollupConfig, deployer: str, nonce: int, sequencer: str) -> RollupPlan:
    """Plan all contracts that ``deployer`` deploys from ``nonce`` on."""
    planner = Planner(to_canonical_address(deployer), nonce)
    factory = planner.add("dispute_factory", "DisputeGameFactory", deployer)
    rollup = plan(config, deployer, nonce + 1, sequencer, factory)
    planner.contracts += rollup.steps
    where = rollup.addresses
    prover = plan_prover(planner, where.sequencer_inbox, where.delayed_inbox)
    planner.add("dispute_game", "DisputeGame", factory, where.assertions, prover, config.games.words())
    return RollupPlan(tuple(planner.contracts), rollup.genesis)


def deploy_rollup(chain: Chain, config: RollupConfig, *, deployer: Account, sequencer: Account) -> RollupContracts:
    """Deploy a rollup with its disputes."""
    planned = plan_rollup(config, deployer.address, chain.nonce(deployer), sequencer.address)
    for contract in planned:
        contract.deploy(chain, deployer)
    factory = contract_type("DisputeGameFactory").at(chain, planned.factory)
    factory.setImplementation(planned.game, sender=deployer)
    return attach(chain, planned.addresses, config.genesis)


def deploy_game(
    chain: Chain, factory: Contract, assertions: str, prover: str, rules: GameRules, deployer: Account
) -> Contract:
    """Deploy an implementation of games and set it. The factory clones it once the factory's delay is over."""
    game = contract_type("DisputeGame").deploy(
        chain, factory.address, assertions, prover, rules.words(), sender=deployer
    )
    factory.setImplementation(game.address, sender=deployer)
    return game
