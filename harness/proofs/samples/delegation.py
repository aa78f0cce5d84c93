"""Authorisations (EIP-7702), good and spoilt."""

from __future__ import annotations

from typing import Any

from coincurve import PrivateKey
from eth_account import Account

from harness.primitives.delegation import authorization_hash
from harness.rollup.machine.chains import Authorization

AUTHORITY_KEY = b"\x07" * 32
AUTHORITY = bytes.fromhex(Account.from_key(AUTHORITY_KEY).address[2:])
DELEGATE = bytes.fromhex("de" * 20)


def authorization(
    delegate: bytes = DELEGATE, nonce: int = 0, chain_id: int = 1, key: bytes = AUTHORITY_KEY, **spoilt: Any
) -> Authorization:
    """Sign an authorisation; ``spoilt`` replaces its parity, r or s."""
    digest = authorization_hash(chain_id, delegate, nonce)
    signature = PrivateKey(key).sign_recoverable(digest, hasher=None)
    r, s = (int.from_bytes(signature[at : at + 32], "big") for at in (0, 32))
    return Authorization(chain_id, delegate, nonce, signature[64], r, s)._replace(**spoilt)


def authorization_fields(given: Authorization) -> dict[str, Any]:
    """Return an authorisation as eth-account wants it."""
    return {
        "chainId": given.chain_id,
        "address": given.delegate,
        "nonce": given.nonce,
        "yParity": given.parity,
        "r": given.r,
        "s": given.s,
    }
