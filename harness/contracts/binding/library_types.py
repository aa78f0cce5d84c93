"""The ABI of a library's own functions, made callable.

Such functions may take what only code linked to the library can pass, so Solidity names their types in the library's
words: an enum is ``Lib.Colour``, and a struct is ``Lib.Paint`` in the signature that the selector is the hash of.
Source: Solidity's documentation, "Function Signatures and Selectors in Libraries".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.chain.values.abi import SIGNATURE, Entry, signature, types_of


def plain_abi(abi: Sequence[Entry], selectors: Mapping[str, str]) -> Sequence[Entry]:
    """The ABI with uint8 for enums, and with the signature of ``selectors`` where it is not that of the plain types."""
    return [_plain_function(entry, selectors) if _needs(entry, selectors) else entry for entry in abi]


def _needs(entry: Entry, selectors: Mapping[str, str]) -> bool:
    return bool(selectors) and entry.get("type") == "function" and signature(entry) not in selectors


def _plain_function(entry: Entry, selectors: Mapping[str, str]) -> Entry:
    named = f"{entry['name']}({','.join(types_of([_in_its_words(item) for item in entry.get('inputs', ())]))})"
    inputs, outputs = ([_plain(item) for item in entry.get(side, ())] for side in ("inputs", "outputs"))
    plain: dict[str, Any] = {**entry, "inputs": inputs, "outputs": outputs}
    return {**plain, SIGNATURE: named} if named in selectors else plain


def _in_its_words(item: Entry) -> Entry:
    """Return a struct by its name."""
    internal: str = item.get("internalType", "")
    return {"type": internal.removeprefix("struct ")} if item["type"].startswith("tuple") and internal else item


def _plain(item: Entry) -> Entry:
    parts = item.get("components")
    if parts is not None:
        return {**item, "components": [_plain(part) for part in parts]}
    if not item.get("internalType", "").startswith("enum "):
        return item
    bracket = item["type"].find("[")
    return {**item, "type": "uint8" + (item["type"][bracket:] if bracket >= 0 else "")}
