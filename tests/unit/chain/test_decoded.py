"""What a contract named comes before what the harness names, and can always be reached."""

from __future__ import annotations

import copy
import pickle

import pytest

from harness.chain.errors import RevertedWithError
from harness.chain.values.decoded import DecodedEvent, FoundEvent, Struct, record_of, shown
from harness.chain.values.value_errors import UnknownField

ODD = ("count", "index", "_fields", "class", "from", "names", "__class__", "__dict__x")


def test_every_member_of_a_struct_is_an_item_and_an_attribute() -> None:
    struct = Struct(ODD, range(8))
    for place, name in enumerate(ODD):
        assert struct[name] == struct[place] == place
    for name in ("count", "index", "_fields", "class", "from", "names"):
        assert getattr(struct, name) == struct[name]
    assert struct == tuple(range(8)) and repr(struct).startswith("(count=0, index=1, _fields=2, class=3")
    assert Struct(("a",), (1,)).names == ("a",)


def test_structs_are_copied_and_cannot_be_changed() -> None:
    struct = Struct(("count", "inner"), (1, Struct(("names",), (2,))))
    for twin in (copy.copy(struct), copy.deepcopy(struct), pickle.loads(pickle.dumps(struct))):
        assert twin == struct and twin.count == 1 and twin.inner.names == 2
    with pytest.raises(AttributeError, match="stays 1"):
        struct.count = 5
    assert hash(struct) == hash(tuple(struct))


def test_a_missing_member_is_reported() -> None:
    for look in (lambda struct: struct.amuont, lambda struct: struct["amuont"]):
        with pytest.raises(UnknownField, match="struct has no member 'amuont'; it has amount; did you mean amount"):
            look(Struct(("amount",), (1,)))
    assert not hasattr(Struct((), ()), "amount")


def test_an_event_of_a_list_keeps_its_own_name_and_one_that_was_asked_for_has_its_fields() -> None:
    fields = {"name": 1, "fields": 2, "address": 3, "contract": 4, "self": 5, "_fields": 6}
    listed, found = (kind("E", fields, "0x1", "C") for kind in (DecodedEvent, FoundEvent))
    assert (listed.name, listed.fields, listed.address, listed.contract) == ("E", fields, "0x1", "C")
    assert (found.name, found.fields, found.address, found.contract) == (1, 2, 3, 4)
    assert listed["name"] == found["name"] == 1 and listed.self == found.self == 5 and listed._fields == 6
    assert listed == found and record_of(found).name == "E" and repr(found) == repr(listed)
    assert copy.copy(found) == copy.deepcopy(listed) == pickle.loads(pickle.dumps(found))
    for event in (listed, found):
        for look in (lambda event: event.selv, lambda event: event["selv"]):
            with pytest.raises(UnknownField, match=r"event E has no field 'selv'.*did you mean self"):
                look(event)


def test_a_field_of_an_error_that_an_attribute_hides_is_an_item() -> None:
    error = RevertedWithError("E", "E(bytes,uint256)", {"data": b"\1", "amount": 2}, data=b"\2")
    assert (error["data"], error.data, error.amount, error["amount"]) == (b"\1", b"\2", 2, 2)
    with pytest.raises(UnknownField, match="error E has no field 'amuont'"):
        _ = error["amuont"]


def test_values_are_shown_with_bytes_in_hex_and_structs_whole() -> None:
    assert shown([Struct(("a", "count"), (b"\xff", [b"", "x"]))]) == "[(a=0xff, count=[0x, 'x'])]"


def test_a_shortened_struct_keeps_every_member() -> None:
    """What differs between two structs is seen, however long they are."""
    names = [f"member{number}" for number in range(20)]
    one, other = Struct(names, range(20)), Struct(names, [*range(19), 99])
    assert shown(one, 80) != shown(other, 80)
    assert all(f"{name}={number}" in shown(one, 80) for number, name in enumerate(names))


def test_a_shortened_value_shows_where_it_begins_and_ends() -> None:
    text = shown(b"\x01" + bytes(200) + b"\x02", 80)
    assert text.startswith("0x01") and "02 (406 characters)" in text and len(text) < 110
    assert shown(bytes(32), 80) == "0x" + "00" * 32
    many = shown(list(range(100)), 80)
    assert many.startswith("[0, 1, ") and "… 68 more …" in many and many.endswith("98, 99]")
