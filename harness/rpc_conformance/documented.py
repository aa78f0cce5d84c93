"""Whether a result is what the OpenRPC document says of its method."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from harness.chain.jsonrpc.openrpc import document, schema_of
from harness.errors import HarnessError


class PackageMissing(HarnessError):
    """A command needs a package that is not installed."""

    def __init__(self, package: str | None) -> None:
        super().__init__(f"{package} is not installed; pip install 'rollup-harness[conformance]' has it")
        self.package = package


class Documented:
    """The results of the document's methods. Raises PackageMissing."""

    def __init__(self) -> None:
        try:
            from jsonschema import Draft202012Validator
        except ModuleNotFoundError as problem:
            raise PackageMissing(problem.name) from None
        self._schemas = {method["name"]: schema_of(method["result"]["schema"]) for method in document()["methods"]}
        self._validator = cache(lambda name: Draft202012Validator(self._schemas[name]))

    def misfit(self, method: str, result: Any) -> str | None:
        """Return why a result is not what the document says; None if it is, or the document has no such method."""
        if method not in self._schemas:
            return None
        problem = next(self._validator(method).iter_errors(json.loads(json.dumps(result))), None)
        return None if problem is None else f"{'/'.join(map(str, problem.absolute_path))}: {problem.message[:200]}"
