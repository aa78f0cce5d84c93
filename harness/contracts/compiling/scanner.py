"""What a Solidity file declares, imports and asks of the compiler, read without a compiler.

Comments and strings are separated from code first, so that words in them count as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<comment> //[^\n\r\v\f\x85\u2028\u2029]* | /\*.*?(?:\*/|\Z) )
    | (?P<string> "(?:\\.|[^"\\\n\r])*" | '(?:\\.|[^'\\\n\r])*' )
    | (?P<word> [A-Za-z_$][A-Za-z0-9_$]* )
    | (?P<sign> [{};*] )
    | (?P<other> [^\sA-Za-z_$"'/{};*]+ | [/"'] )
    """,
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(\r\n|.))", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "\n": "", "\r": "", "\r\n": ""}

Token = tuple[str, str, int]
"""Kind (``string``, ``word``, ``sign`` or ``other``), text and place of a token."""


@dataclass(frozen=True, slots=True)
class Scan:
    """Names of contracts, interfaces and libraries, import paths, and ranges of ``pragma solidity``, each in order."""

    declares: tuple[str, ...]
    imports: tuple[str, ...]
    pragmas: tuple[str, ...]


def scan(text: str) -> Scan:
    """Read a file's text; a text that is no Solidity has nothing."""
    tokens = list(_tokens(text))
    declares: list[str] = []
    imports: list[str] = []
    pragmas: list[str] = []
    for place, (_, word, _) in enumerate(tokens):
        if not _opens_statement(tokens, place):
            continue
        following = tokens[place + 1 : place + 2]
        if word in ("contract", "interface", "library"):
            declares += _declared(tokens, place)
        elif word == "import" and following and (following[0][0] == "string" or following[0][1] in ("{", "*")):
            imports += _imported(tokens, place)
        elif word == "pragma" and following and following[0][1] == "solidity":
            pragmas += _range_from(text, following[0][2] + len("solidity"))
    return Scan(*(tuple(dict.fromkeys(found)) for found in (declares, imports, pragmas)))


def _tokens(text: str) -> Iterator[Token]:
    for hit in _TOKEN.finditer(text):
        if hit.lastgroup is not None and hit.lastgroup != "comment":
            yield hit.lastgroup, hit[0], hit.start()


def _opens_statement(tokens: list[Token], place: int) -> bool:
    """Tell whether a word begins a statement; in a file whose braces do not match, at any depth."""
    if tokens[place][0] != "word":
        return False
    return place == 0 or tokens[place - 1][1] in (";", "}", "{", "abstract")


def _declared(tokens: list[Token], place: int) -> list[str]:
    """Return the name, if the statement goes on to a body."""
    name = tokens[place + 1 : place + 2]
    if not name or name[0][0] != "word":
        return []
    sign = next((text for kind, text, _ in tokens[place + 2 :] if kind == "sign" and text != "*"), "")
    return [name[0][1]] if sign == "{" else []


def _imported(tokens: list[Token], place: int) -> list[str]:
    """Return the path: the statement's string, which comes first or after ``from``."""
    for at in range(place + 1, len(tokens)):
        kind, text, _ = tokens[at]
        if kind == "string":
            introduced = at == place + 1 or tokens[at - 1][1] == "from"
            end = next((sign for found, sign, _ in tokens[at:] if found == "sign" and sign != "*"), "")
            return [_ESCAPE.sub(_unescaped, text[1:-1])] if introduced and end == ";" else []
        if text == ";":
            break
    return []


def _unescaped(hit: re.Match[str]) -> str:
    digits = hit[1] or hit[2]
    return chr(int(digits, 16)) if digits else _ESCAPED.get(hit[3], hit[3])


def _range_from(text: str, begin: int) -> list[str]:
    """Return what stands between ``pragma solidity`` and its semicolon, without comments."""
    kept = ""
    for hit in _TOKEN.finditer(text, begin):
        kept += text[begin : hit.start()]
        if hit[0] == ";":
            return [" ".join(kept.split())]
        kept += " " if hit.lastgroup == "comment" else hit[0]
        begin = hit.end()
    return []
