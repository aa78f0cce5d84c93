"""Addresses go into the holes that the compiler left, each library by a name that means it alone."""

from __future__ import annotations

import pytest

from harness.contracts.artifact import Artifact
from harness.contracts.binding.linking import link
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
