"""The funded accounts of every chain, by name and by number, derived from the well-known test mnemonic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from string import hexdigits
from typing import Any

from eth_account import Account as Signer
from eth_account.hdaccount import HDPath, seed_from_mnemonic
from eth_account.messages import encode_defunct, encode_typed_data

from harness.chain.values.address import Addressed, address_bytes, address_of
from harness.chain.values.value_errors import NotAnAddress, NotAPrivateKey, UnknownAccount
from harness.primitives.addresses import checksum_address
from harness.primitives.signatures import ORDER, sign_digest, signer_of

MNEMONIC = "test test test test test test test test test test test junk"
HD_PATH = "m/44'/60'/0'/0"

NAMES = (
    "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy",
    "kevin", "laura", "mallory", "niaj", "olivia", "peggy", "rupert", "sybil", "trent", "victor",
)  # fmt: skip
"""Names of accounts 0 to 19, in the order of the derivation path."""


@dataclass(frozen=True, slots=True, eq=False)
class Account(Addressed):
    """An address that can send transactions.

    ``key`` is 32 bytes, or None for an impersonated account. An account equals every other form of its address: a
    contract, bytes, or hex text in any case. Raises NotAnAddress for a malformed address.
    """

    address: str
    key: bytes | None = field(default=None, repr=False)
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", address_of(self.address))

    @classmethod
    def from_key(cls, key: bytes | int | str, name: str = "") -> Account:
        """Return the account of a private key: 32 bytes, a number, or hex text; raises NotAPrivateKey."""
        secret = _key_bytes(key)
        return cls(checksum_address(signer_of(secret)), secret, name)

    @property
    def address_bytes(self) -> bytes:
        """The address as 20 bytes."""
        return address_bytes(self.address)

    @property
    def private_key(self) -> bytes:
        """The key, 32 bytes; raises UnknownAccount for an impersonated account, which has none."""
        if self.key is None:
            raise UnknownAccount(f"key of {self.address}", ())
        return self.key

    def sign_typed_data(self, domain: Mapping[str, Any], types: Mapping[str, Any], message: Mapping[str, Any]) -> bytes:
        """Sign EIP-712 data; return 65 bytes r, s, v.

        ``types`` leaves EIP712Domain out. The primary type is the one that no other type refers to. Raises
        UnknownAccount for an impersonated account.
        """
        signable = encode_typed_data(domain_data=dict(domain), message_types=dict(types), message_data=dict(message))
        return bytes(Signer.sign_message(signable, self.private_key).signature)

    def sign_message(self, message: bytes) -> bytes:
        """Sign with the personal-message prefix (EIP-191, version 0x45); return 65 bytes r, s, v.

        Raises UnknownAccount for an impersonated account.
        """
        return bytes(Signer.sign_message(encode_defunct(message), self.private_key).signature)

    def sign_hash(self, digest: bytes) -> bytes:
        """Sign 32 bytes as they are; return 65 bytes r, s, v, where v is 27 or 28.

        Raises UnknownAccount for an impersonated account.
        """
        y_parity, r, s = sign_digest(self.private_key, digest)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + y_parity])

    def __str__(self) -> str:
        return self.name or self.address


def _key_bytes(key: bytes | int | str) -> bytes:
    """Return a private key as 32 bytes; the error is raised apart from its cause, which would show the key."""
    if isinstance(key, str):
        digits = key.removeprefix("0x")
        if not digits or not set(digits) <= set(hexdigits):
            raise NotAPrivateKey("is no hex text")
        key = int(digits, 16)
    if isinstance(key, (bytes, bytearray)):
        if len(key) != 32:
            raise NotAPrivateKey(f"has {len(key)} bytes")
        key = int.from_bytes(key, "big")
    if not isinstance(key, int) or isinstance(key, bool):
        raise NotAPrivateKey(f"is of type {type(key).__name__}")
    if not 1 <= key < ORDER:
        raise NotAPrivateKey("is out of range")
    return key.to_bytes(32, "big")


class Accounts:
    """Accounts by name, by position or by address: ``accounts.alice``, ``accounts["alice"]``, ``accounts[0]``.

    Iteration yields all accounts in order. Raises UnknownAccount for a name, position or address that no account has.
    """

    def __init__(self, members: tuple[Account, ...]) -> None:
        self._members = members
        self._by_name = {account.name: account for account in members if account.name}
        self._by_address = {account.address: account for account in members}

    def __getattr__(self, name: str) -> Account:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._by_name[name]
        except KeyError:
            raise UnknownAccount(name, tuple(self._by_name)) from None

    def __getitem__(self, key: int | str) -> Account:
        if isinstance(key, int):
            if not -len(self._members) <= key < len(self._members):
                raise UnknownAccount(key, tuple(self._by_name))
            return self._members[key]
        found = self._by_name.get(key) or self._at(key)
        if found is None:
            raise UnknownAccount(key, tuple(self._by_name))
        return found

    def _at(self, address: object) -> Account | None:
        """Return the member at an address in any form; None if there is none, or it is no address."""
        try:
            return self._by_address.get(address_of(address))
        except NotAnAddress:
            return None

    def get(self, address: str) -> Account | None:
        """Return the account with this address, in any form; None if there is none."""
        return self._by_address.get(address) or self._at(address)

    def __iter__(self) -> Iterator[Account]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, address: object) -> bool:
        return self._at(address) is not None


@lru_cache(maxsize=4)
def well_known_accounts(mnemonic: str = MNEMONIC, path: str = HD_PATH) -> Accounts:
    """Return the twenty accounts at ``path``/0 to ``path``/19 of a mnemonic (BIP-39, BIP-32)."""
    seed = seed_from_mnemonic(mnemonic, "")
    return Accounts(tuple(Account.from_key(HDPath(f"{path}/{i}").derive(seed), name) for i, name in enumerate(NAMES)))
