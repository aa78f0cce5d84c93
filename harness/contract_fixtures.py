"""One fixture for each contract of the project that a test belongs to, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from harness.projects import Projects, TestedProject

if TYPE_CHECKING:
    from harness.contracts.library import Contracts

PROJECTS = pytest.StashKey[Projects]()
"""The projects of a run."""


class Run:
    """Follows which project the current test belongs to.

    Fixtures of the whole session depend on the project. Before a test of another project they are torn down, as for
    another parameter, and set up anew when a test asks for them.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._registered: set[str] = set()
        self._held: tuple[pytest.FixtureDef[Any], pytest.FixtureRequest, TestedProject] | None = None
        self.project = config.stash[PROJECTS].nearest(config.rootpath)

    def meet(self, folder: Path) -> TestedProject:
        """Return the project of a folder; from now on each name of its contracts is a fixture."""
        project = self._config.stash[PROJECTS].nearest(folder)
        self._warn_of(project)
        module = ModuleType(__name__, "One fixture for each contract of the project.")
        for name in project.index.keys() - self._registered:
            if name.isidentifier() and name != "request":  # a word that pytest keeps for itself
                setattr(module, f"contract_{name}", _contract_fixture(name))
        if project.index.keys() - self._registered:
            self._config.pluginmanager.register(module, f"harness-contracts-{len(self._registered)}")
        self._registered |= project.index.keys()
        return project

    def _warn_of(self, project: TestedProject) -> None:
        """Issue the project's warnings once, in pytest's summary; an error filter makes one a UsageError."""
        try:
            while project.warned:
                self._config.issue_config_time_warning(project.warned.pop(0), stacklevel=2)
        except Warning as problem:
            raise pytest.UsageError(str(problem)) from problem

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        """Meet the project of each test file before it is collected."""
        if isinstance(collector, pytest.File):
            self.meet(collector.path.parent)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Make the test's project the current one."""
        self.project = self._config.stash[PROJECTS].nearest(item.path.parent)
        if self._held is not None and self._held[2] is not self.project:
            definition, request, _ = self._held
            self._held = None
            definition.finish(request)  # type: ignore[arg-type]
        _refuse_clashes(item, self.project.index)

    def hold(self, definition: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> None:
        """Note that session fixtures now depend on the current test's project."""
        self._held = definition, request, self.project


def _contract_fixture(name: str) -> Any:
    def contract(request: pytest.FixtureRequest, contracts: Contracts, harness_project: TestedProject) -> Any:
        if name not in harness_project.index:
            request.raiseerror(f"fixture {name!r} not found")
        return contracts[name]

    contract.__doc__ = f"Contract {name} of the project."
    return pytest.fixture(scope="session", name=name)(contract)


def _refuse_clashes(item: pytest.Item, index: Mapping[str, tuple[str, ...]]) -> None:
    """Fail a test if the name of one of its fixtures also means a contract."""
    wanted = [name for name in getattr(item, "fixturenames", ()) if name in index]
    for name in wanted:
        if name not in getattr(getattr(item, "callspec", None), "params", {}):
            _refuse_clash(item, name, index[name])


def _refuse_clash(item: pytest.Item, name: str, places: tuple[str, ...]) -> None:
    found = item.session._fixturemanager.getfixturedefs(name, item) or ()
    others = [each.func for each in found if each.func.__module__ != __name__]
    if others:
        code = others[-1].__code__
        pytest.fail(
            f"fixture name {name!r} is ambiguous: contract {places[0]}:{name} and the fixture at"
            f" {code.co_filename}:{code.co_firstlineno}; rename the fixture, or the contract",
            pytrace=False,
        )
    if len(places) > 1:
        pytest.fail(
            f"fixture name {name!r} is ambiguous: {' and '.join(f'{place}:{name}' for place in places)};"
            f' ask for contracts["{places[0]}:{name}"]',
            pytrace=False,
        )
