"""Accounts of private keys, and what they sign."""

from __future__ import annotations

import pytest
from eth_account import Account as EthAccount
from eth_account.hdaccount import HDPath, seed_from_mnemonic
from eth_account.messages import encode_defunct

from harness import Account
from harness.chain.values.accounts import HD_PATH, MNEMONIC, NAMES, well_known_accounts
from harness.errors import NotAPrivateKey

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
FIRST = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
"""Address of the private key 1."""


@pytest.mark.parametrize("key", [1, "0x1", "01", (1).to_bytes(32, "big"), bytearray((1).to_bytes(32, "big"))], ids=repr)
def test_a_key_may_be_a_number_hex_text_or_32_bytes(key: bytes | int | str) -> None:
    account = Account.from_key(key)
    assert (account.address, account.private_key) == (FIRST, (1).to_bytes(32, "big"))


def test_the_last_key_is_one_below_the_order() -> None:
    assert Account.from_key(ORDER - 1).private_key == (ORDER - 1).to_bytes(32, "big")


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (0, "is out of range"),
        (ORDER, "is out of range"),
        (-1, "is out of range"),
        (2**256, "is out of range"),
        (bytes(32), "is out of range"),
        (b"\x01" * 31, "has 31 bytes"),
        (b"", "has 0 bytes"),
        ("", "is no hex text"),
        ("0x", "is no hex text"),
        ("-1", "is no hex text"),
        ("correct horse", "is no hex text"),
        (1.5, "is of type float"),
        (True, "is of type bool"),
        (None, "is of type NoneType"),
    ],
    ids=repr,
)
def test_what_is_no_key_is_refused(key: object, reason: str) -> None:
    expected = f"^private key {reason}: expected 32 bytes, a number or hex text"
    with pytest.raises(NotAPrivateKey, match=expected) as caught:
        Account.from_key(key)  # type: ignore[arg-type]
    assert caught.value.reason == reason


@pytest.mark.parametrize("key", ["not hex: 6b6579", "f" * 64, b"k" * 33])
def test_a_refused_key_is_shown_nowhere(key: bytes | str) -> None:
    with pytest.raises(NotAPrivateKey) as caught:
        Account.from_key(key)
    shown = repr(caught.value) + repr(vars(caught.value)) + str(caught.value.__context__)
    assert str(key) not in shown and "6b6579" not in shown


def test_the_well_known_accounts_are_those_that_the_mnemonic_derives() -> None:
    seed = seed_from_mnemonic(MNEMONIC, "")
    derived = [(name, HDPath(f"{HD_PATH}/{place}").derive(seed)) for place, name in enumerate(NAMES)]
    assert [(account.name, account.private_key) for account in well_known_accounts()] == derived


@pytest.mark.parametrize("message", [b"", b"mine", b"\x19" * 100, "ü".encode()], ids=len)
def test_a_message_is_signed_as_eth_account_signs_it(message: bytes) -> None:
    account = Account.from_key(7)
    expected = EthAccount.sign_message(encode_defunct(message), account.private_key)
    assert account.sign_message(message) == bytes(expected.signature)


def test_typed_data_is_signed_as_eth_account_signs_it() -> None:
    account = Account.from_key(7)
    data = {"name": "Probe", "chainId": 900}, {"Vote": [{"name": "choice", "type": "uint256"}]}, {"choice": 7}
    assert account.sign_typed_data(*data) == bytes(EthAccount.sign_typed_data(account.private_key, *data).signature)
