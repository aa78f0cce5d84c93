"""The funded accounts of every chain, by name and by number, derived from the well-known test mnemonic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from string import hexdigits
from typing import Any

from harness.chain.values.address import Addressed, address_bytes, address_of
from harness.chain.values.value_errors import NotAnAddress, NotAPrivateKey, UnknownAccount
from harness.primitives.addresses import checksum_address
from harness.primitives.hashing import keccak256
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
        from eth_account.messages import encode_typed_data  # a quarter of a second, for which few tests have a use

        signable = encode_typed_data(domain_data=dict(domain), message_types=dict(types), message_data=dict(message))
        return self.sign_hash(keccak256(b"\x19" + signable.version + signable.header + signable.body))

    def sign_message(self, message: bytes) -> bytes:
        """Sign with the personal-message prefix (EIP-191, version 0x45); return 65 bytes r, s, v.

        Raises UnknownAccount for an impersonated account.
        """
        return self.sign_hash(keccak256(b"\x19Ethereum Signed Message:\n%d" % len(message) + message))

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


_KEYS = (
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
    "47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
    "8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
    "92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
    "4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
    "dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
    "2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6",
    "f214f2b2cd398c806f84e317254e0f0b801d0643303237d97a22a48e01628897",
    "701b615bbdfb9de65240bc28bd21bbc0d996645a3dd57e7b12bc2bdf6f192c82",
    "a267530f49f8280200edf313ee7af6b827f2a8bce2897751d06a843f644967b1",
    "47c99abed3324a2707c28affff1267e45918ec8c3f20b8aa892e8b065d2942dd",
    "c526ee95bf44d8fc405a158bb884d9d1238d99f0612e9f33d006bb0789009aaa",
    "8166f546bab6da521a8369cab06c5d2b9e46670292d85c875ee9ec20e84ffb61",
    "ea6c44ac03bff858b476bba40716402b03e41b8e97e276d1baec7c37d42484a0",
    "689af8efa8c651a91ad287602527f3af2fe9f6501a7ac4b061667b5a93e037fd",
    "de9be858da4a475276426320d5e9262ecfc3ba460bfac56360bfa6c4c28b4ee0",
    "df57089febbacf7ba0bc227dafbffa9fc08a93fdc68e1e42411a14efcf23656e",
)
"""Private keys of `MNEMONIC` at `HD_PATH`/0 to `HD_PATH`/19 (BIP-39, BIP-32): known to everybody."""


@cache
def well_known_accounts() -> Accounts:
    """Return the twenty accounts of the well-known test mnemonic, named as in `NAMES`."""
    return Accounts(tuple(Account.from_key(key, name) for key, name in zip(_KEYS, NAMES, strict=True)))
