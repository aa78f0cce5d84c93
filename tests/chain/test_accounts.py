from __future__ import annotations

import pytest

from harness.chain import ether
from harness.chain.errors import UnknownAccount


def test_accounts_are_those_of_the_well_known_mnemonic(chain):
    assert chain.accounts.alice.address == "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert chain.accounts.bob.address == "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
    assert chain.accounts[9].address == "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"
    assert chain.accounts.alice.key.hex() == "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


def test_every_account_is_funded_with_ten_thousand_ether(chain):
    assert {chain.balance(account) for account in chain.accounts} == {ether(10_000)}
    assert len(chain.accounts) == 20


def test_unknown_account_names_those_there_are(chain):
    with pytest.raises(UnknownAccount, match="no account 'zoe'; known: alice, bob") as caught:
        _ = chain.accounts.zoe
    assert caught.value.wanted == "zoe"
    assert "carol" in caught.value.known
    with pytest.raises(UnknownAccount):
        _ = chain.accounts[20]


def test_a_transfer_moves_ether_and_pays_for_gas(chain, alice, bob):
    before = chain.balance(alice), chain.balance(bob)
    receipt = chain.send(sender=alice, to=bob, value=ether(1))
    assert receipt.gas_used == 21_000
    assert chain.balance(bob) == before[1] + ether(1)
    assert chain.balance(alice) == before[0] - ether(1) - receipt.cost


def test_typed_data_is_recovered_by_solidity(chain, alice, probe):
    domain = {"name": "Probe", "version": "1", "chainId": chain.chain_id, "verifyingContract": probe.address}
    types = {"Vote": [{"name": "choice", "type": "uint256"}, {"name": "voter", "type": "address"}]}
    message = {"choice": 7, "voter": alice.address}
    signature = alice.sign_typed_data(domain, types, message)

    from eth_account.messages import encode_typed_data
    from eth_hash.auto import keccak

    encoded = encode_typed_data(domain_data=domain, message_types=types, message_data=message)
    digest = keccak(b"\x19\x01" + encoded.header + encoded.body)
    r, s, v = signature[:32], signature[32:64], signature[64]
    assert probe.verify(digest, v, r, s) == alice.address
    assert alice.sign_hash(digest) == signature
