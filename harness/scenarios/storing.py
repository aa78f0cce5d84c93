"""Results as files: written whole or not at all, and read only if no byte was changed."""

from __future__ import annotations

import json
import os
import re
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from harness.scenarios.errors import ResultUnreadable
from harness.scenarios.result import VERSION, Result

LARGEST = 512 << 20
"""Most bytes of a result's file."""
_END = re.compile(rb',"sha256":"([0-9a-f]{64})"\}\n\Z')


def text_of(result: Result) -> bytes:
    """Return a result's file: one JSON object, whose last field is the SHA-256 of all bytes before it."""
    body = json.dumps(result.model_dump(mode="json", exclude_defaults=True) | {"version": VERSION}, ensure_ascii=True)
    text = body[:-1].encode("ascii")
    return text + f',"sha256":"{sha256(text).hexdigest()}"}}\n'.encode("ascii")


def write(result: Result, path: Path) -> Path:
    """Write a result's file; nobody ever sees half of it. Raises OSError."""
    return write_whole(path, text_of(result))


def _umask() -> int:
    """Return the permissions that new files must not have; they can only be read by setting them."""
    current = os.umask(0o077)
    os.umask(current)
    return current


def write_whole(path: Path, data: bytes) -> Path:
    """Write a file under a temporary name beside it, and rename it. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(number, "wb") as file:
            file.write(data)
        # A temporary file is its owner's alone, but a report is made to be handed on.
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def read(path: Path) -> Result:
    """Read a result's file.

    Raises ResultUnreadable if it is no result, is of another version, or was changed; OSError if it cannot be opened.
    """
    size = path.stat().st_size
    if path.is_file() and size > LARGEST:
        raise ResultUnreadable(str(path), "its size", f"{size} bytes", f"at most {LARGEST}")
    return parse(path.read_bytes(), str(path))


def parse(data: bytes, source: str = "the result") -> Result:
    """Return the result in a file's bytes; raises ResultUnreadable."""
    end = _END.search(data)
    plain = _json(data, source)
    version = plain.get("version")
    if version != VERSION:
        raise ResultUnreadable(source, "version", repr(version), VERSION)
    if end is None:
        raise ResultUnreadable(source, "its end", repr(data[-24:].decode("ascii", "replace")), "a field sha256")
    found, said = sha256(data[: end.start()]).hexdigest(), end[1].decode()
    if found != said:
        raise ResultUnreadable(source, "its SHA-256", f"{found} (it was changed after it was written)", said)
    plain.pop("sha256")
    try:
        return Result.model_validate(plain)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ResultUnreadable(source, where, repr(first.get("input"))[:80], first["msg"]) from None


def _json(data: bytes, source: str) -> dict[str, Any]:
    try:
        # The parser of the standard library overflows the stack on deep nesting if the limit of recursion is high.
        plain = from_json(data)
    except ValueError as problem:
        raise ResultUnreadable(source, "its text", f"no JSON ({problem})", "a result's JSON") from None
    if not isinstance(plain, dict):
        raise ResultUnreadable(source, "its text", f"a {type(plain).__name__}", "an object")
    return plain
