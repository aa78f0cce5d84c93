"""Frozen dataclasses with a faster constructor are what they were without it."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from harness.primitives.frozen import quick


@dataclass(frozen=True, slots=True)
class Plain:
    kind: int
    name: str = "none"
    _found: int | None = field(default=None, init=False, compare=False, repr=False)


@quick
@dataclass(frozen=True, slots=True)
class Quick:
    kind: int
    name: str = "none"
    _found: int | None = field(default=None, init=False, compare=False, repr=False)


class Below(Quick):
    __slots__ = ()


def test_its_fields_are_those_given_and_defaults():
    made = Quick(1)
    assert (type(made), made.kind, made.name, made._found) == (Quick, 1, "none", None)
    assert Quick(2, name="x") == Quick(2, "x") != Quick(2, "y")
    assert hash(Quick(2, "x")) == hash(Quick(2, "x"))
    assert repr(Quick(2, "x")) == repr(Plain(2, "x")).replace("Plain", "Quick")


def test_it_refuses_what_the_constructor_of_dataclasses_refuses():
    assert inspect.signature(Quick) == inspect.signature(Plain)
    for arguments in ((), (1, "x", 3)):
        with pytest.raises(TypeError):
            Quick(*arguments)


@pytest.mark.parametrize("name", ["kind", "_found", "other"])
def test_it_is_frozen(name):
    made = Quick(1)
    with pytest.raises((FrozenInstanceError, TypeError)):
        setattr(made, name, 2)
    with pytest.raises((FrozenInstanceError, TypeError)):
        delattr(made, name)
    assert made == Quick(1)


def test_copies_are_equal_and_forget_what_is_no_argument():
    made = Quick(1)
    object.__setattr__(made, "_found", 7)
    assert replace(made, name="x") == Quick(1, "x") and replace(made, name="x")._found is None
    for again in (copy.copy(made), pickle.loads(pickle.dumps(made))):
        assert (type(again), again, again._found) == (Quick, made, 7)


def test_an_instance_of_a_subclass_stays_one():
    below = Below(3)
    assert type(below) is Below and below.kind == 3
    with pytest.raises(FrozenInstanceError):
        below.kind = 4
