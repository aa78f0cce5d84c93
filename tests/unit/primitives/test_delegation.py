"""Designators, and who signed an authorisation, as eth-account has them."""

from __future__ import annotations

import pytest
from eth_account import Account

from harness.primitives.delegation import (
    LAST_NONCE,
    authorization_hash,
    delegate_of,
    designator,
)
from harness.primitives.signatures import ORDER, recover_signer

DELEGATE = b"\xab" * 20


def test_a_designator_names_its_delegate() -> None:
    code = designator(DELEGATE)
    assert (len(code), code[:3], delegate_of(code)) == (23, b"\xef\x01\x00", DELEGATE)


@pytest.mark.parametrize(
    "code",
    [b"", b"\xef\x01\x00", b"\xef\x01\x00" + bytes(19), b"\xef\x01\x00" + bytes(21), b"\xef\x01\x01" + bytes(20)],
)
def test_other_code_has_no_delegate(code: bytes) -> None:
    assert delegate_of(code) is None


@pytest.mark.parametrize(("chain_id", "nonce"), [(0, 0), (1, 7), (901, 255), (2**256 - 1, LAST_NONCE)])
def test_the_authority_is_who_signed(chain_id: int, nonce: int) -> None:
    signer = Account.from_key(b"\x11" * 32)
    signed = signer.sign_authorization({"chainId": chain_id, "address": DELEGATE, "nonce": nonce})
    digest = authorization_hash(chain_id, DELEGATE, nonce)
    assert recover_signer(digest, signed.y_parity, signed.r, signed.s) == bytes.fromhex(signer.address[2:])
    assert recover_signer(digest, 1 - signed.y_parity, signed.r, ORDER - signed.s) is None, "a high s"
    assert recover_signer(digest, 2, signed.r, signed.s) is None
    for r, s in ((0, signed.s), (signed.r, 0), (ORDER, signed.s), (2**256 - 1, signed.s)):
        assert recover_signer(digest, signed.y_parity, r, s) is None
    assert recover_signer(digest, 0, 5, 1) is None, "5 is the abscissa of no point"
