"""Whatever types a protocol says, a value is compared with what Python can tell of them, and the rest is left open."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import Any, Protocol, TypedDict

import pytest

from harness.adapters.fitting import misfits


class Named(Protocol):
    """Says what something has, which `isinstance` refuses to compare."""

    name: str


class Row(TypedDict):
    """Is a dict at run time, which `isinstance` refuses to compare, too."""

    name: str


@dataclass
class Scaled:
    """Has no attribute ``scale`` once it is made."""

    amount: int
    scale: InitVar[int]

    def __post_init__(self, scale: int) -> None:
        self.amount *= scale


@dataclass(eq=False)
class Leaf:
    """Refers to its parent and to its children, and so to itself."""

    value: Any
    count: int = 0
    parent: Leaf | None = None
    children: list[Leaf] = field(default_factory=list)


def family() -> Leaf:
    root = Leaf(b"root")
    root.children.append(Leaf(b"child", parent=root))
    return root


@pytest.mark.parametrize("hint", [Named, Row, tuple[Named, ...], Named | None])
def test_a_type_that_python_cannot_compare_is_left_open(hint: Any) -> None:
    assert list(misfits((7,), hint)) == []


def test_a_field_that_only_the_construction_takes_is_left_open() -> None:
    assert list(misfits(Scaled(2, 3), Scaled)) == []
    assert list(misfits(Scaled("no", 3), Scaled)) == [("nonono", "int as Scaled.amount")]  # type: ignore[arg-type]


@pytest.mark.parametrize("hint", [Leaf, Leaf | None, tuple[Leaf, ...]])
def test_a_dataclass_that_refers_to_itself_is_looked_into_once(hint: Any) -> None:
    value: Any = family()
    right = [value] if hint == tuple[Leaf, ...] else value
    assert list(misfits(right, hint)) == []


def test_each_part_of_a_dataclass_that_refers_to_itself_is_of_its_type() -> None:
    root = family()
    root.children[0] = 7  # type: ignore[call-overload]
    assert list(misfits(root, Leaf)) == [(7, "Leaf as Leaf.children")]
    wrong = [family(), Leaf(b"", count="many")]  # type: ignore[arg-type]
    assert list(misfits(wrong, list[Leaf])) == [("many", "int as Leaf.count")]
