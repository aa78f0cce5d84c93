"""What L2 is told of L1, and of its own earlier blocks."""

from __future__ import annotations

from typing import Any

import pytest

from harness import RollupConfig
from harness.agents import Proposer, faults
from harness.agents.sequencer import Censors
from harness.errors import Reverted
from harness.rollup.machine.opening import HISTORY, L1_BLOCK
from harness.rollup.predeploys import HISTORY_CODE
from harness.testbed.rollup import Rollup
from tests.support.rollups import busy, seen_by

READER = "0x00000000000000000000000000000000000c0de1"
READS_L1_BLOCK = "638381f58a5f5260205f6004601c73" + L1_BLOCK.hex() + "5afa505f515f5500"
"""Calls number() of L1Block, and stores the answer in slot 0."""


def told(rollup: Rollup) -> tuple[Any, ...]:
    """What L1Block tells now, in the order of ENV; then the sequence number."""
    asked = ("number", "basefee", "timestamp", "hash", "blobBaseFee", "sequenceNumber")
    return tuple(rollup.l1_block.functions[name]() for name in asked)


def held(rollup: Rollup, number: int) -> tuple[Any, ...]:
    """What the L1 block ``number`` was to the inbox."""
    seen = seen_by(rollup.l1, number)
    return number, seen.base_fee, seen.timestamp, seen.parent_hash, seen.blob_base_fee


def test_l1block_tells_the_l1_block_that_holds_the_batch(posted: Rollup, accounts: Any) -> None:
    for _ in range(2):
        busy(posted, accounts)
        posted.node.sync()
        block = posted.node.inbox.batches[-1].l1_block
        assert told(posted)[:5] == held(posted, block)
        assert posted.l1_block.hash() != posted.l1.w3.eth.get_block(block).hash, "the hash is the parent's"
        posted.l1.mine(3)


def test_l1block_counts_the_blocks_of_the_batch(posted: Rollup, accounts: Any) -> None:
    seen = []
    for _ in range(3):
        posted.l1.mine()
        posted.l2.send(sender=accounts.alice, to=accounts.bob.address, value=1)
        seen.append(posted.l1_block.sequenceNumber())
    assert seen == [seen[0], seen[0] + 1, seen[0] + 2]
    before = told(posted)
    posted.sequencer.post()
    posted.node.sync()
    assert posted.l1_block.sequenceNumber() == seen[-1]
    assert before[0] <= told(posted)[0]
    busy(posted, accounts)
    assert posted.l1_block.sequenceNumber() <= 1


def test_l1block_tells_the_l1_block_of_a_forced_batch(posted: Rollup, accounts: Any) -> None:
    posted.sequencer.become(Censors())
    message = posted.queue_deposit(1, sender=accounts.alice, to=accounts.bob.address_bytes, call_value=1)
    posted.l1.warp(posted.config.window)
    receipt = posted.force_include(message, sender=accounts.alice)
    posted.node.sync()
    assert told(posted) == (*held(posted, receipt.block_number), 0)


def test_l1block_has_the_views_of_the_op_stack(rollup: Rollup) -> None:
    block = rollup.l1_block
    assert block.batcherHash()[12:] == rollup.sequencer.account.address_bytes
    zeros = ("baseFeeScalar", "blobBaseFeeScalar", "l1FeeOverhead", "l1FeeScalar", "operatorFeeScalar")
    assert [block.functions[name]() for name in (*zeros, "operatorFeeConstant")] == [0] * 6
    assert block.gasPayingToken() == ("0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE", 18)
    assert (block.gasPayingTokenName(), block.gasPayingTokenSymbol()) == ("Ether", "ETH")
    assert block.isCustomGasToken() is False
    assert block.DEPOSITOR_ACCOUNT() == "0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001"


@pytest.mark.rollup(genesis={READER: "0x" + READS_L1_BLOCK})
def test_what_a_contract_read_is_true_once_the_batch_is_posted(posted: Rollup, alice: Any) -> None:
    """A draft only guesses L1's block. The transaction is executed again when L1 has it."""
    posted.l2.send(sender=alice, to=READER, value=0, gas=100_000)
    posted.l1.mine(5)
    posted.sequencer.post()
    posted.node.sync()
    block = posted.node.inbox.batches[-1].l1_block
    assert posted.node.idle.state.storage(bytes.fromhex(READER[2:]), 0) == block


@pytest.mark.rollup(genesis={"0x" + L1_BLOCK.hex(): {"code": "0x00", "storage": {"0x4": 9, "0x7": 8}, "replace": True}})
def test_other_code_at_its_address_is_told_the_same(posted: Rollup, accounts: Any) -> None:
    busy(posted, accounts)
    posted.node.sync()
    state = posted.node.idle.state
    batch = posted.node.inbox.batches[-1]
    assert state.code(L1_BLOCK) == b"\x00"
    assert state.storage(L1_BLOCK, 0) == batch.l1.timestamp << 64 | batch.l1_block
    assert (state.storage(L1_BLOCK, 4), state.storage(L1_BLOCK, 7)) == (9, batch.l1.blob_base_fee)


def test_the_history_contract_tells_the_hashes_of_l2s_blocks(posted: Rollup, accounts: Any) -> None:
    for _ in range(2):
        busy(posted, accounts)
    posted.node.sync()
    blocks = posted.node.blocks
    assert len(blocks) > 3
    for block in blocks[:-1]:
        answer = posted.l2.call(to="0x" + HISTORY.hex(), data=block.number.to_bytes(32, "big"))
        assert answer == block.hash
    for number in (blocks[-1].number, 2**64):
        with pytest.raises(Reverted):
            posted.l2.call(to="0x" + HISTORY.hex(), data=number.to_bytes(32, "big"))


@pytest.mark.l1(fork="prague")
@pytest.mark.rollup(fork="cancun")
def test_the_history_contract_tells_nothing_before_prague(posted: Rollup, accounts: Any) -> None:
    busy(posted, accounts)
    posted.node.sync()
    assert posted.l2.code("0x" + HISTORY.hex()) == HISTORY_CODE
    assert not posted.node.idle.state.has_storage(HISTORY)


def test_the_history_contracts_code_is_that_of_l1(l1: Any) -> None:
    assert l1.code("0x" + HISTORY.hex()) in (HISTORY_CODE, b"")
    from eth.vm.forks.prague.constants import HISTORY_STORAGE_CONTRACT_CODE

    assert HISTORY_CODE == HISTORY_STORAGE_CONTRACT_CODE


def test_both_addresses_are_taken_in_genesis() -> None:
    for address in (L1_BLOCK, HISTORY):
        with pytest.raises(Exception, match="built-in"):
            RollupConfig.of({"genesis": {"0x" + address.hex(): "0x00"}})


@pytest.mark.parametrize(
    ("lie", "opcode"),
    [
        (faults.wrong_attributes("base_fee"), "INPUT"),
        (faults.wrong_attributes("timestamp"), "INPUT"),
        (faults.wrong_attributes("parent_hash"), "INPUT"),
        (faults.wrong_attributes("blob_base_fee"), "INPUT"),
        (faults.wrong_block_words("number"), "BLOCK"),
        (faults.wrong_block_words(nth=1), "BLOCK"),
        (faults.wrong_block_words("history"), "BLOCK"),
        (faults.wrong_block_words("history", 1), "BLOCK"),
    ],
    ids=lambda value: str(getattr(value, "name", value)),
)
def test_a_lie_about_what_a_block_tells_is_proven(rollup: Rollup, accounts: Any, lie: Any, opcode: str) -> None:
    for _ in range(2):
        rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=1)
        rollup.l1.mine()
    liar = rollup.join(Proposer(lie=lie))
    game = rollup.challenger.dispute(liar.propose())
    rollup.run_until(game.resolved)
    assert game.winner is rollup.challenger
    assert game.disputed_step.opcode == opcode
