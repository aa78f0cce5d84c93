"""What is read of a file without a compiler: words in comments and strings are only words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.contracts.compiling.scanner import scan

BODY = "contract A {{ function f() public pure returns (string memory) {{ {} }} }}"

DECOYS = (
    '// import "./gone.sol"; pragma solidity ^0.1.0; contract Gone {}\n',
    "/* import './gone.sol'; \n pragma solidity 0.1.0; library Gone {} */",
    '/// @notice import "./gone.sol"; it\'s only said\n',
    '/** @dev "unclosed and import {X} from "./gone.sol"; */',
    "// it's\r",
    '// a quote " and /* no comment\n',
    "// line separator ends it\u2028",
    BODY.format("return \"import './gone.sol'; // no comment\";"),
    BODY.format("return 'import \"./gone.sol\"; /* no comment';"),
    BODY.format('return "\\"; import \'./gone.sol\'; \\\\";'),
    BODY.format("return unicode\"→ pragma solidity 0.1.0; import './gone.sol';\";"),
    BODY.format('return string(hex"00" "contract Gone { import \'./gone.sol\';");'),
    BODY.format('assembly { let import_ := "import" mstore(0, import_) /* import "./gone.sol"; */ } return "";'),
    BODY.format('require(true, "x; import \'./gone.sol\';"); return "http://import/*";'),
    "string constant IMPORT = \"; import './gone.sol'; pragma solidity 0.1.0;\";",
    "function imports() pure returns (uint256) { return 1; }",
    "pragma experimental ABIEncoderV2; pragma abicoder v2;",
    "struct Import { uint256 contractOf; } enum Pragma { solidity, interface_ }",
    "error importFailed(string from);",
)
IMPORTS = (
    ('import "./{}";', "./{}"),
    ("import'./{}';", "./{}"),
    ('import {{A as B, C}} from "@scope/{}";', "@scope/{}"),
    ("import\n {{\n  A, // import 'gone.sol';\n  B as\n C\n }}\n from\n './{}'\n ;", "./{}"),
    ('import {{from as to}} from /* "gone.sol" */ "../{}";', "../{}"),
    ('import * as from from "{}";', "{}"),
    ('import "a b/ü{}" as Some;', "a b/ü{}"),
    ('import "./{}\\x2esol";', "./{}.sol"),
)
PRAGMAS = (
    ("pragma solidity ^0.8.{};", "^0.8.{}"),
    ("pragma\nsolidity >=0.{}.0\n\t<0.9.0 ;", ">=0.{}.0 <0.9.0"),
    ("pragma solidity^0.{}.1;", "^0.{}.1"),
    ("pragma solidity /* old: 0.4.0; */ 0.8.{} // ;\n;", "0.8.{}"),
)
PIECES = st.one_of(
    st.sampled_from(DECOYS).map(lambda text: ("decoy", text, "")),
    st.tuples(st.sampled_from(IMPORTS), st.integers(0, 9)).map(
        lambda drawn: ("import", *(part.format(drawn[1]) for part in drawn[0]))
    ),
    st.tuples(st.sampled_from(PRAGMAS), st.integers(0, 9)).map(
        lambda drawn: ("pragma", *(part.format(drawn[1]) for part in drawn[0]))
    ),
)


@given(st.lists(PIECES, max_size=12))
def test_imports_and_pragmas_are_those_written_as_such(pieces: list[tuple[str, str, str]]) -> None:
    found = scan("\n".join(text for _, text, _ in pieces))
    for kind, read in (("import", found.imports), ("pragma", found.pragmas)):
        assert read == tuple(dict.fromkeys(meant for was, _, meant in pieces if was == kind))
    assert set(found.declares) <= {"A"}


def without_comments_and_strings(text: str) -> str:
    """Blank them out one character at a time."""
    out, at, state = "", 0, "code"
    while at < len(text):
        pair, one = text[at : at + 2], text[at]
        if state == "code":
            if pair in ("//", "/*"):
                state, at = pair, at + 2
                continue
            if one in "\"'" and closes(text, at):
                state = one
            out += "@" if state == one else one
        elif state == "//" and one == "\n":
            state, out = "code", out + one
        elif state == "/*" and pair == "*/":
            state, at = "code", at + 1
        elif state in "\"'" and one == "\\":
            at += 1
        elif state == one:
            state = "code"
        at += 1
    return out


def closes(text: str, at: int) -> bool:
    """Tell whether the string that opens here ends on its line."""
    quote, at = text[at], at + 1
    while at < len(text) and text[at] != "\n":
        if text[at] == quote:
            return True
        at += 2 if text[at] == "\\" else 1
    return False


@given(st.lists(st.sampled_from([*"/*\"'\\ ;{}\n", "//", "/*", "*/", "import", "x", "contract C {"]), max_size=30))
def test_any_sequence_of_tokens_is_scanned_as_by_hand(parts: list[str]) -> None:
    text = " ".join(parts)
    plain = without_comments_and_strings(text)
    told = re.findall(r"(?:^|(?<=[;{}]))\s*import\s+@[^;{}]*;", plain)
    assert bool(scan(text).imports) == bool(told)


@pytest.mark.parametrize(
    "text",
    [
        'x import "a.sol";',
        "using contract A {}",
        "a pragma solidity 1;",
        "",
        "\0\xff\ufffd",
        "contract",
        "import",
        "pragma solidity",
        "import {",
        "/*",
        '"',
    ],
)
def test_a_text_that_is_no_solidity_has_nothing(text: str) -> None:
    assert scan(text) == scan("")


def test_a_contract_counts_where_braces_do_not_match() -> None:
    assert scan("contract A { function half( { \n} contract B is C(1) layout at 2 { }").declares == ("A", "B")
