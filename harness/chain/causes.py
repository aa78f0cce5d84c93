"""Why execution halted without revert data, in the same words whichever EVM it was."""

from __future__ import annotations

REVERTED = "execution reverted"
OUT_OF_GAS = "out of gas"
NEVER_BEGAN = ("insufficient funds", "call depth")
"""Causes for which a call ends before any of its code runs."""

_WORDS = (
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
    ("code too large", ("contractsizelimit", "max code size", "createcontractsizelimit")),
    (REVERTED, ("revert",)),
)


def common_cause(text: str) -> str:
    """The harness's words for what a node or py-evm says; the text itself where it is none of them."""
    folded = text.lower()
    return next((cause for cause, words in _WORDS if any(word in folded for word in words)), text)
