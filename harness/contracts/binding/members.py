"""The errors and events of a contract type, by name or by signature; several signatures may share a name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from harness.chain.values.abi import Entry, selector, signature, topic
from harness.contracts.binding.arguments import Given, choose, encode
from harness.contracts.errors import AmbiguousOverload, UnknownMember

Kind = TypeVar("Kind", bound="Member")
Wanted = TypeVar("Wanted")


class Variant:
    """One signature of an error or event, or the constructor."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.name: str = entry["name"]
        self.signature = signature(entry)
        self.inputs: Sequence[Entry] = tuple(entry.get("inputs", ()))
        self.anonymous = bool(entry.get("anonymous", False))


class Member:
    """An error or event of a contract type: all signatures of its name, or one of them."""

    table = ""

    def __init__(self, contract: str, *entries: Entry) -> None:
        self.contract = contract
        self.name: str = entries[0]["name"]
        self.variants = tuple(Variant(entry) for entry in entries)
        self.namesakes: tuple[Any, ...] = ()

    @property
    def _only(self) -> Variant:
        if len(self.variants) > 1:
            signatures = tuple(variant.signature for variant in self.variants)
            raise AmbiguousOverload(repr(self), (), signatures, self.table)
        return self.variants[0]

    @property
    def entry(self) -> Entry:
        """The entry of the ABI; raises AmbiguousOverload if several signatures share the name."""
        return self._only.entry

    @property
    def signature(self) -> str:
        """The signature, as in ``Transfer(address,address,uint256)``; raises AmbiguousOverload like `entry`."""
        return self._only.signature

    @property
    def inputs(self) -> Sequence[Entry]:
        """The parameters' entries of the ABI; raises AmbiguousOverload like `entry`."""
        return self._only.inputs

    def __repr__(self) -> str:
        return f"{self.contract}.{self.name}"


def meant(kind: type[Wanted], named: Any) -> Wanted | None:
    """Return the named object if it is of this kind, else its namesake that is; None if there is none.

    A contract may have a function, an event and an error of one name. The attribute of that name stands for all three.
    """
    found = (named, *getattr(named, "namesakes", ()))
    return next((member for member in found if isinstance(member, kind)), None)


class ErrorType(Member):
    """A custom error of a contract, for `reverts`."""

    table = "errors"

    @property
    def selector(self) -> bytes:
        """The first four bytes of the revert data; raises AmbiguousOverload like `entry`."""
        return selector(self.entry)

    def encode(self, /, *values: Any, **named: Any) -> bytes:
        """Return the revert data with these values; raises WrongArguments and AmbiguousOverload."""
        variant, ordered, _ = choose(repr(self), self.variants, Given(values, named), self.table)
        return selector(variant.entry) + encode(f"{self.contract}.{variant.signature}", variant.inputs, ordered)


class EventType(Member):
    """An event of a contract type; with ``address``, an event of that contract only."""

    table = "events"

    def __init__(self, contract: str, *entries: Entry, address: str | None = None) -> None:
        super().__init__(contract, *entries)
        self.address = address

    @property
    def topic(self) -> bytes:
        """Hash of the signature, 32 bytes; the first topic of a log, unless the event is anonymous.

        Raises AmbiguousOverload like `entry`.
        """
        return topic(self.entry)

    def of(self, address: str) -> EventType:
        """Return the same event of the contract at this address only."""
        here = EventType(self.contract, *(variant.entry for variant in self.variants), address=address)
        here.namesakes = self.namesakes
        return here


class Members(Mapping[str, Kind], Generic[Kind]):
    """Errors or events by name and by signature. Iteration yields the names.

    Raises UnknownMember for a name or signature that the contract does not declare.
    """

    def __init__(self, contract: str, entries: Sequence[Entry], kind: Callable[..., Kind], called: str) -> None:
        self._contract, self._called = contract, called
        named: dict[str, list[Entry]] = {}
        for entry in entries:
            named.setdefault(entry["name"], []).append(entry)
        self._by_name = {name: kind(contract, *found) for name, found in named.items()}
        self._by_signature = {signature(entry): kind(contract, entry) for entry in entries}

    def __getitem__(self, name: str) -> Kind:
        found = self._by_name.get(name) or self._by_signature.get(name)
        if found is None:
            known = (*self._by_signature,) if "(" in str(name) else (*self._by_name,)
            raise UnknownMember(self._contract, name, self._called, known)
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """Return the member of a name or signature, or ``default`` if there is none."""
        return self._by_name.get(name) or self._by_signature.get(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name or name in self._by_signature

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)
