"""Contracts as Python objects: a type to deploy or attach, and an instance whose functions are methods."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from eth_abi.exceptions import EncodingError
from eth_utils import to_checksum_address

from harness.chain.codec import (
    AbiIndex,
    Entry,
    Struct,
    address_bytes,
    decode_values,
    encode_arguments,
    selector,
    signature,
    topic,
    types_of,
)
from harness.chain.transactions import create_address
from harness.contracts.artifact import Artifact
from harness.contracts.errors import LibraryMissing, NotDeployable, SenderMissing, UnknownMember, WrongArguments
from harness.contracts.proxies import implementation_of
from harness.contracts.source_maps import SourceLocator
from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.chain.accounts import Account
    from harness.chain.chain import Chain
    from harness.chain.receipts import Receipt
    from harness.chain.trace import CallTrace

_DECODED_KEPT = 1_024
"""Return values that a function remembers."""


class ErrorType:
    """A custom error of a contract, for `reverts`."""

    def __init__(self, contract: str, entry: Entry) -> None:
        self.contract = contract
        self.name: str = entry["name"]
        self.signature = signature(entry)
        self.selector = selector(entry)
        self.inputs: Sequence[Entry] = tuple(entry.get("inputs", ()))

    def encode(self, *values: Any) -> bytes:
        """Revert data with these values."""
        return self.selector + _encode(self.signature, self.inputs, values)

    def __repr__(self) -> str:
        return f"{self.contract}.{self.name}"


class EventType:
    """An event of a contract type, or of one contract if ``address`` is given."""

    def __init__(self, contract: str, entry: Entry, address: str | None = None) -> None:
        self.contract = contract
        self.entry = entry
        self.name: str = entry["name"]
        self.signature = signature(entry)
        self.topic = topic(entry)
        self.address = address

    def __repr__(self) -> str:
        return f"{self.contract}.{self.name}"


@lru_cache(maxsize=1024)
def _index_of(artifact: Artifact) -> AbiIndex:
    return AbiIndex(artifact.abi)


@dataclass(frozen=True, slots=True)
class _RuntimeMask:
    """Runtime code with holes where deployment fills something in."""

    code: bytes
    holes: tuple[tuple[int, int], ...]

    def matches(self, code: bytes) -> bool:
        return bool(self.code) and len(code) == len(self.code) and self._blank(code) == self.code

    def _blank(self, code: bytes) -> bytes:
        blanked = bytearray(code)
        for start, length in self.holes:
            blanked[start : start + length] = bytes(length)
        return bytes(blanked)


@lru_cache(maxsize=1024)
def _runtime_mask(artifact: Artifact) -> _RuntimeMask:
    tables = (artifact.immutable_references, artifact.runtime_link_references)
    holes = tuple(place for table in tables for places in table.values() for place in places)
    return _RuntimeMask(_RuntimeMask(b"", holes)._blank(artifact.runtime), holes)


@lru_cache(maxsize=1024)
def _type_of(artifact: Artifact) -> ContractType:
    return ContractType(artifact)


@lru_cache(maxsize=1024)
def _locator_of(artifact: Artifact) -> SourceLocator:
    return SourceLocator(artifact)


class ContractType:
    """A compiled contract: deploy it, attach it to an address, name its errors and events by attribute.

    An error or event with the name of a method here is at ``errors[name]`` or ``events[name]``.
    """

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self.name = artifact.name
        self.abi = artifact.abi
        self.index = _index_of(artifact)
        self.errors = {entry["name"]: ErrorType(self.name, entry) for entry in self.index.errors.values()}
        self.events = {entry["name"]: EventType(self.name, entry) for entry in self.index.events.values()}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        members = self.__dict__.get("errors", {}), self.__dict__.get("events", {})
        for table in members:
            if name in table:
                return table[name]
        known = (*members[0], *members[1])
        raise UnknownMember(self.__dict__.get("name", "contract"), name, "error or event", known)

    def __repr__(self) -> str:
        return f"<ContractType {self.name}>"

    def location(self, pc: int, *, creation: bool) -> str | None:
        """Solidity file:line of a program counter; None if unknown."""
        return _locator_of(self.artifact).location(pc, creation=creation)

    def runs(self, code: bytes) -> bool:
        """Whether ``code`` is this contract's, immutables and library addresses apart."""
        return _runtime_mask(self.artifact).matches(code)

    def related(self) -> Iterator[ContractType]:
        """The contracts of the files that this one imports; none where they cannot be compiled here."""
        try:
            artifacts = self.artifact.neighbours()
        except HarnessError:
            return
        for artifact in artifacts:
            yield _type_of(artifact)

    def creation_code(self, *args: Any, libraries: Mapping[str, Any] | None = None) -> bytes:
        """Linked creation code with the encoded constructor arguments."""
        if not self.artifact.bytecode:
            raise NotDeployable(self.name)
        entry = next((entry for entry in self.abi if entry["type"] == "constructor"), {"inputs": ()})
        code = _link(self.artifact, libraries or {})
        return code + _encode(f"constructor of {self.name}", entry["inputs"], args)

    def deploy(
        self,
        chain: Chain,
        *args: Any,
        sender: Account,
        value: int = 0,
        libraries: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Contract:
        """Deploy and return the contract; raises the decoded Reverted if the constructor reverts.

        ``libraries`` gives addresses of the libraries to link, by name; ``options`` go to `Chain.send`.
        """
        data = self.creation_code(*args, libraries=libraries)
        chain.knowledge.learn(self)
        address = create_address(address_bytes(sender), chain.nonce(sender))
        chain.knowledge.learn(self, address)
        receipt = chain.send(sender=sender, data=data, value=value, **options)
        return Contract(self, chain, address, receipt)

    def at(self, chain: Chain, address: Any) -> Contract:
        """The contract of this type at an address, which is not asked whether it is one."""
        checksummed = to_checksum_address(address_bytes(address))
        chain.knowledge.learn(self, checksummed)
        return Contract(self, chain, checksummed, None)


class Contract:
    """A contract on a chain; its functions are methods. Own names are few, for they hide functions of the same name.

    View and pure functions return their value (a tuple with names for several); others send a transaction, need a
    sender and return its receipt. A function whose name is taken here is at ``functions[name]``. Behind an ERC-1967
    proxy the functions of the implementation are found as well, if its type is known on this chain.
    """

    def __init__(self, contract_type: ContractType, chain: Chain, address: str, receipt: Receipt | None) -> None:
        self.type = contract_type
        self.chain = chain
        self.address = address
        self.receipt = receipt
        self.functions = Functions(self)

    @property
    def abi(self) -> Sequence[Entry]:
        return self.type.abi

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "functions" not in self.__dict__:
            raise AttributeError(name)
        event = self.type.events.get(name)
        if event is not None:
            return EventType(event.contract, event.entry, self.address)
        if name in self.type.errors:
            return self.type.errors[name]
        return self.functions[name]

    def __repr__(self) -> str:
        return f"<{self.type.name} at {self.address} on {self.chain.name}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Contract) and (self.address, self.chain) == (other.address, other.chain)

    def __hash__(self) -> int:
        return hash(self.address)


class Functions:
    """The functions of one contract, by name or by signature."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    def __getitem__(self, name: str) -> Function:
        own = _overloads_of(self._contract.type.artifact).get(name)
        if own:
            return Function(self._contract, own)
        behind = implementation(self._contract)
        found = None if behind is None else _overloads_of(behind.type.artifact).get(name)
        if found:
            return Function(self._contract, found)
        known = tuple(entry["name"] for entry in self._contract.type.index.functions.values())
        raise UnknownMember(self._contract.type.name, name, "function", known)

    def __getattr__(self, name: str) -> Function:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]


class Overload:
    """One function of an ABI, with what is the same for every call worked out once."""

    def __init__(self, entry: Entry) -> None:
        self.name: str = entry["name"]
        self.signature = signature(entry)
        self.selector = selector(entry)
        self.is_read = entry["stateMutability"] in ("view", "pure")
        self._inputs: Sequence[Entry] = tuple(entry.get("inputs", ()))
        self._outputs: Sequence[Entry] = tuple(entry.get("outputs", ()))
        # Arrays are decoded to lists, which their reader may change: those are not handed out twice. Bytes may be long.
        parts = re.findall(r"\w+|\[", ",".join(types_of(self._outputs)))
        self._is_kept = not {"[", "bytes", "string"}.intersection(parts)
        self._decoded: dict[bytes, Any] = {}

    def takes(self, args: Sequence[Any]) -> bool:
        """Whether there are as many arguments as it has parameters."""
        return len(args) == len(self._inputs)

    def encode(self, args: Sequence[Any]) -> bytes:
        """Calldata; raises WrongArguments."""
        return self.selector + _encode(self.signature, self._inputs, args)

    def decode(self, data: bytes) -> Any:
        """The value in return data, a `Struct` if there are several, None if there is none."""
        found = self._decoded.get(data)
        if found is None:
            found = _unwrap(self._outputs, data)
            if self._is_kept:
                if len(self._decoded) == _DECODED_KEPT:
                    self._decoded.clear()
                self._decoded[data] = found
        return found


@lru_cache(maxsize=1024)
def _overloads_of(artifact: Artifact) -> Mapping[str, Sequence[Overload]]:
    """The functions of a contract by name, and each by its signature."""
    found: dict[str, list[Overload]] = {}
    for entry in _index_of(artifact).functions.values():
        overload = Overload(entry)
        found.setdefault(overload.name, []).append(overload)
        found[overload.signature] = [overload]
    return found


class Function:
    """One function of one contract, all its overloads; which one is meant is decided by the arguments."""

    def __init__(self, contract: Contract, overloads: Sequence[Overload]) -> None:
        self.contract = contract
        self._overloads = overloads
        self.name = overloads[0].name

    def __repr__(self) -> str:
        return f"<{self.contract.type.name}.{self.name}>"

    def encode(self, *args: Any) -> bytes:
        """Calldata."""
        return self._choose(args)[1]

    def decode_output(self, data: bytes) -> Any:
        """Return value in return data; of the first overload."""
        return self._overloads[0].decode(data)

    def __call__(self, *args: Any, sender: Any = None, value: int = 0, gas: int | None = None, **options: Any) -> Any:
        overload, data = self._choose(args)
        if overload.is_read:
            return self._call(overload, data, sender, value, gas)
        return self._transact(data, sender, value, gas, options)

    def call(self, *args: Any, sender: Any = None, value: int = 0, gas: int | None = None) -> Any:
        """Execute without a transaction and return what the function returns."""
        overload, data = self._choose(args)
        return self._call(overload, data, sender, value, gas)

    def transact(self, *args: Any, sender: Any, value: int = 0, gas: int | None = None, **options: Any) -> Receipt:
        """Send a transaction, whatever the function's mutability."""
        return self._transact(self._choose(args)[1], sender, value, gas, options)

    def trace(self, *args: Any, sender: Any = None, value: int = 0) -> CallTrace:
        """The tree of calls if the function were called now; it may fail."""
        contract = self.contract
        return contract.chain.trace_call(to=contract.address, data=self._choose(args)[1], sender=sender, value=value)

    def _call(self, overload: Overload, data: bytes, sender: Any, value: int, gas: int | None) -> Any:
        contract = self.contract
        return overload.decode(contract.chain.call(to=contract.address, data=data, sender=sender, value=value, gas=gas))

    def _transact(self, data: bytes, sender: Any, value: int, gas: int | None, options: Mapping[str, Any]) -> Receipt:
        if sender is None:
            raise SenderMissing(f"{self.contract.type.name}.{self.name}")
        contract = self.contract
        return contract.chain.send(sender=sender, to=contract.address, data=data, value=value, gas=gas, **options)

    def _choose(self, args: Sequence[Any]) -> tuple[Overload, bytes]:
        problem: WrongArguments | None = None
        for overload in self._overloads:
            if overload.takes(args):
                try:
                    return overload, overload.encode(args)
                except WrongArguments as error:
                    problem = error
        wanted = " or ".join(overload.signature for overload in self._overloads)
        raise problem or WrongArguments(f"{self.contract.type.name}.{self.name}", args, wanted)


def implementation(contract: Contract) -> Contract | None:
    """The contract behind an ERC-1967 proxy, with its own type; None if it is no proxy, or its type is not known."""
    address = implementation_of(contract.chain, contract.address)
    info = None if address is None else contract.chain.knowledge.at(address)
    return Contract(info, contract.chain, address, None) if address and isinstance(info, ContractType) else None


def _encode(what: str, inputs: Sequence[Entry], values: Sequence[Any]) -> bytes:
    if len(inputs) != len(values):
        raise WrongArguments(what, values, _wanted(inputs))
    try:
        return encode_arguments(inputs, values)
    except (EncodingError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise WrongArguments(what, values, _wanted(inputs), str(error)) from error


def _wanted(inputs: Sequence[Entry]) -> str:
    """The parameters, for people."""
    typed = zip(types_of(inputs), inputs, strict=True)
    return "(" + ", ".join(f"{kind} {item.get('name', '')}".strip() for kind, item in typed) + ")"


def _unwrap(outputs: Sequence[Entry], data: bytes) -> Any:
    if not outputs:
        return None
    values = decode_values(outputs, data)
    if len(values) == 1:
        return values[0]
    return Struct([item.get("name") or f"_{i}" for i, item in enumerate(outputs)], values)


def _link(artifact: Artifact, libraries: Mapping[str, Any]) -> bytes:
    code = bytearray(artifact.bytecode)
    for library, places in artifact.link_references.items():
        short = library.rsplit(":", 1)[-1]
        given = libraries.get(library, libraries.get(short))
        if given is None:
            raise LibraryMissing(artifact.name, library)
        for start, length in places:
            code[start : start + length] = address_bytes(given)
    return bytes(code)
