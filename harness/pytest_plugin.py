"""The pytest plugin: fixtures, isolation, and failures told in Solidity first.

Fixtures:
    l1         the chain, py-evm in process unless ``--l1`` says otherwise
    accounts   funded accounts by name: ``accounts.alice``
    contracts  the project's contracts: ``contracts["Counter"]``, ``contracts["src/Counter.sol:Counter"]``
    channels   payment channels between the accounts, with a watchtower
    rollup     a rollup on the L1, with ``l2``, ``sequencer``, ``proposer``; the marker ``rollup`` sets parameters
    Counter    each contract of the project by its name, in a project that has ``[tool.harness]``
    harness_isolation  where other stateful things join, to be put back with the chain

``l1`` is one chain for the session, put back after each test, each fixture of wider scope and each Hypothesis example.
Nothing heavier than pytest is imported here: chain, compiler and web3 wait until a fixture asks.
"""

from __future__ import annotations

import sys
import tomllib
import warnings
from collections.abc import Generator, Iterator, Mapping
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from harness.failures import SolidityFirst, cut_to_the_test, story_of
from harness.isolation import Isolation

if TYPE_CHECKING:
    from harness.chain import Chain
    from harness.channels.desk import ChannelDesk
    from harness.contracts.library import Contracts
    from harness.scenarios.rollup import Rollup

_isolation = pytest.StashKey[Isolation]()
_level = pytest.StashKey[object]()
_project_root = pytest.StashKey[Path]()
_backend = pytest.StashKey[str]()
_rollup = pytest.StashKey[Mapping[str, Any]]()
_index = pytest.StashKey[Mapping[str, tuple[str, ...]]]()


# -- options


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("harness", "rollup-harness: Ethereum layer 2 tests")
    group.addoption("--l1", metavar="BACKEND", help="py-evm, anvil, or the URL of a node (default: py-evm)")
    group.addoption("--harness-seed", type=int, default=0, metavar="N", help="seed of all randomness (default: 0)")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "rollup(**parameters): parameters of the rollup fixture: chain_id, window, lead, period, bond, base_fee",
    )
    root, configured = _find_project(config.rootpath)
    config.stash[_project_root] = root
    config.stash[_isolation] = Isolation(config.getoption("--harness-seed"))
    config.stash[_index] = {}
    config.stash[_rollup] = {}
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(StoryTeller(), "harness-stories")
    backend: str | None = config.getoption("--l1")
    if configured:
        backend = _register_contracts(config, root, backend)
    config.stash[_backend] = backend or "py-evm"
    if config.stash[_backend] not in ("py-evm", "anvil") and "://" not in config.stash[_backend]:
        raise pytest.UsageError(f"--l1 is {config.stash[_backend]!r}, expected py-evm, anvil or the URL of a node")


def _find_project(start: Path) -> tuple[Path, bool]:
    """Return the nearest folder from ``start`` up with ``[tool.harness]``, and True; else ``start`` and False."""
    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        if file.is_file():
            try:
                tools = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
            except tomllib.TOMLDecodeError:
                continue
            if "harness" in tools:
                return folder, True
    return start, False


def _register_contracts(config: pytest.Config, root: Path, backend: str | None) -> str:
    """Make a fixture of each contract name; return the backend to use."""
    from harness import config as configuration
    from harness.contracts.project import Project
    from harness.errors import HarnessError

    try:
        settings = configuration.load(root)
        index = Project.load(root).index
    except HarnessError as problem:
        raise pytest.UsageError(str(problem)) from problem
    module = ModuleType("harness.contract_fixtures", "One fixture for each contract of the project.")
    for name, places in index.items():
        if name.isidentifier():
            setattr(module, name, _contract_fixture(name, places))
    config.stash[_index] = index
    config.stash[_rollup] = settings.rollup
    config.pluginmanager.register(module, "harness-contracts")
    return backend or settings.l1


def _contract_fixture(name: str, places: tuple[str, ...]) -> Any:
    def contract(contracts: Contracts) -> Any:
        return contracts[name]

    contract.__doc__ = f"Contract {name} of {' and '.join(places)}."
    contract.__module__ = "harness.contract_fixtures"
    return pytest.fixture(scope="session", name=name)(contract)


# -- fixtures


@pytest.fixture(scope="session")
def harness_isolation(request: pytest.FixtureRequest) -> Isolation:
    """Where stateful things join, to be put back with the chain: ``add(thing)`` with ``snapshot`` and ``restore``."""
    return request.config.stash[_isolation]


@pytest.fixture(scope="session")
def l1(request: pytest.FixtureRequest, harness_isolation: Isolation) -> Iterator[Chain]:
    """The L1 chain, the same in every test and fresh in each."""
    from harness.chain import open_chain
    from harness.chain.capabilities import capability

    where = request.config.stash[_backend]
    with open_chain(where, seed=harness_isolation.seed, name="l1") as chain:
        if not capability("snapshot").of(chain.backend.name):
            warnings.warn(f"{where} cannot go back: tests see what earlier ones did", stacklevel=1)
            yield chain
            return
        harness_isolation.add(chain)
        yield chain
        harness_isolation.remove(chain)


@pytest.fixture(scope="session")
def accounts(l1: Chain) -> Any:
    """The funded accounts of the L1, by name: ``accounts.alice``."""
    return l1.accounts


@pytest.fixture(scope="session")
def contracts(request: pytest.FixtureRequest) -> Contracts:
    """The contracts of the project, by name, each compiled on first use."""
    from harness.contracts.library import Contracts

    return Contracts.load(request.config.stash[_project_root])


@pytest.fixture(scope="session")
def rollup(request: pytest.FixtureRequest, l1: Chain, harness_isolation: Isolation) -> Iterator[Rollup]:
    """A rollup on the L1, its accounts funded on L2; parameters from the marker and from ``[tool.harness.rollup]``."""
    from harness.scenarios.fixtures import open_rollup

    configured = request.config.stash[_rollup]
    with open_rollup(l1, harness_isolation, configured, getattr(request, "param", {})) as opened:
        yield opened


@pytest.fixture(scope="session")
def l2(rollup: Rollup) -> Any:
    """The L2 chain of the rollup."""
    return rollup.l2


@pytest.fixture(scope="session")
def sequencer(rollup: Rollup) -> Any:
    """The rollup's sequencer."""
    return rollup.sequencer


@pytest.fixture(scope="session")
def proposer(rollup: Rollup) -> Any:
    """The rollup's honest proposer."""
    return rollup.proposer


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests of the rollup an L1 of their own, so that what it deploys is not there for the others."""
    if "rollup" not in metafunc.fixturenames:
        return
    if "l1" in metafunc.fixturenames:
        apart = [pytest.param("rollup", id=pytest.HIDDEN_PARAM)]
        metafunc.parametrize("l1", apart, indirect=True, scope="session")
    marker = metafunc.definition.get_closest_marker("rollup")
    if marker is not None:
        name = ",".join(f"{key}={value}" for key, value in sorted(marker.kwargs.items()))
        metafunc.parametrize("rollup", [pytest.param(dict(marker.kwargs), id=name)], indirect=True, scope="session")


@pytest.fixture
def channels(l1: Chain) -> Iterator[ChannelDesk]:
    """Payment channels on the L1: ``channels.open(accounts.alice, accounts.bob, deposit=ether(10))``."""
    from harness.channels.fixtures import channel_desk

    desk = channel_desk(l1)
    yield desk
    desk.close_desk()


# -- isolation


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Open a level ahead of a test's first own fixture, and around each fixture of wider scope.

    The finalizer is added before the fixture's own, so it runs after it.
    """
    if fixturedef.scope == "function":
        _begin(request.node)
    else:
        isolation = request.config.stash[_isolation]
        level = isolation.open()
        fixturedef.addfinalizer(lambda: isolation.close(level))
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    _begin(item)
    handle = getattr(getattr(item, "obj", None), "hypothesis", None)
    inner = getattr(handle, "inner_test", None)
    if handle is None or inner is None:
        return (yield)
    handle.inner_test = _per_example(inner, item.config.stash[_isolation])
    try:
        return (yield)
    finally:
        handle.inner_test = inner


def _begin(item: pytest.Item) -> None:
    """Open the level of a test, once, with its seed."""
    if _level in item.stash:
        return
    isolation = item.config.stash[_isolation]
    level = isolation.open()
    item.stash[_level] = level
    isolation.reseed(item.nodeid)

    def end() -> None:
        isolation.close(level)
        isolation.reseed()
        del item.stash[_level]

    item.addfinalizer(end)


def _per_example(inner: Any, isolation: Isolation) -> Any:
    """Wrap the function that Hypothesis calls for each example."""

    @wraps(inner)
    def example(*args: Any, **kwargs: Any) -> Any:
        with isolation.example():
            return inner(*args, **kwargs)

    return example


# -- names


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a fixture name that could mean a contract or something else."""
    index = item.config.stash[_index]
    wanted = [name for name in getattr(item, "fixturenames", ()) if name in index]
    for name in wanted:
        if name not in getattr(getattr(item, "callspec", None), "params", {}):
            _refuse_clash(item, name, index[name])


def _refuse_clash(item: pytest.Item, name: str, places: tuple[str, ...]) -> None:
    found = item.session._fixturemanager.getfixturedefs(name, item) or ()
    others = [each.func for each in found if each.func.__module__ != "harness.contract_fixtures"]
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


# -- failures


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the call tree of a failed contract call ahead of the Python traceback."""
    if call.excinfo is None or "harness.errors" not in sys.modules:
        return (yield)
    with story_of(call.excinfo.value) as story:
        if story and not item.config.getoption("fulltrace", False):
            cut_to_the_test(call.excinfo)
        report = yield
    if report.failed and story:
        report.harness_story = story  # type: ignore[attr-defined]
    return report


class StoryTeller:
    """Shows the stories in the process that prints: a plain attribute comes over from an xdist worker, a class not."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        story = getattr(report, "harness_story", "")
        if story:
            report.longrepr = SolidityFirst(story, report.longrepr)
