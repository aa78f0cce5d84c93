"""What every adapter is: a class that the harness constructs with a chain and the project's contracts."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from harness.adapters.errors import AdapterError, AdapterFailed, AdapterLacks, WrongAttribute
from harness.adapters.fitting import misfits, protocols_of, types_of
from harness.primitives.hashing import keccak256
from harness.primitives.signatures import sign_digest

if TYPE_CHECKING:
    from harness.chain.chain import Chain
    from harness.chain.values.accounts import Account
    from harness.contracts.bindings import Contract, ContractType


OF_CLASSES = frozenset({"kind", "assets", "rulebooks"})
"""Attributes that are read before there is an adapter, so that no property may stand for them."""
_ABSENT = object()


@cache
def attributes_of(kind: type) -> Mapping[str, Any]:
    """Return the types that the protocols of an adapter say its attributes have."""
    found: dict[str, Any] = {}
    for protocol in protocols_of(kind):
        found |= types_of(vars(protocol).get("__annotations__", {}), protocol.__module__)
    return found


def check_attributes(kind: type, name: str, owner: object) -> None:
    """Raise WrongAttribute unless the attributes that a class, or an adapter, has are of their types.

    What a property of a class returns is known of an adapter alone. Raise AdapterFailed for an attribute that raises.
    """
    for attribute, hint in attributes_of(kind).items():
        held = inspect.getattr_static(owner, attribute, _ABSENT)
        later = owner is kind and isinstance(held, property | cached_property) and attribute not in OF_CLASSES
        if held is _ABSENT or later:
            continue
        for part, expected in misfits(_value(owner, attribute, name), hint):
            raise WrongAttribute(name, attribute, part, expected)


def _value(owner: object, attribute: str, name: str) -> object:
    try:
        return getattr(owner, attribute)
    except AdapterError:
        raise
    except Exception as problem:  # a property is somebody else's code, and has no revert or `NotApplicable` to tell
        raise AdapterFailed(name, attribute, problem) from problem


class Adapter(ABC):
    """Drives somebody's contracts on one chain.

    ``contracts`` has contract types by name, those of the project first: ``self.contracts["MyChannel"]``. A revert is
    raised as `harness.errors.Reverted`, as every call of a contract does. What the contracts lack keeps its default,
    which raises `NotApplicable`.
    """

    kind: ClassVar[str] = ""
    guarded: ClassVar[Collection[str]] = ()
    """Functions of the contracts that strangers must not be able to call, as "function" or "Contract.function"."""
    says_why: ClassVar[bool] = False
    """Whether the contracts give a reason for whatever they refuse, so that a revert without data is a finding."""

    def __init__(self, chain: Chain, contracts: Mapping[str, ContractType]) -> None:
        self.chain = chain
        self.contracts = contracts

    @abstractmethod
    def deploy(self) -> None:
        """Deploy the contracts. It is called once, before every other method."""

    @classmethod
    def check(cls) -> None:
        """Raise AdapterLacks unless the class defines every method that its protocol demands.

        Raise WrongAttribute for an attribute that is not what its protocol says, and AdapterFailed for one that raises.
        """
        if cls.__abstractmethods__:
            raise AdapterLacks(cls.__name__, tuple(sorted(cls.__abstractmethods__)))
        check_attributes(cls, cls.__name__, cls)

    def check_own(self) -> None:
        """Raise WrongAttribute for an attribute that is not what its protocol says, once `deploy` is done.

        Raise AdapterFailed for a property that raises.
        """
        check_attributes(type(self), self.name, self)

    @property
    def name(self) -> str:
        """The adapter's name in messages."""
        return type(self).__name__

    def attacked(self) -> tuple[Contract, ...]:
        """Return the deployed contracts that strangers may call: by default the attributes that are contracts."""
        from harness.contracts.bindings import Contract

        return tuple(value for value in vars(self).values() if isinstance(value, Contract))

    def create(self, name: str, *arguments: Any, **options: Any) -> Contract:
        """Deploy one of ``contracts``; the sender is the account judy unless ``options`` name another."""
        options.setdefault("sender", self.chain.accounts.judy)
        return self.chain.deploy(self.contracts[name], *arguments, **options)

    @staticmethod
    def signature(who: Account, digest: bytes, *, prefixed: bool = False) -> bytes:
        """Return an account's signature of a digest of 32 bytes, as r, s and v of 27 or 28: 65 bytes.

        ``prefixed`` signs it as a message (EIP-191), which Solidity's toEthSignedMessageHash recovers.
        """
        signed = keccak256(b"\x19Ethereum Signed Message:\n32" + digest) if prefixed else digest
        parity, r, s = sign_digest(who.private_key, signed)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + parity])
