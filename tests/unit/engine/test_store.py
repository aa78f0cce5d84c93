"""Which engine runs, and what it keeps on disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.engine.choice import PlainEngine, UnknownEngine, open_engine
from harness.engine.compiler import compile_trace
from harness.engine.rules import Rules
from harness.engine.runner import Engine
from harness.engine.store import Store
from harness.rollup.forks import FORKS
from harness.rollup.machine.rules import rules_of

RULES: Rules = rules_of(FORKS[0]).compiled
CODE = bytes.fromhex("600a5b600190038060025700")


def function_at(entry: int) -> object:
    return compile(compile_trace(CODE, entry, RULES).text, "test", "exec")


@pytest.mark.parametrize(("name", "kind"), [("plain", PlainEngine), ("eager", Engine), ("compiled", Engine)])
def test_the_setting_names_the_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, kind: type) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    monkeypatch.setenv("HARNESS_ENGINE", name)
    assert type(open_engine(RULES)) is kind


def test_an_unknown_engine_is_named_with_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_ENGINE", "fast")
    with pytest.raises(UnknownEngine, match=r"^HARNESS_ENGINE is 'fast', expected one of compiled, eager, plain$"):
        open_engine(RULES)


def test_what_is_saved_is_loaded_with_what_was_there_before(tmp_path: Path) -> None:
    store = Store(tmp_path / "engine")
    assert store.load(CODE) == {}
    store.save(CODE, {0: function_at(0)})  # type: ignore[dict-item]
    store.save(CODE, {2: function_at(2)})  # type: ignore[dict-item]
    assert store.load(CODE) == {0: function_at(0), 2: function_at(2)}
    assert store.load(CODE + b"\0") == {}
    assert (tmp_path / "engine").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("damage", ["others may write", "cut", "no functions"])
def test_a_file_that_cannot_be_trusted_is_not_read(tmp_path: Path, damage: str) -> None:
    store = Store(tmp_path / "engine")
    store.save(CODE, {0: function_at(0)})  # type: ignore[dict-item]
    (path,) = (tmp_path / "engine").iterdir()
    if damage == "others may write":
        os.chmod(path, 0o622)
    else:
        path.write_bytes(path.read_bytes()[:9] if damage == "cut" else b"N")
    assert store.load(CODE) == {}


def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "engine").write_text("a file")
    store = Store(tmp_path / "engine")
    store.save(CODE, {0: function_at(0)})  # type: ignore[dict-item]
    assert store.load(CODE) == {}


def test_other_rules_keep_other_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from eth.vm.forks.cancun.opcodes import CANCUN_OPCODES

    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    other = Rules.of("other", CANCUN_OPCODES, RULES.table, RULES.range_bound + 1)
    assert Store.of(RULES).folder != Store.of(other).folder


def test_each_fork_of_l2_keeps_files_of_its_own() -> None:
    """Prague's opcodes are Cancun's, to the last price."""
    assert len({Store.of(rules_of(fork).compiled).folder for fork in FORKS}) == len(FORKS)
