"""ERC-20 tokens there and back, well-behaved and hostile."""

from __future__ import annotations

from typing import Any

from eth_utils import to_checksum_address

from harness import ether, reverts
from harness.rollup.config import RollupConfig
from harness.rollup.predeploys import TOKEN_BRIDGE
from harness.rollup.withdrawals import message_in
from harness.testbed.rollup import Rollup

GAS = 1_200_000


def _token(rollup: Rollup, contracts: Any, name: str, alice: Any, amount: int = 1_000) -> Any:
    token = contracts[name].deploy(rollup.l1, sender=alice)
    token.mint(alice.address, amount, sender=alice)
    if name != "SilentToken":
        token.approve(rollup.token_bridge.address, amount, sender=alice)
    return token


def _bridge(rollup: Rollup, token: Any, amount: int, alice: Any) -> Any:
    receipt = rollup.token_bridge.deposit(token.address, alice.address, amount, GAS, sender=alice)
    return rollup.l2.receipt(rollup.message_of(receipt).transaction_hash)


def _twin(rollup: Rollup, contracts: Any, token: Any) -> Any:
    return contracts["TwinToken"].at(rollup.l2, rollup.l2_token_bridge.twinOf(token.address))


def _leave(rollup: Rollup, token: Any, amount: int, alice: Any, to: Any) -> Any:
    message = message_in(rollup.l2_token_bridge.withdraw(token.address, to.address, amount, sender=alice))
    rollup.confirm_all()
    return message


def test_tokens_go_there_and_back(rollup: Rollup, contracts: Any, alice: Any, bob: Any) -> None:
    token = _token(rollup, contracts, "PlainToken", alice)
    assert _bridge(rollup, token, 600, alice).succeeded
    twin = _twin(rollup, contracts, token)
    assert (twin.balanceOf(alice.address), twin.totalSupply(), twin.decimals()) == (600, 600, 18)
    assert rollup.token_bridge.locked(token.address) == token.balanceOf(rollup.token_bridge.address) == 600

    twin.transfer(bob.address, 200, sender=alice)
    message = _leave(rollup, token, 200, bob, bob)
    rollup.execute(message, sender=alice)
    assert (token.balanceOf(bob.address), rollup.token_bridge.locked(token.address)) == (200, 400)
    assert twin.totalSupply() == 400
    with reverts(rollup.portal.OptimismPortal_AlreadyFinalized):
        rollup.execute(message, sender=alice)


def test_a_second_deposit_finds_the_twin(rollup: Rollup, contracts: Any, alice: Any) -> None:
    token = _token(rollup, contracts, "PlainToken", alice)
    _bridge(rollup, token, 1, alice)
    twin = _twin(rollup, contracts, token)
    _bridge(rollup, token, 2, alice)
    assert _twin(rollup, contracts, token).address == twin.address
    assert twin.totalSupply() == 3


def test_deposit_with_too_little_gas_reverts(rollup: Rollup, contracts: Any, alice: Any) -> None:
    token = _token(rollup, contracts, "PlainToken", alice)
    with reverts(rollup.token_bridge.GasLimitTooLow, actual=GAS - 1, minimum=GAS):
        rollup.token_bridge.deposit(token.address, alice.address, 1, GAS - 1, sender=alice)


def test_a_token_that_takes_a_fee_is_credited_as_it_arrived(rollup: Rollup, contracts: Any, alice: Any) -> None:
    token = _token(rollup, contracts, "FeeToken", alice)
    _bridge(rollup, token, 1_000, alice)
    held = token.balanceOf(rollup.token_bridge.address)
    assert 0 < held < 1_000
    assert _twin(rollup, contracts, token).totalSupply() == rollup.token_bridge.locked(token.address) == held


def test_a_token_that_answers_false_is_refused(rollup: Rollup, contracts: Any, alice: Any) -> None:
    token = _token(rollup, contracts, "FalseToken", alice)
    token.refuse(True, sender=alice)
    with reverts(rollup.token_bridge.TransferFailed, token=token):
        _bridge(rollup, token, 10, alice)
    token.refuse(False, sender=alice)
    _bridge(rollup, token, 10, alice)
    message = _leave(rollup, token, 10, alice, alice)
    token.refuse(True, sender=alice)
    with reverts(rollup.portal.CallFailed, withdrawalHash=message.hash):
        rollup.execute(message, sender=alice)
    token.refuse(False, sender=alice)
    rollup.execute(message, sender=alice)
    assert token.balanceOf(alice.address) == 1_000


def test_a_token_that_answers_nothing_is_taken(rollup: Rollup, contracts: Any, alice: Any, bob: Any) -> None:
    token = _token(rollup, contracts, "SilentToken", alice)
    _bridge(rollup, token, 10, alice)
    rollup.execute(_leave(rollup, token, 10, alice, bob), sender=alice)
    assert token.balanceOf(bob.address) == 10


def test_a_token_that_re_enters_is_stopped(rollup: Rollup, contracts: Any, alice: Any) -> None:
    """The token has tokens of itself to deposit, which the outer deposit would count again."""
    token = _token(rollup, contracts, "ReentrantToken", alice)
    token.mint(token.address, 5, sender=alice)
    token.arm(token.address, token.functions["approve"].encode(rollup.token_bridge.address, 5), sender=alice)
    token.transfer(alice.address, 0, sender=alice)
    assert token.succeeded() and token.allowance(token.address, rollup.token_bridge.address) == 5
    again = rollup.token_bridge.functions["deposit"].encode(token.address, alice.address, 5, GAS)
    token.arm(rollup.token_bridge.address, again, sender=alice)
    _bridge(rollup, token, 10, alice)
    assert (token.succeeded(), token.answer()) == (False, rollup.token_bridge.Reentered.encode())
    assert _twin(rollup, contracts, token).totalSupply() == 10 == token.balanceOf(rollup.token_bridge.address)


def test_a_message_that_is_executed_inside_a_deposit_is_not_destroyed(
    rollup: Rollup, contracts: Any, alice: Any, bob: Any
) -> None:
    """Where a failed message is lost, whoever made the bridge refuse it would burn the tokens of others."""
    strict = Rollup.deploy(rollup.l1, RollupConfig(retry_failed=False))
    strict.deposit(ether(3), sender=alice)
    token = _token(strict, contracts, "PlainToken", alice)
    _bridge(strict, token, 10, alice)
    message = _leave(strict, token, 10, alice, bob)
    strict.prove(message, sender=alice)
    hostile = _token(strict, contracts, "ReentrantToken", alice)
    finalize = strict.portal.functions["finalizeWithdrawalTransactionExternalProof"]
    hostile.arm(strict.portal.address, finalize.encode(message.struct, alice.address), sender=alice)
    _bridge(strict, hostile, 10, alice)
    assert hostile.succeeded()
    assert strict.portal.finalizedWithdrawals(message.hash)
    assert token.balanceOf(bob.address) == 10


def test_tokens_that_leave_inside_a_deposit_of_the_same_token_are_not_counted_as_received(
    rollup: Rollup, contracts: Any, alice: Any, bob: Any
) -> None:
    token = _token(rollup, contracts, "ReentrantToken", alice)
    _bridge(rollup, token, 100, alice)
    message = _leave(rollup, token, 30, alice, bob)
    rollup.prove(message, sender=alice)
    finalize = rollup.portal.functions["finalizeWithdrawalTransactionExternalProof"]
    token.arm(rollup.portal.address, finalize.encode(message.struct, alice.address), sender=alice)
    _bridge(rollup, token, 50, alice)
    held = token.balanceOf(rollup.token_bridge.address)
    assert (held, rollup.token_bridge.locked(token.address), token.balanceOf(bob.address)) == (120, 90, 30)


def test_release_of_tokens_that_others_brought_reverts(l1: Any, contracts: Any, alice: Any) -> None:
    """Whatever L2's bridge says: here it does what anyone tells it."""
    place = "0x" + TOKEN_BRIDGE.hex()
    made = Rollup.deploy(l1, RollupConfig.of({"genesis": {place: {"contract": "Forwarder", "replace": True}}}))
    made.deposit(ether(3), sender=alice)
    token = _token(made, contracts, "PlainToken", alice)
    made.token_bridge.deposit(token.address, alice.address, 5, GAS, sender=alice)
    token.mint(made.token_bridge.address, 9, sender=alice)
    release = made.token_bridge.functions["release"].encode(token.address, alice.address, 6)
    call = made.passer.functions["initiateWithdrawal"].encode(made.token_bridge.address, 300_000, release)
    message = message_in(contracts["Forwarder"].at(made.l2, place).forward(made.passer.address, call, sender=alice))
    made.confirm_all()
    reason = made.token_bridge.NotLocked.encode(token.address, 6, 5)
    with reverts(made.portal.CallFailed, withdrawalHash=message.hash, reason=reason):
        made.execute(message, sender=alice)


def test_no_token_at_all_is_refused(rollup: Rollup, alice: Any, bob: Any) -> None:
    with reverts():
        rollup.token_bridge.deposit(bob.address, alice.address, 1, GAS, sender=alice)


def test_deposit_of_nothing_reverts(rollup: Rollup, contracts: Any, alice: Any) -> None:
    token = _token(rollup, contracts, "PlainToken", alice)
    with reverts(rollup.token_bridge.NothingReceived, token=token):
        _bridge(rollup, token, 0, alice)


def test_withdraw_of_a_token_without_twin_reverts(rollup: Rollup, alice: Any, bob: Any) -> None:
    with reverts(rollup.l2_token_bridge.NoTwin, l1Token=bob):
        rollup.l2_token_bridge.withdraw(bob.address, alice.address, 1, sender=alice)


def test_withdraw_of_more_than_one_has_reverts(rollup: Rollup, contracts: Any, alice: Any, bob: Any) -> None:
    token = _token(rollup, contracts, "PlainToken", alice)
    _bridge(rollup, token, 10, alice)
    twin = _twin(rollup, contracts, token)
    with reverts(twin.BalanceTooLow, holder=bob, actual=0, needed=1):
        rollup.l2_token_bridge.withdraw(token.address, bob.address, 1, sender=bob)


def test_only_the_bridge_mints_and_burns(rollup: Rollup, contracts: Any, alice: Any) -> None:
    token = _token(rollup, contracts, "PlainToken", alice)
    _bridge(rollup, token, 10, alice)
    twin = _twin(rollup, contracts, token)
    for verb in ("mint", "burn"):
        with reverts(twin.NotBridge, actual=alice, expected=rollup.l2_token_bridge):
            twin.functions[verb](alice.address, 1, sender=alice)
    assert to_checksum_address(twin.l1Token()) == token.address
