"""Reasons why execution halted without revert data, in the same words on every EVM."""

from __future__ import annotations

import re

REVERTED = "execution reverted"
OUT_OF_GAS = "out of gas"
INSUFFICIENT_FUNDS = "insufficient funds"
CALL_DEPTH = "call depth"
COLLISION = "address collision"
NONCE_OVERFLOW = "nonce overflow"
NEVER_BEGAN = (INSUFFICIENT_FUNDS, CALL_DEPTH, COLLISION, NONCE_OVERFLOW)
"""Causes that end a call or a creation before any of its code runs."""

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
    (COLLISION, ("contractcreationcollision", "createcollision", "address collision")),
    (INSUFFICIENT_FUNDS, ("insufficientfunds", "insufficient funds", "outoffunds", "insufficient balance")),
    (CALL_DEPTH, ("stackdepthlimit", "calltoodeep", "call depth")),
    (NONCE_OVERFLOW, ("nonceoverflow", "nonce uint64 overflow")),
    (REVERTED, ("revert",)),
)

_WORDS_OF_GETH = {
    CODE_TOO_LARGE: "max code size exceeded",
    INITCODE_TOO_LARGE: "max initcode size exceeded",
    "stack overflow": "stack limit reached",
    "invalid jump": "invalid jump destination",
    "state change in a static call": "write protection",
    "read past the return data": "return data out of bounds",
    COLLISION: "contract address collision",
    INSUFFICIENT_FUNDS: "insufficient balance for transfer",
    CALL_DEPTH: "max call depth exceeded",
    NONCE_OVERFLOW: "nonce uint64 overflow",
}


def common_cause(text: str) -> str:
    """Return the harness's words for what a node or py-evm says, or the text itself if there are none."""
    folded = text.lower()
    cause = next((cause for cause, words in _WORDS if any(word in folded for word in words)), text)
    size = _SIZE.search(folded)
    return f"{cause}: {size[1]} bytes" if size else cause


def cause_of_geth(cause: str) -> str:
    """Return geth's words for one of the harness's causes; the cause itself where geth says the same, or more."""
    return _WORDS_OF_GETH.get(cause.partition(":")[0], cause)


def size_in(cause: str) -> int | None:
    """Return the size that a cause names; None if it names none."""
    found = re.search(r": (\d+) bytes$", cause)
    return int(found[1]) if found else None
