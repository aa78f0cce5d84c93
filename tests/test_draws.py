"""What the suite's tests draw."""

from __future__ import annotations

import sys
from importlib import util
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st


def drawn() -> list[int]:
    found: list[int] = []

    @settings(max_examples=300)
    @given(st.integers(0, 2**40))
    def draw(number: int) -> None:
        found.append(number)

    draw()
    return found


def test_draws_do_not_depend_on_the_modules_that_are_loaded(tmp_path: Path) -> None:
    before = drawn()
    path = tmp_path / "some_module.py"
    path.write_text("".join(f"N{number} = {123_456_789 + number * 987_654}\n" for number in range(400)))
    spec = util.spec_from_file_location("some_module", path)
    assert spec is not None and spec.loader is not None
    sys.modules["some_module"] = module = util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        assert drawn() == before
    finally:
        del sys.modules["some_module"]
