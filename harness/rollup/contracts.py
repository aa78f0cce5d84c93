"""The rollup's contracts on L1: deployed in one go, or found at their addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eth_utils import to_canonical_address, to_checksum_address

from harness.chain.chain import Chain
from harness.chain.values.accounts import Account
from harness.chain.values.transactions import create_address
from harness.contracts.bindings import Contract, ContractType
from harness.contracts.plan import PlannedContract
from harness.contracts.project import built_in_contracts
from harness.errors import Reverted
from harness.rollup.config import Addresses, GameRules, RollupConfig
from harness.rollup.errors import NoRollup, WrongGenesis
from harness.rollup.forks import fork_name, fork_of, fork_word
from harness.rollup.genesis import genesis
from harness.rollup.machine.machine import Idle
from harness.rollup.predeploys import Predeploy

NO_DISPUTES = to_checksum_address(bytes(20))

ORDER = ("delayed_inbox", "sequencer_inbox", "assertions", "roots", "portal", "token_bridge")
"""Order of deployment; the constructors know the addresses of later contracts, which follow from the deployer's
nonce.
"""

_NAMES = ("DelayedInbox", "SequencerInbox", "AssertionChain", "OptimismRoots", "Portal", "TokenBridge")
TYPES = dict(zip(ORDER, _NAMES, strict=True))


def contract_type(name: str) -> ContractType:
    """Return one of the built-in contracts as a type to deploy or to bind."""
    return ContractType(built_in_contracts()[name])


@dataclass(frozen=True, slots=True)
class Plan:
    """All deployments of a rollup, in order, and the genesis that they commit to."""

    steps: tuple[PlannedContract, ...]
    genesis: Idle

    @property
    def addresses(self) -> Addresses:
        """The address of each contract, known before the first deployment."""
        return Addresses(**{step.name: step.address for step in self.steps})

    def __iter__(self) -> Iterator[PlannedContract]:
        return iter(self.steps)


def plan(config: RollupConfig, deployer: Any, nonce: int, sequencer: Any, disputes: str = NO_DISPUTES) -> Plan:
    """Lay out the deployments that ``deployer`` makes from ``nonce`` on.

    ``disputes`` is the address of the factory of dispute games.
    """
    source = to_canonical_address(getattr(deployer, "address", deployer))
    owner = to_checksum_address(getattr(sequencer, "address", sequencer))
    at = {name: create_address(source, nonce + position) for position, name in enumerate(ORDER)}
    first = genesis(
        config.chain_id,
        config.base_fee,
        to_canonical_address(at["token_bridge"]),
        to_canonical_address(owner),
        config.gas_per_block,
        config.gas_cap,
        config.genesis,
        config.first_fork,
        config.scalars,
    )
    arguments: dict[str, tuple[Any, ...]] = {
        "delayed_inbox": (
            at["portal"],
            config.delayed_gas_cap,
            config.delayed_gas_target,
            config.delayed_gas_price,
        ),
        "sequencer_inbox": (
            at["delayed_inbox"],
            owner,
            config.window,
            config.lead,
            config.chain_id,
            config.base_fee,
            config.base_fee_scalar,
            config.blob_base_fee_scalar,
            config.gas_per_block,
            config.gas_cap,
            fork_word(config.first_fork),
            disputes,
        ),
        "assertions": (at["sequencer_inbox"], disputes, first.root, config.bond, config.burnt_share, config.period),
        "roots": (at["assertions"],),
        "portal": (at["delayed_inbox"], at["roots"], config.maturity, config.retry_failed),
        "token_bridge": (at["portal"],),
    }
    return Plan(tuple(PlannedContract(name, TYPES[name], arguments[name], at[name]) for name in ORDER), first)


@dataclass(frozen=True, slots=True)
class RollupContracts:
    """The six contracts, bound to their chain, and what they say of their L2."""

    chain: Chain
    addresses: Addresses
    config: RollupConfig
    genesis: Idle
    delayed_inbox: Contract
    sequencer_inbox: Contract
    assertions: Contract
    roots: Contract
    portal: Contract
    token_bridge: Contract


def deploy(
    chain: Chain,
    config: RollupConfig,
    *,
    deployer: Account,
    sequencer: Account,
    disputes: str = NO_DISPUTES,
) -> RollupContracts:
    """Deploy a rollup's contracts on L1."""
    laid_out = plan(config, deployer, chain.nonce(deployer), sequencer, disputes)
    for step in laid_out:
        step.deploy(chain, deployer)
    return attach(chain, laid_out.addresses, config.genesis)


def attach(chain: Chain, addresses: Addresses, predeploys: tuple[Predeploy, ...] = ()) -> RollupContracts:
    """Bind to a rollup's contracts, and compute the genesis of their L2.

    ``predeploys`` are the contracts that its table of genesis added to the built-in ones; L1 knows their root alone.

    Raises NoRollup where an address has no code, and WrongGenesis where the contracts commit to another genesis.
    """
    bound = {}
    for name in ORDER:
        address = getattr(addresses, name)
        if not chain.code(address):
            raise NoRollup(name, address, chain.chain_id)
        bound[name] = contract_type(TYPES[name]).at(chain, address)
    inbox, delayed, assertions = bound["sequencer_inbox"], bound["delayed_inbox"], bound["assertions"]
    portal = bound["portal"]
    config = RollupConfig(
        chain_id=inbox.l2ChainId(),
        window=inbox.window(),
        lead=inbox.lead(),
        period=assertions.period(),
        bond=assertions.bond(),
        burnt_share=assertions.burntShare(),
        base_fee=inbox.l2BaseFee(),
        base_fee_scalar=inbox.baseFeeScalar(),
        blob_base_fee_scalar=inbox.blobBaseFeeScalar(),
        gas_per_block=inbox.gasPerBlock(),
        gas_cap=inbox.gasCap(),
        fork=fork_name(fork_of(inbox.firstFork())),
        delayed_gas_cap=delayed.gasCap(),
        delayed_gas_target=delayed.gasTarget(),
        delayed_gas_price=delayed.lowestPrice(),
        maturity=portal.proofMaturityDelaySeconds(),
        retry_failed=portal.retriesFailed(),
        games=game_rules(chain, str(assertions.disputes())),
        genesis=predeploys,
    )
    first = genesis(
        config.chain_id,
        config.base_fee,
        to_canonical_address(addresses.token_bridge),
        to_canonical_address(inbox.sequencer()),
        config.gas_per_block,
        config.gas_cap,
        predeploys,
        config.first_fork,
        config.scalars,
    )
    known = assertions.assertion(assertions.genesis()).root
    if known != first.root:
        raise WrongGenesis(known, first.root)
    return RollupContracts(chain=chain, addresses=addresses, config=config, genesis=first, **bound)


def game_rules(chain: Chain, factory: str) -> GameRules:
    """Return the rules of the games that a factory opens next; the usual rules if it opens none."""
    if not chain.code(factory):
        return GameRules()
    try:
        game = str(contract_type("DisputeGameFactory").at(chain, factory).functions["implementation"]())
    except Reverted:
        return GameRules()
    return read_rules(contract_type("DisputeGame").at(chain, game)) if chain.code(game) else GameRules()


def read_rules(game: Contract) -> GameRules:
    """Return the rules of a game, or of an implementation of games."""
    rules = game.rules()
    return GameRules(rules.maxDepth, rules.maxClock, rules.extension, rules.stepExtension, rules.gasPriceCap)
