"""The functions of a contract: what each takes and returns, and how it is called."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from harness.chain.values.abi import Entry, described, mutability, names_of, selector, signature, types_of
from harness.chain.values.codec import AbiIndex, Struct, decode_values
from harness.chain.values.value_errors import Undecodable
from harness.contracts.binding.arguments import Given, choose, encode
from harness.contracts.errors import SenderMissing, UndecodableAnswer, UnknownMember, WrongArguments

if TYPE_CHECKING:
    from harness.chain.chain import Chain
    from harness.chain.receipts import Receipt
    from harness.chain.trace import CallTrace

_DECODED_KEPT = 1_024
"""Return values that a function remembers."""
_CALL = ("sender", "value", "gas")
TRANSACTION = (*_CALL, "nonce", "max_fee", "priority_fee", "check")
"""Keywords that a call and a transaction understand, unless they name a parameter that no position has filled."""


class Overload:
    """One function of an ABI. What is the same for every call is computed once."""

    def __init__(self, entry: Entry) -> None:
        self.name: str = entry["name"]
        self.signature = signature(entry)
        self.selector = selector(entry)
        self.is_read = mutability(entry) in ("view", "pure")
        self.inputs: Sequence[Entry] = tuple(entry.get("inputs", ()))
        self._outputs: Sequence[Entry] = tuple(entry.get("outputs", ()))
        # Arrays are decoded to lists, which a reader may change, so each call returns new ones. Bytes may be long.
        parts = re.findall(r"\w+|\[", ",".join(types_of(self._outputs)))
        self._is_kept = not {"[", "bytes", "string"}.intersection(parts)
        self._decoded: dict[bytes, Any] = {}

    def takes(self, args: Sequence[Any]) -> bool:
        """Return whether there are as many arguments as the function has parameters."""
        return len(args) == len(self.inputs)

    def encode(self, args: Sequence[Any], what: str = "") -> bytes:
        """Return the calldata; raises WrongArguments."""
        return self.selector + encode(what or self.signature, self.inputs, args)

    def decode(self, data: bytes) -> Any:
        """Return the value in return data: a `Struct` of several values, or None if the function returns nothing.

        Raises UndecodableAnswer if the data does not decode as the function's return types.
        """
        found = self._decoded.get(data)
        if found is None:
            found = self._unwrapped(data)
            if self._is_kept:
                if len(self._decoded) == _DECODED_KEPT:
                    self._decoded.clear()
                self._decoded[data] = found
        return found

    def _unwrapped(self, data: bytes) -> Any:
        if not self._outputs:
            return None
        try:
            values = decode_values(self._outputs, data)
        except Undecodable as error:
            raise UndecodableAnswer(self.signature, data, error.expected, error.reason) from None
        return values[0] if len(values) == 1 else Struct(names_of(self._outputs), values)


def overloads_of(index: AbiIndex) -> Mapping[str, Sequence[Overload]]:
    """Return the functions of an ABI by name, and each by its signature."""
    found: dict[str, list[Overload]] = {}
    for entry in index.functions.values():
        overload = Overload(entry)
        found.setdefault(overload.name, []).append(overload)
        found[overload.signature] = [overload]
    return found


def sender_taken(inputs: Sequence[Entry]) -> str:
    """Return a hint for calls whose keyword ``sender`` became an argument; "" if it did not."""
    taken = "sender" in names_of(inputs)
    return "the keyword sender is the parameter of that name: give the parameter by position" if taken else ""


class Function:
    """One function of the contract at one address, with all its overloads.

    The number and the Python types of the arguments choose the overload. Call it, or use `call`, `trace` and `encode`.
    """

    def __init__(self, contract: str, chain: Chain, address: str, overloads: Sequence[Overload]) -> None:
        self._contract = contract
        self._chain = chain
        self._address = address
        self._overloads = overloads
        self.name = overloads[0].name
        self.namesakes: tuple[Any, ...] = ()

    def __repr__(self) -> str:
        return f"<{self._contract}.{self.name}>"

    @property
    def signatures(self) -> tuple[str, ...]:
        """Signature of each overload, as in ``transfer(address,uint256)``."""
        return tuple(overload.signature for overload in self._overloads)

    def encode(self, /, *args: Any, **named: Any) -> bytes:
        """Return the calldata; raises WrongArguments and AmbiguousOverload."""
        return self._choose(Given(args, named))[1]

    def decode_output(self, data: bytes) -> Any:
        """Return the value in return data, by the first overload; raises UndecodableAnswer."""
        return self._decode(self._overloads[0], data)

    def __call__(self, /, *args: Any, **keywords: Any) -> Any:
        """Call a view or pure function and return its value, or send any other one and return its receipt.

        Arguments go by position or by name. Further keywords are ``sender``, ``value`` (wei) and ``gas``; a transaction
        also takes ``nonce``, ``max_fee`` and ``priority_fee`` (wei per gas), and ``check``.

        Raises WrongArguments, AmbiguousOverload, SenderMissing, UndecodableAnswer, and what `Chain.call` and
        `Chain.send` raise.
        """
        overload, data, options = self._choose(Given(args, keywords, TRANSACTION))
        return self._ask(overload, data, options) if overload.is_read else self._send(overload, data, options)

    def call(self, /, *args: Any, **keywords: Any) -> Any:
        """Execute the function without a transaction and return its value; raises what a call raises."""
        return self._ask(*self._choose(Given(args, keywords, _CALL)))

    def transact(self, /, *args: Any, **keywords: Any) -> Receipt:
        """Send a transaction, whatever the function's mutability."""
        return self._send(*self._choose(Given(args, keywords, TRANSACTION)))

    def trace(self, /, *args: Any, **keywords: Any) -> CallTrace:
        """Return the call tree that the function has if it is called now; the call may fail."""
        _, data, options = self._choose(Given(args, keywords, ("sender", "value")))
        return self._chain.trace_call(to=self._address, data=data, **options)

    def _ask(self, overload: Overload, data: bytes, options: dict[str, Any]) -> Any:
        refused = [name for name in options if name not in _CALL]
        if refused:
            what = f"{self._contract}.{overload.signature}"
            raise WrongArguments(what, options, described(overload.inputs), f"it only reads, and takes no {refused[0]}")
        return self._decode(overload, self._chain.call(to=self._address, data=data, **options))

    def _send(self, overload: Overload, data: bytes, options: dict[str, Any]) -> Receipt:
        if options.get("sender") is None:
            raise SenderMissing(f"{self._contract}.{self.name}", sender_taken(overload.inputs))
        return self._chain.send(to=self._address, data=data, **options)

    def _decode(self, overload: Overload, data: bytes) -> Any:
        try:
            return overload.decode(data)
        except UndecodableAnswer as error:
            what = f"{self._contract}.{overload.signature} at {self._address}"
            reason = error.reason if data or self._chain.code(self._address) else "there is no code at that address"
            raise UndecodableAnswer(what, data, error.expected, reason) from None

    def _choose(self, given: Given) -> tuple[Overload, bytes, dict[str, Any]]:
        what = f"{self._contract}.{self.name}"
        overload, values, options = choose(what, self._overloads, given, "functions")
        return overload, overload.encode(values, f"{self._contract}.{overload.signature}"), options


class Functions:
    """The functions of one contract, by name or by signature, as items or as attributes.

    Raises UnknownMember for a name or signature that the contract does not declare.
    """

    def __init__(self, contract: str, known: Mapping[str, Any], find: Callable[[str], Function | None]) -> None:
        self.__contract = contract
        self.__known = known
        self.__find = find

    def __getitem__(self, name: str) -> Function:
        found = self.__find(name)
        if found is None:
            signatures = tuple(known for known in self.__known if "(" in known)
            raise UnknownMember(self.__contract, name, "function", tuple(self), signatures)
        return found

    def __getattr__(self, name: str) -> Function:
        if name.startswith("__") and name.endswith("__") and name not in self.__known:
            raise AttributeError(name)
        return self[name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.__find(name) is not None

    def __iter__(self) -> Iterator[str]:
        """Yield the names of the contract's own functions."""
        return (name for name in self.__known if "(" not in name)

    def __call__(self, *args: Any, **keywords: Any) -> NoReturn:
        """Raise TypeError: a function named ``functions`` is at ``functions["functions"]``."""
        raise TypeError("functions of a contract cannot be called; one of that name is at functions['functions']")


class Abi(tuple[Entry, ...]):
    """A contract's ABI, entry by entry."""

    __slots__ = ()

    def __call__(self, *args: Any, **keywords: Any) -> NoReturn:
        """Raise TypeError: a function named ``abi`` is at ``functions["abi"]``."""
        raise TypeError("an ABI cannot be called; a function abi() of the contract is at functions['abi']")
