"""`harness step`: a transaction opcode by opcode, and the proof of one step on L1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.cli import main
from harness.primitives.opcodes import Fork
from harness.proofs.errors import NoSuchTransaction
from harness.proofs.hosts import NetworkHost
from harness.proofs.inputs import opening_of, trace_of
from harness.proofs.samples import programs as P
from harness.proofs.statetests import find_cases
from harness.proofs.step_cli import find_input, prove, show
from tests.support.rollups import prover_of

CODE = P.invocation(0x55, (7, 9)) + P.invocation(0x54, (7,)) + P.invocation(0x52, (64, 1))


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_a_program_is_shown_opcode_by_opcode(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["step", "--code", CODE.hex()]) == 0
    shown = lines(capsys)
    assert shown[0].split() == ["step", "depth", "pc", "opcode", "gas", "stack", "top", "touches"]
    assert [line.split()[3] for line in shown if "PUSH" in line][:2] == ["PUSH1", "PUSH1"]
    assert any("SSTORE" in line and "0x7" in line for line in shown)
    assert any("writes memory[64:96]" in line for line in shown)
    assert shown[-1].startswith("steps: ") and shown[-1].endswith("status: 1")


@pytest.mark.parametrize(("step", "name"), [(0, "INPUT"), (4, "SSTORE"), (10, "STOP"), (11, "END")])
def test_a_chosen_step_is_proven_with_gas_and_size(capsys: pytest.CaptureFixture[str], step: int, name: str) -> None:
    assert main(["step", "--code", CODE.hex(), "--prove", str(step), "--count", "0"]) == 0
    shown = lines(capsys)
    assert f"step {step} ({name}): proven" in shown
    assert any("L1 gas" in line and "witness" in line for line in shown)


@pytest.mark.parametrize(("fork", "name"), [("cancun", "INVALID"), ("osaka", "CLZ")])
def test_a_program_runs_by_the_rules_of_the_chosen_fork(
    capsys: pytest.CaptureFixture[str], fork: str, name: str
) -> None:
    """CLZ is an opcode of Osaka alone; its step is proven on an L1 that can, under either."""
    command = ["step", "--code", "60011e00", "--gas", "100000", "--fork", fork]
    assert main([*command, "--prove", "3"]) == 0
    shown = lines(capsys)
    assert f"step 3 ({name}): proven" in shown
    used = next(line for line in shown if line.startswith("steps: "))
    assert used.endswith(f"gas used: {21_008 if fork == 'osaka' else 100_000}, status: {int(fork == 'osaka')}")


def test_a_p256_signature_is_proven_in_osaka(capsys: pytest.CaptureFixture[str]) -> None:
    code = P.call(0xFA, (0x100).to_bytes(20, "big"))
    assert main(["step", "--code", code.hex(), "--fork", "osaka"]) == 0
    step = next(line.split()[0] for line in lines(capsys) if "PRECOMPILE" in line)
    assert main(["step", "--code", code.hex(), "--fork", "osaka", "--count", "0", "--prove", step]) == 0
    assert f"step {step} (PRECOMPILE): proven" in lines(capsys)


@pytest.mark.parametrize(("fork", "other"), [("prague", "osaka"), ("osaka", "prague")])
def test_a_fork_chooses_the_result_of_a_state_test(
    capsys: pytest.CaptureFixture[str], state_tests: Path, fork: str, other: str
) -> None:
    cases = find_cases(state_tests / fork.title(), (Fork[fork.upper()],))
    path = next(case.path for case in cases if not case.is_blob and case.expects_exception is None)
    assert main(["step", "--test", str(path), "--fork", fork, "--count", "0", "--prove", "0"]) == 0
    assert "step 0 (INPUT): proven" in lines(capsys)
    assert main(["step", "--test", str(path), "--fork", other]) == 2
    assert f"a result for {other.title()}" in capsys.readouterr().err


@pytest.mark.parametrize("step", ["12", "-1", "99999999"])
def test_a_step_outside_the_trace_is_refused(capsys: pytest.CaptureFixture[str], step: str) -> None:
    assert main(["step", "--code", CODE.hex(), "--count", "0", f"--prove={step}"]) == 2
    assert f"step {step} is outside of the trace" in capsys.readouterr().err


def test_a_state_tests_transaction_is_shown(capsys: pytest.CaptureFixture[str], state_tests: Path) -> None:
    path = next(p for p in sorted((state_tests / "stExample").rglob("*.json")) if "Cancun" in p.read_text())
    assert main(["step", "--test", str(path), "--first", "1", "--count", "2"]) == 0
    assert main(["step", "--test", str(path), "--case", "no such case"]) == 2


def test_a_rollups_transaction_is_shown_and_proven(rollup: Any, accounts: Any, contracts: Any) -> None:
    counter = rollup.l2.deploy(contracts["Counter"], 5, sender=accounts.alice)
    receipt = counter.increment(sender=accounts.alice)
    rollup.sequencer.post()
    rollup.node.sync()
    taken, batch = find_input(rollup.node, bytes(receipt.hash))
    trace = trace_of(taken)
    console = Console(record=True, width=200)
    show(trace, console, 0, 10_000)
    host = NetworkHost(rollup.l1, prover_of(rollup))
    step = [trace.name_at(i) for i in range(len(trace))].index("SSTORE")
    for index in (0, step, len(trace) - 1):
        prove(trace, opening_of(taken, batch), host, index, console)
    text = console.export_text()
    assert text.count("): proven") == 3
    assert f"step {step} (SSTORE): proven" in text
    with pytest.raises(NoSuchTransaction):
        find_input(rollup.node, bytes(32))


def test_a_deployed_transaction_needs_its_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["step", "--transaction", "0x" + "00" * 32]) == 2
    assert "--rpc" in capsys.readouterr().err


def test_nothing_is_cut_at_80_columns(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    slot, value = 2**256 - 3, 2**255 + 12_345
    assert main(["step", "--code", (P.invocation(0x55, (slot, value)) + P.invocation(0x54, (slot,))).hex()]) == 0
    shown = lines(capsys)
    assert max(map(len, shown)) <= 80
    assert sum(f"[0x{slot:x}]" in line for line in shown) == 2
    assert any(f"<- 0x{value:x}" in line for line in shown)
    assert not any("…" in line for line in shown)


def test_a_wide_terminal_has_a_line_for_each_step(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    assert main(["step", "--code", CODE.hex()]) == 0
    shown = lines(capsys)
    assert len(shown) == int(shown[-1].split()[1].rstrip(",")) + 2
    assert any("SSTORE" in line and "[0x7] <- 0x9" in line for line in shown)
