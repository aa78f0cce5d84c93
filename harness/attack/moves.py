"""What players of an attack do through an adapter, and what stopped them.

Only the contracts refuse: a revert, or a default of the adapter, which says that they lack something. Whatever else a
method raises is a mistake of the adapter or of the harness, so that the attack has failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from eth_abi.exceptions import ValueOutOfBounds

from harness.adapters.base import Adapter
from harness.adapters.errors import AdapterError, AdapterFailed, NotApplicable
from harness.attack.reasons import must_say_why
from harness.attack.stage import reason_of
from harness.contracts.errors import WrongArguments
from harness.errors import Reverted

if TYPE_CHECKING:
    from harness.chain.chain import Chain

Kind = TypeVar("Kind", bound=Adapter)

UNWRITABLE = (WrongArguments, OverflowError, ValueOutOfBounds)
"""What an adapter raises for a value that fits no word of the contracts or of what is signed."""


class Moves(Generic[Kind]):
    """Calls methods of an adapter for the players of one attack."""

    def __init__(self, chain: Chain, adapter: Kind) -> None:
        self.chain = chain
        self.adapter = adapter
        self.stopped: list[str] = []
        """What stopped the cheat, in order."""
        self._moved = 0
        self._lacks = ""

    def has(self, method: str, protocol: type[Adapter]) -> bool:
        """Return whether the adapter has a method of its own in the place of the protocol's default."""
        return getattr(type(self.adapter), method) is not getattr(protocol, method)

    def call(self, method: str, *arguments: Any, adapter: Kind | None = None) -> Any:
        """Call a method of the adapter, or of another one of its kind.

        Raises Reverted and NotApplicable as they come, and AdapterFailed for anything else.
        """
        used = self.adapter if adapter is None else adapter
        try:
            return getattr(used, method)(*arguments)
        except (AdapterError, NotApplicable, Reverted):
            raise
        except Exception as problem:  # an adapter is somebody else's code, which may raise anything
            raise AdapterFailed(used.name, method, problem) from problem

    def move(self, what: str, method: str, *arguments: Any) -> bool:
        """Let the cheat do something; return whether it went through. What stopped it is noted."""
        try:
            self.call(method, *arguments)
        except Reverted as refusal:
            self._moved += 1
            self.stopped.append(f"{what}: {reason_of(refusal)}")
            must_say_why(self.adapter, what, refusal)
            return False
        self._moved += 1
        return True

    def try_move(self, what: str, method: str, *arguments: Any) -> bool:
        """Let the cheat do something that the contract may not know at all; what it does not know is noted."""
        try:
            return self.move(what, method, *arguments)
        except NotApplicable as problem:
            self._lacks = reason_of(problem)
            return False

    def attempt(self, method: str, *arguments: Any) -> str:
        """Do something that may be refused; return why it was, or "" if it was done."""
        try:
            self.call(method, *arguments)
        except (Reverted, NotApplicable) as refusal:
            return reason_of(refusal) or type(refusal).__name__
        return ""

    def race(self, what: str, *sends: Callable[[], object]) -> None:
        """Have several transactions mined in one block, in this order; the first one that fails is noted."""
        try:
            with self.chain.block():
                for send in sends:
                    send()
        except Reverted as refusal:
            self.stopped.append(f"{what}: {reason_of(refusal)}")

    @contextmanager
    def extreme(self, what: str) -> Iterator[None]:
        """Let the body use numbers that fit no word, and bytes that are no signature.

        What an adapter cannot write, or what the contract has no form for, is noted, and no failure.
        """
        try:
            yield
        except NotApplicable as problem:
            self._lacks = reason_of(problem)
            self.stopped.append(f"{what} cannot be written: {reason_of(problem)}")
        except AdapterFailed as problem:
            if not isinstance(problem.problem, UNWRITABLE):
                raise
            self.stopped.append(f"{what} cannot be written: {reason_of(problem)}")

    def must_have_moved(self) -> None:
        """Raise NotApplicable if the contract had no form for anything that the cheat tried, so that nothing held."""
        if self._lacks and not self._moved:
            raise NotApplicable(self._lacks)
