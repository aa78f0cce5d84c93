"""What ``foundry.toml`` says counts where ``[tool.harness]`` says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import config
from harness.config import Settings
from harness.errors import ConfigError


def load(root: Path, foundry: str, table: str = "") -> config.Config:
    (root / "foundry.toml").write_text(foundry)
    (root / "pyproject.toml").write_text(f"[tool.harness]\n{table}\n")
    return config.load(root)


ALL = """
[profile.default]
src = "sol"
out = "built"
libs = ["deps", "gone"]
remappings = ["@oz/=deps/oz/"]
solc = "0.8.24"
evm_version = "Cancun"
optimizer = false
optimizer_runs = 7
via_ir = true
fuzz = { runs = 3 }
[profile.thin]
optimizer_runs = 1
"""


@pytest.fixture(autouse=True)
def no_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("FOUNDRY_PROFILE", raising=False)
    for folder in ("sol", "deps", "built"):
        (tmp_path / folder).mkdir()


def test_every_setting_is_read(tmp_path: Path) -> None:
    (tmp_path / "remappings.txt").write_text("x/=y/\n")
    found = load(tmp_path, ALL)
    assert (found.contracts, found.artifacts) == ((tmp_path / "sol",), ())
    assert found.libraries == (tmp_path / "deps",)
    assert found.remappings == ("@oz/=deps/oz/", "x/=y/")
    assert (found.solc_version, found.solc) == ("0.8.24", None)
    assert found.settings == Settings(False, 7, True, "cancun")


def test_what_the_table_says_wins(tmp_path: Path) -> None:
    table = """
    contracts = "mine"
    libraries = []
    remappings = []
    solc = "bin/solc"
    evm-version = "paris"
    optimizer = true
    optimizer-runs = 9
    via-ir = false
    """
    found = load(tmp_path, ALL, table)
    assert (found.contracts, found.libraries, found.remappings) == ((tmp_path / "mine",), (), ())
    assert (found.solc_version, found.solc) == (None, tmp_path / "bin/solc")
    assert found.settings == Settings(True, 9, False, "paris")


def test_the_profile_of_the_environment_goes_over_the_default_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOUNDRY_PROFILE", "thin")
    assert load(tmp_path, ALL).settings == Settings(False, 1, True, "cancun")


def test_what_was_built_is_taken_where_there_are_no_sources(tmp_path: Path) -> None:
    (tmp_path / "sol").rmdir()
    found = load(tmp_path, ALL)
    assert (found.contracts, found.artifacts) == ((), (tmp_path / "built",))
    assert load(tmp_path, ALL, 'contracts = "mine"').artifacts == ()


def test_named_artifacts_leave_the_sources_of_foundry_alone(tmp_path: Path) -> None:
    found = load(tmp_path, ALL, 'artifacts = "built"')
    assert (found.contracts, found.artifacts) == ((), (tmp_path / "built",))


@pytest.mark.parametrize(
    ("line", "version", "path"),
    [
        ('solc = "solc:0.8.24"', "0.8.24", None),
        ('solc_version = "v0.8.20"', "0.8.20", None),
        ('solc = "./solc"', None, "solc"),
    ],
)
def test_a_compiler_is_a_version_or_a_path(tmp_path: Path, line: str, version: str | None, path: str | None) -> None:
    found = load(tmp_path, f"[profile.default]\n{line}")
    assert (found.solc_version, found.solc) == (version, None if path is None else tmp_path / path)


@pytest.mark.parametrize("text", ["", "[profile.ci]\noptimizer = false", "[fmt]\nline_length = 99"])
def test_a_file_without_a_default_profile_says_nothing(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text).settings == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[profile", "foundry.toml is .*, expected valid TOML"),
        ("profile = 3", "foundry.toml: profile.default is 3, expected a table"),
        ("[profile]\ndefault = 3", "foundry.toml: profile.default is 3, expected a table"),
        ("[profile.default]\nsrc = 3", "foundry.toml: profile.default.src is 3, expected a folder"),
        ("[profile.default]\nlibs = 'lib'", "profile.default.libs is 'lib', expected a list of folders"),
        ("[profile.default]\nremappings = [1]", "profile.default.remappings is .1., expected a list"),
        ("[profile.default]\noptimizer = 1", "profile.default.optimizer is 1, expected true or false"),
        ("[profile.default]\noptimizer_runs = true", "profile.default.optimizer_runs is True, expected a number"),
        ("[profile.default]\noptimizer_runs = -1", "foundry.toml: optimizer_runs is -1, expected 0 to 4294967295"),
        ("[profile.default]\nevm_version = 'moon'", "foundry.toml: evm_version is 'moon', expected one of byzantium"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_file(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load(tmp_path, text)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "foundry.toml").write_bytes(b"\xff = ")
    with pytest.raises(ConfigError, match=r"foundry\.toml is .*, expected valid TOML"):
        config.load(tmp_path)
