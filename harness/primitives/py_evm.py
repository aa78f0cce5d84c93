"""Imports py-evm without what the harness never uses of it, which would take a quarter of a second.

These are the tables that its BLS12-381 precompiles compute as they are imported, the hashes of proof of work, and
asyncio. py-evm gets functions that import the real ones once somebody calls them, so it answers as before. The
stand-ins are gone when this module is imported: whoever imports one of these modules later gets the real one. A package
whose modules import py-evm imports this module first.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import Any

_DEFERRED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "eth.precompiles.bls12_381": (
            "bls12_g1_add", "bls12_g1_msm", "bls12_map_fp_to_g1", "bls12_g2_add", "bls12_g2_msm",
            "bls12_map_fp2_to_g2", "bls12_pairing_check",
        ),
        "eth.consensus.ethash": ("get_dataset_full_size", "hashimoto_light", "mkcache"),
    }
)  # fmt: skip
"""The functions that py-evm takes out of each module as it is imported."""

_CACHING = "cached_property"
"""A package that looks by asyncio whether a property is a coroutine. None of py-evm's is."""


def _deferred(module: str, name: str) -> Callable[..., Any]:
    """Return a function that imports py-evm's own when it is called."""

    def run(*arguments: Any, **options: Any) -> Any:
        return getattr(import_module(module), name)(*arguments, **options)

    return run


def _stand_ins() -> dict[str, ModuleType]:
    found = {name: ModuleType(name) for name in (*_DEFERRED, _CACHING)}
    for module, names in _DEFERRED.items():
        for name in names:
            setattr(found[module], name, _deferred(module, name))
    found[_CACHING].cached_property = functools.cached_property  # type: ignore[attr-defined]
    return found


def _import() -> None:
    stand_ins = {name: module for name, module in _stand_ins().items() if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        import_module("eth")
    finally:
        for name in stand_ins:
            del sys.modules[name]


if "eth" not in sys.modules:
    _import()
