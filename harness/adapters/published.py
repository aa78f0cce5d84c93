"""Other teams' contracts, fetched from npm or PyPI into the harness's cache when they are first asked for.

None of them is part of the harness. Their own licences hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from harness import tools
from harness.adapters.choosing import KnownContracts
from harness.contracts.library import Contracts
from harness.contracts.project import prebuilt_project

if TYPE_CHECKING:
    from harness.contracts.bindings import ContractType


@dataclass(frozen=True, slots=True)
class Published:
    """A package of contracts: its registry ("npm" or "pypi"), name and version, and where it has its artifacts."""

    registry: str
    name: str
    version: str
    artifacts: str

    def home(self) -> Path:
        """Return the package's folder, fetched on first use; raises ToolNotFound if the registry cannot be reached."""
        if self.registry == "npm":
            return tools.npm_package(self.name, self.version, tools.any_node()) / "node_modules" / self.name
        wanted = f"{self.name}=={self.version}"
        target = tools.cache_dir() / "python" / f"{self.name}-{self.version}"
        return tools.python_package(wanted, target, wanted, alone=True) / self.name.replace("-", "_")

    def contracts(self) -> Contracts:
        """Return the package's contracts as its authors compiled them; raises ToolNotFound."""
        return _contracts(self)


@cache
def _contracts(package: Published) -> Contracts:
    home = package.home()
    return Contracts(prebuilt_project(home / package.artifacts, home))


class WithPackage(Mapping[str, "ContractType"]):
    """Contract types by name: those of a package, then those of somebody's project, and then the built-in ones.

    What the user points at takes the place of the package's contract of the same name: `KnownContracts.pointed_at`.
    """

    def __init__(self, known: Mapping[str, ContractType], package: Published) -> None:
        self._known = known
        self._package = package

    def __getitem__(self, name: str) -> ContractType:
        own = self._known.pointed_at(name) if isinstance(self._known, KnownContracts) else self._known.get(name)
        if own is not None:
            return own
        found = self._package.contracts()
        return found[name] if name in found else self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._known or name in self._package.contracts()

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._known, *self._package.contracts())))

    def __len__(self) -> int:
        return sum(1 for _ in self)


RAIDEN = Published("pypi", "raiden-contracts", "0.50.2", "data/contracts.json")
STATE_CHANNELS = Published("npm", "@statechannels/nitro-protocol", "0.17.3", "lib/artifacts")
OPTIMISM = Published("npm", "@eth-optimism/contracts-bedrock", "0.17.3", "forge-artifacts")
ARBITRUM = Published("npm", "@arbitrum/nitro-contracts", "3.2.0", "build/contracts")
