"""A contract is compiled, deployed, called, warped in time and reorganised, on both backends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rich.table import Table

from harness.contracts.reverts import reverts
from harness.demo.stage import ChainStep, Stage

if TYPE_CHECKING:
    from harness.chain import Chain

_LIMIT = 3
_YEAR = 365 * 24 * 3600


def show(stage: Stage) -> None:
    """Show compiler, chain and contracts."""
    stage.title(
        "The foundation",
        "Solidity is compiled and cached by content; the same code then drives py-evm, in this process, and anvil.",
    )
    _show_compiled(stage)
    with stage.chains() as chains:
        counters = {id(chain): _Counter(stage, chain) for chain in chains}

        def on(step: Callable[[_Counter], str]) -> Callable[[Chain], str]:
            return lambda chain: step(counters[id(chain)])

        steps = [
            ChainStep(f"deploy Counter(limit={_LIMIT})", on(_Counter.deploy)),
            ChainStep("increment() by alice, then by bob", on(_Counter.increment)),
            ChainStep("reset() by bob, who is not the owner", on(_Counter.reset_by_a_stranger)),
            ChainStep("warp one year, increment()", on(_Counter.a_year_later)),
            ChainStep("increment() above the limit", on(_Counter.above_the_limit)),
            ChainStep("reorg of depth 2", on(_Counter.reorg)),
            ChainStep("snapshot, reset(), restore", on(_Counter.there_and_back)),
        ]
        stage.side_by_side("One contract, two chains", chains, steps)


def _show_compiled(stage: Stage) -> None:
    table = Table(title="Compiled", title_justify="left", header_style="bold")
    for column in ("contract", "solc", "creation code", "runtime code"):
        table.add_column(column)
    artifact = stage.contracts["Counter"].artifact
    sizes = (f"{len(artifact.bytecode)} bytes", f"{len(artifact.runtime)} bytes")
    table.add_row(artifact.full_name, artifact.compiler, *sizes)
    stage.console.print(table)


class _Counter:
    """The steps of this part, on one chain."""

    def __init__(self, stage: Stage, chain: Chain) -> None:
        self._type = stage.contracts["Counter"]
        self._chain = chain
        self._alice, self._bob = chain.accounts.alice, chain.accounts.bob
        self._counter: Any = None

    def deploy(self) -> str:
        self._counter = self._chain.deploy(self._type, _LIMIT, sender=self._alice)
        return f"at {self._counter.address}"

    def increment(self) -> str:
        self._counter.increment(sender=self._alice)
        receipt = self._counter.increment(sender=self._bob)
        return f"number is {self._counter.number()}, {receipt.gas_used} gas"

    def reset_by_a_stranger(self) -> str:
        with reverts(self._type.NotOwner, actual=self._bob.address):
            self._counter.reset(sender=self._bob)
        return "reverts with NotOwner"

    def a_year_later(self) -> str:
        before = self._counter.changedAt()
        self._chain.warp(_YEAR)
        self._counter.increment(sender=self._bob)
        return f"number is {self._counter.number()}, {(self._counter.changedAt() - before) // 86400} days later"

    def above_the_limit(self) -> str:
        with reverts(self._type.AboveLimit, actual=_LIMIT + 1, limit=_LIMIT):
            self._counter.increment(sender=self._alice)
        return "reverts with AboveLimit"

    def reorg(self) -> str:
        height = self._chain.block_number
        self._chain.reorg(2)
        return f"{height - self._chain.block_number} blocks gone, number is {self._counter.number()}"

    def there_and_back(self) -> str:
        mark = self._chain.snapshot()
        self._counter.reset(sender=self._alice)
        between = self._counter.number()
        self._chain.restore(mark)
        return f"number was {between}, is {self._counter.number()} again"
