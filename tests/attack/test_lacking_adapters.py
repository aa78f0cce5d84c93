"""An adapter that lacks what its protocol demands is named before anything is attacked."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import errors
from harness.adapters.choosing import choose
from harness.attack.kinds import KINDS, pack_of


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_adapter_that_lacks_a_method_is_refused_with_the_names_of_all_that_it_lacks(
    kind: str, tmp_path: Path
) -> None:
    pack = pack_of(kind)
    protocol = pack.protocol
    source = f"from {protocol.__module__} import {protocol.__name__}\n\n\nclass Bare({protocol.__name__}):\n    pass\n"
    (tmp_path / "bare.py").write_text(source, encoding="utf-8")
    with pytest.raises(errors.AdapterLacks) as caught:
        choose(kind, f"{tmp_path / 'bare.py'}:Bare", pack.built_in, protocol)
    methods = caught.value.methods
    assert "deploy" in methods and methods == tuple(sorted(methods))
    assert str(caught.value) == f"Bare: lacks methods {', '.join(methods)}"
    assert not {name for name in methods if name in ("promises", "attacked", "create", "name")}, "these have defaults"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_built_in_adapter_lacks_nothing(kind: str) -> None:
    pack = pack_of(kind)
    for word in pack.built_in:
        assert choose(kind, word, pack.built_in, pack.protocol).kind.__abstractmethods__ == frozenset()
