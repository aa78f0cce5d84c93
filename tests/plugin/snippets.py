"""Fenced blocks of a Markdown document, and how each of them is run.

A block is one of these:

- A file, if the line before it is a path in backquotes. The document's project holds it.
- ``python``: a test file of its own. It must pass.
- ``python run="fails"``: a test file that must fail.
- ``python run="script"``: a script. It must end without an error.
- ``console``: lines that begin with ``$`` are commands. What follows a command must be what it prints.
- ``console change="old => new"``: the same in a project of which one piece of code is changed. Each command finds
  that, so it exits with 1.
- ``text``: what the block before it prints.
- ``toml``: settings that the harness accepts.
- ``solidity``: a source that compiles.
- ``yaml``: a scenario that the harness accepts; one that is a file is a test, too.

``...`` stands for any text within shown output. A block with ``skip="reason"`` is not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

FENCE = re.compile(r"^```(?P<info>[^\n`]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
FILE = re.compile(r"(?:^|\n)`([\w./-]+)`\n\n\Z")
LANGUAGES = frozenset({"python", "console", "text", "toml", "solidity", "yaml"})


@dataclass(frozen=True, slots=True)
class Snippet:
    """One fenced block; ``file`` is the path that names it, ``line`` the line on which it opens."""

    line: int
    language: str
    body: str
    file: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def skip(self) -> str | None:
        """Why the block is not run; None for one that is."""
        return self.attributes.get("skip")

    @property
    def run(self) -> str | None:
        """How Python code is run, unless as a test that passes."""
        return self.attributes.get("run")

    @property
    def number_of_tests(self) -> int:
        return len(re.findall(r"^ *def test_", self.body, re.MULTILINE))

    @property
    def is_test(self) -> bool:
        return self.language == "python" and self.file is None and self.skip is None and self.run is None


def snippets_of(path: Path) -> list[Snippet]:
    """Return the blocks of a document, from top to bottom."""
    return list(_read(path.read_text(encoding="utf-8")))


def _read(text: str) -> Iterator[Snippet]:
    for match in FENCE.finditer(text):
        language, _, rest = match["info"].partition(" ")
        named = FILE.search(text[: match.start()])
        line = text.count("\n", 0, match.start()) + 1
        yield Snippet(line, language, match["body"], named and named[1], dict(ATTRIBUTE.findall(rest)))


def files_of(snippets: list[Snippet]) -> dict[str, str]:
    """Return the project that a document describes."""
    return {each.file: each.body for each in snippets if each.file is not None and each.skip is None}


def changed(files: Mapping[str, str], change: str) -> dict[str, str]:
    """Return the files with the one place of ``old`` changed; ``change`` is "old => new"."""
    old, _, new = change.partition(" => ")
    places = [name for name, text in files.items() for _ in range(text.count(old))]
    assert len(places) == 1, f"{old!r} is in {places}, expected one place"
    return {name: text.replace(old, new) for name, text in files.items()}


def outputs(snippets: list[Snippet]) -> Iterator[tuple[Snippet, Snippet]]:
    """Yield each block of text that is run, with the block that prints it."""
    ran = [each for each in snippets if each.skip is None]
    for before, shown in pairwise(ran):
        if shown.language == "text":
            yield before, shown


def commands_in(snippet: Snippet) -> Iterator[tuple[str, str]]:
    """Yield each command of a console block with what the document says that it prints."""
    for part in re.split(r"^\$ ", snippet.body, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield command, printed


def agrees(shown: str, printed: str) -> bool:
    """Whether output holds the shown lines, one after another; blanks within a line count as one."""
    printed = "\n".join(" ".join(line.split()) for line in printed.splitlines())
    parts = [re.escape(" ".join(line.split())).replace(r"\.\.\.", ".*?") for line in shown.strip().splitlines()]
    return re.search(r"(?s)" + r"\n".join(parts), printed) is not None
