"""Calls that nobody proves know no bound of memory ranges; transactions, and estimates of them, do."""

from __future__ import annotations

from typing import Any

import pytest

from harness.chain.errors import Reverted
from harness.primitives.hashing import keccak256
from harness.proofs.samples import programs as P
from harness.rollup.machine.opcodes import RANGE_BOUND

LONG = RANGE_BOUND + 1
FAR = 100_000
READS = {
    "a long hash": (P.invocation(0x20, (0, LONG)), keccak256(bytes(LONG))),
    "a long copy": (
        P.invocation(0x53, (0, 9)) + P.invocation(0x5E, (FAR, 0, LONG)) + P.invocation(0x51, (FAR,)),
        b"\x09" + bytes(31),
    ),
    "a call with much data": (
        P.call(0xFA, (4).to_bytes(20, "big"), sent=(0, LONG)) + b"\x3d\x90\x50", LONG.to_bytes(32, "big"),
    ),
}  # fmt: skip
"""Code with a memory range beyond the bound, and the word that it leaves."""


@pytest.fixture(params=sorted(READS))
def reading(request: Any, rollup: Any, accounts: Any) -> tuple[str, bytes]:
    """A contract of L2 that reads beyond the bound, and what it answers."""
    code, word = READS[request.param]
    runtime = code + b"\x5f\x52" + P.invocation(0xF3, (0, 32))
    initcode = P.store(runtime) + P.invocation(0xF3, (0, len(runtime)))
    receipt = rollup.l2.send(sender=accounts.alice, data=initcode)
    return receipt.contract_address, word


def test_a_call_answers_beyond_the_bound(rollup: Any, reading: tuple[str, bytes]) -> None:
    l2, (contract, word) = rollup.l2, reading
    assert l2.call(to=contract) == word
    assert l2.w3.eth.call({"to": contract}) == word
    assert l2.w3.eth.call({"to": contract}, l2.block_number) == word


def test_a_traced_call_goes_on_beyond_the_bound(rollup: Any, reading: tuple[str, bytes]) -> None:
    frame = rollup.l2.trace_call(to=reading[0]).frame
    assert (frame.error, frame.output) == (None, reading[1])


def test_a_transaction_halts_at_the_bound_and_its_trace_says_so(
    rollup: Any, accounts: Any, reading: tuple[str, bytes]
) -> None:
    """A transaction is proven, so its trace is that of the machine that L1 judges."""
    receipt = rollup.l2.send(sender=accounts.bob, to=reading[0], gas=1_000_000, check=False)
    assert not receipt.succeeded and receipt.gas_used == 1_000_000
    assert "memory range" in receipt.trace().frame.error


def test_an_estimate_is_of_a_transaction_and_says_that_it_would_halt(rollup: Any, reading: tuple[str, bytes]) -> None:
    answer = rollup.l2.w3.provider.make_request("eth_estimateGas", [{"to": reading[0]}])
    assert "memory range" in answer["error"]["message"]


def test_a_word_at_any_offset_is_no_matter_of_the_bound(rollup: Any, accounts: Any) -> None:
    code = P.invocation(0x52, (FAR, 7)) + P.invocation(0x51, (FAR,)) + b"\x5f\x55"
    receipt = rollup.l2.send(sender=accounts.alice, data=code)
    assert receipt.succeeded and rollup.l2.storage(receipt.contract_address, 0) == 7


def test_a_call_beyond_the_bound_still_pays_for_its_memory(rollup: Any, accounts: Any) -> None:
    """Gas ends what no bound does, and a call that fails beyond it shows its own reason."""
    with pytest.raises(Reverted, match="out of gas"):
        rollup.l2.call(data=P.invocation(0x51, (2**40,)), sender=accounts.alice)
    with pytest.raises(Reverted) as refused:
        rollup.l2.call(data=P.invocation(0xFD, (FAR, LONG)), sender=accounts.alice)
    assert len(refused.value.data) == LONG


@pytest.mark.l1(fork="osaka")
@pytest.mark.rollup(fork="osaka")
def test_what_is_played_again_has_the_rules_of_l2s_fork(rollup: Any, accounts: Any) -> None:
    """A failed call is shown with lines by playing it again; CLZ, which Prague has not, would fail there too early."""
    code = b"\x60\x01\x1e\x5f\x52" + P.invocation(0xFD, (0, 32))
    receipt = rollup.l2.send(sender=accounts.alice, data=code, gas=100_000, check=False)
    frame = receipt.trace().frame
    again = frame.replay(None)
    assert (again.error, again.output, again.gas_used) == (frame.error, (255).to_bytes(32, "big"), frame.gas_used)
