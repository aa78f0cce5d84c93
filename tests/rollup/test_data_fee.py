"""The L1 data fee of a rollup that has one: what a transaction pays, where it goes, and how it shows."""

from __future__ import annotations

from typing import Any

import pytest

from harness import RollupConfig, ether
from harness.agents import Proposer, faults
from harness.chain.errors import InsufficientFunds
from harness.rollup.contracts import attach
from harness.rollup.errors import WrongRollupParameter
from harness.rollup.machine.environment import bytes_gas
from harness.testbed.rollup import Rollup

BASE, BLOB = 1_368, 810_949
pytestmark = pytest.mark.rollup(base_fee_scalar=BASE, blob_base_fee_scalar=BLOB)


def fee_of(rollup: Rollup, receipt: Any) -> int:
    """The fee by the words of the block that holds the transaction."""
    block = next(each for each in rollup.node.blocks if each.number == receipt.block_number)
    seen = block.env.l1
    raw = block.transactions[receipt.index].payload.raw
    price = 16 * BASE * seen.base_fee + BLOB * seen.blob_base_fee
    return sum(16 if byte else 4 for byte in raw) * price // 16_000_000


def test_a_transaction_pays_for_its_bytes(posted: Rollup, alice: Any, bob: Any) -> None:
    vault, before = posted.l1_fee_vault, posted.l2.balance(alice)
    sent = posted.l2.send(sender=alice, to=bob.address, value=5, data=b"\x00\x01" * 99)
    posted.l1.mine(4)
    posted.sequencer.post()
    posted.node.sync()
    receipt = posted.l2.receipt(sent.hash)
    fee = fee_of(posted, receipt)
    assert receipt.data_fee == fee > 0
    assert posted.l2.balance(vault) == fee
    assert receipt.cost == receipt.gas_used * receipt.gas_price + fee
    assert posted.l2.balance(alice) == before - 5 - receipt.cost


def test_receipts_show_the_fee_as_those_of_the_op_stack(posted: Rollup, alice: Any, bob: Any) -> None:
    sent = posted.l2.send(sender=alice, to=bob.address, value=5)
    posted.sequencer.post()
    posted.node.sync()
    shown: Any = posted.l2.w3.eth.get_transaction_receipt(sent.hash)  # type: ignore[arg-type]
    raw = posted.node.blocks[-1].transactions[0].payload.raw
    seen = posted.node.blocks[-1].env.l1
    wanted = {
        "l1Fee": posted.l2.receipt(sent.hash).data_fee,
        "l1GasUsed": bytes_gas(raw),
        "l1GasPrice": seen.base_fee,
        "l1BlobBaseFee": seen.blob_base_fee,
        "l1BaseFeeScalar": BASE,
        "l1BlobBaseFeeScalar": BLOB,
    }
    assert {name: int(shown[name], 16) for name in wanted} == wanted


def test_a_deposit_pays_no_fee(posted: Rollup, alice: Any, bob: Any) -> None:
    before = posted.l2.balance(posted.l1_fee_vault)
    receipt = posted.deposit(7, sender=alice, to=bob)
    assert receipt.data_fee == receipt.cost == 0
    shown: Any = posted.l2.w3.eth.get_transaction_receipt(receipt.hash)
    assert (shown["l1Fee"], shown["l1GasUsed"]) == ("0x0", "0x0")
    assert posted.l2.balance(posted.l1_fee_vault) == before


def test_l1block_tells_the_scalars(posted: Rollup, alice: Any, bob: Any) -> None:
    posted.l2.send(sender=alice, to=bob.address, value=5)
    block = posted.l1_block
    assert (block.baseFeeScalar(), block.blobBaseFeeScalar()) == (BASE, BLOB)
    assert block.sequenceNumber() == posted.unsafe.idle.env.sequence_number


def test_the_vault_pays_the_sequencer_on_l1(posted: Rollup, alice: Any, bob: Any) -> None:
    posted.l2.send(sender=alice, to=bob.address, value=5)
    posted.sequencer.post()
    posted.node.sync()
    held = posted.l2.balance(posted.l1_fee_vault)
    receipt = posted.l1_fee_vault.withdraw(sender=alice)
    assert posted.l1_fee_vault.recipient() == posted.sequencer.account.address
    assert next(event for event in receipt.events if event.name == "FeesLeft").amount >= held > 0


def test_who_cannot_pay_for_the_bytes_is_refused(posted: Rollup, alice: Any, bob: Any) -> None:
    """Value and gas are covered; the bytes are not."""
    before = posted.l2.nonce(alice)
    rest = posted.l2.balance(alice) - 21_000 * 2 * posted.config.base_fee
    raw = posted.sign_l2(alice, to=bob.address, value=rest, gas=21_000)
    with pytest.raises(InsufficientFunds):
        posted.l2.send_raw(raw)
    assert posted.l2.nonce(alice) == before
    enough = posted.sign_l2(alice, to=bob.address, value=rest - 2 * posted.data_fee(raw), gas=21_000)
    assert posted.l2.send_raw(enough).succeeded


def test_the_fee_to_expect_is_that_of_the_newest_block(posted: Rollup, alice: Any, bob: Any) -> None:
    raw = posted.sign_l2(alice, to=bob.address, value=1)
    expected = posted.data_fee(raw)
    assert expected > 0
    assert posted.l2.send_raw(raw).data_fee == posted.data_fee(raw)


def test_an_attached_rollup_knows_its_scalars(rollup: Rollup) -> None:
    found = attach(rollup.l1, rollup.contracts.addresses).config
    assert (found.base_fee_scalar, found.blob_base_fee_scalar) == (BASE, BLOB)


@pytest.mark.parametrize("name", ["base_fee_scalar", "blob_base_fee_scalar"])
@pytest.mark.parametrize("value", [-1, 2**32, "1"])
def test_a_scalar_out_of_its_range_is_refused(name: str, value: object) -> None:
    with pytest.raises(WrongRollupParameter, match=f"{name} is"):
        RollupConfig.of({name: value})


@pytest.mark.rollup(base_fee_scalar=0, blob_base_fee_scalar=0)
def test_without_scalars_nothing_is_paid_or_shown(posted: Rollup, alice: Any, bob: Any) -> None:
    sent = posted.l2.send(sender=alice, to=bob.address, value=5)
    assert (sent.data_fee, posted.data_fee(b"\xff" * 99), posted.l2.balance(posted.l1_fee_vault)) == (0, 0, 0)
    assert "l1Fee" not in posted.l2.w3.eth.get_transaction_receipt(sent.hash)


@pytest.mark.parametrize(
    ("lie", "opcode"),
    [(faults.wrong_data_fee(), "INPUT"), (faults.wrong_data_fee(1), "INPUT"), (faults.tamper_opcode("FEE"), "FEE")],
    ids=lambda value: str(getattr(value, "name", value)),
)
def test_a_lie_about_the_fee_is_proven(rollup: Rollup, accounts: Any, lie: Any, opcode: str) -> None:
    for _ in range(2):
        rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=1)
    liar = rollup.join(Proposer(lie=lie))
    game = rollup.challenger.dispute(liar.propose())
    rollup.run_until(game.resolved)
    assert game.winner is rollup.challenger
    assert game.disputed_step.opcode == opcode


def test_ether_is_conserved_through_withdrawals(rollup: Rollup, alice: Any, bob: Any) -> None:
    """The books of this suite are compared after every transaction of L1."""
    sent = rollup.withdraw(ether(1), sender=alice, to=bob)
    rollup.l1_fee_vault.withdraw(sender=bob)
    rollup.confirm_all()
    rollup.execute(sent, sender=bob)
