"""py-evm as it comes, which benchmarks compare the harness with."""

from __future__ import annotations

from typing import Any

from eth.db.atomic import AtomicDB
from eth.vm.chain_context import ChainContext
from eth.vm.forks.prague import PragueVM

from harness.chain.pyevm.executor import to_pyevm
from harness.chain.values.transactions import Sent


class PlainState:
    """py-evm's own Prague state on a database in memory, in an environment of no particular block."""

    def __init__(self, chain_id: int) -> None:
        vm: Any = PragueVM
        header = vm.create_genesis_header(difficulty=0, timestamp=1, gas_limit=60_000_000, base_fee_per_gas=7)
        self.state: Any = vm.build_state(AtomicDB(), header, ChainContext(chain_id), ())

    def prepare(self, sent: Sent) -> Any:
        """Return py-evm's object for a signed transaction."""
        return to_pyevm(sent)

    def apply(self, prepared: Any) -> Any:
        """Execute a prepared transaction; return the finished computation."""
        self.state.lock_changes()
        return self.state.apply_transaction(prepared)
