"""The command line reports what it cannot do in one line, and the exit code says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness import cli
from harness.cli import main

HASH = "0x" + "00" * 32
DEAD = "http://127.0.0.1:9"
DEPLOYED = ["step", "--transaction", HASH, "--rpc", DEAD, "--deployment"]

WRONG = {
    "no hex": ["step", "--code", "zz"],
    "half a byte": ["step", "--code", "600"],
    "a hash that is too short": ["step", "--transaction", "0x12"],
    "a negative value": ["step", "--code", "60", "--value", "-1"],
    "a value of 257 bits": ["step", "--code", "60", "--value", str(2**256)],
    "a value of a thousand digits": ["step", "--code", "60", "--value", "9" * 10_000],
    "more value than there is": ["step", "--code", "60", "--value", str(10**30)],
    "calldata that is no hex": ["step", "--code", "60", "--calldata", "xx"],
    "too little gas": ["step", "--code", "60", "--gas", "1"],
    "too much gas": ["step", "--code", "60", "--gas", str(2**40)],
    "a step that is no number": ["step", "--code", "60", "--prove", "three"],
    "a step that is not there": ["step", "--code", "00", "--count", "0", "--prove", "77"],
    "a count below nothing": ["step", "--code", "60", "--count", "-5"],
    "nothing to show": ["step"],
    "two things to show": ["step", "--code", "60", "--transaction", HASH],
    "a transaction of nowhere": ["step", "--transaction", HASH],
    "a missing deployment": [*DEPLOYED, "/nowhere/901.json"],
    "a folder as deployment": [*DEPLOYED, "{folder}"],
    "a deployment that is no JSON": [*DEPLOYED, "{text}"],
    "a deployment that is another JSON": [*DEPLOYED, "{json}"],
    "a deployment that is a list": [*DEPLOYED, "{list}"],
    "a deployment that is no text": [*DEPLOYED, "{bytes}"],
    "a missing state test": ["step", "--test", "/nowhere.json"],
    "a state test that is no JSON": ["step", "--test", "{text}"],
    "no such folder of state tests": ["conformance", "/nowhere"],
    "state tests that are none": ["conformance", "{json}"],
    "a sample of none": ["conformance", "{folder}", "--sample", "0"],
    "neither state tests nor the oracle": ["conformance"],
    "both state tests and the oracle": ["conformance", "{folder}", "--oracle", "3"],
    "no program for the oracle": ["conformance", "--oracle", "0"],
    "a fork that the oracle does not compare": ["conformance", "--oracle", "1", "--layer", "l1", "--fork", "cancun"],
    "a state test's option for the oracle": ["conformance", "--oracle", "1", "--match", "CALL"],
    "steps to prove on L1, which proves none": ["conformance", "{folder}", "--layer", "l1", "--all-steps"],
    "a second py-evm": ["conformance", "{folder}", "--evm", "py-evm", "--cross-check", "0"],
    "a fork that L2 does not speak": ["step", "--code", "00", "--fork", "london"],
    "a case of no state test": ["step", "--code", "00", "--case", "a"],
    "calldata for a state test": ["step", "--test", "{json}", "--calldata", ""],
    "a fork for a batch that has one": [*DEPLOYED, "{json}", "--fork", "osaka"],
    "openings of nothing": ["step", "--code", "00", "--openings"],
    "no process": ["conformance", "{folder}", "--jobs", "0"],
    "an unknown group of mutants": ["mutants", "nope"],
    "a project that is not there": ["compile", "/nowhere"],
    "a project that is a file": ["compile", "{text}"],
    "games below none": ["fuzz", "games", "--count", "-1"],
    "a seed in words": ["fuzz", "channels", "--seed", "lucky"],
    "nothing to fuzz": ["fuzz"],
    "an unknown command": ["frobnicate"],
    "an unknown option": ["doctor", "--loud"],
    "an unknown backend": ["demo", "--part", "foundation", "--l1", "nope"],
    "a node that is not there": ["deploy", "--rpc", DEAD],
    "no URL": ["deploy", "--rpc", "py-evm"],
    "a port that is none": ["deploy", "--rpc", "http://127.0.0.1:99999"],
    "half an address": ["deploy", "--rpc", DEAD, "--sequencer", "0x12"],
    "a wrong checksum": ["deploy", "--rpc", DEAD, "--sequencer", "0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266"],
    "a file where a folder is wanted": ["deploy", "--rpc", DEAD, "--out", "{text}"],
    "a period in words": ["deploy", "--rpc", DEAD, "--period", "long"],
    "a period of no length": ["deploy", "--rpc", DEAD, "--period", "0"],
}


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """What stands for a name in braces."""
    files: dict[str, bytes] = {"text": b"no JSON", "json": b'{"a": 1}', "list": b"[1, 2]", "bytes": b"\xff\xfe\x00"}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()
    return {name: str(tmp_path / name) for name in (*files, "folder")}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(
    name: str, places: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([word.format(**places) for word in WRONG[name]]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert told[0].startswith("error: ")


def test_the_line_names_argument_value_and_what_was_expected(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["step", "--code", "60", "--value", "-1"]) == 2
    told = capsys.readouterr().err
    assert "--value" in told and "'-1'" in told and "0 to 2**256 - 1" in told and "harness step --help" in told


@pytest.mark.parametrize(
    ("mode", "option", "value"),
    [
        ("--oracle 1", "--all-steps", ""),
        ("--oracle 1", "--match", "x"),
        ("--oracle 1", "--sample", "9"),
        ("--oracle 1", "--evm", "py-evm"),
        ("--oracle 1", "--cross-check", "0"),
        ("{folder} --layer l1", "--all-steps", ""),
        ("{folder} --layer l1", "--evm", "pyrevm"),
        ("{folder} --layer l1", "--cross-check", "0"),
        ("{folder} --evm py-evm", "--cross-check", "9"),
    ],
)
def test_an_option_that_would_change_nothing_is_refused(
    mode: str, option: str, value: str, places: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*mode.format(**places).split(), option, *value.split()]
    assert main(["conformance", *words]) == 2
    assert f"{option} means nothing with --" in capsys.readouterr().err


def test_a_file_that_may_not_be_read_is_named(
    places: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, **_: Any) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_text", refuse)
    assert main([*DEPLOYED, places["json"]]) == 2
    assert places["json"] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (PermissionError(13, "Permission denied", "/there"), "error: /there: Permission denied"),
        (KeyError("lost"), "error: KeyError: 'lost' (a bug of the harness; --traceback shows where)"),
        (ValueError("one\ntwo"), "error: ValueError: one two (a bug of the harness; --traceback shows where)"),
    ],
)
def test_no_error_is_reported_by_a_traceback(
    problem: Exception, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: Any) -> int:
        raise problem

    monkeypatch.setattr(cli, "_doctor", broken)
    assert main(["doctor"]) == 2
    assert capsys.readouterr().err == line + "\n"
    assert main(["--traceback", "doctor"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_ends_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_doctor", interrupted)
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_contract_that_does_not_compile_is_reported_whole_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "A.sol").write_text("contract A { nonsense }")
    assert main(["compile", str(tmp_path)]) == 1
    assert "src/A.sol" in capsys.readouterr().err
