"""Lines and functions of Solidity that ran are those that `forge coverage` finds, but for what it counts otherwise."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import tools
from harness.contracts import versions
from harness.contracts.compiling import solc
from harness.coverage.lcov import lcov
from harness.coverage.measure import ProjectCoverage
from harness.errors import ToolNotFound
from tests.coverage.test_every_statement import HERE, covered
from tests.support.npm import NO_NPM

FORGE = "1.7.1"
SOLC = "0.8.28"

SCENE = """
pragma solidity ^0.8.27;
import "../src/Every.sol";

contract EveryTest {
    receive() external payable {}

    function test_all() external payable {
        Every every = new Every(5);
        every.ifs(11);
        every.ifs(3);
        every.checks(7);
        try every.checks(14) {} catch {}
        try every.checks(16) {} catch {}
        every.loops(6);
        every.tries(1);
        every.tries(2);
        every.tries(4);
        every.yul(1);
        every.empty();
        every.owned();
        Stranger stranger = new Stranger();
        try stranger.own(every) {} catch {}
        try stranger.alsoOwn(every) {} catch {}
        new Preset().get();
        try every.starved{gas: 150_000}() {} catch {}
        (bool sent,) = address(every).call{value: 1}("");
        require(sent);
        Refuser refuser = new Refuser();
        refuser.refuse(7);
        try refuser.refuse(1) {} catch {}
        try refuser.refuse(2) {} catch {}
        try refuser.refuse(41) {} catch {}
    }
}

contract Stranger {
    function own(Every every) external {
        every.owned();
    }

    function alsoOwn(Every every) external {
        every.alsoOwned(1);
    }
}
"""

OTHERWISE = re.compile(
    r"""
    \b(function|constructor|modifier|receive|fallback)\b  # forge counts the line of a function's head, with its body
    | ^\s*\}?\s*(catch|case|default)\b                    # and that of a clause
    | ^\s*(delete|switch)\b                               # but no such statement,
    | \b(uint256\ public|string\ internal)\ .*=\         # and no initial value.
    | ^\s*return\ a\ \+\ 1;                               # It leaves free functions out.
    | \{\}                                                # Its peephole optimizer removes the code of an empty branch,
    | ^\s*break;                                          # and that of a jump to what comes next.
    | ^\s*total\ \+=\ 1;                                  # It looks for a modifier in one function that has it.
    """,
    re.VERBOSE,
)


@pytest.fixture(scope="module")
def forge() -> Path:
    try:
        home = tools.npm_package("@foundry-rs/forge", FORGE, tools.any_node())
    except ToolNotFound:
        pytest.skip(NO_NPM)
    return next(home.glob("node_modules/@foundry-rs/forge-*/bin/forge*"))


def compiler(place: Path) -> Path:
    """Write an executable that speaks as solc does, around npm's solc; or return solc's own."""
    found = solc.find(versions.parse(SOLC)).found
    if found.node is None:
        return found.path
    place.write_text(
        f"#!{found.node.executable}\nconst solc = require({str(found.path)!r});\nconst fs = require('fs');\n"
        "if (process.argv.includes('--version'))\n"
        "  console.log('Version: ' + solc.version().replace('.Emscripten.clang', '.Linux.g++'));\n"
        "else fs.writeFileSync(1, solc.compile(fs.readFileSync(0, 'utf8')));\n"
    )
    place.chmod(0o755)
    return place


def forge_coverage(forge: Path, folder: Path) -> str:
    """Return the tracefile that forge writes for the scene."""
    for name, text in {
        "src/Every.sol": (HERE / "Every.sol").read_text(),
        "test/Every.t.sol": SCENE,
        "foundry.toml": '[profile.default]\nevm_version = "cancun"\n',
    }.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    command = [forge, "coverage", "--use", compiler(folder / "solc"), "--offline", "--report", "lcov"]
    environment = {**os.environ, "FOUNDRY_DISABLE_NIGHTLY_WARNING": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return (folder / "lcov.info").read_text()


def found_in(trace: str, key: str, read: Callable[[str], tuple[str, bool]]) -> dict[str, bool]:
    record = trace.partition("Every.sol\n")[2].partition("end_of_record")[0]
    rows = [line.removeprefix(f"{key}:") for line in record.splitlines() if line.startswith(f"{key}:")]
    return dict(read(row) for row in rows)


def line(row: str) -> tuple[str, bool]:
    number, count = row.split(",")[:2]
    return number, int(count) > 0


def function(row: str) -> tuple[str, bool]:
    count, name = row.split(",", 1)
    return re.sub(r"[.#]\d+$", "", name), int(count) > 0


@pytest.fixture(scope="module")
def both(forge: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    own: ProjectCoverage = covered(tmp_path_factory.mktemp("own"))
    return lcov([own]), forge_coverage(forge, tmp_path_factory.mktemp("forge"))


def test_forge_finds_the_same_lines(both: tuple[str, str]) -> None:
    ours, theirs = (found_in(trace, "DA", line) for trace in both)
    text = (HERE / "Every.sol").read_text().splitlines()
    differ = {number for number in ours.keys() | theirs.keys() if ours.get(number) != theirs.get(number)}
    unexplained = [number for number in sorted(differ, key=int) if not OTHERWISE.search(text[int(number) - 1])]
    assert [(number, text[int(number) - 1], ours.get(number), theirs.get(number)) for number in unexplained] == []
    assert len(ours.keys() & theirs.keys()) > 70


def test_forge_finds_the_same_functions(both: tuple[str, str]) -> None:
    ours, theirs = (found_in(trace, "FNDA", function) for trace in both)
    both_have = ours.keys() & theirs.keys()
    assert {name: ours[name] for name in both_have} == {name: theirs[name] for name in both_have}
    assert len(both_have) > 20
    assert ours.keys() - theirs.keys() == {"free", "Every.receive"}
    assert theirs.keys() - ours.keys() == {"Every.nothing", "Every.add3"}  # without code of its own; of assembly
