"""debug_trace* and what is watched of executions: the same answers from L1 in this process, anvil, and L2."""

from __future__ import annotations

from typing import Any

import pytest

from harness.chain import Chain, open_chain
from harness.contracts.bindings import ContractType
from harness.contracts.project import built_in_contracts
from harness.rollup.config import RollupConfig
from harness.testbed.rollup import Rollup

ALL = {"enableMemory": True, "enableReturnData": True}
PRESTATE = {"tracer": "prestateTracer"}
DIFFERENCE = PRESTATE | {"tracerConfig": {"diffMode": True}}
LOADS_AND_STORES = bytes.fromhex("60075460010160075500")


def ask(chain: Chain, method: str, *params: Any) -> Any:
    answer: Any = chain.backend.answer(method, list(params))
    assert "error" not in answer, answer["error"]
    return answer["result"]


def deployed(chain: Chain) -> Any:
    alice = chain.accounts.alice
    probe = ContractType(built_in_contracts()["ChainProbe"]).deploy(chain, 5, sender=alice)
    probe.makeInner(1, sender=alice)
    return probe


@pytest.fixture(scope="module")
def l2() -> Any:
    with open_chain() as below:
        rollup = Rollup.deploy(below, RollupConfig())
        rollup.fund()
        yield rollup.l2


def traced(chain: Chain, probe: Any) -> tuple[str, Any]:
    receipt = probe.tryInner(4, sender=chain.accounts.alice)
    tx_hash = "0x" + receipt.hash.hex()
    return tx_hash, ask(chain, "debug_traceTransaction", tx_hash, ALL)


def lowered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.lower(): lowered(item) for key, item in value.items()}
    return [lowered(item) for item in value] if isinstance(value, list) else value


@pytest.mark.only_anvil
def test_struct_logs_prestates_and_access_lists_equal_those_of_anvil() -> None:
    found = []
    for backend in ("py-evm", "anvil"):
        with open_chain(backend) as chain:
            probe = deployed(chain)
            tx_hash, logs = traced(chain, probe)
            call = {"from": chain.accounts.alice.address, "to": probe.address, "gas": "0x100000"}
            call["data"] = "0x" + probe.tryInner.encode(4).hex()
            listed = ask(chain, "eth_createAccessList", call)
            found.append(
                {
                    "logs": logs,
                    "before": ask(chain, "debug_traceTransaction", tx_hash, PRESTATE),
                    "changed": ask(chain, "debug_traceTransaction", tx_hash, DIFFERENCE),
                    "call": ask(chain, "debug_traceCall", call, "latest", {}),
                    "list": {entry["address"].lower(): sorted(entry["storageKeys"]) for entry in listed["accessList"]},
                    "gas": listed["gasUsed"],
                }
            )
    ours, theirs = found
    assert len(ours["logs"]["structLogs"]) > 400
    for part in ours:
        assert ours[part] == theirs[part], part


def test_the_steps_of_l2_are_those_of_l1_but_for_gas_and_addresses(l2: Chain) -> None:
    with open_chain() as l1:
        ours, theirs = (traced(chain, deployed(chain))[1]["structLogs"] for chain in (l2, l1))
    # A call's price has the gas in it that is handed on, which is a part of the limit.
    shape = [
        [(log["pc"], log["op"], log["op"] == "CALL" or log["gasCost"], log["depth"], log["refund"]) for log in logs]
        for logs in (ours, theirs)
    ]
    assert shape[0] == shape[1]
    assert {log["depth"] for log in ours} == {1, 2}


def test_a_trace_adds_up_to_the_gas_that_was_paid(l2: Chain) -> None:
    with open_chain() as l1:
        for chain in (l1, l2):
            receipt = deployed(chain).increment(sender=chain.accounts.alice)
            trace = ask(chain, "debug_traceTransaction", "0x" + receipt.hash.hex(), {})
            steps = sum(log["gasCost"] for log in trace["structLogs"])
            assert trace["gas"] == receipt.gas_used
            assert trace["structLogs"][0]["gas"] - trace["structLogs"][-1]["gas"] == steps


def test_a_diff_tells_what_a_transaction_changed(l2: Chain) -> None:
    with open_chain() as l1:
        for chain in (l1, l2):
            probe = deployed(chain)
            receipt = probe.increment(sender=chain.accounts.alice)
            changed = ask(chain, "debug_traceTransaction", "0x" + receipt.hash.hex(), DIFFERENCE)
            where, slot = probe.address.lower(), "0x" + "00" * 32
            assert int(changed["pre"][where]["storage"][slot], 16) == 5
            assert changed["post"][where] == {"storage": {slot: "0x" + (6).to_bytes(32, "big").hex()}}
            sender = chain.accounts.alice.address.lower()
            paid = int(changed["pre"][sender]["balance"], 16) - int(changed["post"][sender]["balance"], 16)
            assert paid == receipt.cost


def test_call_traces_show_events_where_they_are_asked_for(l2: Chain) -> None:
    with open_chain() as l1:
        for chain in (l1, l2):
            probe = deployed(chain)
            tx_hash = "0x" + probe.increment(sender=chain.accounts.alice).hash.hex()
            plain, logged, top = (
                ask(chain, "debug_traceTransaction", tx_hash, {"tracer": "callTracer", "tracerConfig": config})
                for config in ({}, {"withLog": True}, {"onlyTopCall": True})
            )
            assert "logs" not in plain and "calls" not in top
            (log,) = logged["logs"]
            assert (log["address"], log["topics"][0]) == (probe.address, "0x" + probe.Incremented.topic.hex())


def test_a_block_is_traced_transaction_by_transaction(l2: Chain) -> None:
    with open_chain() as l1:
        for chain in (l1, l2):
            probe = deployed(chain)
            with chain.block():
                sent = [probe.increment(sender=chain.accounts.alice) for _ in range(2)]
            block = ask(chain, "debug_traceBlockByNumber", "latest", {})
            assert block == ask(chain, "debug_traceBlockByHash", "0x" + chain.head.hash.hex(), {})
            written = [
                [log["stack"][-2] for log in each["result"]["structLogs"] if log["op"] == "SSTORE"] for each in block
            ]
            assert len(sent) == len(block) and written == [["0x6"], ["0x7"]]


def test_watching_a_call_changes_nothing_and_a_loaded_word_is_shown(l2: Chain) -> None:
    with open_chain() as l1:
        for chain in (l1, l2):
            code = b"\x69" + LOADS_AND_STORES + b"\x5f\x52\x60\x0a\x60\x16\xf3"
            where = chain.send(sender=chain.accounts.alice, data=code).contract_address
            before = chain.head.state_root
            trace = ask(chain, "debug_traceCall", {"to": where}, "latest", {})
            slot, one = "0x" + (7).to_bytes(32, "big").hex(), "0x" + (1).to_bytes(32, "big").hex()
            words = [log["storage"] for log in trace["structLogs"] if "storage" in log]
            assert words == [{slot: "0x" + "00" * 32}, {slot: one}]
            assert chain.head.state_root == before and chain.storage(where, 7) == 0


def test_an_unknown_transaction_and_tracer_are_refused() -> None:
    with open_chain() as chain:
        answers = [
            chain.backend.answer("debug_traceTransaction", ["0x" + "11" * 32]),
            chain.backend.answer("debug_traceTransaction", ["0x" + "11" * 32, {"tracer": "{}"}]),
        ]
    assert [answer["error"]["code"] for answer in answers] == [-32000, -32602]


def test_more_steps_than_a_trace_shows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.chain.jsonrpc.tracers.MOST_STEPS", 5)
    with open_chain() as chain:
        where = chain.accounts.bob.address
        chain.set_code(where, b"\x5b" * 9)
        answer = chain.backend.answer("debug_traceCall", [{"to": where}, "latest", {}])
        assert answer["error"]["code"] == -32005
        few = ask(chain, "debug_traceCall", {"to": where}, "latest", {"limit": 3})
        assert len(few["structLogs"]) == 3
        assert chain.call(to=where) == b""
