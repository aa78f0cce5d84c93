"""The conformance table: the same requests to L1, L2 and anvil, and no difference without a cause."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harness.chain.jsonrpc.openrpc import document
from harness.cli import main
from harness.rpc_conformance import comparing
from harness.rpc_conformance.commands import stages, table
from harness.rpc_conformance.comparing import Probe, cause_of, compare, probes
from harness.rpc_conformance.stage import Stage

pytestmark = pytest.mark.only_anvil

SAMPLE = frozenset({
    "eth_getBlockByNumber", "eth_getTransactionByHash", "eth_getTransactionReceipt", "eth_getLogs", "eth_getProof",
    "eth_feeHistory", "eth_call", "eth_estimateGas", "eth_createAccessList", "debug_traceTransaction",
    "debug_traceCall", "eth_getBalance", "eth_sendRawTransaction", "eth_makeCoffee", "evm_mine", "anvil_setBalance",
    "evm_snapshot", "eth_signTypedData_v4", "eth_newFilter", "eth_getFilterChanges",
})  # fmt: skip


@pytest.fixture(scope="module")
def opened() -> Iterator[tuple[list[Stage], Stage]]:
    with stages() as found:
        yield found


def test_a_sample_of_requests_differs_for_known_causes_only(opened: tuple[list[Stage], Stage]) -> None:
    asked = [probe for probe in probes() if probe.method in SAMPLE]
    rows = list(compare(*opened, asked))
    assert len(rows) > 60 and {row.probe.method for row in rows} == SAMPLE
    unexplained = [each for row in rows for each in row.differences if each.cause is None]
    assert unexplained == []
    assert any(each.cause for row in rows for each in row.differences)


def test_the_requests_cover_the_document() -> None:
    asked = {probe.method for probe in probes()}
    assert asked >= {method["name"] for method in document()["methods"]}
    assert len(asked) >= 80


def test_a_difference_that_nobody_explained_is_found(opened: tuple[list[Stage], Stage]) -> None:
    (l1, _), reference = opened

    def strange(method: str, params: Any) -> Any:
        return {"result": [7]} if method == "eth_gasPrice" else {"error": {"code": -1, "message": ""}}

    stage = object.__new__(Stage)
    stage.__dict__ |= vars(l1) | {"name": "strange", "ask": strange}
    price, number = compare([stage], reference, [Probe("eth_gasPrice", []), Probe("eth_blockNumber", [])])
    assert [(each.place, each.how, each.cause) for each in price.differences] == [
        ("document", ": [7] is not of type 'string'", None),
        ("result", "a list against hex", None),
    ]
    assert [(each.how, each.cause) for each in number.differences] == [("error -1 against hex", None)]
    assert any("NO CAUSE IS KNOWN" in line for line in table([price, number]))


def test_the_command_tells_by_its_exit_code_whether_all_is_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rpc-conformance", "--method", "eth_protocolVersion"]) == 0
    assert "1 requests for 1 methods" in capsys.readouterr().out
    monkeypatch.setattr(comparing, "cause_of", lambda *_: None)
    assert main(["rpc-conformance", "--method", "eth_protocolVersion"]) == 1


def test_a_cause_is_given_to_the_chain_that_it_is_about() -> None:
    how = "error -32004 against null"
    assert cause_of("l1", "anvil_setBalance", "answer", how) is None
    assert "L1" in str(cause_of("l2", "anvil_setBalance", "answer", how))
