"""The guides: what to read besides the reference, in reading order.

Each guide is a Markdown file in this folder. The wheel carries them, and ``harness guide`` shows them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError, did_you_mean

FOLDER = Path(__file__).parent

ORDER = (
    "first-test",
    "contracts",
    "chains",
    "rollup",
    "disputes",
    "proofs",
    "channels",
    "sidechain",
    "layers",
    "agents",
    "scenarios",
    "serve",
    "attack",
    "coverage",
    "gas",
    "settings",
    "trust",
    "costs",
)
"""The guides' names, in the order in which a newcomer reads them."""


class UnknownGuide(HarnessError):
    """There is no guide of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is no guide, expected one of {', '.join(ORDER)}{did_you_mean(name, ORDER)}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Guide:
    """One guide: its name, its title, its first sentence, and its text in Markdown."""

    name: str
    title: str
    summary: str
    text: str


def read(name: str) -> Guide:
    """Return a guide. Raises UnknownGuide."""
    if name not in ORDER:
        raise UnknownGuide(name)
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    title, summary, *_ = text.split("\n\n", 2)
    return Guide(name, title.removeprefix("# "), " ".join(summary.split()), text)


def every() -> list[Guide]:
    """Return all guides, in reading order."""
    return [read(name) for name in ORDER]


__all__ = ["FOLDER", "ORDER", "Guide", "UnknownGuide", "every", "read"]
