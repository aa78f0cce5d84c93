"""What one attack is played on: a chain, an adapter, and random numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from random import Random
from typing import TYPE_CHECKING, Any

from harness.adapters.errors import AdapterError, AdapterFailed, NotApplicable
from harness.attack.answers import check_answers
from harness.chain.chain import Chain
from harness.chain.opening import open_chain
from harness.chain.values.settings import CHAIN_ID
from harness.errors import ContractError, Reverted

if TYPE_CHECKING:
    from harness.adapters.base import Adapter
    from harness.contracts.bindings import ContractType

OTHER_CHAIN = CHAIN_ID + 77
"""The id of the chain that signatures are replayed from."""


class Stage:
    """One attack's own chain and adapter.

    ``variant`` is the one of the attack's variants that is played. ``budget`` is how many seconds a search may last;
    None ends it after a fixed number of tries, so that it is deterministic. ``reorg`` takes blocks off L1 and
    returns the bytes of their transactions. ``shared`` is what the attacks of one run tell each other.
    """

    def __init__(
        self,
        chain: Chain,
        adapter: type[Adapter],
        contracts: Mapping[str, ContractType],
        *,
        seed: int = 0,
        variant: str = "",
        budget: float | None = None,
        reorg: Callable[[int], Sequence[bytes]] | None = None,
        shared: dict[str, Any] | None = None,
    ) -> None:
        self.chain = chain
        self.seed = seed
        self.variant = variant
        self.random = Random(f"attack {seed} {variant}")
        self.budget = budget
        self.reorg = reorg or chain.reorg
        self.shared = {} if shared is None else shared
        self._class = adapter
        self._contracts = contracts
        self._adapter: Adapter | None = None

    @property
    def kind(self) -> type[Adapter]:
        """The adapter's class."""
        return self._class

    @property
    def contracts(self) -> Mapping[str, ContractType]:
        """The contracts that the adapter finds."""
        return self._contracts

    @property
    def adapter(self) -> Adapter:
        """The adapter, whose contracts are deployed on first access.

        Raises AdapterLacks, WrongAttribute, AdapterFailed, and NotApplicable if they do not deploy.
        """
        if self._adapter is None:
            self._adapter = self.another()
        return self._adapter

    def use(self, adapter: Adapter) -> None:
        """Take an adapter that `another` has made as the stage's own."""
        self._adapter = adapter

    def another(self, chain: Chain | None = None, prepare: Callable[[Adapter], object] = lambda _: None) -> Adapter:
        """Return another adapter with contracts of its own, on this chain or on another one.

        ``prepare`` is called before the contracts are deployed. Raises what `adapter` raises.
        """
        self._class.check()
        try:
            made = self._class(chain or self.chain, self._contracts)
            check_answers(made)
            prepare(made)
            made.deploy()
        except Reverted as revert:
            raise NotApplicable(f"the contracts do not deploy: {revert.reason}") from revert
        except (AdapterError, NotApplicable, ContractError):
            raise
        except Exception as problem:
            raise AdapterFailed(self._class.__name__, "deploy", problem) from problem
        made.check_own()
        return made

    def other_chain(self) -> AbstractContextManager[Chain]:
        """Open a chain of another id, whose accounts are the same."""
        return open_chain("py-evm", OTHER_CHAIN, name="other")


def reason_of(problem: BaseException) -> str:
    """Return the first line of what a revert, or another error, says, and the second one that a colon announces."""
    said = problem.reason if isinstance(problem, Reverted | NotApplicable) else str(problem)
    first, *more = said.splitlines() or [""]
    return f"{first} {more[0].strip()}" if more and first.endswith(":") else first
