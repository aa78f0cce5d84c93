"""Pages of the website that lie elsewhere in the repository, or are made from the public modules; a hook of mkdocs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
GUIDES = "harness/guides"

ELSEWHERE = {
    "index.md": "README.md",
    "spec.md": "contracts/SPEC.md",
    "scenarios.md": "tests/dispute/README.md",
    "contributing.md": "CONTRIBUTING.md",
    "security.md": "SECURITY.md",
    "tests.md": "tests/README.md",
    "changelog.md": "CHANGELOG.md",
}
"""Pages by their place on the site, and the file of each."""

REFERENCE = {
    "harness": ("harness", "What tests and scripts import."),
    "agents": ("harness.agents", "The agents, to be told to lie."),
    "faults": ("harness.agents.faults", "Lies, tactics, receivers of payouts, and faults of a sequencer."),
    "scenarios": ("harness.scenarios", "Scenarios as data, their runs, results and replays."),
    "testing": ("harness.testing", "The types of what fixtures hand out, and what scripts open without pytest."),
    "errors": ("harness.errors", "Every exception of the harness."),
}
"""Pages of the reference, the public module of each, and what it holds."""

FENCE = re.compile(r"^(```\w+) .*$", re.MULTILINE)
"""How a fence opens that tells the tests how to run it."""

LINK = re.compile(r"\[(?P<words>[^\]\n]+)\]\((?P<target>[^)\s#]+)(?P<anchor>#[\w-]+)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that do not lie beside the guides."""
    for page, source in ELSEWHERE.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    for name, (module, summary) in REFERENCE.items():
        text = "\n".join(reference_of(import_module(module), summary))
        files.append(File.generated(config, f"reference/{name}.md", content=text))
    return files


def reference_of(module: ModuleType, summary: str) -> Iterator[str]:
    """Yield the lines of a module's page: each public name where it is defined, under the name that users import."""
    yield f"# {module.__name__}\n\n{summary}\n"
    for name in module.__all__:
        found: Any = getattr(module, name)
        home = getattr(found, "__module__", None)
        if isinstance(found, ModuleType):
            yield f"## {name}\n\n[{found.__name__}]({name}.md) has a page of its own.\n"
        elif home is not None and hasattr(found, "__qualname__"):
            yield f"::: {home}.{found.__qualname__}\n    options:\n      heading: {name}\n      toc_label: {name}\n"
        else:
            yield f"::: {module.__name__}.{name}\n"


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links between files of the repository to the pages that show them; what no page shows is no link."""
    here = page.file.src_uri
    source = ELSEWHERE.get(here, f"{GUIDES}/{here}")
    pages = {file: place for place, file in ELSEWHERE.items()}

    def led(match: re.Match[str]) -> str:
        words, target, anchor = match["words"], match["target"], match["anchor"] or ""
        if "://" in target or here.startswith("reference/"):
            return match[0]
        file = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        place = file.removeprefix(f"{GUIDES}/") if file.startswith(f"{GUIDES}/") else pages.get(file)
        if place is None:
            return words if (ROOT / file).exists() else match[0]  # mkdocs refuses a link to nothing
        return f"[{words}]({posixpath.relpath(place, posixpath.dirname(here) or '.')}{anchor})"

    return LINK.sub(led, FENCE.sub(r"\1", markdown))
