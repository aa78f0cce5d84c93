"""What a chain hands out: snapshots and subscriptions; and what it takes: contract types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from harness.chain.backend import Head
from harness.chain.knowledge import Memory

if TYPE_CHECKING:
    from harness.chain.chain import Chain
    from harness.chain.receipts import Receipt

Bound = TypeVar("Bound", covariant=True)

TransactionHook = Callable[["Chain", "Receipt"], None]


class Deployable(Protocol[Bound]):
    """What `Chain.deploy` and `Chain.at` take: a contract type of the layer above."""

    def deploy(self, chain: Chain, /, *args: Any, **keywords: Any) -> Bound: ...
    def at(self, chain: Chain, address: str) -> Bound: ...


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Snapshot:
    """A point to return to, any number of times, until an earlier one is restored; ``now`` is the chain's time then."""

    head: Head
    now: int
    inner: object
    edits: tuple[Any, ...]
    known: Memory

    @property
    def number(self) -> int:
        """Number of the head."""
        return self.head.number

    @property
    def hash(self) -> bytes:
        """Hash of the head."""
        return self.head.hash

    def __repr__(self) -> str:
        return f"Snapshot(number={self.number})"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A callback that is being called; call or leave this to end it."""

    _hooks: list[TransactionHook] = field(repr=False)
    callback: TransactionHook

    def __call__(self) -> None:
        if self.callback in self._hooks:
            self._hooks.remove(self.callback)

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *error: object) -> None:
        self()
