"""One family of exceptions for whatever reverts: sent, called, deployed; decoded the same on every backend."""

from __future__ import annotations

import pytest

from harness.chain.errors import (
    Panicked,
    RevertedOpaquely,
    RevertedSilently,
    RevertedWithError,
    RevertedWithMessage,
)
from harness.contracts.errors import DidNotRevert, RevertedForAnotherReason
from harness.contracts.reverts import reverts
from harness.errors import Reverted

WORD = b"\xab" * 32


@pytest.fixture(params=["sent", "called"])
def act(request, alice):
    """Do it as a transaction, or as a call."""

    def send(function, *args, **options):
        return function.transact(*args, sender=alice, **options)

    def call(function, *args, **options):
        return function.call(*args, sender=alice, **options)

    return send if request.param == "sent" else call


def test_message(act, probe):
    with pytest.raises(RevertedWithMessage) as caught:
        act(probe.failWithMessage, "out of tea")
    assert caught.value.message == "out of tea"
    with reverts("out of tea"):
        act(probe.failWithMessage, "out of tea")


def test_custom_error_has_its_fields_as_attributes(act, probe, contracts):
    with pytest.raises(RevertedWithError) as caught:
        act(probe.failWithError, 9)
    error = caught.value
    assert (error.name, error.signature) == ("TooMany", "TooMany(uint256,uint256)")
    assert error.fields == {"actual": 9, "expected": 7}
    assert (error.actual, error.expected) == (9, 7)
    assert error.address == probe.address
    assert error.data == contracts["ChainProbe"].TooMany.encode(9, 7)
    with pytest.raises(AttributeError, match="error TooMany has no field 'limit'; it has actual, expected"):
        _ = error.limit


def test_custom_error_with_a_struct_and_an_array(act, alice, probe, contracts):
    with reverts(contracts["ChainProbe"].Shaped, words=[WORD, bytes(32)]) as caught:
        act(probe.failShaped, WORD)
    assert caught.error.point.x == 3
    assert caught.error.point.owner == alice.address


@pytest.mark.parametrize(
    ("function", "args", "code", "meaning"),
    [("overflow", (6,), 0x11, "arithmetic overflow or underflow"), ("outOfBounds", (2,), 0x32, "array index out of")],
)
def test_panic(act, probe, function, args, code, meaning):
    with pytest.raises(Panicked) as caught:
        act(probe.functions[function], *args)
    assert caught.value.code == code
    assert caught.value.meaning.startswith(meaning)
    with reverts(panic=code):
        act(probe.functions[function], *args)


def test_no_data(act, probe):
    with pytest.raises(RevertedSilently) as caught:
        act(probe.failSilently)
    assert caught.value.cause == ""


def test_invalid_opcode(act, probe):
    with pytest.raises(RevertedSilently) as caught:
        act(probe.failInvalid, gas=100_000)
    assert caught.value.cause == "invalid opcode"


def test_out_of_gas(act, probe):
    with pytest.raises(RevertedSilently) as caught:
        act(probe.increment, gas=21_500)
    assert caught.value.cause == "out of gas"


def test_data_of_no_known_error(act, probe):
    with pytest.raises(RevertedOpaquely) as caught:
        act(probe.failOpaquely)
    assert caught.value.data == bytes.fromhex("deadbeef00")


def test_error_of_a_contract_that_was_called_in_between(act, alice, probe, contracts):
    probe.makeInner(1, sender=alice)
    with reverts(contracts["ProbeInner"].InnerFailed, actual=3):
        act(probe.viaInner, 3)


def test_a_sent_transaction_that_reverts_is_mined_and_has_a_receipt(alice, probe):
    with pytest.raises(Reverted) as caught:
        probe.failWithError(9, sender=alice)
    receipt = caught.value.receipt
    assert receipt.status == 0
    assert receipt.gas_used > 21_000
    assert receipt.logs == ()
    assert probe.count() == 5


def test_a_sent_transaction_can_be_left_unchecked(alice, probe):
    receipt = probe.failWithError(9, sender=alice, check=False)
    assert not receipt.succeeded
    with pytest.raises(RevertedWithError):
        receipt.raise_if_reverted()


def test_reverts_takes_any_reason(alice, probe):
    with reverts() as caught:
        probe.failSilently()
    assert isinstance(caught.error, RevertedSilently)


def test_reverts_fails_where_nothing_reverts(alice, probe):
    with pytest.raises(DidNotRevert, match="nothing reverted, expected any reason"), reverts():
        probe.increment(sender=alice)


@pytest.mark.parametrize(
    ("expected", "fields"),
    [
        ("another message", {}),
        (None, {"panic": 0x11}),
        ("NotOwner", {}),
        ("TooMany", {"actual": 8}),
        ("TooMany", {"actual": 9, "limit": 1}),
    ],
    ids=["message", "panic", "another error", "another value", "no such field"],
)
def test_reverts_fails_for_another_reason(alice, probe, contracts, expected, fields):
    kind = contracts["ChainProbe"].errors.get(expected, expected)
    with pytest.raises(RevertedForAnotherReason) as caught, reverts(kind, **fields):
        probe.failWithError(9, sender=alice)
    assert caught.value.error.actual == 9


def test_reverts_lets_other_exceptions_through(probe):
    with pytest.raises(ZeroDivisionError), reverts():
        _ = 1 // 0


def test_reverts_compares_accounts_by_address(chain, alice, bob, contracts):
    with reverts(contracts["ProbeProxy"].NoImplementation, actual=bob):
        chain.deploy(contracts["ProbeProxy"], bob, sender=alice)
