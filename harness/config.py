"""``[tool.harness]`` of a project's ``pyproject.toml``.

| key              | value                                    | default                                             |
|------------------|------------------------------------------|-----------------------------------------------------|
| contracts        | folder of the sources, or several        | "contracts" or "src", whichever exists              |
| artifacts        | folder that Foundry or Hardhat built, or several | none; without contracts, nothing is compiled |
| compiled         | folder of compiled units that travel     | none; `harness compile --store` fills it            |
| solc             | path of a compiler                       | searched for                                        |
| solc-version     | "0.8.28"                                 | what the pragmas ask for                            |
| evm-version      | name of a fork                           | the latest that L1 and compiler both know           |
| optimizer        | true or false                            | true                                                |
| optimizer-runs   | number                                   | 200                                                 |
| via-ir           | true or false                            | false                                               |
| remappings       | list of "prefix=target"                  | those of foundry.toml, then of remappings.txt       |
| libraries        | folders searched for imports             | "lib" if it exists; node_modules always             |
| overrides        | table: folder to compiler settings       | none                                                |
| rollup           | table: parameters of the rollup fixture  | none                                                |
| l1               | "py-evm", "anvil", "hardhat", "geth", a URL | "py-evm"                                         |
| l1-fork          | "prague" or "osaka"                      | the harness's default                               |
| l1-blobs         | entry of the blob schedule: "bpo1"       | that of the fork                                    |
| built-in-contracts | folder of a changed copy of the built-in contracts | the harness's own                      |
| adapters         | table: kind to adapter, such as channel = "attacks/mine.py:Mine" | the built-in ones           |

``overrides`` changes optimizer, optimizer-runs, via-ir and evm-version for the files below a folder.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from harness import foundry
from harness.errors import ConfigError, UnknownConfigKey

FORK_VARIABLE = "HARNESS_L1_FORK"
"""The environment variable that names the fork of every L1 that is told no other."""

L1_FORKS = ("prague", "osaka")
"""The forks that an L1 may have."""

DEFAULT_L1_FORK = "osaka"
"""The fork of an L1 that was told nothing."""

BACKENDS = ("py-evm", "anvil", "hardhat", "geth")
"""The names of an L1 that the harness opens itself; a URL is another way to name one."""

_FORKS = (
    "byzantium",
    "constantinople",
    "petersburg",
    "istanbul",
    "berlin",
    "london",
    "paris",
    "shanghai",
    "cancun",
    "prague",
    "osaka",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How one file is compiled; ``evm_version`` None is the latest fork up to ``l1_fork`` that the compiler knows."""

    optimizer: bool = True
    optimizer_runs: int = 200
    via_ir: bool = False
    evm_version: str | None = None
    l1_fork: str = DEFAULT_L1_FORK


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration of a project; every path is absolute.

    ``measured`` is no key of the table: it has the contracts compiled for measuring what of them runs.
    """

    root: Path
    contracts: tuple[Path, ...] = ()
    artifacts: tuple[Path, ...] = ()
    compiled: Path | None = None
    solc: Path | None = None
    solc_version: str | None = None
    settings: Settings = Settings()
    overrides: tuple[tuple[str, Settings], ...] = ()
    remappings: tuple[str, ...] = ()
    libraries: tuple[Path, ...] = ()
    l1: str = "py-evm"
    l1_fork: str | None = None
    l1_blobs: str | None = None
    built_in_contracts: Path | None = None
    rollup: Mapping[str, Any] = field(default_factory=dict)
    adapters: Mapping[str, str] = field(default_factory=dict)
    measured: bool = False

    def absent_folders(self) -> Iterator[ConfigError]:
        """Yield an error for each named folder of sources or artifacts that does not exist."""
        named = [("artifacts", path) for path in self.artifacts] + [("contracts", path) for path in self.contracts]
        for key, path in named:
            is_file = path.is_file()
            if not path.is_dir() and not (is_file and key == "artifacts" and path.suffix == ".json"):
                found = "is a file" if is_file else "is not there"
                named_as = os.path.relpath(path, self.root)
                yield ConfigError(key, named_as, f"a folder, but {path} {found}", str(self.root / "pyproject.toml"))

    def settings_of(self, unit: str) -> Settings:
        """Return the settings of a source file: those of the longest folder in ``overrides`` that holds it."""
        fitting = [(len(folder), chosen) for folder, chosen in self.overrides if unit.startswith(f"{folder}/")]
        return max(fitting, key=lambda row: row[0])[1] if fitting else self.settings


def load(root: Path) -> Config:
    """Read the configuration of the project at ``root``; a project without one gets the defaults.

    Raises ConfigError for an unknown key, or a value that the harness cannot use.
    """
    root = root.resolve()
    file = root / "pyproject.toml"
    table: Mapping[str, Any] = {}
    if file.is_file():
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as problem:
            raise ConfigError("", str(problem), "valid TOML", str(file)) from problem
        for key in ("tool", "harness"):
            table = table.get(key, {})
            if not isinstance(table, dict):
                raise ConfigError("", table, f"a table [{key}]", str(file))
    return _Reader(root, file, table).config()


def root_above(start: Path) -> Path | None:
    """Return the nearest folder with ``[tool.harness]``, from ``start`` upwards; None if there is none."""
    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        if file.is_file():
            try:
                tools = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
            except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError):
                continue
            if "harness" in tools:
                return folder
    return None


_SETTING_KEYS = ("evm-version", "optimizer", "optimizer-runs", "via-ir")
_OTHER_KEYS = (
    "adapters",
    "artifacts",
    "built-in-contracts",
    "compiled",
    "contracts",
    "l1",
    "l1-blobs",
    "l1-fork",
    "libraries",
    "overrides",
    "remappings",
    "rollup",
    "solc",
    "solc-version",
)
KEYS = (*_OTHER_KEYS, *_SETTING_KEYS)
"""The keys of ``[tool.harness]``."""


class _Reader:
    """Turns the table into a Config, and checks each key and value."""

    def __init__(self, root: Path, file: Path, table: Mapping[str, Any]) -> None:
        self.root, self.file = root, file
        self._known(table, KEYS, "")
        self.of_foundry = {key: value for key, value in foundry.settings_of(root).items() if key not in table}
        for given, instead in (("artifacts", "contracts"), ("contracts", "artifacts"), ("solc", "solc-version"),
                               ("solc-version", "solc")):  # fmt: skip
            if given in table:
                self.of_foundry.pop(instead, None)
        self.table = {**self.of_foundry, **table}

    def config(self) -> Config:
        l1_fork = self._l1_fork()
        settings = self._settings(Settings(l1_fork=l1_fork or DEFAULT_L1_FORK), self.table, "")
        solc = self._text(self.table, "solc", "")
        artifacts = self._folders("artifacts", ())
        compiled = self._text(self.table, "compiled", "")
        overrides = self._typed(self.table, "overrides", dict, "a table of folders", "") or {}
        return Config(
            root=self.root,
            contracts=self._folders("contracts", () if artifacts else ("contracts", "src")),
            artifacts=artifacts,
            compiled=self._path(compiled) if compiled else None,
            solc=self.root / Path(solc).expanduser() if solc else None,
            solc_version=self._version(),
            settings=settings,
            overrides=tuple(self._override(folder, table, settings) for folder, table in overrides.items()),
            remappings=self._remappings(),
            libraries=self._folders("libraries", ("lib",)),
            l1=self._text(self.table, "l1", "") or "py-evm",
            l1_fork=l1_fork,
            l1_blobs=self._text(self.table, "l1-blobs", ""),
            built_in_contracts=self._built_in_contracts(),
            rollup=self._typed(self.table, "rollup", dict, "a table of parameters", "") or {},
            adapters=self._adapters(),
        )

    def _fail(self, key: str, actual: object, expected: str) -> ConfigError:
        if key in self.of_foundry:
            return ConfigError(key.replace("-", "_"), actual, expected, str(self.root / "foundry.toml"), "")
        return ConfigError(key, actual, expected, str(self.file))

    def _known(self, table: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
        for key in table:
            if key not in keys:
                close = get_close_matches(key, keys, n=1)
                raise UnknownConfigKey(where + key, keys, next(iter(close), ""), str(self.file))

    def _typed(self, table: Mapping[str, Any], key: str, kind: type, wanted: str, where: str) -> Any:
        value = table.get(key)
        if value is not None and type(value) is not kind:
            raise self._fail(where + key, value, wanted)
        return value

    def _text(self, table: Mapping[str, Any], key: str, where: str) -> str | None:
        value: str | None = self._typed(table, key, str, "a string", where)
        return value

    def _texts(self, key: str) -> tuple[str, ...] | None:
        value = self.table.get(key)
        if value is None:
            return None
        found = [value] if isinstance(value, str) else value
        if not isinstance(found, list) or not all(isinstance(entry, str) for entry in found):
            raise self._fail(key, value, "a string or a list of strings")
        return tuple(found)

    def _adapters(self) -> Mapping[str, str]:
        named = self._typed(self.table, "adapters", dict, "a table of kinds and adapters", "") or {}
        for kind in named:
            self._text(named, kind, "adapters.")
        return named

    def _built_in_contracts(self) -> Path | None:
        name = self._text(self.table, "built-in-contracts", "")
        if name and not self._path(name).is_dir():
            raise self._fail("built-in-contracts", name, f"a folder, but {self._path(name)} is none")
        return self._path(name) if name else None

    def _l1_fork(self) -> str | None:
        name = self._text(self.table, "l1-fork", "")
        if name is not None and name not in L1_FORKS:
            raise self._fail("l1-fork", name, f"one of {', '.join(L1_FORKS)}")
        return name

    def _folders(self, key: str, usual: tuple[str, ...]) -> tuple[Path, ...]:
        named = self._texts(key)
        if named is None:
            return tuple(self.root / name for name in usual if (self.root / name).is_dir())[:1]
        return tuple(self._path(name) for name in named)

    def _path(self, name: str) -> Path:
        """Return the path without ``..``; links keep their names, except those before a ``..``."""
        path = self.root / Path(name).expanduser()
        return path.resolve() if ".." in path.parts else path

    def _settings(self, base: Settings, table: Mapping[str, Any], where: str) -> Settings:
        evm = self._text(table, "evm-version", where)
        if evm is not None and evm not in _FORKS:
            raise self._fail(where + "evm-version", evm, f"one of {', '.join(_FORKS)}")
        runs = self._typed(table, "optimizer-runs", int, "a number", where)
        if runs is not None and not 0 <= runs < 2**32:
            raise self._fail(where + "optimizer-runs", runs, "0 to 4294967295")
        given = {
            "evm_version": evm,
            "optimizer_runs": runs,
            "optimizer": self._typed(table, "optimizer", bool, "true or false", where),
            "via_ir": self._typed(table, "via-ir", bool, "true or false", where),
        }
        return replace(base, **{key: value for key, value in given.items() if value is not None})

    def _override(self, folder: str, table: object, base: Settings) -> tuple[str, Settings]:
        where = f"overrides.{folder}"
        if not isinstance(table, dict):
            raise self._fail(where, table, "a table of compiler settings")
        self._known(table, _SETTING_KEYS, f"{where}.")
        return folder.strip("/"), self._settings(base, table, f"{where}.")

    def _version(self) -> str | None:
        text = self._text(self.table, "solc-version", "")
        if text is not None and (text.count(".") != 2 or not text.replace(".", "").isdigit()):
            raise self._fail("solc-version", text, 'a version such as "0.8.28"')
        return text

    def _remappings(self) -> tuple[str, ...]:
        given = self._texts("remappings") or ()
        if "remappings" in self.of_foundry or "remappings" not in self.table:
            return (*(entry for entry in given if "=" in entry), *_lines_of(self.root / "remappings.txt"))
        for entry in given:
            if "=" not in entry or entry.startswith("="):
                raise self._fail("remappings", entry, '"prefix=target"')
        return given


def _lines_of(file: Path) -> Iterator[str]:
    """Yield the remappings of a remappings.txt; other lines are skipped, as solc skips them."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in map(str.strip, lines):
        if "=" in line and not line.startswith(("#", "=")):
            yield line
