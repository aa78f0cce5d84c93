"""How much one client of the server may ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one message: its bytes, how deep its arrays and objects nest, and the requests of a batch."""

    body: int = 5 * 2**20
    depth: int = 64
    batch: int = 1_000
