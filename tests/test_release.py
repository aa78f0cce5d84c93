"""What a release checks before it tags, and what it writes."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest

import harness
from scripts.release_steps import (
    Refused,
    changelog,
    check_checkout,
    check_metadata,
    release,
    tag_release,
    version_of,
)

ROOT = Path(__file__).resolve().parent.parent
CHANGES = "# Changelog\n\n## Unreleased\n\n### Added\n\n- A thing.\n\n## 0.1.0 - 2026-01-01\n\n- All of it.\n"


def git(root: Path, *arguments: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    return subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A committed checkout of version 0.2.0."""
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "A")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "a@example.org")
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness" / "__init__.py").write_text('__version__ = "0.2.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGES)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    git(tmp_path, "init", "--quiet", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "Begin")
    return tmp_path


def test_the_version_has_one_place() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        settings = tomllib.load(file)
    assert "version" not in settings["project"]
    assert settings["tool"]["hatch"]["version"] == {"path": "harness/__init__.py"}
    assert version_of(ROOT) == harness.__version__


def test_the_changelog_of_this_checkout_can_be_released() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## Unreleased\n\n## {harness.__version__} - 2026-12-31\n" in changelog(
        text, harness.__version__, "2026-12-31"
    )


@pytest.mark.parametrize("version", ["", "0.2", "0.2.0.dev1", "v0.2.0", "next"])
def test_a_version_that_is_no_release_is_refused(checkout: Path, version: str) -> None:
    (checkout / "harness" / "__init__.py").write_text(f'__version__ = "{version}"\n')
    with pytest.raises(Refused, match="__version__"):
        version_of(checkout)


def test_a_changelog_without_entries_or_with_the_version_is_refused() -> None:
    assert changelog(CHANGES, "0.2.0", "2026-02-03").startswith(
        "# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2026-02-03\n\n### Added\n\n- A thing.\n\n## 0.1.0"
    )
    with pytest.raises(Refused, match="has a section"):
        changelog(CHANGES, "0.1.0", "2026-02-03")
    for empty in (CHANGES.replace("- A thing.\n", ""), CHANGES.replace("## Unreleased\n", "")):
        with pytest.raises(Refused, match="no entry"):
            changelog(empty, "0.2.0", "2026-02-03")


def test_only_a_committed_main_without_the_tag_is_released(checkout: Path) -> None:
    check_checkout(checkout, "0.2.0")
    git(checkout, "tag", "v0.2.0")
    with pytest.raises(Refused, match=r"v0\.2\.0 exists"):
        check_checkout(checkout, "0.2.0")
    git(checkout, "checkout", "--quiet", "-b", "aside")
    with pytest.raises(Refused, match="aside"):
        check_checkout(checkout, "0.3.0")
    (checkout / "new").write_text("")
    with pytest.raises(Refused, match=r"committed:\n\?\? new"):
        check_checkout(checkout, "0.3.0")


def test_nothing_is_tagged_without_an_address_of_the_source(checkout: Path) -> None:
    with pytest.raises(Refused, match=r"pyproject.toml: \[project.urls\] has no Source, expected"):
        release(checkout, tag=True)
    assert git(checkout, "tag") == ""
    assert git(checkout, "log", "-1", "--format=%s").strip() == "Begin"
    with (checkout / "pyproject.toml").open("a") as file:
        file.write('urls = { Source = "https://example.org/x" }\n')
    check_metadata(checkout)


def test_a_tag_is_on_a_commit_with_the_dated_changelog(checkout: Path) -> None:
    tag_release(checkout, "0.2.0")
    assert git(checkout, "status", "--porcelain") == ""
    assert git(checkout, "rev-parse", "v0.2.0^{commit}") == git(checkout, "rev-parse", "HEAD")
    assert "## 0.2.0 - " in git(checkout, "show", "v0.2.0:CHANGELOG.md")
    assert git(checkout, "log", "-1", "--format=%s").strip() == "Release 0.2.0"
