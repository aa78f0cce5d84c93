"""Addresses compare with whatever lives there, and hash as they compare."""

from __future__ import annotations

import json

import pytest

from harness.chain.errors import UnknownAccount
from harness.chain.values.accounts import Account, well_known_accounts
from harness.chain.values.address import Address, address_bytes, address_of
from harness.chain.values.value_errors import NotAnAddress

ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def test_an_address_is_equal_to_its_text_in_any_case() -> None:
    address = address_of(ALICE.lower())
    for text in (ALICE, ALICE.lower(), ALICE.upper(), "0x" + ALICE[2:].upper()):
        assert address == text and text == address and (address != text) is False
    assert address != ALICE[:-1] + "7" and address != "alice" and address != 5 and address != bytes.fromhex(ALICE[2:])


def test_an_address_hashes_as_its_checksum_text_and_as_its_account() -> None:
    address, account = address_of(ALICE.lower()), Account(ALICE.lower())
    assert hash(address) == hash(ALICE) == hash(account)
    assert {ALICE: 1}[address] == {account: 1}[address] == {address: 1}[account] == 1
    assert json.dumps({address: [address]}) == json.dumps({ALICE: [ALICE]})


def test_accounts_are_equal_by_address_alone() -> None:
    alice, bob = well_known_accounts()[0], well_known_accounts()[1]
    assert Account(alice.address) == alice != bob
    assert alice == ALICE.lower() and ALICE.upper() == alice and alice != "alice" and alice != object()
    assert isinstance(alice.address, Address)


def test_accounts_are_found_by_address_in_any_form() -> None:
    accounts = well_known_accounts()
    for form in (ALICE, ALICE.lower(), bytes.fromhex(ALICE[2:]), accounts.alice):
        assert form in accounts
    assert accounts[ALICE.lower()] is accounts.get(ALICE.lower()) is accounts.alice
    assert "nobody" not in accounts and None not in accounts
    with pytest.raises(UnknownAccount, match="did you mean alice"):
        _ = accounts.alise


@pytest.mark.parametrize("form", [ALICE, ALICE.lower(), ALICE.upper(), ALICE[2:], bytes.fromhex(ALICE[2:])])
def test_address_bytes_takes_every_form(form: object) -> None:
    assert address_bytes(form).hex() == ALICE[2:].lower()
    assert address_of(form) == ALICE


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("0x12", "not 20 bytes"),
        (ALICE + "00", "not 20 bytes"),
        (f" {ALICE}", "not 20 bytes"),
        ("0x" + ALICE[2:].swapcase(), f"wrong checksum.*expected {ALICE}"),
        (b"\0" * 19, "19 bytes"),
        (0, "of type int"),
        (None, "of type NoneType"),
        ([ALICE], "of type list"),
    ],
)
def test_address_bytes_refuses_what_is_no_address(value: object, reason: str) -> None:
    with pytest.raises(NotAnAddress, match=reason) as caught:
        address_bytes(value)
    assert caught.value.actual == value
