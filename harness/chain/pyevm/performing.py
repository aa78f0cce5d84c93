"""Executes a scene by the rules of its fork, on a state of its own, for who watches it or overrides what it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth.exceptions import PyEVMError
from eth_typing import Hash32
from eth_utils import ValidationError

from harness.chain.backend import World
from harness.chain.errors import Inexecutable
from harness.chain.jsonrpc.local import Execution, Watcher
from harness.chain.pyevm.blocks import StateView
from harness.chain.pyevm.evm import VMS, execute
from harness.chain.pyevm.frames import cause_of
from harness.chain.pyevm.replay import Scene, WorldState
from harness.chain.pyevm.steps import relaying
from harness.chain.values.transactions import Sent
from harness.primitives.addresses import checksum_address
from harness.primitives.patricia import EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class _FixedFee:
    """Blobs whose price does not follow from the block's excess."""

    fee: int

    def base_fee(self, excess: int) -> int:
        return self.fee


@dataclass(frozen=True, slots=True)
class Performance:
    """A scene that was executed: the outermost computation, and the states before and after it."""

    computation: Any
    before: World
    after: World

    @classmethod
    def of(cls, scene: Scene, watcher: Watcher | None = None, blob_fee: int | None = None) -> Performance:
        """Execute a scene; raises Inexecutable. ``blob_fee`` is the price of blob gas, None the rules' own."""
        machine: Any = VMS[scene.rules.fork].get_state_class()
        world: Any = WorldState(scene.world)
        state: Any = machine(world, scene.context, Hash32(EMPTY_ROOT))
        state.blobs = scene.rules.blobs if blob_fee is None else _FixedFee(blob_fee)
        for earlier in scene.before:
            execute(state, earlier)
        if watcher is not None:
            state.computation_class = relaying(scene.rules.fork, watcher)
        computation = _applied(state, scene.sent)
        return cls(computation, StateView(state._account_db.as_locked()), StateView(state))

    def outcome(self) -> Execution:
        """Return what JSON-RPC tells of it."""
        return outcome_of(self.computation, self.before, self.after)


def _applied(state: Any, sent: Sent) -> Any:
    try:
        return execute(state, sent)
    except (PyEVMError, ValidationError) as error:
        raise Inexecutable(checksum_address(sent.sender), str(error)) from None


def outcome_of(computation: Any, before: World | None = None, after: World | None = None) -> Execution:
    """Return what JSON-RPC tells of a finished computation."""
    error = cause_of(computation) if computation.is_error else None
    left, used = int(computation.get_gas_remaining()), int(computation.settled_gas)
    return Execution(bytes(computation.output), left, error, used, before, after)
