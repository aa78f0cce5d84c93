"""A faster constructor for frozen dataclasses of which each transaction makes several."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, TypeVar

_T = TypeVar("_T")


def quick(cls: type[_T]) -> type[_T]:
    """Return a frozen dataclass with slots that has a constructor three times as fast.

    The one that `dataclasses` writes calls ``object.__setattr__`` for each field, because the class refuses to be
    assigned to. Here an instance is of a subclass that does not refuse, until all its fields are set. No field may have
    a factory, nor be given by keyword alone. One that the constructor does not take begins as None. A subclass
    declares ``__slots__ = ()``.
    """
    assert not hasattr(cls, "__post_init__"), cls
    given = fields(cls)  # type: ignore[arg-type]
    assert all(field.default_factory is MISSING and not field.kw_only for field in given), cls
    assert all(field.init or field.default is None for field in given), cls
    not_frozen = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    names = {"Open": type(cls.__name__, (cls,), not_frozen), "set_field": object.__setattr__}
    lines = [
        f"def __init__(self, {', '.join(field.name for field in given if field.init)}):",
        "    Frozen = self.__class__; set_field(self, '__class__', Open)",
        *(f"    self.{field.name} = {field.name if field.init else None}" for field in given),
        "    self.__class__ = Frozen",
    ]
    made: dict[str, Any] = {}
    exec("\n".join(lines), names, made)
    constructor, before = made["__init__"], cls.__init__
    for name in ("__defaults__", "__annotations__", "__qualname__", "__module__"):
        setattr(constructor, name, getattr(before, name))
    cls.__init__ = constructor  # type: ignore[method-assign]
    return cls


__all__ = ["quick"]
