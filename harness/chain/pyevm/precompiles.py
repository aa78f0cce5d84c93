"""The precompiles of each fork, as py-evm calls them; both layers run these.

- MODEXP: py-evm's own returned 0 for an empty base, where base ** 0 mod m is 1.
- Point evaluation: py-evm's own reads the ceremony's parameters at each call, which takes seconds.
- BLS12-381: py-evm's own is written in Python, a thousand times slower than a compiled library.
- P256VERIFY and Osaka's MODEXP: py-evm has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from eth.exceptions import VMError
from eth.vm.forks.cancun.computation import CancunComputation

from harness.chain.pyevm.kzg import POINT_EVALUATION_ADDRESS, point_evaluation
from harness.primitives.bls12 import BLS12_PRECOMPILES
from harness.primitives.modexp import BERLIN_MODEXP, OSAKA_MODEXP
from harness.primitives.opcodes import Fork
from harness.primitives.p256 import P256VERIFY
from harness.primitives.precompiles import InputRefused, Precompile

Runner = Callable[[Any], Any]
"""Runs a precompile on py-evm's computation, and returns that."""


def runner(precompile: Precompile) -> Runner:
    """Return how py-evm runs a precompile."""

    def run(computation: Any) -> Any:
        data = bytes(computation.msg.data)
        try:
            computation.consume_gas(precompile.price(data), reason=f"{precompile.name} precompile")
            computation.output = precompile.run(data)
        except InputRefused as error:
            raise VMError(f"{precompile.name}: {error}") from error
        return computation

    return run


def _table(*precompiles: Precompile) -> dict[bytes, Runner]:
    return {precompile.address: runner(precompile) for precompile in precompiles}


_CANCUN: dict[bytes, Runner] = {
    **CancunComputation._precompiles,
    **_table(BERLIN_MODEXP),
    POINT_EVALUATION_ADDRESS: point_evaluation,
}
_PRAGUE = {**_CANCUN, **_table(*BLS12_PRECOMPILES)}
_OSAKA = {**_PRAGUE, **_table(OSAKA_MODEXP, P256VERIFY)}

PRECOMPILES: Mapping[Fork, Mapping[bytes, Runner]] = MappingProxyType(
    {
        fork: MappingProxyType(table)
        for fork, table in zip((Fork.CANCUN, Fork.PRAGUE, Fork.OSAKA), (_CANCUN, _PRAGUE, _OSAKA), strict=True)
    }
)
"""By fork and address."""
