"""Reasons why execution halted without revert data, in the same words on every EVM."""

from __future__ import annotations

import re

REVERTED = "execution reverted"
OUT_OF_GAS = "out of gas"
NEVER_BEGAN = ("insufficient funds", "call depth")
"""Causes that end a call before any of its code runs."""

CODE_TOO_LARGE = "code too large"
INITCODE_TOO_LARGE = "initcode too large"
MAX_CODE = 24_576
"""Bytes of a contract (EIP-170)."""
MAX_INITCODE = 2 * MAX_CODE
"""Bytes of creation code with its arguments (EIP-3860)."""

_SIZE = re.compile(r"got code of size: (\d+)")
_WORDS = (
    (CODE_TOO_LARGE, ("eip170 limit", "contractsizelimit", "max code size", "code is too large")),
    (INITCODE_TOO_LARGE, ("eip-3860 limit", "initcodesizelimit", "max initcode size")),
    (OUT_OF_GAS, ("outofgas", "out of gas", "memoryoog", "memorylimitoog", "precompileoog")),
    ("stack underflow", ("insufficientstack", "stackunderflow", "stack underflow")),
    ("stack overflow", ("fullstack", "stackoverflow", "stack overflow", "stack limit")),
    ("invalid jump", ("invalidjump", "invalid jump")),
    ("invalid opcode", ("invalidinstruction", "invalid opcode", "opcodenotfound", "invalidfeopcode", "not activated")),
    ("state change in a static call", ("writeprotection", "statechangeduringstaticcall", "write protection")),
    ("read past the return data", ("outofboundsread", "outofoffset", "return data out of bounds")),
    ("address collision", ("contractcreationcollision", "createcollision", "address collision")),
    ("insufficient funds", ("insufficientfunds", "insufficient funds", "outoffunds", "insufficient balance")),
    ("call depth", ("stackdepthlimit", "calltoodeep", "call depth")),
    (REVERTED, ("revert",)),
)


def common_cause(text: str) -> str:
    """Return the harness's words for what a node or py-evm says, or the text itself if there are none."""
    folded = text.lower()
    cause = next((cause for cause, words in _WORDS if any(word in folded for word in words)), text)
    size = _SIZE.search(folded)
    return f"{cause}: {size[1]} bytes" if size else cause


def size_in(cause: str) -> int | None:
    """Return the size that a cause names; None if it names none."""
    found = re.search(r": (\d+) bytes$", cause)
    return int(found[1]) if found else None
