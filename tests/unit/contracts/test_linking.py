"""Addresses go into the holes that the compiler left, each library by a name that means it alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.contracts.artifact import Artifact
from harness.contracts.binding.linking import at_hand, link
from harness.contracts.errors import LibraryMissing, UnknownLibrary

A, B = "0x" + "aa" * 20, "0x" + "bb" * 20


def artifact(*libraries: str) -> Artifact:
    holes = {library: ((20 * place, 20),) for place, library in enumerate(libraries)}
    return Artifact("Uses", "src/Uses.sol", (), bytes(20 * len(libraries)) + b"\x01", b"", link_references=holes)


def test_each_library_goes_into_its_own_holes() -> None:
    uses = artifact("src/a/Lib.sol:Lib", "src/b/Lib.sol:Lib", "src/Other.sol:Other")
    given = {"src/b/Lib.sol:Lib": B, "Other": A, "src/a/Lib.sol:Lib": A}
    assert link(uses, given) == b"\xaa" * 20 + b"\xbb" * 20 + b"\xaa" * 20 + b"\x01"


def test_a_short_name_of_two_libraries_is_refused() -> None:
    with pytest.raises(UnknownLibrary, match=r"name of several libraries.*a/Lib.sol:Lib and src/b/Lib.sol:Lib"):
        link(artifact("src/a/Lib.sol:Lib", "src/b/Lib.sol:Lib"), {"src/a/Lib.sol:Lib": A, "Lib": B})


def test_a_name_that_is_not_needed_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownLibrary, match=r"did you mean src/a/Lib\.sol:Lib") as caught:
        link(artifact("src/a/Lib.sol:Lib"), {"src/a/Lib.sol:Lib": A, "src/c/Lib.sol:Lib": B})
    assert (caught.value.given, caught.value.needed) == ("src/c/Lib.sol:Lib", ("src/a/Lib.sol:Lib",))


def test_a_library_that_is_not_given_is_named() -> None:
    with pytest.raises(LibraryMissing, match=r"src/Other\.sol:Other"):
        link(artifact("Lib.sol:Lib", "src/Other.sol:Other"), {"Lib": A})


def linking(name: str, label: str, *libraries: Artifact) -> Artifact:
    """A contract that links one library; its project has these."""
    by_name = {library.full_name: library for library in libraries}
    made = Artifact(name, f"src/{name}.sol", (), bytes(21), b"", link_references={label: ((0, 20),)})
    return replace(made, library=by_name.get)


LIB = Artifact("Lib", "src/Lib.sol", (), b"\x01", b"")


def test_the_libraries_that_are_not_given_come_from_the_project() -> None:
    uses = linking("Uses", "src/Lib.sol:Lib", LIB)
    assert at_hand(uses, {}) == {"src/Lib.sol:Lib": LIB}
    assert at_hand(uses, {"Lib": A}) == {}


def test_a_library_that_the_project_does_not_have_is_named_with_who_needs_it() -> None:
    with pytest.raises(LibraryMissing, match=r"Uses needs library src/Lib\.sol:Lib \(no contract of this name"):
        at_hand(linking("Uses", "src/Lib.sol:Lib"), {})
    outer = linking("Outer", "src/Lib.sol:Lib")
    with pytest.raises(LibraryMissing, match=r"Outer needs library src/Lib\.sol:Lib"):
        at_hand(linking("Uses", "src/Outer.sol:Outer", outer), {})


def test_an_interface_is_no_library_to_link() -> None:
    with pytest.raises(LibraryMissing):
        at_hand(linking("Uses", "src/Lib.sol:Lib", replace(LIB, bytecode=b"")), {})


def test_libraries_that_link_each_other_are_an_error() -> None:
    one: list[Artifact] = []
    left = replace(linking("Left", "src/Right.sol:Right"), library=lambda _: one[0])
    one.append(replace(linking("Right", "src/Left.sol:Left"), library=lambda _: left))
    with pytest.raises(LibraryMissing, match=r"Right needs library src/Left\.sol:Left \(which links Right in turn"):
        at_hand(left, {})


def test_two_libraries_of_one_plain_name_must_be_given() -> None:
    uses = replace(artifact("src/a/Lib.sol:Lib", "src/b/Lib.sol:Lib"), library=lambda _: LIB)
    with pytest.raises(LibraryMissing, match="several of the name Lib"):
        at_hand(uses, {"src/a/Lib.sol:Lib": A})
