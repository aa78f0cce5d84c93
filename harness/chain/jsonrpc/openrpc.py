"""The OpenRPC document of the methods that chains of this process answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

Document = Mapping[str, Any]


@cache
def document() -> Document:
    """Return the whole document, which is ``openrpc.yaml`` beside this file; nobody may change it."""
    import yaml

    text = files("harness.chain.jsonrpc").joinpath("openrpc.yaml").read_text(encoding="utf-8")
    found: Document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return found


def document_of(names: Collection[str]) -> Document:
    """Return the document of the methods with these names."""
    whole = document()
    return {**whole, "methods": [method for method in whole["methods"] if method["name"] in names]}


def schema_of(part: Any) -> dict[str, Any]:
    """Return a schema of the document as one that stands alone."""
    return {"components": document()["components"], **part}
