"""Amounts in wei."""

from __future__ import annotations

from decimal import Decimal


def ether(amount: int | float | str | Decimal) -> int:
    """Return ``amount`` ether in wei; raises ValueError for a fraction of a wei.

    A float counts as its shortest decimal text: ``ether(0.1)`` is 10**17.
    """
    return _scale(amount, 10**18)


def gwei(amount: int | float | str | Decimal) -> int:
    """Return ``amount`` gwei in wei; raises ValueError for a fraction of a wei.

    A float counts as its shortest decimal text: ``gwei(0.1)`` is 10**8.
    """
    return _scale(amount, 10**9)


def _scale(amount: int | float | str | Decimal, unit: int) -> int:
    if isinstance(amount, int):
        return amount * unit
    wei = Decimal(str(amount)) * unit
    if wei != int(wei):
        raise ValueError(f"{amount} is {wei} wei, expected a whole number of wei")
    return int(wei)
