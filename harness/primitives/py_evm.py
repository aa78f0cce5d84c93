"""Imports py-evm without the tables that its BLS12-381 precompiles compute as they are imported.

The tables take a fifth of a second, and the harness runs precompiles of its own. py-evm's Prague gets functions that
import the real ones once somebody calls them, so it answers as before. The stand-in is gone when this module is
imported: whoever imports `eth.precompiles.bls12_381` later gets py-evm's own module. A package whose modules import
py-evm imports this module first.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

_MODULE = "eth.precompiles.bls12_381"
_FUNCTIONS = (
    "bls12_g1_add", "bls12_g1_msm", "bls12_map_fp_to_g1", "bls12_g2_add", "bls12_g2_msm", "bls12_map_fp2_to_g2",
    "bls12_pairing_check",
)  # fmt: skip


def _deferred(name: str) -> Callable[[Any], Any]:
    """Return a precompile that imports py-evm's own when it is called."""

    def run(computation: Any) -> Any:
        return getattr(import_module(_MODULE), name)(computation)

    return run


def _import() -> None:
    stand_in = ModuleType(_MODULE)
    for name in _FUNCTIONS:
        setattr(stand_in, name, _deferred(name))
    sys.modules[_MODULE] = stand_in
    try:
        import_module("eth")
    finally:
        del sys.modules[_MODULE]


if "eth" not in sys.modules:
    _import()
