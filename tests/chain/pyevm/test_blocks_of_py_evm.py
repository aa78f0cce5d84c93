"""Every block, imported by py-evm as released: it executes it in its own way, and refuses it for any other root."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
import rlp
from eth.abc import BlockAPI
from eth.chains.base import MiningChain
from eth.consensus.noproof import NoProofConsensus
from eth.db.atomic import AtomicDB
from eth.vm.forks.prague import PragueVM
from eth_utils import ValidationError

from harness.chain.chain import Chain
from harness.chain.pyevm.backend import PyEvmBackend
from harness.chain.pyevm.blocks import SYSTEM_CONTRACTS, Block
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.address import address_bytes
from harness.chain.values.rules import PRAGUE_RULES
from harness.chain.values.settings import FUNDS
from harness.chain.values.transactions import Transaction
from harness.contracts.bindings import ContractType
from harness.contracts.project import built_in_contracts

ALICE, BOB, CAROL = (well_known_accounts()[index] for index in range(3))
FUNDED = {account.address_bytes: FUNDS for account in well_known_accounts()}
CLEARING = bytes.fromhex("3615" + "".join(f"8060{slot:02x}55" for slot in range(5)) + "00")
"""Code that sets five slots where it gets no data, and clears them where it gets some, so that gas is paid back."""


class _Chain(MiningChain):
    """py-evm's chain with Prague from its first block on, and no proof of work."""

    chain_id = 900
    vm_configuration = ((0, PragueVM.configure(consensus_class=NoProofConsensus)),)


def _py_evm(chain: Chain) -> Any:
    """Return py-evm's chain with the genesis of ours."""
    genesis = chain.backend.blocks[0].header  # type: ignore[attr-defined]
    accounts = {address: {"balance": wei, "nonce": 0, "code": b"", "storage": {}} for address, wei in FUNDED.items()}
    accounts |= {address: {"balance": 0, "nonce": 1, "code": code, "storage": {}} for address, code in SYSTEM_CONTRACTS}
    fields = {
        "difficulty": 0, "extra_data": b"", "coinbase": genesis.coinbase, "mix_hash": genesis.mix_hash,
        "timestamp": genesis.timestamp, "gas_limit": genesis.gas_limit, "base_fee_per_gas": genesis.base_fee,
        "state_root": genesis.state_root,
    }  # fmt: skip
    return _Chain.from_genesis(AtomicDB(), fields, accounts)


def _imported(block: Block) -> BlockAPI:
    """Return a block as py-evm reads it from its bytes."""
    listed = [rlp.decode(sent.raw) if sent.raw[0] >= 0xC0 else sent.raw for sent in block.transactions]
    raw = rlp.encode([rlp.decode(block.header.encode()), listed, [], []])
    found: BlockAPI = rlp.decode(raw, sedes=PragueVM.get_block_class())
    return found


def _creation(code: bytes) -> bytes:
    return bytes.fromhex(f"60{len(code):02x}80600b6000396000f3") + code


def _see_imported(chain: Chain) -> None:
    """Let py-evm import every block; it raises if it finds another root, bloom, fee or amount of gas."""
    theirs = _py_evm(chain)
    blocks = chain.backend.blocks  # type: ignore[attr-defined]
    for number in range(1, len(blocks)):
        imported = theirs.import_block(_imported(blocks[number])).imported_block
        assert (imported.number, imported.hash) == (number, blocks[number].hash)


@pytest.fixture
def chain() -> Chain:
    return Chain(PyEvmBackend(funded=FUNDED, rules=PRAGUE_RULES))


def test_py_evm_imports_transactions_of_every_type_and_outcome(chain: Chain) -> None:
    probe = chain.deploy(ContractType(built_in_contracts()["ChainProbe"]), 5, sender=ALICE)
    probe.makeInner(1, sender=BOB)
    calls = (("failWithError", 3), ("failInvalid",), ("tryInner", 9), ("burn", 3), ("increment",))
    for name, *arguments in calls:
        getattr(probe, name).transact(*arguments, sender=ALICE, check=False)
    with chain.block():
        for account in chain.accounts:
            probe.increment(sender=account)
        chain.send(sender=ALICE, to=BOB, value=5)
    chain.mine(3)
    chain.warp(1_000)
    chain.authorize(CAROL, probe, sender=ALICE)
    chain.send(sender=ALICE, to=CAROL, data=probe.increment.encode())
    listed = ((address_bytes(probe), (0, 7)),)
    for kind in (0, 1):
        fees = 3 * 10**9, 3 * 10**9
        nonce, data = chain.nonce(ALICE), probe.increment.encode()
        tx = Transaction(kind, 900, nonce, *fees, 90_000, address_bytes(probe), 0, data, listed if kind else ())
        chain.send_transaction(tx, ALICE)
    chain.send(sender=ALICE, data=bytes(300) + b"\x01" * 3_000, check=False)
    chain.send(sender=ALICE, to="0x" + "5".zfill(40), data=b"\x11" * 200, check=False)
    clearing = chain.send(sender=ALICE, data=_creation(CLEARING)).contract_address
    chain.send(sender=ALICE, to=clearing)
    chain.send(sender=ALICE, to=clearing, data=b"\x01")
    assert {receipt.succeeded for block in _blocks(chain) for receipt in block.receipts} == {True, False}
    assert {sent.tx.type_id for block in _blocks(chain) for sent in block.transactions} == {0, 1, 2, 4}
    _see_imported(chain)


@pytest.mark.parametrize("seed", range(3))
def test_py_evm_imports_random_programs(chain: Chain, seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(30):
        program = b"".join(draw.choice(_PIECES)(draw) for _ in range(draw.randrange(1, 12)))
        sender = draw.choice((ALICE, BOB, CAROL))
        chain.send(
            sender=sender, data=program, value=draw.randrange(3), gas=draw.randrange(60_000, 200_000), check=False
        )
        created = chain.send(sender=sender, data=_creation(program), gas=300_000).contract_address
        data = draw.randbytes(draw.choice((0, 4, 600)))
        chain.send(sender=sender, to=created, data=data, gas=draw.randrange(60_000, 200_000), check=False)
    outcomes = [receipt.succeeded for block in _blocks(chain) for receipt in block.receipts]
    assert 40 < sum(outcomes) < len(outcomes)
    _see_imported(chain)


_PIECES = (
    lambda draw: bytes((0x60, draw.randrange(256), 0x60, draw.randrange(3), 0x55)),  # SSTORE
    lambda draw: bytes((0x60, draw.randrange(64), 0x60, draw.randrange(64), 0xA0)),  # LOG0
    lambda draw: bytes((0x60, 1, 0x60, 2, 0x60, draw.randrange(64), 0x60, 0, 0xA2)),  # LOG2
    lambda draw: bytes(
        (0x60, 0, 0x60, 0, 0x60, 0, 0x60, 0, 0x60, draw.randrange(2), 0x60, draw.randrange(12), 0x5A, 0xF1)
    ),
    lambda draw: bytes((0x36, 0x60, 0, 0x60, 0, 0x37)),  # CALLDATACOPY
    lambda draw: bytes((0x60, draw.randrange(16), 0x60, 0, 0x60, 0, 0xF0)),  # CREATE
    lambda draw: bytes((0x60, draw.randrange(256), 0x54, 0x43, 0x01)),  # SLOAD, NUMBER
    lambda draw: bytes((0x60, draw.randrange(256), 0xFF)) if draw.random() < 0.2 else bytes((0x5A,)),  # SELFDESTRUCT
    lambda draw: draw.choice((b"\xfe", b"\x50", b"\x60\x00\x60\x00\xfd")) if draw.random() < 0.3 else b"\x5b",
)


def _blocks(chain: Chain) -> list[Block]:
    return list(chain.backend.blocks)  # type: ignore[attr-defined]


@pytest.mark.parametrize("root", ["state_root", "receipt_root", "transaction_root"])
def test_py_evm_refuses_a_block_with_another_root(chain: Chain, root: str) -> None:
    chain.send(sender=ALICE, to=BOB, value=1)
    block = _blocks(chain)[1]
    changed = replace(block, header=replace(block.header, **{root: b"\x01" * 32}))
    with pytest.raises(ValidationError):
        _py_evm(chain).import_block(_imported(changed))


def test_a_receipt_shows_the_gas_that_the_sender_paid_for(chain: Chain) -> None:
    """py-evm's own receipts show less where the floor of the data and the cap of refunds meet."""
    clearing = chain.send(sender=ALICE, data=_creation(CLEARING)).contract_address
    chain.send(sender=ALICE, to=clearing)
    before = chain.balance(ALICE)
    receipt = chain.send(sender=ALICE, to=clearing, data=b"\x01" * 1_000)
    assert receipt.gas_used == 21_000 + 40 * 1_000
    assert before - chain.balance(ALICE) == receipt.gas_used * receipt.raw.gas_price
    with pytest.raises(ValidationError, match="gas_used"):
        _see_imported(chain)
