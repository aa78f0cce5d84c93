"""``foundry.toml``: what a project has told Foundry already, under the names of ``[tool.harness]``.

| foundry.toml             | [tool.harness]                                                        |
|--------------------------|-----------------------------------------------------------------------|
| src                      | contracts, if the folder exists                                       |
| out                      | artifacts, if there is no folder of sources                           |
| libs                     | libraries                                                             |
| remappings               | remappings                                                            |
| solc, solc_version       | solc-version, or solc for a path                                      |
| evm_version              | evm-version                                                           |
| optimizer                | optimizer                                                             |
| optimizer_runs           | optimizer-runs                                                        |
| via_ir                   | via-ir                                                                |

The profile is "default", and over it that of ``FOUNDRY_PROFILE``. What ``[tool.harness]`` says itself wins.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import ConfigError

VARIABLE = "FOUNDRY_PROFILE"
_VERSION = re.compile(r"(?:solc:)?v?(\d+\.\d+\.\d+)")
_KINDS: dict[str, tuple[type, str]] = {
    "src": (str, "a folder"),
    "out": (str, "a folder"),
    "libs": (list, "a list of folders"),
    "remappings": (list, 'a list of "prefix=target"'),
    "solc": (str, "a version or a path"),
    "solc_version": (str, "a version or a path"),
    "evm_version": (str, "the name of a fork"),
    "optimizer": (bool, "true or false"),
    "optimizer_runs": (int, "a number"),
    "via_ir": (bool, "true or false"),
}
_SAME = {"optimizer": "optimizer", "optimizer_runs": "optimizer-runs", "via_ir": "via-ir", "remappings": "remappings"}


def settings_of(root: Path) -> dict[str, Any]:
    """Return the settings of the project's ``foundry.toml`` as a table of ``[tool.harness]``; empty if there is none.

    Raises ConfigError for a file that is no TOML, and for a value of another type.
    """
    file = root / "foundry.toml"
    if not file.is_file():
        return {}
    profile = _profile(file)
    found = {ours: profile[theirs] for theirs, ours in _SAME.items() if theirs in profile}
    if "evm_version" in profile:
        found["evm-version"] = profile["evm_version"].lower()
    compiler = profile.get("solc", profile.get("solc_version"))
    if compiler is not None:
        version = _VERSION.fullmatch(compiler)
        found["solc" if version is None else "solc-version"] = compiler if version is None else version[1]
    if "libs" in profile:
        found["libraries"] = [name for name in profile["libs"] if (root / name).is_dir()]
    source, built = profile.get("src", "src"), profile.get("out", "out")
    if (root / source).is_dir():
        found["contracts"] = [source]
    elif (root / built).is_dir():
        found["artifacts"] = [built]
    return found


def _profile(file: Path) -> Mapping[str, Any]:
    try:
        profiles: Any = tomllib.loads(file.read_text(encoding="utf-8")).get("profile", {})
    except (OSError, ValueError) as problem:
        raise ConfigError("", str(problem), "valid TOML", str(file), "") from problem
    merged: dict[str, Any] = {}
    for name in dict.fromkeys(("default", os.environ.get(VARIABLE) or "default")):
        found = profiles.get(name, {}) if isinstance(profiles, dict) else profiles
        if not isinstance(found, dict):
            raise ConfigError(f"profile.{name}", found, "a table", str(file), "")
        merged |= {key: _checked(file, f"profile.{name}.{key}", key, value) for key, value in found.items()}
    return merged


def _checked(file: Path, where: str, key: str, value: Any) -> Any:
    if key in _KINDS:
        kind, wanted = _KINDS[key]
        is_right = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        if not is_right or (kind is list and not all(isinstance(entry, str) for entry in value)):
            raise ConfigError(where, value, wanted, str(file), "")
    return value
