"""Precompiled contracts as pure functions of their input, so that every layer computes, prices and refuses alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from harness.errors import NativeLibraryMissing


class InputRefused(Exception):
    """A precompile fails for this input, and takes all the gas of its call."""


@dataclass(frozen=True, slots=True)
class Precompile:
    """A precompiled contract.

    ``price`` gives the gas of an input; ``run`` gives the output. Both raise InputRefused where the call fails.
    """

    name: str
    address: bytes
    price: Callable[[bytes], int]
    run: Callable[[bytes], bytes]


def at(number: int) -> bytes:
    """Return the address of a precompile."""
    return number.to_bytes(20, "big")


def native(module: str, package: str, purpose: str) -> Any:
    """Import a compiled library where it is first needed; raises NativeLibraryMissing."""
    try:
        return import_module(module)
    except ImportError as error:
        raise NativeLibraryMissing(package, purpose, str(error)) from error


def number_at(data: bytes, offset: int, size: int) -> int:
    """Return the big-endian number at ``offset``; bytes past the end are zero."""
    return int.from_bytes(data[offset : offset + size].ljust(size, b"\0"), "big")
