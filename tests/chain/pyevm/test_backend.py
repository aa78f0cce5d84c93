from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest
import rlp
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth_tester import EthereumTester, PyEVMBackend
from web3 import EthereumTesterProvider, Web3

from harness.chain import open_chain
from harness.chain.pyevm import evm
from harness.chain.pyevm.backend import PyEvmBackend
from harness.chain.values.accounts import MNEMONIC, well_known_accounts
from harness.chain.values.transactions import Transaction, create_address, sign
from harness.contracts.bindings import ContractType
from harness.contracts.project import built_in_contracts

ALICE, BOB = well_known_accounts()[0], well_known_accounts()[1]


@pytest.fixture
def probe_type():
    return ContractType(built_in_contracts()["ChainProbe"])


def test_receipts_are_those_of_eth_tester(probe_type):
    """The same signed transactions, on the same genesis, give the same receipts and balances."""
    gas_limit = 30_029_122
    genesis = {account.address_bytes: 10**24 for account in (ALICE, BOB)}
    ours = PyEvmBackend(131277322940537, funded=genesis, gas_limit=gas_limit)
    theirs = _eth_tester(genesis, gas_limit)
    create = probe_type.creation_code(5)
    probe = probe_type.at(open_chain(), create_address(ALICE.address_bytes, 0))
    target = bytes.fromhex(probe.address[2:])
    calls = [
        (None, create, 0),
        (target, probe.increment.encode(), 0),
        (target, probe.makeInner.encode(3), 0),
        (target, probe.failWithError.encode(3), 0),
        (target, probe.failInvalid.encode(), 0),
        (target, probe.tryInner.encode(9), 0),
        (BOB.address_bytes, b"", 10**18),
        (target, b"", 7),
    ]
    for nonce, (to, data, value) in enumerate(calls):
        tx = Transaction(2, ours.chain_id, nonce, 10**9, 10**10, 3_000_000, to, value, data)
        sent = sign(tx, ALICE.key)
        ours.submit(sent)
        theirs.eth.send_raw_transaction(sent.raw)
        expected = theirs.eth.get_transaction_receipt(sent.hash)
        actual = Web3(ours.provider).eth.get_transaction_receipt(sent.hash)
        for field in ("status", "gasUsed", "cumulativeGasUsed", "transactionIndex", "blockNumber", "effectiveGasPrice",
                      "from", "to", "contractAddress", "type"):  # fmt: skip
            assert (actual[field] or None) == (expected[field] or None), (nonce, field)
        assert [(log["address"], log["topics"], log["data"], log["logIndex"]) for log in actual["logs"]] == [
            (log["address"], log["topics"], log["data"], log["logIndex"]) for log in expected["logs"]
        ]
    for account in (ALICE.address, BOB.address, probe.address, "0x" + "00" * 20):
        assert ours.balance(bytes.fromhex(account[2:])) == theirs.eth.get_balance(account)


def _eth_tester(genesis, gas_limit):
    state = {
        address: {"balance": balance, "nonce": 0, "code": b"", "storage": {}} for address, balance in genesis.items()
    }
    parameters = PyEVMBackend.generate_genesis_params({"gas_limit": gas_limit, "timestamp": 1_700_000_000})
    backend = PyEVMBackend(genesis_parameters=parameters, genesis_state=state, mnemonic=MNEMONIC)
    return Web3(EthereumTesterProvider(EthereumTester(backend)))


def test_restore_executes_nothing(monkeypatch, probe_type):
    """eth-tester re-executes the head at every revert: 157 ms where the head is full."""
    with open_chain() as chain:
        probe = chain.deploy(probe_type, 5, sender=ALICE)
        snapshot = chain.snapshot()
        probe.burn(50, sender=ALICE)

        def refuse(*args):
            raise AssertionError("executed")

        monkeypatch.setattr(evm, "execute", refuse)
        monkeypatch.setattr(evm.L1State, "apply_transaction", refuse)
        chain.restore(snapshot)
        assert chain.storage(probe, 0) == 5


def test_send_estimates_no_gas(monkeypatch, probe_type):
    """An estimate costs about four executions."""
    runs = []
    original = evm.L1State.apply_transaction
    monkeypatch.setattr(
        evm.L1State, "apply_transaction", lambda self, transaction: (runs.append(1), original(self, transaction))[1]
    )
    with open_chain() as chain:
        chain.deploy(probe_type, 5, sender=ALICE).increment(sender=ALICE)
    assert len(runs) == 2


PROGRAM = """
    from harness.chain import open_chain
    from harness.contracts.bindings import ContractType
    from harness.contracts.project import built_in_contracts
    chain = open_chain(seed=7)
    probe = chain.deploy(ContractType(built_in_contracts()["ChainProbe"]), 5, sender=chain.accounts.alice)
    probe.makeInner(1, sender=chain.accounts.bob)
    with chain.block():
        for account in chain.accounts:
            probe.increment(sender=account)
    print(chain.head.hash.hex())
"""


def test_block_hashes_are_the_same_in_every_process():
    heads = {
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(PROGRAM)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1")
    }
    assert len(heads) == 1
    assert len(heads.pop().strip()) == 64


def test_genesis_is_fixed():
    genesis = open_chain().block_at(0)
    assert genesis.timestamp == 1_700_000_000
    assert genesis.hash == open_chain().block_at(0).hash


def test_prevrandao_follows_the_seed_and_the_number(probe_type):
    seen = set()
    for seed in (0, 1):
        with open_chain(seed=seed) as chain:
            probe = chain.deploy(probe_type, 5, sender=ALICE)
            seen |= {probe.randao()}
            chain.mine()
            seen |= {probe.randao()}
    assert len(seen) == 4


def test_headers_form_a_chain_that_py_evm_validates():
    """Another reader of the same rules finds every header and block body in order."""
    backend = PyEvmBackend(funded={ALICE.address_bytes: 10**24})
    for nonce in range(4):
        tx = Transaction(2, 900, nonce, 10**9, 10**10, 21_000, BOB.address_bytes, 1, b"")
        backend.submit(sign(tx, ALICE.key))
    for parent, child in zip(backend.blocks, backend.blocks[1:], strict=False):
        theirs = [rlp.decode(block.header.encode(), PragueBlockHeader) for block in (child, parent)]
        PragueVM.validate_header(*theirs)
        assert child.header.parent_hash == parent.hash
        assert child.header.requests_hash == parent.header.requests_hash


def test_state_of_past_blocks_can_be_read():
    with open_chain() as chain:
        for _ in range(3):
            chain.send(sender=ALICE, to=BOB, value=1)
        start = 10_000 * 10**18
        read = chain.w3.eth.get_balance
        assert [read(BOB.address, number) - start for number in range(4)] == [0, 1, 2, 3]
