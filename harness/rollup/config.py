"""Parameters of a rollup, and the addresses of its contracts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from harness.rollup.errors import UnknownFork, WrongRollupParameter
from harness.rollup.forks import DEFAULT_FORK, Fork, fork_name, fork_named
from harness.rollup.machine.environment import GAS_CAP, GAS_PER_BLOCK, TX_GAS_CAP
from harness.rollup.predeploys import Predeploy, check_predeploys, read_predeploys, table_of

HOUR = 3_600
DAY = 24 * HOUR

LOWEST_BOND = 10**17
"""Least wei of an assertion's bond. A lower bond would make delay cheap."""

WHOLE = 10_000
"""The whole, in the unit of a share."""

BURNT_SHARE = 2_500
"""The default share of a countered bond that is burnt."""

_U32 = 2**32 - 1
_U64 = 2**64 - 1
_RANGES = {
    "chain_id": (1, _U64),
    "window": (1, _U64),
    "lead": (0, _U64 // 2),
    "period": (1, _U64),
    "bond": (LOWEST_BOND, _U64),
    "burnt_share": (1, WHOLE - 1),
    "base_fee": (0, _U64),
    "base_fee_scalar": (0, _U32),
    "blob_base_fee_scalar": (0, _U32),
    "gas_per_block": (TX_GAS_CAP, _U64),
    "delayed_gas_cap": (TX_GAS_CAP, _U64),
    "delayed_gas_price": (8, 1_500),
    "maturity": (0, _U64),
}
_ELASTICITY = 64
"""Most targets that a cap may be, as in the contract."""


GWEI = 10**9
TRACE_BITS = 40
"""Bits of a rollup's trace index, hence levels of its games: fewer than 2^16 inputs of fewer than 2^24 steps."""


@dataclass(frozen=True, slots=True)
class GameRules:
    """The rules of a dispute game; every value is a whole number from 1 to 2**64 - 1.

    | field            | meaning                                                                  | unit        |
    |------------------|--------------------------------------------------------------------------|-------------|
    | max_depth        | levels below the root                                                    | levels      |
    | max_clock        | response time of each side on a path                                     | seconds     |
    | extension        | time that a move leaves its side at least                                | seconds     |
    | step_extension   | the same for the last move before a step                                 | seconds     |
    | gas_price_cap    | gas price up to which bonds cover the cost of an answer                  | wei per gas |

    Raises WrongRollupParameter. The contract checks further ranges.
    """

    max_depth: int = TRACE_BITS
    max_clock: int = 84 * HOUR
    extension: int = 3 * HOUR
    step_extension: int = 6 * HOUR
    gas_price_cap: int = 50 * GWEI

    def __post_init__(self) -> None:
        for each in fields(self):
            _check_number(f"games.{each.name}", getattr(self, each.name), 1)

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> GameRules:
        """Build the rules from a table by name; dashes and underscores are equal. Raises WrongRollupParameter."""
        return cls(**_known(cls, parameters, "games."))

    def words(self) -> tuple[int, int, int, int, int]:
        """Return the rules in the order of the contract's constructor."""
        return (self.max_depth, self.max_clock, self.extension, self.step_extension, self.gas_price_cap)

    def elapsed_after(self, used: int, level: int) -> int:
        """Return the seconds that a side's clock shows after its move at depth ``level``.

        The side has used ``used`` seconds before. It keeps at least its extension.
        """
        kept = self.step_extension if level + 1 == self.max_depth else self.extension
        return min(used, self.max_clock - kept)

    @property
    def longest(self) -> int:
        """Seconds within which any game ends, from the start of its root's clock until every claim can be resolved.

        Each move uses its side's clock. A move after a side's clock is nearly used gains it one extension at most. Then
        the last claim's clock has to run out.
        """
        return 2 * self.max_clock + self.max_depth * self.extension + self.step_extension


@dataclass(frozen=True, slots=True)
class RollupConfig:
    """The parameters of a rollup: whole numbers, at most 2**64 - 1, a fork, a flag, and two tables.

    | field              | meaning                                                         | unit, range             |
    |--------------------|-----------------------------------------------------------------|-------------------------|
    | chain_id           | chain id of L2                                                  | from 1                  |
    | window             | age at which a delayed message may be forced in; reach of a batch | seconds, from 1       |
    | lead               | how far L2's time may run ahead of L1's                         | seconds, from 0         |
    | period             | challenge period                                                | seconds, from 1         |
    | bond               | bond of an assertion, and of opening its game                   | wei, from 10**17        |
    | burnt_share        | part of every countered bond that is burnt                      | 1/10,000, 1 to 9,999    |
    | base_fee           | price of L2 gas, which is burnt                                 | wei per gas, from 0     |
    | base_fee_scalar    | factor of L1's base fee in the L1 data fee; 0 and 0 is no fee    | millionths, to 2**32 - 1 |
    | blob_base_fee_scalar | factor of L1's blob base fee in it                            | millionths, to 2**32 - 1 |
    | gas_per_block      | L2 gas that each L1 block adds to the budget of sequenced items | gas, from 2**23         |
    | gas_cap            | most gas that this budget holds                                 | gas, from gas_per_block |
    | delayed_gas_cap    | L2 gas that delayed messages can buy in one L1 block            | gas, from 2**23         |
    | delayed_gas_target | L2 gas that an L1 block may sell before the price rises         | gas, 1/64 of cap to cap |
    | delayed_gas_price  | lowest price, in thousandths of L1's gas for one of L2's        | 8 to 1,500              |
    | fork               | rules of L2's first batches: cancun, prague or osaka            | name                    |
    | maturity           | time between a withdrawal's proof and its execution             | seconds, from 0         |
    | retry_failed       | whether a withdrawal whose call fails can be tried again        | False: it is lost       |
    | games              | rules of dispute games; their ``max_depth`` must be `TRACE_BITS` | GameRules              |
    | genesis            | contracts that L2 begins with besides the built-in ones         | Predeploys              |

    Raises WrongRollupParameter for a value out of its range, and a GenesisClash, GenesisWithoutCode or
    GenesisCodeTooLarge for a contract that genesis cannot hold.
    """

    chain_id: int = 901
    window: int = DAY
    lead: int = HOUR
    period: int = 7 * DAY
    bond: int = 10**18
    burnt_share: int = BURNT_SHARE
    base_fee: int = 10**7
    base_fee_scalar: int = 0
    blob_base_fee_scalar: int = 0
    gas_per_block: int = GAS_PER_BLOCK
    gas_cap: int = GAS_CAP
    delayed_gas_cap: int = TX_GAS_CAP
    delayed_gas_target: int = TX_GAS_CAP // 4
    delayed_gas_price: int = 1_000
    fork: str = fork_name(DEFAULT_FORK)
    maturity: int = 0
    retry_failed: bool = True
    games: GameRules = field(default_factory=GameRules)
    genesis: tuple[Predeploy, ...] = ()

    def __post_init__(self) -> None:
        for name, (least, most) in _RANGES.items():
            _check_number(name, getattr(self, name), least, most)
        if not isinstance(self.retry_failed, bool):
            raise WrongRollupParameter("retry_failed", self.retry_failed, "True or False")
        _check_number("gas_cap", self.gas_cap, self.gas_per_block)
        least_target = -(-self.delayed_gas_cap // _ELASTICITY)
        _check_number("delayed_gas_target", self.delayed_gas_target, least_target, self.delayed_gas_cap)
        try:
            fork_named(self.fork)
        except UnknownFork as problem:
            raise WrongRollupParameter("fork", self.fork, f"one of {', '.join(problem.expected)}") from problem
        if not isinstance(self.games, GameRules):
            raise WrongRollupParameter("games", self.games, "a table of a game's rules")
        if self.games.max_depth != TRACE_BITS:
            raise WrongRollupParameter("games.max_depth", self.games.max_depth, f"{TRACE_BITS}")
        if not isinstance(self.genesis, tuple) or not all(isinstance(each, Predeploy) for each in self.genesis):
            raise WrongRollupParameter("genesis", self.genesis, "predeploys; RollupConfig.of reads a table of them")
        check_predeploys(self.genesis)

    @property
    def scalars(self) -> tuple[int, int]:
        """The factors of the L1 data fee: of L1's base fee, and of its blob base fee."""
        return self.base_fee_scalar, self.blob_base_fee_scalar

    @property
    def first_fork(self) -> Fork:
        """The fork of the first batches."""
        return fork_named(self.fork)

    @classmethod
    def of(cls, parameters: Mapping[str, Any], root: Path | None = None) -> RollupConfig:
        """Build a configuration from a table, as a marker or ``[tool.harness.rollup]`` gives it.

        Dashes and underscores are equal. ``genesis`` is a table as `harness.rollup.predeploys` describes it, which
        names contracts of the project at ``root``; None is the project around the current folder. Raises
        WrongRollupParameter for an unknown name or a value out of its range, and what `read_predeploys` raises.
        """
        given = _known(cls, parameters)
        if isinstance(given.get("games"), Mapping):
            given["games"] = GameRules.of(given["games"])
        if isinstance(given.get("genesis"), Mapping):
            given["genesis"] = read_predeploys(given["genesis"], root)
        return cls(**given)

    def table(self) -> dict[str, Any]:
        """Return the parameters as a table that `of` turns into the same configuration, on any machine."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        return plain | {"games": asdict(self.games), "genesis": table_of(self.genesis)}


def _known(kind: type, parameters: Mapping[str, Any], where: str = "") -> dict[str, Any]:
    """Return the parameters by the names of a dataclass's fields."""
    given = {name.replace("-", "_"): value for name, value in parameters.items()}
    known = [each.name for each in fields(kind)]
    for name, value in given.items():
        if name not in known:
            raise WrongRollupParameter(where + name, value, f"one of {', '.join(known)}")
    return given


def _check_number(name: str, value: object, least: int, most: int = _U64) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        top = "2**64 - 1" if most == _U64 else str(most)
        raise WrongRollupParameter(name, value, f"a whole number from {least} to {top}")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The rollup's contracts on L1, by checksummed address.

    ``disputes`` is the factory of dispute games; it is the zero address if the rollup has none.
    """

    delayed_inbox: str
    sequencer_inbox: str
    assertions: str
    roots: str
    portal: str
    token_bridge: str
