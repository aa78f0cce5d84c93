"""Signatures, against another library's."""

from __future__ import annotations

import random

import pytest
from eth_keys import keys

from harness.primitives.signatures import HALF_ORDER, ORDER, recover_signer, sign_digest, signer_of

RANDOM = random.Random(5)
KEYS = [b"\x11" * 32, (1).to_bytes(32, "big"), (ORDER - 1).to_bytes(32, "big"), RANDOM.randbytes(32)]


@pytest.mark.parametrize("key", KEYS, ids=range(len(KEYS)))
def test_a_signature_is_that_of_eth_keys_and_names_its_signer(key: bytes) -> None:
    other = keys.PrivateKey(key)
    assert signer_of(key) == other.public_key.to_canonical_address()
    for digest in (bytes(32), b"\xff" * 32, *(RANDOM.randbytes(32) for _ in range(20))):
        signed = sign_digest(key, digest)
        assert signed == other.sign_msg_hash(digest).vrs
        assert signed[2] <= HALF_ORDER
        assert recover_signer(digest, *signed) == signer_of(key)
