"""Contracts of node_modules and lib: by the name of an import, or by a plain name that the own sources import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.contracts.errors import AmbiguousContract, UnknownContract
from harness.contracts.library import Contracts
from harness.contracts.project import Project

P = "pragma solidity ^0.8.20; "
TOKEN = P + 'import "./IToken.sol"; contract Token is IToken { uint256 public total = 7; }'
FILES = {
    "src/Own.sol": P + 'import {Token} from "@pkg/tokens/Token.sol"; contract Own { Token public token; }',
    "node_modules/@pkg/tokens/Token.sol": TOKEN,
    "node_modules/@pkg/tokens/IToken.sol": P + "interface IToken {}",
    "node_modules/@pkg/tokens/Other.sol": P + "contract Other { uint256 public other; }",
    "lib/mate/src/Weth.sol": P + "contract Weth { uint256 public weth; }",
    "lib/mate/src/Own.sol": P + "contract Own { uint256 public notOurs; }",
}

Write = Callable[..., Project]


@pytest.mark.parametrize(
    ("name", "full", "function"),
    [
        ("@pkg/tokens/Token.sol:Token", "@pkg/tokens/Token.sol:Token", "total()"),
        ("@pkg/tokens/Other.sol:Other", "@pkg/tokens/Other.sol:Other", "other()"),
        ("node_modules/@pkg/tokens/Other.sol:Other", "node_modules/@pkg/tokens/Other.sol:Other", "other()"),
        ("mate/Weth.sol:Weth", "lib/mate/src/Weth.sol:Weth", "weth()"),
        ("lib/mate/src/Weth.sol:Weth", "lib/mate/src/Weth.sol:Weth", "weth()"),
        ("lib/mate/src/Own.sol:Own", "lib/mate/src/Own.sol:Own", "notOurs()"),
        ("Token", "@pkg/tokens/Token.sol:Token", "total()"),
        ("Own", "src/Own.sol:Own", "token()"),
    ],
)
def test_a_contract_of_a_package_has_the_name_of_its_import(
    project: Write, name: str, full: str, function: str
) -> None:
    found = project(FILES)
    assert name in found
    assert found[name].full_name == full
    assert set(found[name].selectors) == {function}


def test_remappings_count_in_names(project: Write) -> None:
    found = project(FILES, 'remappings = ["weth/=lib/mate/src/"]')
    assert found["weth/Weth.sol:Weth"].full_name == "lib/mate/src/Weth.sol:Weth"


def test_contracts_of_packages_are_not_listed(project: Write) -> None:
    found = Contracts(project(FILES))
    assert list(found) == ["Own"]
    assert found["Token"].name == "Token"


def test_a_plain_name_that_nobody_imports_is_unknown(project: Write) -> None:
    found = project(FILES)
    assert "Other" not in found
    with pytest.raises(UnknownContract, match="no contract 'Other'"):
        found["Other"]


def test_a_plain_name_of_two_imported_files_is_ambiguous(project: Write) -> None:
    second = {"src/More.sol": P + 'import "mate/Token.sol"; contract More {}', "lib/mate/src/Token.sol": TOKEN}
    found = project({**FILES, **second, "lib/mate/src/IToken.sol": P + "interface IToken {}"})
    with pytest.raises(AmbiguousContract) as caught:
        found["Token"]
    assert caught.value.places == ("@pkg/tokens/Token.sol", "lib/mate/src/Token.sol")


def test_a_file_whose_import_is_missing_hides_no_other(project: Write) -> None:
    found = project({**FILES, "src/A.sol": 'import "nowhere/B.sol"; contract A {}'})
    assert found["Token"].deployable


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("@oz/token/ERC20.sol:ERC20", "@oz/token is not installed: run `npm install @oz/token`"),
        ("@pkg/tokens/Missing.sol:Missing", r"node_modules/@pkg/tokens has no such file"),
        ("@pkg/tokens/token.sol:Token", "It differs in case only"),
        ("@pkg/tokens/Token.sol:Tokn", r"Token\.sol declares Token"),
    ],
)
def test_what_may_help_is_said_of_a_package_that_is_not_there(project: Write, name: str, hint: str) -> None:
    found = project(FILES)
    assert name not in found
    with pytest.raises(UnknownContract, match=hint):
        found[name]


def test_a_library_of_a_package_is_linked(project: Write) -> None:
    files = {
        "src/Uses.sol": P + 'import "mate/Sums.sol"; contract Uses { function two() external pure returns (uint256) '
        "{ return Sums.add(1); } }",
        "lib/mate/src/Sums.sol": P + "library Sums { function add(uint256 a) external pure returns (uint256) "
        "{ return a + 1; } }",
    }
    found = project(files)["Uses"]
    (label,) = found.link_references
    library = found.library(label)
    assert library is not None
    assert library.full_name == "lib/mate/src/Sums.sol:Sums"


def test_a_package_of_an_artifacts_project_is_compiled(project: Write, tmp_path: Path) -> None:
    root = project({**FILES, "out/A.sol/A.json": '{"abi": [], "bytecode": "0x60"}'}).root
    (root / "pyproject.toml").write_text('[tool.harness]\nartifacts = "out"\n')
    found = Project.load(root)
    assert found.names() == ("A",)
    assert found["@pkg/tokens/Other.sol:Other"].deployable
