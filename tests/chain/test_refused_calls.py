"""Calls and creations that the EVM refuses before they begin: the tree of calls has each, as geth's tracer does."""

from __future__ import annotations

from typing import Any

import pytest

from harness.chain import Chain, open_chain
from harness.chain.backend import Frame
from harness.chain.errors import Reverted
from harness.chain.values.causes import CALL_DEPTH, COLLISION, INSUFFICIENT_FUNDS, NEVER_BEGAN, NONCE_OVERFLOW

pytestmark = pytest.mark.needs("trace")

ETHER = 10**18
GAS = 2**20
STORE = "63deadbeef600252"
CALL_DATA = bytes.fromhex("deadbeef")


def push(number: int) -> str:
    size = max(1, (number.bit_length() + 7) // 8)
    return bytes((0x5F + size,)).hex() + number.to_bytes(size, "big").hex()


def call(opcode: int, gas: int = 50_000, value: int | None = ETHER) -> str:
    """Return code that calls 0x1234 with the four bytes in memory, and drops the answer."""
    paid = "" if value is None else push(value)
    return "".join(map(push, (32, 0, 4, 30))) + paid + push(0x1234) + push(gas) + f"{opcode:02x}50"


CREATE, CREATE2 = "6004601e" + push(ETHER) + "f050", "60076004601e" + push(ETHER) + "f550"
TAKEN = "60075f5f5ff550" * 2
LOG = "5f5fa0"

CODES = {
    "CALL": STORE + call(0xF1),
    "CALL with all gas": STORE + call(0xF1, 2**40),
    "CALLCODE": STORE + call(0xF2),
    "CREATE": STORE + CREATE,
    "CREATE2": STORE + CREATE2,
    "CREATE2 at an address that is taken": TAKEN,
    "CALL between others": STORE + call(0xFA, value=None) + call(0xF1) + call(0xF4, value=None),
    "CALL before a revert": STORE + call(0xF1) + "5f5ffd",
    "CALL as the last byte": STORE + call(0xF1).removesuffix("50"),
    "CREATE as the last byte": STORE + CREATE.removesuffix("50"),
}
"""Code of a contract without ether."""


def deployed(chain: Chain, code: str) -> str:
    body = bytes.fromhex(code)
    initcode = b"\x61" + len(body).to_bytes(2, "big") + bytes.fromhex("80600a5f395ff3") + body
    where = chain.send(sender=chain.accounts.alice, data=initcode).contract_address
    assert where is not None
    return where


def told(chain: Chain, code: str) -> Frame:
    """Return the tree of a transaction that calls the code."""
    where = deployed(chain, code)
    receipt = chain.send(sender=chain.accounts.alice, to=where, gas=GAS, check=False)
    return receipt.trace().frame


def shapes(frame: Frame) -> list[tuple[str, str | None]]:
    return [(child.kind, child.error) for child in frame.children]


@pytest.mark.parametrize(
    "name", ["CALL", "CALLCODE", "CREATE", "CREATE2", "CALL as the last byte", "CREATE as the last byte"]
)
def test_what_costs_more_ether_than_there_is_is_in_the_tree(chain: Chain, l2: Chain, name: str) -> None:
    for layer in (chain, l2):
        frame = told(layer, CODES[name])
        (refused,) = frame.children
        assert (refused.kind, refused.error, refused.input) == (name.split()[0], INSUFFICIENT_FUNDS, CALL_DATA)
        assert (refused.value, refused.gas_used, refused.output, refused.children) == (ETHER, 0, b"", ())
        assert refused.sender == frame.address and frame.error is None


def test_a_creation_at_an_address_that_is_taken_is_in_the_tree(chain: Chain, l2: Chain) -> None:
    for layer in (chain, l2):
        frame = told(layer, TAKEN)
        assert shapes(frame) == [("CREATE2", None), ("CREATE2", COLLISION)]
        assert frame.children[1].gas_used == frame.children[1].gas


@pytest.mark.parametrize("code", ["5f5f5ff050", "5f5f5f5ff550"])
def test_a_creation_by_a_contract_whose_nonce_is_the_last_is_in_the_tree(code: str) -> None:
    """Nobody sets a nonce on L2, and anvil tells of the creation without an error."""
    with open_chain() as l1:
        where = deployed(l1, code)
        l1.set_nonce(where, 2**64 - 1)
        receipt = l1.send(sender=l1.accounts.alice, to=where, gas=GAS)
        (refused,) = receipt.trace().frame.children
        assert (refused.error, refused.gas_used, l1.nonce(where)) == (NONCE_OVERFLOW, 0, 2**64 - 1)


def test_refused_calls_stand_between_those_that_began(chain: Chain, l2: Chain) -> None:
    expected = [("STATICCALL", None), ("CALL", INSUFFICIENT_FUNDS), ("DELEGATECALL", None)]
    for layer in (chain, l2):
        frame = told(layer, CODES["CALL between others"])
        assert shapes(frame) == expected
        assert {child.sender for child in frame.children} == {frame.address}


def test_a_call_that_fails_its_frame_is_not_told_as_refused(chain: Chain, l2: Chain) -> None:
    for layer in (chain, l2):
        frame = told(layer, STORE + call(0xF1) + "f1")  # the second has no operands
        assert shapes(frame) == [("CALL", INSUFFICIENT_FUNDS)]
        assert frame.error is not None and frame.error not in NEVER_BEGAN


def test_a_revert_tells_the_call_that_was_refused(chain: Chain) -> None:
    where = deployed(chain, CODES["CALL before a revert"])
    with pytest.raises(Reverted) as caught:
        chain.send(sender=chain.accounts.alice, to=where, gas=GAS)
    assert caught.value.trace is not None
    assert INSUFFICIENT_FUNDS in str(caught.value.trace).splitlines()[1]


@pytest.mark.parametrize("code", [call(0xF1, value=0), call(0xFA, value=None), "5f5f5ff050"])
def test_what_is_deeper_than_calls_may_be_is_in_the_tree(l2: Chain, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The gas of no transaction reaches 1,024 calls: each leaves a 64th behind.
    monkeypatch.setattr("eth.constants.STACK_DEPTH_LIMIT", 1)
    with open_chain() as l1:
        for chain in (l1, l2):
            below = deployed(chain, code)
            frame = told(chain, f"5f5f5f5f73{below[2:]}5af450")
            (delegate,) = frame.children
            (refused,) = delegate.children
            assert (refused.error, refused.gas_used, delegate.error) == (CALL_DEPTH, 0, None)


def test_events_have_their_place_among_refused_calls(l2: Chain) -> None:
    with open_chain() as l1:
        for chain in (l1, l2):
            where = deployed(chain, STORE + LOG + call(0xF1) + LOG)
            receipt = chain.send(sender=chain.accounts.alice, to=where)
            options = {"tracer": "callTracer", "tracerConfig": {"withLog": True}}
            answer = asked(chain, "debug_traceTransaction", "0x" + receipt.hash.hex(), options)
            assert [log["position"] for log in answer["logs"]] == ["0x0", "0x1"]


def asked(chain: Chain, method: str, *params: Any) -> Any:
    answer: Any = chain.backend.answer(method, list(params))
    assert "error" not in answer, answer["error"]
    return answer["result"]


@pytest.mark.only_anvil
@pytest.mark.parametrize("name", CODES)
def test_geths_tracer_shows_them_on_both_layers_as_on_anvil(l2: Chain, name: str) -> None:
    found = []
    with open_chain() as l1, open_chain("anvil") as anvil:
        for chain in (anvil, l1, l2):
            where = deployed(chain, CODES[name])
            request = {"from": chain.accounts.alice.address, "to": where, "gas": hex(GAS)}
            found.append(comparable(asked(chain, "debug_traceCall", request, "latest", {"tracer": "callTracer"})))
    theirs, ours, twos = found
    assert ours == theirs
    assert twos == theirs


def comparable(answer: Any) -> Any:
    """Return a trace without addresses, and without the outermost gas, from which anvil takes what came before code."""
    calls = [
        {key: value for key, value in called.items() if key not in ("from", "to")} | {"has_to": "to" in called}
        for called in answer["calls"]
    ]
    for each in calls:
        if each.get("error") == "CreateCollision":
            each["error"] = "contract address collision"  # anvil's own word, and geth's
    return {key: answer.get(key) for key in ("gasUsed", "error", "input", "value")} | {"calls": calls}
