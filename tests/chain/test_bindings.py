"""Names, overloads, values and answers of a real contract, on every backend."""

from __future__ import annotations

import copy
import pickle

import pytest
from eth_hash.auto import keccak

from harness import emitted, not_emitted, reverts
from harness.chain.errors import RevertedSilently, RevertedWithError, RevertedWithMessage
from harness.chain.values.codec import record_of
from harness.chain.values.value_errors import NotAnAddress, UnknownField
from harness.contracts.errors import (
    AmbiguousOverload,
    EventMissing,
    EventPresent,
    LibraryMissing,
    RevertedForAnotherReason,
    SenderMissing,
    UndecodableAnswer,
    UnknownLibrary,
    UnknownMember,
    WrongArguments,
)


@pytest.fixture
def library(chain, alice, contracts):
    return chain.deploy(contracts["BindingLibrary"], sender=alice)


@pytest.fixture
def shelf(chain, alice, contracts, library):
    """A BindingProbe."""
    return chain.deploy(contracts["BindingProbe"], sender=alice, libraries={"BindingLibrary": library})


# -- events


def test_emitted_finds_each_of_several_events_of_one_name(shelf, alice, bob):
    one, two = shelf.move(5, sender=alice), shelf.move(bob, 6, sender=alice)
    assert emitted(one, shelf.Moved, amount=5)["amount"] == 5
    assert emitted(two, shelf.Moved, to=bob, amount=6).to == bob
    for receipt in (one, two):
        with pytest.raises(EventPresent):
            not_emitted(receipt, shelf.Moved)
    with pytest.raises(EventMissing):
        emitted(one, shelf.Moved, to=bob)


def test_events_of_one_name_are_told_apart_by_signature(shelf, alice, contracts):
    events = contracts["BindingProbe"].events
    assert list(events).count("Moved") == 1
    assert events["Moved(address,uint256)"].signature == "Moved(address,uint256)"
    receipt = shelf.move(5, sender=alice)
    emitted(receipt, events["Moved(uint256)"])
    not_emitted(receipt, events["Moved(address,uint256)"])
    with pytest.raises(AmbiguousOverload, match=r'events\["Moved\(uint256\)"\]'):
        _ = events["Moved"].topic


def test_fields_may_have_the_names_of_our_own_parameters_and_attributes(shelf, alice):
    receipt = shelf.name(sender=alice)
    event = emitted(receipt, shelf.Named, name="bob.eth", kind=1, receipt=2, fields=3, self=4)
    assert (event.name, event.fields, event["self"]) == ("bob.eth", 3, 4)
    assert record_of(event).name == "Named"
    (told,) = receipt.events
    assert (told.name, told["name"], told.address) == ("Named", "bob.eth", shelf.address)
    with pytest.raises(UnknownField, match="did you mean receipt"):
        _ = event["reciept"]


def test_indexed_values_of_dynamic_type_match_by_value_and_by_hash(shelf, alice):
    receipt = shelf.hash(sender=alice)
    page, texts = {"count": 1, "index": 2, "_fields": b"\xff"}, ["one", ""]
    event = emitted(receipt, shelf.Hashed, name="alpha", data=b"\x01\x02", page=page, texts=texts, to=alice)
    emitted(receipt, shelf.Listed, texts=texts, pages=[(1, 2, b""), (3, 4, "0xaa")])
    assert event["name"] == keccak(b"alpha")
    emitted(receipt, shelf.Hashed, name=keccak(b"alpha"), data="0x0102", page=(1, 2, "0xff"))
    emitted(receipt, shelf.Hashed, name="0x" + keccak(b"alpha").hex(), to=alice.address.lower())
    for wrong in ({"name": "beta"}, {"data": b"\x01"}, {"page": (1, 2, b"\xfe")}, {"texts": ["one"]}, {"to": shelf}):
        with pytest.raises(EventMissing):
            emitted(receipt, shelf.Hashed, **wrong)
    with pytest.raises(EventMissing):
        emitted(receipt, shelf.Listed, texts=["one", "two"])


def test_anonymous_events_are_asserted_and_reported(shelf, alice, contracts):
    receipt = shelf.note(7, 8, sender=alice)
    assert emitted(receipt, contracts["BindingProbe"].Nameless, a=7).b == 8
    assert [event.name for event in receipt.events] == ["Nameless", "Said"]
    with pytest.raises(EventMissing):
        emitted(receipt, shelf.Nameless, a=8)


def test_misspelt_fields_are_reported_and_pass_no_assertion(shelf, alice):
    receipt = shelf.move(5, sender=alice)
    with pytest.raises(EventMissing, match=r"no field 'amuont'.*did you mean amount"):
        emitted(receipt, shelf.Moved, amuont=5)
    with pytest.raises(WrongArguments, match="did you mean amount"):
        not_emitted(receipt, shelf.Moved, amuont=5)
    not_emitted(receipt, shelf.Moved, amount=6)
    with pytest.raises(WrongArguments, match="expected an event"):
        emitted(receipt, "Moved")


# -- errors


def test_errors_match_by_selector_and_are_read_by_the_expected_abi(shelf, contracts):
    for kind, fields in (("BindingLibrary", {"n": 4}), ("IOtherBindingProbe", {"other": 4})):
        with reverts(contracts[kind].Refused, **fields):
            shelf.failByLibrary(4)
        with pytest.raises(RevertedForAnotherReason), reverts(contracts[kind].Refused, **dict.fromkeys(fields, 5)):
            shelf.failByLibrary(4)


def test_reverts_finds_each_of_several_errors_of_one_name(shelf, contracts):
    errors = contracts["BindingProbe"].errors
    with reverts(shelf.Refused, why="none"):
        shelf.refuse(0)
    with reverts(shelf.Refused, other=4):
        shelf.refuse(4)
    with reverts(errors["Refused(uint256)"]):
        shelf.refuse(4)
    with pytest.raises(RevertedForAnotherReason), reverts(errors["Refused(string)"]):
        shelf.refuse(4)


def test_overloaded_errors_encode_by_their_arguments(contracts):
    refused = contracts["BindingProbe"].Refused
    assert refused.encode(5) == contracts["BindingLibrary"].Refused.encode(n=5)
    assert refused.encode("no")[:4] == keccak(b"Refused(string)")[:4]
    with pytest.raises(WrongArguments, match=r"Refused\(uint256\).*Refused\(string\)"):
        refused.encode(None)


def test_error_fields_may_have_the_names_of_our_own_attributes(shelf):
    with reverts(shelf.Failed, panic=1, self=3, data="0xbeef") as caught:
        shelf.fail()
    assert isinstance(caught.error, RevertedWithError)
    assert caught.error["data"] == b"\xbe\xef"
    assert caught.error.data[:4] == keccak(b"Failed(uint256,string,uint256,bytes)")[:4]


def test_reverts_refuses_fields_without_an_error(shelf):
    for expected in ((), ("text",)):
        with pytest.raises(WrongArguments, match="custom error"):
            reverts(*expected, actual=3)
    with pytest.raises(WrongArguments, match="an error of a contract"):
        reverts(shelf.Moved)


def test_one_name_may_be_a_function_an_event_and_an_error(shelf, alice, contracts):
    receipt = shelf.Twice(sender=alice)
    emitted(receipt, shelf.Twice, n=5)
    emitted(receipt, contracts["BindingProbe"].Twice, n=5)
    for kind in (shelf, contracts["BindingProbe"]):
        with reverts(kind.Twice, n=6):
            shelf.failTwice()


# -- text that is no UTF-8


def test_text_that_is_no_utf8_is_shown_escaped(shelf, alice):
    assert shelf.text() == "\\xfftail"
    emitted(shelf.note(1, 2, sender=alice), shelf.Said, text=b"\xfftail")
    with pytest.raises(RevertedWithMessage) as caught:
        shelf.failWithText()
    assert caught.value.message == "\\xfftail"
    with reverts(shelf.Failed, expected=b"\xfftail"):
        shelf.fail()


# -- structs


def test_struct_members_come_before_methods_of_tuple(shelf, bob):
    page = (11, 22, b"x")
    book = {"pages": [page], "covers": (page, page), "owner": bob, "grid": [[1, 2], [3, 4], (5, 6)]}
    told = shelf.echo(book)
    assert (told.pages[0].count, told.covers[1].index, told.pages[0]._fields) == page
    assert told["owner"] == bob
    assert shelf.echo(told) == told
    assert copy.deepcopy(told) == pickle.loads(pickle.dumps(told)) == told
    with pytest.raises(AttributeError):
        told.owner = 5
    with pytest.raises(UnknownField, match="did you mean owner"):
        _ = told.ownr


def test_returns_without_names_are_numbered_around_those_that_have_one(shelf):
    told = shelf.unnamed()
    assert tuple(told) == (1, 2, "0x0000000000000000000000000000000000000003")
    assert told._0 == 2


# -- overloads and named arguments


def test_overloads_are_chosen_by_the_arguments_python_type(shelf, alice):
    for text in ("hello", "cafe", "0x1234", ""):
        assert shelf.put(text) == "string"
    assert shelf.put(b"cafe") == "bytes"
    assert shelf.put(alice) == shelf.put(alice.address) == shelf.put(shelf) == "address"
    assert shelf.put([1, 2]) == "uint256[]"
    assert shelf.put({"count": 1, "index": 2, "_fields": b""}) == "Page"
    assert shelf.functions["put(bytes)"]("cafe") == "bytes"


@pytest.mark.parametrize("number", [5, 256, -1])
def test_an_ambiguous_overload_is_refused_whatever_the_value(shelf, number):
    with pytest.raises(AmbiguousOverload, match=r"put\(uint8\) or put\(uint256\)") as caught:
        shelf.put(number)
    assert set(caught.value.signatures) == {"put(uint256)", "put(uint8)"}


def test_arguments_may_be_named(shelf, alice, bob):
    shelf.transfer(to=bob, value=5, sender=alice)
    shelf.transfer(bob, value=6, sender=alice)
    assert shelf.balance(bob) == 11


def test_a_keyword_of_the_call_is_an_argument_where_no_position_gives_it(shelf, alice, bob):
    assert shelf.deposit.call(value=7) == 7
    assert shelf.deposit.call(7, value=1) == 1007
    shelf.claim(alice, bob, 3, sender=alice, gas=100_000)
    assert shelf.balance(bob) == 3
    with pytest.raises(SenderMissing, match="the keyword sender is the parameter"):
        shelf.claim(alice, sender=bob, gas=3)


def test_arguments_that_find_no_place_are_reported(shelf, alice, bob):
    for args, named, told in (
        ((), {"too": bob, "value": 1}, "did you mean to"),
        ((bob,), {}, "value not given"),
        ((bob, 1), {"to": bob}, "given twice"),
        ((bob, 1), {"sendr": alice}, "did you mean sender"),
        ((bob, 1, 2), {}, "3 arguments for 2 parameters"),
    ):
        with pytest.raises(WrongArguments, match=told):
            shelf.transfer(*args, sender=alice, **named)
    with pytest.raises(WrongArguments, match="it only reads"):
        shelf.balance(bob, nonce=5)
    assert shelf.balance(bob) == 0


def test_constructor_arguments_may_be_named(chain, alice, bob, contracts):
    made = chain.deploy(contracts["BindingProbeWithConstructor"], second=bob, first=5, sender=alice)
    assert (made.value(), made.sender()) == (5, bob)
    with pytest.raises(WrongArguments, match="did you mean first"):
        chain.deploy(contracts["BindingProbeWithConstructor"], frist=5, second=bob, sender=alice)
    with pytest.raises(SenderMissing):
        chain.deploy(contracts["BindingProbeWithConstructor"], 5, bob)


# -- names


@pytest.mark.parametrize(("name", "value"), [("call", 4), ("events", 5), ("__hidden", 6), ("_contract", 7)])
def test_functions_may_have_any_name(shelf, name, value):
    assert getattr(shelf, name)() == getattr(shelf.functions, name)() == value


@pytest.mark.parametrize(("name", "value"), [("receipt", 1), ("chain", 2), ("functions", 3)])
def test_a_function_hidden_by_an_attribute_is_reported_where_it_is_called(shelf, name, value):
    with pytest.raises(TypeError, match=rf"functions\['{name}'\]"):
        getattr(shelf, name)()
    assert shelf.functions[name]() == value


def test_misspelt_names_are_reported_with_what_they_may_mean(shelf, contracts):
    with pytest.raises(UnknownMember, match="did you mean transfer"):
        _ = shelf.trasnfer
    with pytest.raises(UnknownMember, match=r"did you mean .*Moved"):
        _ = shelf.Movde
    with pytest.raises(UnknownMember, match="did you mean Failed"):
        _ = contracts["BindingProbe"].Faild
    with pytest.raises(UnknownMember, match=r"did you mean transfer\(address,uint256\)"):
        _ = shelf.functions["transfer(address,uint)"]
    assert "transfer" in shelf.functions
    assert "trasnfer" not in shelf.functions


def test_a_proxy_has_the_events_and_errors_of_its_implementation(chain, alice, probe, contracts):
    proxy = chain.deploy(contracts["ProbeProxy"], probe, sender=alice)
    emitted(proxy.increment(sender=alice), proxy.Incremented, count=1)
    with reverts(proxy.TooMany, actual=2):
        proxy.failWithError(2, sender=alice)


# -- addresses


def test_an_address_is_equal_to_what_lives_there(chain, alice, bob, probe):
    owner = probe.owner()
    assert owner == alice and alice == owner and owner != bob and (owner != alice) is False
    assert owner == alice.address == alice.address.lower() == owner
    assert {owner, alice, alice.address} == {alice}
    assert {owner: 1}[alice] == {alice: 1}[owner] == {alice.address: 1}[owner] == 1
    assert probe == probe.address and probe.address.upper() == probe and probe != alice
    assert probe.receipt.sender == alice and probe.receipt.contract_address == probe


@pytest.mark.parametrize("place", ["0x12", "nobody", None, 5, b"short", "0x" + "g" * 40])
def test_what_is_no_address_is_refused(chain, alice, contracts, place):
    for act in (
        lambda: chain.at(contracts["ChainProbe"], place),
        lambda: chain.balance(place),
        lambda: chain.call(to=place or "", data=b""),
    ):
        with pytest.raises(NotAnAddress, match="is no address"):
            act()


# -- answers


def test_answers_that_do_not_decode_name_contract_function_and_reason(chain, bob, shelf, contracts):
    there = chain.at(contracts["IOtherBindingProbe"], shelf)
    for name in ("flag", "small"):
        with pytest.raises(UndecodableAnswer, match=rf"IOtherBindingProbe.{name}\(\) at {shelf.address} answered 0x0"):
            there.functions[name]()
    with pytest.raises(UndecodableAnswer, match=r"nothing\(\).*answered 0x, expected \(bool\)"):
        there.nothing.call()
    with pytest.raises(UndecodableAnswer, match="there is no code at that address"):
        chain.at(contracts["IOtherBindingProbe"], bob).number()


def test_a_transaction_whose_answer_does_not_decode_stands(chain, alice, bob, shelf, contracts):
    assert chain.at(contracts["IOtherBindingProbe"], shelf).nothing(sender=alice).succeeded
    assert chain.at(contracts["IOtherBindingProbe"], bob).nothing(sender=alice).succeeded


# -- ether


def test_ether_that_a_function_does_not_take_is_reported(chain, alice, bob, shelf, contracts):
    for act in (
        lambda: shelf.move(5, sender=alice, value=3),
        lambda: shelf.nothing.call(sender=alice, value=3),
        lambda: chain.deploy(contracts["BindingProbeWithConstructor"], 1, bob, sender=alice, value=3),
    ):
        with pytest.raises(RevertedSilently, match="is not payable, but 3 wei came with the call"):
            act()


def test_a_call_that_reaches_no_function_is_reported(chain, alice, shelf):
    with pytest.raises(RevertedSilently, match="neither receive"):
        chain.send(sender=alice, to=shelf, value=1)
    with pytest.raises(RevertedSilently, match="no function 0x01020304"):
        chain.call(to=shelf, data=b"\1\2\3\4")


# -- libraries


def test_libraries_link_by_short_and_by_full_name(chain, alice, contracts, library):
    kind = contracts["BindingProbe"]
    (full,) = kind.artifact.link_references
    short = kind.creation_code(libraries={"BindingLibrary": library})
    assert kind.creation_code(libraries={full: library.address.lower()}) == short
    assert bytes.fromhex(library.address[2:]) in short


def test_a_library_that_is_not_given_is_deployed_once(chain, alice, contracts):
    kind = contracts["BindingProbe"]
    first = chain.deploy(kind, sender=alice)
    assert chain.nonce(alice) == 2
    second = chain.deploy(kind, sender=alice)
    assert chain.nonce(alice) == 3
    assert chain.code(first) == chain.code(second)


def test_a_library_that_the_chain_has_lost_is_deployed_again(chain, alice, contracts):
    kind = contracts["BindingProbe"]
    before = chain.snapshot()
    chain.deploy(kind, sender=alice)
    chain.restore(before)
    probe = chain.deploy(kind, sender=alice)
    assert chain.nonce(alice) == 2
    assert probe.receipt.succeeded


def test_no_library_is_deployed_for_arguments_that_do_not_fit(chain, alice, contracts):
    with pytest.raises(WrongArguments):
        chain.deploy(contracts["BindingProbe"], 1, sender=alice)
    with pytest.raises(LibraryMissing):
        chain.deploy(contracts["BindingProbe"], sender=alice, nonce=0)
    assert chain.nonce(alice) == 0


def test_libraries_that_are_missing_misspelt_or_unknown_are_reported(contracts, library):
    kind = contracts["BindingProbe"]
    with pytest.raises(LibraryMissing):
        kind.creation_code()
    with pytest.raises(UnknownLibrary, match="did you mean BindingLibrary"):
        kind.creation_code(libraries={"BindingLibary": library})
    with pytest.raises(UnknownLibrary, match="it links none"):
        contracts["ChainProbe"].creation_code(1, libraries={"BindingLibrary": library})
    with pytest.raises(NotAnAddress):
        kind.creation_code(libraries={"BindingLibrary": "nowhere"})


def test_functions_of_a_library_take_its_own_types(library):
    assert library.repaint(1, (5, 0)) == (6, 1)
    with pytest.raises(WrongArguments, match="colour is 256"):
        library.repaint(256, (5, 0))
