"""What a chain hands out: snapshots and subscriptions; and what it takes: contract types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

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


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A point to return to, any number of times, until an earlier one is restored; ``now`` is the chain's time then."""

    number: int
    hash: bytes = field(repr=False)
    now: int = field(repr=False)
    inner: object = field(repr=False)
    edits: tuple[Any, ...] = field(repr=False)
    known: Memory = field(repr=False)


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
