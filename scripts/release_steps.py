"""The steps of a release, in order; ``scripts/release`` runs them."""

from __future__ import annotations

import argparse
import datetime
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SECTION = "## Unreleased"
VERSION = re.compile(r'(?m)^__version__ = "([^"]+)"$')
RELEASE = re.compile(r"\d+\.\d+\.\d+((a|b|rc)\d+)?")


class Refused(Exception):
    """The checkout cannot be released; says what to do."""


def say(text: str) -> None:
    print(f"\033[1m==> {text}\033[0m", flush=True)


def run(*command: str, cwd: Path, show_errors: bool = False) -> str:
    """Run a command and return what it prints; raises Refused where it fails. ``show_errors`` passes its stderr on."""
    errors = None if show_errors else subprocess.PIPE
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True)
    if done.returncode != 0:
        output = f"{done.stdout}{done.stderr or ''}".strip()
        raise Refused(f"{' '.join(command)} ended with {done.returncode}:\n{output}")
    return done.stdout.strip()


def version_of(root: Path) -> str:
    """Return the version, from the one place that has it."""
    found = VERSION.search((root / "harness" / "__init__.py").read_text(encoding="utf-8"))
    if found is None or not RELEASE.fullmatch(found[1]):
        raise Refused(f"harness/__init__.py: __version__ is {found and found[1]!r}, expected a version such as 1.2.3")
    return found[1]


def changelog(text: str, version: str, date: str) -> str:
    """Return the changelog with its unreleased section dated, and an empty one above it."""
    _, heading, rest = text.partition(f"{SECTION}\n")
    section = rest.partition("\n## ")[0]
    if not heading or not re.search(r"(?m)^- ", section):
        raise Refused(f"CHANGELOG.md: the section {SECTION!r} has no entry")
    if re.search(rf"(?m)^## {re.escape(version)}\b", text):
        raise Refused(f"CHANGELOG.md has a section {version} already; raise __version__ in harness/__init__.py")
    return text.replace(f"{SECTION}\n", f"{SECTION}\n\n## {version} - {date}\n", 1)


def check_checkout(root: Path, version: str) -> None:
    """Refuse what is not committed, not on main, or tagged already."""
    if changed := run("git", "status", "--porcelain", cwd=root):
        raise Refused(f"not everything is committed:\n{changed}")
    if (branch := run("git", "rev-parse", "--abbrev-ref", "HEAD", cwd=root)) != "main":
        raise Refused(f"the branch is {branch}, expected main")
    if run("git", "tag", "--list", f"v{version}", cwd=root):
        raise Refused(f"the tag v{version} exists; raise __version__ in harness/__init__.py")


def check_contracts(root: Path) -> None:
    """Refuse stored contracts that are stale."""
    from harness.contracts.compiling.renewal import StoredProject

    if stale := StoredProject(root).missing():
        raise Refused(f"{len(stale)} contracts are not stored as they are now: run harness compile --store, and commit")


def check_metadata(root: Path) -> None:
    """Refuse metadata that leads a reader nowhere."""
    with (root / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    if "Source" not in project.get("urls", {}):
        raise Refused("pyproject.toml: [project.urls] has no Source, expected the repository's public address")


def dated_clone(root: Path, version: str, room: Path) -> Path:
    """Clone HEAD into an empty folder and date its changelog there: that is what is built, and then tagged."""
    clone = room / "clone"
    run("git", "clone", "--quiet", str(root), str(clone), cwd=room)
    date_changelog(clone, version)
    return clone


def build(clone: Path, room: Path) -> list[Path]:
    """Build the sdist from the clone, and the wheel from the sdist; returns both files."""
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(room), cwd=clone)
    (sdist,) = room.glob("*.tar.gz")
    shutil.unpack_archive(sdist, room, filter="data")
    unpacked = room / sdist.name.removesuffix(".tar.gz")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(room), cwd=unpacked)
    (wheel,) = room.glob("*.whl")
    return [sdist, wheel]


def date_changelog(root: Path, version: str) -> None:
    """Give the changelog's unreleased section the version and today's date."""
    file = root / "CHANGELOG.md"
    dated = changelog(file.read_text(encoding="utf-8"), version, datetime.date.today().isoformat())
    file.write_text(dated, encoding="utf-8")


def tag_release(root: Path, version: str) -> None:
    """Date the changelog's section, commit it, and tag the commit."""
    date_changelog(root, version)
    run("git", "commit", "--quiet", "-m", f"Release {version}", "CHANGELOG.md", cwd=root)
    run("git", "tag", "-a", f"v{version}", "-m", f"rollup-harness {version}", cwd=root)


def release(root: Path, tag: bool) -> None:
    """Take every step; raises Refused at the first that fails. Only the last one changes the checkout."""
    version = version_of(root)
    say(f"Checking the checkout for {version}")
    check_checkout(root, version)
    if tag:
        check_metadata(root)
    check_contracts(root)
    say("Comparing the stored contracts with a fresh compilation (minutes)")
    print(run(sys.executable, "-m", "harness", "compile", "--check", cwd=root, show_errors=True).splitlines()[-1])
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        room = Path(folder)
        say("Building the sdist, and the wheel from it")
        files = build(dated_clone(root, version, room), room)
        say("Running a stranger's project on the wheel")
        check = ("tests/stranger/check.py", "--wheel", str(files[-1]))
        print(run(sys.executable, *check, cwd=root).splitlines()[-1])
        shutil.rmtree(root / "dist", ignore_errors=True)
        (root / "dist").mkdir()
        for file in files:
            shutil.copy(file, root / "dist")
            print(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  dist/{file.name}")
    if tag:
        tag_release(root, version)
        print(f"tagged v{version}; push the tag, and upload what is in dist/")
    else:
        print("dry run: nothing was tagged")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the release; returns 1 where it is refused."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tag", choices=("yes", "no"), default="no")
    try:
        release(ROOT, parser.parse_args(arguments).tag == "yes")
    except Refused as reason:
        print(f"error: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
