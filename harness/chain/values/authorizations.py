"""Authorisations of set-code transactions (EIP-7702): an account's word that it runs the code of another address."""

from __future__ import annotations

from harness.chain.values.accounts import Account
from harness.chain.values.transactions import LAST_NONCE, Authorization, check_number
from harness.chain.values.value_errors import OutOfRange
from harness.primitives.delegation import authorization_hash
from harness.primitives.signatures import sign_digest

NOBODY = bytes(20)
"""The delegate that takes a delegation away."""


def sign_authorization(authority: Account, chain_id: int, delegate: bytes, nonce: int) -> Authorization:
    """Sign that an account delegates to an address; ``chain_id`` 0 makes it good for every chain.

    A chain takes it only if ``nonce`` is the account's nonce at that moment. Raises OutOfRange for a number that no
    authorisation can hold, and UnknownAccount for an impersonated account.
    """
    check_number("chain id", chain_id, 256)
    check_number("nonce", nonce, 64)
    if nonce == LAST_NONCE:
        raise OutOfRange("nonce below the last one", nonce, 64)
    digest = authorization_hash(chain_id, delegate, nonce)
    y_parity, r, s = sign_digest(authority.private_key, digest)
    return chain_id, delegate, nonce, y_parity, r, s
