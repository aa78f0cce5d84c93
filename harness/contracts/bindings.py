"""Contracts as Python objects: a type to deploy or attach, and an instance whose functions are methods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NoReturn

from harness.chain.backend import Swap
from harness.chain.errors import CodeTooLarge, InitcodeTooLarge, RpcError
from harness.chain.values.abi import Entry
from harness.chain.values.address import Address, Addressed, address_bytes, address_of
from harness.chain.values.causes import MAX_CODE, MAX_INITCODE
from harness.chain.values.codec import AbiIndex
from harness.chain.values.transactions import create_address
from harness.contracts.artifact import Artifact
from harness.contracts.binding.arguments import Given, choose, encode
from harness.contracts.binding.filled_code import mask_of, refilled
from harness.contracts.binding.functions import (
    TRANSACTION,
    Abi,
    Function,
    Functions,
    Overload,
    overloads_of,
    sender_taken,
)
from harness.contracts.binding.library_types import plain_abi
from harness.contracts.binding.linking import at_hand, link
from harness.contracts.binding.members import ErrorType, EventType, Members, Variant
from harness.contracts.binding.proxies import implementation_of
from harness.contracts.binding.source_maps import SourceLocator
from harness.contracts.binding.storage import variables_at
from harness.contracts.errors import NotDeployable, SenderMissing, UnknownMember
from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.chain.chain import Chain
    from harness.chain.receipts import Receipt

__all__ = [
    "Contract",
    "ContractType",
    "ErrorType",
    "EventType",
    "Function",
    "Functions",
    "Overload",
    "implementation",
]


@lru_cache(maxsize=1024)
def _index_of(artifact: Artifact) -> AbiIndex:
    return AbiIndex(plain_abi(artifact.abi, artifact.selectors))


@lru_cache(maxsize=1024)
def _overloads_of(artifact: Artifact) -> Mapping[str, Sequence[Overload]]:
    return overloads_of(_index_of(artifact))


@lru_cache(maxsize=1024)
def _type_of(artifact: Artifact) -> ContractType:
    return ContractType(artifact)


@lru_cache(maxsize=1024)
def _locator_of(artifact: Artifact) -> SourceLocator:
    return SourceLocator(artifact)


@lru_cache(maxsize=1024)
def _plain_of(artifact: Artifact, way: int) -> Artifact | None:
    return artifact.plain[way]()


class ContractType:
    """A compiled contract: deploy it, attach it to an address, and name its errors and events by attribute.

    ``errors[name]`` and ``events[name]`` reach an error or event whose name a method of this class has. By signature
    they reach one of several that share a name. Raises UnknownMember for a name that the contract does not declare.
    """

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self.name = artifact.name
        self.abi: Sequence[Entry] = Abi(artifact.abi)
        self.index = _index_of(artifact)
        self.runtime_size = 0 if artifact.measured else len(artifact.runtime)  # no limit to name where none holds
        events = (*self.index.events.values(), *self.index.anonymous)
        self.errors = Members(self.name, tuple(self.index.errors.values()), ErrorType, "error")
        self.events = Members(self.name, events, EventType, "event")
        for name, event in self.events.items():
            event.namesakes = (self.errors[name],) if name in self.errors else ()

    def __getattr__(self, name: str) -> Any:
        if "events" not in self.__dict__:
            raise AttributeError(name)
        found = self.events.get(name) or self.errors.get(name)
        if found is None and _is_pythons(name):
            raise AttributeError(name)
        if found is None:
            raise UnknownMember(self.name, name, "error or event", (*self.errors, *self.events))
        return found

    def __call__(self, *args: Any, **keywords: Any) -> NoReturn:
        """Raise TypeError: `Chain.deploy` deploys a contract."""
        raise TypeError(f"{self.name} is deployed by chain.deploy({self.name}, ..., sender=...), not by a call")

    def __repr__(self) -> str:
        return f"<ContractType {self.name}>"

    def line(self, code: bytes, steps: Sequence[int], *, creation: bool) -> str | None:
        """Return the Solidity file:line of the statement that the last executed program counter belongs to.

        ``code`` is this contract's code, or one of its `plain_codes`. Returns None for other code, and if no step has a
        line.
        """
        for artifact in self._compiled():
            if artifact is not None and mask_of(artifact, creation=creation).begins(code):
                return _locator_of(artifact).line(steps, creation=creation)
        return None

    def _compiled(self) -> Iterator[Artifact | None]:
        """Yield this artifact, then those without an optimizer; each is compiled when it is asked for."""
        yield self.artifact
        for way in range(len(self.artifact.plain)):
            yield _plain_of(self.artifact, way)

    def plain_codes(self) -> Sequence[Swap]:
        """Return functions that replace this contract's code by the same source compiled without an optimizer.

        The best one comes first.
        """
        return tuple(partial(self._plain_code, way) for way in range(len(self.artifact.plain)))

    def _plain_code(self, way: int, code: bytes, address: bytes | None) -> bytes | None:
        if not (self.creates(code) if address is None else self.runs(code)):
            return None
        plain = _plain_of(self.artifact, way)
        return None if plain is None else refilled(self.artifact, plain, code, address)

    def runs(self, code: bytes) -> bool:
        """Return whether ``code`` is this contract's runtime code; immutables and library addresses may differ."""
        return mask_of(self.artifact, creation=False).matches(code)

    def creates(self, code: bytes) -> bool:
        """Return whether ``code`` is this contract's creation code with any constructor arguments."""
        return mask_of(self.artifact, creation=True).begins(code)

    def variables(self, slot: int, before: int, after: int) -> Iterator[tuple[str, str, str]]:
        """Yield name, old and new value of each state variable that a change of a word of storage changes."""
        return variables_at(self.artifact.storage_layout, slot, before, after)

    def related(self) -> Iterator[ContractType]:
        """Yield the contracts of the files that this one imports; none if they cannot be compiled here."""
        try:
            artifacts = self.artifact.neighbours()
        except HarnessError:
            return
        for artifact in artifacts:
            yield _type_of(artifact)

    def creation_code(self, /, *args: Any, **keywords: Any) -> bytes:
        """Return linked creation code with the encoded constructor arguments.

        Arguments go by position or by name; ``libraries`` maps the names of libraries to their addresses. Raises
        WrongArguments, NotDeployable, LibraryMissing and UnknownLibrary.
        """
        return self._creation(Given(args, keywords, ("libraries",)))[0]

    def _creation(self, given: Given) -> tuple[bytes, dict[str, Any]]:
        """Return the creation code, and the keywords that are neither arguments nor libraries."""
        arguments, options = self._arguments(given)
        return link(self.artifact, options.pop("libraries", None) or {}) + arguments, options

    def _arguments(self, given: Given) -> tuple[bytes, dict[str, Any]]:
        """Return the encoded arguments, and the other keywords."""
        if not self.artifact.bytecode:
            raise NotDeployable(self.name)
        what = f"constructor of {self.name}"
        _, values, options = choose(what, (self._constructor,), given, "functions")
        return encode(what, self._constructor.inputs, values), options

    @property
    def _constructor(self) -> Variant:
        nameless = {"name": "constructor", "inputs": ()}
        found = next((entry for entry in self.abi if entry.get("type") == "constructor"), nameless)
        return Variant({**nameless, **found})

    def deploy(self, chain: Chain, /, *args: Any, **keywords: Any) -> Contract:
        """Deploy on a chain and return the contract; raises SenderMissing and what `Chain.deploy` lists."""
        arguments, options = self._arguments(Given(args, keywords, (*TRANSACTION, "libraries")))
        sender = options.get("sender")
        if sender is None:
            raise SenderMissing(f"constructor of {self.name}", sender_taken(self._constructor.inputs))
        nonce = options.get("nonce")
        libraries = options.pop("libraries", None) or {}
        if nonce is None:
            libraries = {**libraries, **self._libraries(chain, libraries, sender)}
        data = link(self.artifact, libraries) + arguments
        chain.knowledge.learn(self)
        address = create_address(address_bytes(sender), chain.nonce(sender) if nonce is None else nonce)
        self._check_size(chain, data, sender, options.get("value", 0))
        chain.knowledge.learn(self, address)
        return Contract(self, chain, address, chain.send(data=data, **options))

    def _libraries(self, chain: Chain, given: Mapping[str, Any], sender: Any) -> dict[str, str]:
        """Return addresses of the libraries that are not given: where the chain has them, or else deployed now."""
        placed: dict[str, str] = {}
        for label, library in at_hand(self.artifact, given).items():
            kind, needed = _type_of(library), library.link_references
            known = () if needed else chain.knowledge.addresses_of(kind)
            found = next((place for place in known if kind.runs(chain.code(place))), None)
            inner = {name: address for name, address in given.items() if name in needed}
            placed[label] = found or kind.deploy(chain, sender=sender, libraries=inner).address
        return placed

    def _check_size(self, chain: Chain, data: bytes, sender: Any, value: Any) -> None:
        """Raise InitcodeTooLarge, or CodeTooLarge where the chain, asked without a transaction, has that limit."""
        if len(data) > MAX_INITCODE and not self.artifact.measured:
            raise InitcodeTooLarge(len(data), MAX_INITCODE, self.name)
        if self.runtime_size > MAX_CODE:
            try:
                chain.call(data=data, sender=sender, value=value)
            except RpcError as refused:
                raise CodeTooLarge(self.name, "code", self.runtime_size, MAX_CODE) from refused

    def at(self, chain: Chain, address: Any) -> Contract:
        """Return the contract of this type at an address; the chain is not asked what code is there.

        Raises NotAnAddress.
        """
        place = address_of(address)
        chain.knowledge.learn(self, place)
        return Contract(self, chain, place, None)


class Contract(Addressed):
    """A contract on a chain; its functions are methods.

    A view or pure function returns its value; several values come as one tuple with names. Any other function sends a
    transaction, needs ``sender``, and returns the receipt; `Function` lists its keywords. Amounts are wei. A function
    whose name this class uses itself is at ``functions[name]``. If a function, an event and an error share a name, the
    attribute stands for all.

    Behind an ERC-1967 proxy, the functions of the implementation are found too, if this chain knows its type.
    ``receipt`` is that of the deployment, or None. Raises UnknownMember for a name that the contract does not declare.
    """

    def __init__(self, contract_type: ContractType, chain: Chain, address: str, receipt: Receipt | None) -> None:
        self.type = contract_type
        self.chain = chain
        self.address: Address = address_of(address)
        self.receipt = receipt
        self.functions = Functions(contract_type.name, _overloads_of(contract_type.artifact), self.__function)

    @property
    def abi(self) -> Sequence[Entry]:
        """The contract's ABI, entry by entry."""
        return self.type.abi

    def __getattr__(self, name: str) -> Any:
        if "functions" not in self.__dict__:
            raise AttributeError(name)
        kind = self.type
        found = self.__member(kind, name)
        if found is None and not _is_pythons(name):
            behind = implementation(self)
            found = None if behind is None else self.__member(behind.type, name)
        if found is None:
            raise UnknownMember(kind.name, name, "function", tuple(self.functions), (*kind.events, *kind.errors))
        return found

    def __member(self, kind: ContractType, name: str) -> Any:
        """Return what a type declares by this name, bound to this contract; None if it declares nothing."""
        event, error = kind.events.get(name), kind.errors.get(name)
        own = self.__own(kind, name)
        if own is None:
            return error if event is None else event.of(self.address)
        if event is not None or error is not None:
            own.namesakes = tuple(each for each in (event and event.of(self.address), error) if each is not None)
        return own

    def __own(self, kind: ContractType, name: str) -> Function | None:
        overloads = _overloads_of(kind.artifact).get(name)
        return Function(kind.name, self.chain, self.address, overloads) if overloads else None

    def __function(self, name: str) -> Function | None:
        """Return the function of this name or signature, of the contract or of the implementation behind it."""
        found = self.__own(self.type, name)
        behind = implementation(self) if found is None else None
        return found if behind is None else self.__own(behind.type, name)

    def __repr__(self) -> str:
        return f"<{self.type.name} at {self.address} on {self.chain.name}>"

    def __eq__(self, other: object) -> bool:
        """Compare with any form of an address; two contracts are equal on the same chain only."""
        if isinstance(other, Contract):
            return (self.address, self.chain) == (other.address, other.chain)
        return super().__eq__(other)

    def __hash__(self) -> int:
        return hash(self.address)


def _is_pythons(name: str) -> bool:
    """Return whether Python may ask any object for an attribute of this name."""
    return name.startswith("__") and name.endswith("__")


def implementation(contract: Contract) -> Contract | None:
    """Return the contract behind an ERC-1967 proxy, with its own type.

    Returns None if the contract is no proxy, or if the chain does not know the implementation's type.
    """
    address = implementation_of(contract.chain, contract.address)
    info = None if address is None else contract.chain.knowledge.at(address)
    return Contract(info, contract.chain, address, None) if address and isinstance(info, ContractType) else None
