"""The scan of sources and the resolution of imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.contracts.errors import ImportNotFound
from harness.contracts.sources import Remapping, Source, SourceTree


def source(text: str) -> Source:
    return Source("A.sol", Path("A.sol"), text)


def test_declares_finds_every_kind_and_nothing_in_comments_or_strings() -> None:
    found = source(
        """
        // contract InComment {}
        /* library InBlock { } */
        abstract contract Base is Other(1), IThird { string s = "contract InString {"; }
        interface IThing { }
        library Lib{ }
        struct Contract { uint contractOf; }
        contract A layout at 0x10 { function f() public { Base contract_; } }
        """
    )
    assert found.declares == ("Base", "IThing", "Lib", "A")


def test_imports_of_every_form() -> None:
    found = source(
        """
        import "./a.sol";
        import './b.sol';
        import {X as Y, Z} from "../c.sol";
        import * as D from "@scope/d.sol";
        import "e.sol" as E;
        // import "comment.sol";
        string constant S = "import 'string.sol';";
        """
    )
    assert found.imports == ("./a.sol", "./b.sol", "../c.sol", "@scope/d.sol", "e.sol")


def test_pragmas_ignore_those_of_other_things() -> None:
    found = source("pragma abicoder v2; pragma solidity >=0.8.0\n <0.9.0; // pragma solidity 0.1.0;")
    assert found.pragmas == (">=0.8.0 <0.9.0",)


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".sol").write_text(text)


def test_closure_follows_relative_imports_remappings_and_node_modules(tmp_path: Path) -> None:
    root = tmp_path / "below"
    write(
        root,
        src__a__A='import "../B.sol"; import "@oz/C.sol"; import "dep/D.sol";',
        src__B="",
        lib__oz__C='import "./E.sol";',
    )
    write(root, lib__oz__E="")
    write(tmp_path, node_modules__dep__D="")
    tree = SourceTree(root, [root / "src"], [Remapping("", "@oz/", "lib/oz/")])
    start = next(entry for entry in tree.own if entry.unit == "src/a/A.sol")
    assert list(tree.closure(start)) == ["dep/D.sol", "lib/oz/C.sol", "lib/oz/E.sol", "src/B.sol", "src/a/A.sol"]


def test_the_longest_prefix_and_context_win(tmp_path: Path) -> None:
    write(tmp_path, src__A='import "x/y/Z.sol";', other__B='import "x/y/Z.sol";', one__y__Z="", two__Z="", three__Z="")
    tree = SourceTree(
        tmp_path,
        [tmp_path / "src", tmp_path / "other"],
        [Remapping("", "x/", "one/"), Remapping("", "x/y/", "two/"), Remapping("other/", "x/y/", "three/")],
    )
    assert [list(tree.closure(entry))[-1] for entry in tree.own] == ["two/Z.sol", "three/Z.sol"]


def test_an_import_without_a_file_is_an_error_that_names_importer_and_path(tmp_path: Path) -> None:
    write(tmp_path, src__A='import "nowhere/B.sol";')
    tree = SourceTree(tmp_path, [tmp_path / "src"])
    with pytest.raises(ImportNotFound) as caught:
        tree.closure(tree.own[0])
    assert (caught.value.importer, caught.value.wanted) == ("src/A.sol", "nowhere/B.sol")
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@oz/=lib/oz/", Remapping("", "@oz/", "lib/oz/")),
        ("ctx:a/=b/", Remapping("ctx", "a/", "b/")),
        ("no-equals", None),
    ],
)
def test_remapping_parse(text: str, expected: Remapping | None) -> None:
    assert Remapping.parse(text) == expected
    assert expected is None or str(expected) == text
