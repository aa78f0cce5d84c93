"""What the runner does with a layer that fails, and with one that cannot run here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.bench import runner
from harness.bench.contestants import CannotMeasure
from harness.bench.measure import Ratio

KEPT = Ratio("kept", 1.0, 2.0, "ms", "ms", at_most=1)


def _ending(error: Exception) -> Callable[[], Iterator[Ratio]]:
    def ratios() -> Iterator[Ratio]:
        yield KEPT
        raise error

    return ratios


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CannotMeasure("there is no anvil"), 0),
        (AssertionError("the liar won"), 1),
        (KeyError("gas"), 1),
    ],
    ids=["cannot run here", "an assertion", "a fault"],
)
def test_a_layer_that_ends_early_hides_neither_its_rows_nor_the_other_layers(
    error: Exception, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    known = {"first": SimpleNamespace(ratios=_ending(error)), "second": SimpleNamespace(ratios=lambda: iter([KEPT]))}
    monkeypatch.setattr(runner, "layers", lambda: known)
    found = tmp_path / "found.json"
    assert runner.main(["--check", "--json", str(found)]) == code
    assert {name: len(rows) for name, rows in json.loads(found.read_text()).items()} == {"first": 1, "second": 1}
    assert f"first: left out, for {error}" in capsys.readouterr().out or code
