"""The scan of sources and the resolution of imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.contracts.compiling.sources import Remapping, Source, SourceTree
from harness.contracts.errors import ImportNotFound


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


def closure_of(tree: SourceTree, unit: str) -> list[str]:
    return list(tree.closure(next(entry for entry in tree.own if entry.unit == unit)))


def led(tree: SourceTree, unit: str) -> list[str]:
    return [str(entry) for entry in tree.remappings_of(next(entry for entry in tree.own if entry.unit == unit))]


def test_sources_outside_of_the_project_are_named_from_its_root(tmp_path: Path) -> None:
    write(tmp_path, shared__a__A='import "./B.sol"; import "../C.sol"; import "../../other/D.sol";', shared__a__B="")
    write(tmp_path, shared__C="", other__D='import "../p/E.sol";', p__E="")
    tree = SourceTree(tmp_path / "p", [tmp_path / "shared"])
    names = ["../other/D.sol", "../shared/C.sol", "../shared/a/A.sol", "../shared/a/B.sol", "E.sol"]
    assert sorted(closure_of(tree, "../shared/a/A.sol")) == names


def test_an_import_that_climbs_above_the_root_finds_the_file_that_lies_there(tmp_path: Path) -> None:
    write(tmp_path, p__src__A='import "../../x/X.sol";', x__X="contract Right {}", p__x__X="contract Wrong {}")
    tree = SourceTree(tmp_path / "p", [tmp_path / "p/src"])
    assert closure_of(tree, "src/A.sol") == ["../x/X.sol", "src/A.sol"]
    assert led(tree, "src/A.sol") == ["src/A.sol:x/X.sol=../x/X.sol"]


def test_an_absolute_import_and_target_are_taken_as_they_are(tmp_path: Path) -> None:
    far = tmp_path / "far"
    write(tmp_path, p__A=f'import "{far}/X.sol"; import "far/Y.sol";', far__X='import "./Z.sol";', far__Y="", far__Z="")
    tree = SourceTree(tmp_path / "p", [tmp_path / "p"], [Remapping("", "far/", f"{far}/")])
    assert closure_of(tree, "A.sol") == [f"{far}/X.sol", f"{far}/Y.sol", f"{far}/Z.sol", "A.sol"]


def test_an_import_beside_the_file_wins_over_one_of_that_name_below_the_root(tmp_path: Path) -> None:
    write(tmp_path, src__A='import "dep/D.sol";', node_modules__dep__D='import "./E.sol";', node_modules__dep__E="")
    write(tmp_path, dep__E="contract Wrong {}")
    tree = SourceTree(tmp_path, [tmp_path / "src"])
    found = tree.closure(tree.own[0])
    assert [str(entry.path.relative_to(tmp_path)) for entry in found.values()] == [
        "node_modules/dep/D.sol",
        "node_modules/dep/E.sol",
        "src/A.sol",
    ]


def test_two_files_that_solc_would_call_the_same_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path, src__A='import "dep/D.sol"; import "dep/E.sol";', node_modules__dep__D='import "./E.sol";')
    write(tmp_path, node_modules__dep__E="contract Packed {}", dep__E="contract Own {}")
    tree = SourceTree(tmp_path, [tmp_path / "src"])
    assert [entry.declares for entry in tree.closure(tree.own[0]).values()] == [(), ("Own",), ("Packed",), ()]
    assert closure_of(tree, "src/A.sol")[1:3] == ["dep/E.sol", "node_modules/dep/E.sol"]
    assert led(tree, "src/A.sol") == ["dep/D.sol:dep/E.sol=node_modules/dep/E.sol"]


def test_a_package_finds_the_version_that_lies_below_it(tmp_path: Path) -> None:
    write(tmp_path, src__A='import "dep/D.sol";', node_modules__dep__D='import "inner/I.sol";')
    write(tmp_path, node_modules__dep__node_modules__inner__I="")
    tree = SourceTree(tmp_path, [tmp_path / "src"])
    assert closure_of(tree, "src/A.sol")[1] == "node_modules/dep/node_modules/inner/I.sol"


def test_libraries_of_foundry_are_found_without_remappings(tmp_path: Path) -> None:
    imports = ["solmate/T.sol", "oz/U.sol", "plain/V.sol", "@oz/W.sol", "deep/X.sol", "solmate/src/T.sol"]
    write(tmp_path, src__A="".join(f'import "{path}";' for path in imports))
    write(tmp_path, lib__solmate__src__T='import "deep/X.sol";', lib__oz__contracts__U="", lib__plain__V="")
    write(tmp_path, lib__oz__contracts__W="", lib__solmate__lib__deep__src__X="")
    (tmp_path / "lib/oz/remappings.txt").write_text("# own\n@oz/=contracts/\n")
    tree = SourceTree(tmp_path, [tmp_path / "src"], libraries=[tmp_path / "lib"])
    assert closure_of(tree, "src/A.sol") == [
        "lib/oz/contracts/U.sol",
        "lib/oz/contracts/W.sol",
        "lib/solmate/lib/deep/src/X.sol",
        "lib/solmate/src/T.sol",
        "plain/V.sol",
        "solmate/src/T.sol",
        "src/A.sol",
    ]


def test_a_link_shows_the_file_beside_it_and_the_one_beside_what_it_leads_to(tmp_path: Path) -> None:
    write(tmp_path, src__B="contract Beside {}", far__A='import "./B.sol"; import "./C.sol";', far__B="", far__C="")
    (tmp_path / "src/A.sol").symlink_to(tmp_path / "far/A.sol")
    tree = SourceTree(tmp_path, [tmp_path / "src"])
    found = tree.closure(tree.own[0])
    assert [entry.path.resolve().relative_to(tmp_path).as_posix() for entry in found.values()] == [
        "far/A.sol",
        "src/B.sol",
        "far/C.sol",
    ]


@pytest.mark.parametrize(
    ("line", "unit"),
    [
        ("@oz/=vendor/oz", "vendor/oz/C.sol"),
        ("@oz=vendor/oz/", "vendor/oz/C.sol"),
        ("@oz=vendor/oz", "vendor/oz/C.sol"),
        ("src/A:@oz/=vendor/oz/", "vendor/oz/C.sol"),
        ("@oz/C.sol=vendor/oz/C.sol", "vendor/oz/C.sol"),
        ("@oz/=", "C.sol"),
    ],
)
def test_a_remapping_works_whatever_its_slashes(tmp_path: Path, line: str, unit: str) -> None:
    write(tmp_path, src__A='import "@oz/C.sol";', vendor__oz__C="", C="")
    remapping = Remapping.parse(line)
    assert remapping is not None
    tree = SourceTree(tmp_path, [tmp_path / "src"], [remapping])
    assert sorted(closure_of(tree, "src/A.sol")) == sorted([unit, "src/A.sol"])


def test_a_missing_package_says_where_it_was_looked_for_and_how_to_get_it(tmp_path: Path) -> None:
    write(tmp_path, p__src__A='import "@oz/contracts/token/T.sol";')
    root = tmp_path / "p"
    tree = SourceTree(root, [root / "src"], [Remapping("", "x/", "y/")], [root / "lib"])
    with pytest.raises(ImportNotFound) as caught:
        tree.closure(tree.own[0])
    for base in (root, root / "lib", root / "node_modules", tmp_path / "node_modules"):
        assert f"- {base}/@oz/contracts/token/T.sol\n" in str(caught.value)
    assert f"@oz/contracts is not installed: run `npm install @oz/contracts` in {root}" in caught.value.hint
    assert "(remappings: x/=y/)" in caught.value.hint


def test_a_package_that_has_no_such_file_is_named_with_its_version(tmp_path: Path) -> None:
    write(tmp_path, src__A='import "@oz/contracts/Gone.sol";', node_modules__oz="")
    home = tmp_path / "node_modules/@oz/contracts"
    home.mkdir(parents=True)
    (home / "package.json").write_text('{"version": "4.9.6"}')
    tree = SourceTree(tmp_path, [tmp_path / "src"])
    with pytest.raises(ImportNotFound, match=r"@oz/contracts \(version 4\.9\.6\) has no such file; remappings: none"):
        tree.closure(tree.own[0])


def test_a_name_that_differs_in_case_is_offered(tmp_path: Path) -> None:
    write(tmp_path, src__A='import "./token.sol";', src__Token="")
    tree = SourceTree(tmp_path, [tmp_path / "src"])
    with pytest.raises(ImportNotFound, match=r"did you mean .*src/Token\.sol\? It differs in case only"):
        tree.closure(tree.own[0])
