"""``[tool.harness]``: every key checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import config
from harness.config import Settings
from harness.errors import ConfigError, UnknownConfigKey


def load(root: Path, table: str) -> config.Config:
    (root / "pyproject.toml").write_text(f"[tool.harness]\n{table}\n")
    return config.load(root)


def test_a_project_without_a_table_gets_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    found = config.load(tmp_path)
    assert found.contracts == (tmp_path / "src",)
    assert found.settings == Settings(optimizer=True, optimizer_runs=200, via_ir=False, evm_version=None)
    assert found.l1 == "py-evm"


def test_every_key_is_read(tmp_path: Path) -> None:
    for folder in ("sol", "deps"):
        (tmp_path / folder).mkdir()
    found = load(
        tmp_path,
        """
        contracts = ["sol"]
        artifacts = "out"
        solc = "bin/solc"
        solc-version = "0.8.28"
        evm-version = "cancun"
        optimizer = false
        optimizer-runs = 7
        via-ir = true
        remappings = ["@oz/=deps/oz/"]
        libraries = "deps"
        l1 = "anvil"
        l1-fork = "osaka"
        l1-blobs = "bpo1"
        [tool.harness.overrides."sol/big"]
        optimizer-runs = 1
        [tool.harness.rollup]
        window = 60
        """,
    )
    assert found.contracts == (tmp_path / "sol",)
    assert (found.artifacts, found.solc) == ((tmp_path / "out",), tmp_path / "bin/solc")
    assert (found.solc_version, found.l1, found.remappings) == ("0.8.28", "anvil", ("@oz/=deps/oz/",))
    assert (found.l1_fork, found.l1_blobs) == ("osaka", "bpo1")
    assert found.rollup == {"window": 60}
    assert found.libraries == (tmp_path / "deps",)
    assert found.settings_of("sol/A.sol") == Settings(False, 7, True, "cancun", "osaka")
    assert found.settings_of("sol/big/A.sol") == Settings(False, 1, True, "cancun", "osaka")


def test_remappings_txt_is_read_where_the_table_has_none(tmp_path: Path) -> None:
    (tmp_path / "remappings.txt").write_text("# foundry\n@oz/=lib/oz/\n\n")
    assert load(tmp_path, "").remappings == ("@oz/=lib/oz/",)
    assert load(tmp_path, "remappings = []").remappings == ()


def test_remappings_of_foundry_are_read_ahead_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "foundry.toml").write_text('[profile.default]\nremappings = ["@oz/=lib/oz/", "x/=y/"]\n')
    (tmp_path / "remappings.txt").write_text("no remapping\n x/=z/ \n")
    assert load(tmp_path, "").remappings == ("@oz/=lib/oz/", "x/=y/", "x/=z/")


def test_an_unknown_key_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownConfigKey) as caught:
        load(tmp_path, 'contract = "src"')
    assert str(tmp_path / "pyproject.toml") in str(caught.value)
    shown = "no key 'contract' (did you mean contracts?); known: adapters, artifacts, built-in-contracts, compiled,"
    assert shown in str(caught.value)


def test_an_unknown_key_of_an_override_is_named_in_full(tmp_path: Path) -> None:
    with pytest.raises(UnknownConfigKey, match=r"overrides\.src\.runs"):
        load(tmp_path, "[tool.harness.overrides.src]\nruns = 1")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("contracts = 3", "a string or a list of strings"),
        ('via-ir = "yes"', "true or false"),
        ("optimizer = 1", "true or false"),
        ("optimizer-runs = true", "a number"),
        ("optimizer-runs = -1", "0 to 4294967295"),
        ('evm-version = "praque"', "one of byzantium"),
        ('solc-version = "^0.8.0"', "a version such as"),
        ('remappings = ["@oz/"]', "prefix=target"),
        ("overrides = 1", "a table of folders"),
        ("solc = 1", "a string"),
        ("rollup = 1", "a table of parameters"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(tmp_path: Path, line: str, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, line)
    assert caught.value.key == line.split(" =")[0]
    assert expected in str(caught.value)


def test_a_file_that_is_no_toml_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="valid TOML"):
        load(tmp_path, "contracts = ")
    (tmp_path / "pyproject.toml").write_bytes(b'[tool.harness]\nl1 = "\xfc"\n')
    with pytest.raises(ConfigError, match="valid TOML"):
        config.load(tmp_path)


@pytest.mark.parametrize("text", ["tool = 3", "[tool]\nharness = 3", "[[tool.harness]]"])
def test_a_table_that_is_none_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"expected a table \[(tool|harness)\]"):
        config.load(tmp_path)


def test_a_folder_of_sources_keeps_its_links_and_may_lie_outside(tmp_path: Path) -> None:
    root = tmp_path / "p"
    for folder in (root, tmp_path / "far"):
        folder.mkdir()
    (root / "src").symlink_to(tmp_path / "far")
    assert load(root, f'contracts = ["src", "../far", "{tmp_path}/far"]').contracts == (
        root / "src",
        tmp_path / "far",
        tmp_path / "far",
    )


@pytest.mark.parametrize("key", ["contracts", "artifacts"])
def test_a_folder_that_is_none_is_reported_by_the_key_that_names_it(tmp_path: Path, key: str) -> None:
    (tmp_path / "file").write_text("")
    absent = next(load(tmp_path, f'{key} = "nowhere"').absent_folders())
    assert (absent.key, absent.actual) == (key, "nowhere")
    assert str(absent).endswith("nowhere is not there")
    assert str(next(load(tmp_path, f'{key} = "file"').absent_folders())).endswith("file is a file")
