"""What a chain hands out, such as snapshots, and the contract types that it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from harness.chain.backend import Head
from harness.chain.knowledge import Memory

On = TypeVar("On", contravariant=True)
Bound = TypeVar("Bound", covariant=True)
Hook = TypeVar("Hook", bound=Callable[..., object])


class Deployable(Protocol[On, Bound]):
    """What `Chain.deploy` and `Chain.at` take: a contract type of the layer above. ``On`` is the type of chain."""

    def deploy(self, chain: On, /, *args: Any, **keywords: Any) -> Bound:
        """Deploy on a chain and return the contract."""

    def at(self, chain: On, address: str) -> Bound:
        """Return the contract at an address."""


@dataclass(frozen=True, slots=True, eq=False, repr=False, weakref_slot=True)
class Snapshot:
    """A mark of a chain's state, blocks and time, for `Chain.restore`.

    It can be restored any number of times, until an earlier one is restored. ``now`` is the chain's time at the mark,
    in seconds since 1970. ``place`` counts the snapshots of the chain.
    """

    place: int
    head: Head
    now: int
    inner: object
    edits: tuple[Any, ...]
    known: Memory

    @property
    def number(self) -> int:
        """Number of the newest block at the mark."""
        return self.head.number

    @property
    def hash(self) -> bytes:
        """Hash of the newest block at the mark, 32 bytes."""
        return self.head.hash

    def __repr__(self) -> str:
        return f"Snapshot(number={self.number})"


@dataclass(frozen=True, slots=True)
class Subscription(Generic[Hook]):
    """A callback that a chain calls. Call this object, or leave it as a context manager, to end that."""

    _hooks: list[Hook] = field(repr=False)
    callback: Hook

    def __call__(self) -> None:
        """Stop the calls. Stopping them twice does nothing."""
        if self.callback in self._hooks:
            self._hooks.remove(self.callback)

    def __enter__(self) -> Subscription[Hook]:
        return self

    def __exit__(self, *error: object) -> None:
        self()
