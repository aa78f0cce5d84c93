"""Which engine runs, and what it keeps on disk."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path

import pytest

from harness.engine.choice import PlainEngine, UnknownEngine, open_engine
from harness.engine.compiler import compile_trace
from harness.engine.rules import Rules
from harness.engine.runner import Engine, Unit, _save
from harness.engine.store import LARGEST, Store
from harness.rollup.forks import FORKS
from harness.rollup.machine.rules import rules_of

RULES: Rules = rules_of(FORKS[0]).compiled
CODE = bytes.fromhex("600a5b600190038060025700")
STRETCH = bytes.fromhex("3435013635010254602035901c")
"""Reads, adds and multiplies what differs from call to call."""


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


def test_trim_deletes_what_was_written_longest_ago_whatever_the_rules(tmp_path: Path) -> None:
    stores = [Store(tmp_path / "engine" / name) for name in ("old rules", "rules")]
    codes = [CODE + bytes([n]) for n in range(4)]
    for n, code in enumerate(codes):
        stores[n % 2].save(code, {0: function_at(0)})  # type: ignore[dict-item]
        os.utime(stores[n % 2]._path(code), (n, n))
    size = stores[0]._path(codes[0]).stat().st_size
    stores[1].trim(2 * size)
    assert [bool(stores[n % 2].load(code)) for n, code in enumerate(codes)] == [False, False, True, True]


def test_what_an_engine_leaves_on_disk_is_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Store.trim, "__defaults__", (3_000,))
    store = Store(tmp_path / "engine" / "rules")
    for n in range(20):
        unit = Unit(fresh={0: function_at(0)})  # type: ignore[dict-item]
        _save(store, {CODE + bytes([n]): unit})
    sizes = [path.stat().st_size for path in store.folder.iterdir()]
    assert 1 < len(sizes) < 20 and sum(sizes) <= 3_000
    assert LARGEST == 32 << 20


@pytest.mark.parametrize("turns", [1, 15], ids=["short", "long"])
def test_functions_take_no_more_memory_than_their_engine_counts(turns: int) -> None:
    engine = Engine(RULES)
    kept: list[object] = []
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for n in range(100):
            code = STRETCH * turns + n.to_bytes(2, "big")
            unit = engine._meet(code)
            kept.append(engine._add(unit, 0, compile(compile_trace(code, 0, RULES).text, "test", "exec")))
        used = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert used <= engine._used
    assert 2 * engine._size <= 32 << 20  # L1's and L2's


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
