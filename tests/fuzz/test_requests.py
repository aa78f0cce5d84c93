"""Random JSON-RPC requests to both layers: each has an answer that the OpenRPC document or an error code explains."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from harness.chain import open_chain
from harness.chain.jsonrpc.methods import LocalRpc
from harness.chain.jsonrpc.openrpc import document
from harness.chain.jsonrpc.parameters import _parameters
from harness.cli import main
from harness.fuzz import requests
from harness.fuzz.requests import BadAnswer, Target, check, run
from harness.rpc_conformance.documented import Documented, PackageMissing
from harness.serve.endpoint import Endpoint


@pytest.fixture
def target() -> Iterator[Target]:
    with closing(Target("l1")) as found:
        yield found


def test_five_hundred_requests_are_all_answered() -> None:
    told = run(seed=20, count=500)
    assert sum(told.values()) >= 500
    assert told[None] > 100 and told[-32602] > 50 and told[-32601] > 0


def test_the_command_finds_an_answer_that_does_not_fit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fuzz", "requests", "--count", "20"]) == 0
    assert "a result" in capsys.readouterr().out

    def broken(self: Any, request: Any) -> Any:
        raise KeyError(request)

    monkeypatch.setattr(Target, "ask", broken)
    assert main(["fuzz", "requests", "--count", "20"]) == 1
    assert "it raises KeyError" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"result": 7}, "the document has another answer"),
        ({"error": {"code": -32603, "message": "internal"}}, "its error is"),
        ({"result": {1, 2}}, "the status is 500"),
    ],
    ids=["another kind", "an internal error", "no JSON"],
)
def test_a_bad_answer_is_told(
    target: Target, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], words: str
) -> None:
    monkeypatch.setattr(Endpoint, "_answer", lambda *_: answer)
    with pytest.raises(BadAnswer, match=words):
        check(target, ("eth_blockNumber", []), Documented())


def test_what_a_request_did_is_undone(target: Target) -> None:
    before = target.ask(("eth_getBlockByNumber", ["latest"]))
    for method, params in (
        ("evm_mine", []),
        ("anvil_setBalance", ["0x" + "11" * 20, "0x5"]),
        ("evm_setAutomine", [False]),
    ):
        assert check(target, (method, params), Documented()) is None
    assert target.ask(("eth_getBlockByNumber", ["latest"])) == before
    assert target.ask(("anvil_getAutomine", []))["result"] is True


@pytest.mark.parametrize("depth", [1, 80])
def test_what_a_request_cut_off_is_there_again(target: Target, depth: int) -> None:
    assert check(target, ("anvil_rollback", [hex(depth)]), Documented()) is None
    sent = target.known[66][0]
    assert target.ask(("eth_getTransactionByHash", [sent]))["result"]["hash"] == sent
    assert "result" in target.ask(("rollup_syncStatus", []))


def test_the_document_has_each_method_with_its_parameters() -> None:
    with open_chain() as chain:
        backend: Any = chain.backend
        rpc = LocalRpc(backend)
    documented = {method["name"]: method["params"] for method in document()["methods"]}
    assert documented.keys() == rpc.methods.keys()
    for name, params in documented.items():
        actual = _parameters(getattr(rpc.methods[name], "__func__", rpc.methods[name]))
        assert [each["required"] for each in params] == [each.is_required for each in actual], name
    found: Any = rpc.handle("rpc.discover", [])
    assert [method["name"] for method in found["result"]["methods"]] == list(documented)


def test_without_its_packages_the_fuzzer_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "hypothesis_jsonschema", None)
    with pytest.raises(PackageMissing, match=r"rollup-harness\[conformance\]"):
        requests.requests()
