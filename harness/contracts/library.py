"""The contracts of a project, as types to deploy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harness.contracts.project import Project

if TYPE_CHECKING:
    from harness.contracts.bindings import ContractType


class Contracts:
    """Contract types by name: ``contracts["Counter"]``, or ``contracts["src/Counter.sol:Counter"]``.

    Iteration yields the names.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._types: dict[str, ContractType] = {}

    @classmethod
    def load(cls, root: Path | str) -> Contracts:
        """Open the project at ``root`` by its ``[tool.harness]``; nothing is compiled yet. Raises ConfigError."""
        return cls(Project.load(root))

    def __getitem__(self, name: str) -> ContractType:
        """Return a contract type, compiled on first use; raises what ``Project[name]`` raises."""
        from harness.contracts.bindings import ContractType

        artifact = self.project[name]
        if artifact.full_name not in self._types:
            self._types[artifact.full_name] = ContractType(artifact)
        return self._types[artifact.full_name]

    def __contains__(self, name: object) -> bool:
        return name in self.project

    def __iter__(self) -> Iterator[str]:
        return iter(self.project.names())

    def __len__(self) -> int:
        return len(self.project.names())
