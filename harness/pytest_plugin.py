"""The pytest plugin: fixtures, isolation, and failures that show the Solidity side first.

Fixtures:
    l1         the chain: py-evm in this process, or the one that ``--l1`` names
    accounts   funded accounts by name: ``accounts.alice``
    contracts  the project's contracts: ``contracts["Counter"]``, ``contracts["src/Counter.sol:Counter"]``
    channels   payment channels between the accounts, with a watchtower
    walkaway   what lets the rollup's operators leave for ever, and every user take everything out
    rollup     a rollup on the L1, with ``l2``, ``sequencer``, ``proposer``; the marker ``rollup`` sets parameters
    Counter    each contract of the project by its name, in a project that has ``[tool.harness]``
    harness_isolation  where other stateful objects join, to be restored along with the chain

``l1`` is one chain for the session. The plugin restores it after each test, each Hypothesis example, and each fixture
of wider scope. It imports nothing heavier than pytest: chain, compiler and web3 wait until a fixture asks for them.
"""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness import departures
from harness.config import BACKENDS, L1_FORKS
from harness.contract_fixtures import PROJECTS, Run
from harness.coverage import options as coverage
from harness.failures import render_call_trees
from harness.gas import options as gas
from harness.isolation import Isolation, Level
from harness.progress import PytestReporter, take_over
from harness.projects import L1Choice, Projects, TestedProject, l1_choice
from harness.reports import FailurePrinter
from harness.reports import pytest_runtest_makereport as pytest_runtest_makereport
from harness.scenarios import failing

if TYPE_CHECKING:
    from harness.chain import Chain
    from harness.contracts.library import Contracts
    from harness.sidechain.sidechain import Sidechain
    from harness.testbed.channels import Channels
    from harness.testbed.rollup import Rollup

_isolation = pytest.StashKey[Isolation]()
_level = pytest.StashKey[Level]()
_run = pytest.StashKey[Run]()


# -- options


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; coverage and gas add their own."""
    group = parser.getgroup("harness", "rollup-harness: Ethereum layer 2 tests")
    group.addoption("--l1", metavar="BACKEND", help="py-evm, anvil, hardhat, geth, or a node's URL (default: py-evm)")
    group.addoption("--l1-fork", metavar="FORK", choices=L1_FORKS, help="fork of the L1: prague or osaka")
    coverage.add_options(group)
    gas.add_options(group)
    failing.add_options(group)
    group.addoption("--harness-seed", type=int, default=0, metavar="N", help="seed of all randomness (default: 0)")


def pytest_configure(config: pytest.Config) -> None:
    """Read the project of pytest's root folder; raises UsageError if it cannot be read."""
    config.addinivalue_line(
        "markers",
        "rollup(**parameters): parameters of the rollup fixture, as in harness.RollupConfig: window, period, games...",
    )
    config.addinivalue_line(
        "markers", "sidechain(**parameters): what harness.testing.Sidechain takes: validators, backend..."
    )
    config.addinivalue_line(
        "markers", "walkaway(days, gas): everybody leaves after the test, within so many days, for so much gas each"
    )
    config.addinivalue_line("markers", "l1(fork, blobs): fork and blob schedule of the test's L1, as in open_chain")
    coverage.start(config)
    config.stash[_isolation] = Isolation(config.getoption("--harness-seed"))
    root_given = bool(config.getoption("rootdir") or config.getoption("inifilename"))
    config.stash[PROJECTS] = Projects(config.rootpath, root_given=root_given)
    gas.start(config, config.stash[PROJECTS])
    failing.start(config)
    config.stash[_run] = Run(config)
    config.add_cleanup(take_over(PytestReporter(config)))
    config.pluginmanager.register(config.stash[_run], "harness-run")
    config.pluginmanager.register(departures, "harness-departures")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(FailurePrinter(), "harness-call-trees")
    home = config.stash[_run].meet(config.rootpath)
    if home.problem is not None:
        raise pytest.UsageError(str(home.problem)) from home.problem
    coverage.refuse_without_sources(config, home)
    backend = config.getoption("--l1") or home.l1 or "py-evm"
    if backend not in BACKENDS and "://" not in backend:
        raise pytest.UsageError(f"--l1 is {backend!r}, expected {', '.join(BACKENDS)} or the URL of a node")


# -- scenarios


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a scenario's file, ``*.scenario.yaml``: each of its cases is a test."""
    if not file_path.name.endswith((".scenario.yaml", ".scenario.yml")):
        return None
    from harness.scenarios.collecting import ScenarioFile

    collected: pytest.Collector = ScenarioFile.from_parent(parent, path=file_path)
    return collected


# -- fixtures


@pytest.fixture(scope="session")
def harness_isolation(request: pytest.FixtureRequest) -> Isolation:
    """Registry of stateful objects that are restored along with the chain: ``harness_isolation.add(thing)``.

    A thing has ``snapshot()`` and ``restore(mark)``; see `harness.testing.Restorable`.
    """
    return request.config.stash[_isolation]


@pytest.fixture(scope="session")
def harness_project(request: pytest.FixtureRequest) -> Iterator[TestedProject]:
    """The project of the test: the nearest one to its file."""
    from harness.contracts.project import built_in_copy

    project = request.config.stash[_run].project
    if project.problem is not None:
        raise project.problem
    with built_in_copy(None if project.config is None else project.config.built_in_contracts):
        yield project


@pytest.fixture(scope="session")
def l1(request: pytest.FixtureRequest, harness_isolation: Isolation, harness_project: TestedProject) -> Iterator[Chain]:
    """The L1 chain: one for the session, restored to the same state before each test.

    ``--l1``, or ``l1`` in ``[tool.harness]``, chooses the backend. The fork is that of the marker ``l1``, of
    ``--l1-fork``, of HARNESS_L1_FORK, or of ``l1-fork``: the first that is given. A backend without snapshots is not
    restored, and a warning says so.
    """
    from harness.chain import open_chain
    from harness.chain.capabilities import capability

    where = request.config.getoption("--l1") or harness_project.l1 or "py-evm"
    chosen = getattr(request, "param", L1Choice()).completed(request.config.getoption("--l1-fork"), harness_project)
    with open_chain(where, seed=harness_isolation.seed, name="l1", fork=chosen.fork, blobs=chosen.blobs) as chain:
        if not capability("snapshot").of(chain.backend.name):
            warnings.warn(f"{where} has no snapshots: tests see what earlier tests did", stacklevel=1)
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
def contracts(harness_project: TestedProject) -> Contracts:
    """The contracts of the project, by name; each is compiled on first use."""
    from harness.contracts.errors import SourceSkipped
    from harness.contracts.library import Contracts

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SourceSkipped)  # issued when the project was met
        return Contracts.load(harness_project.root)


@pytest.fixture(scope="session")
def rollup(
    request: pytest.FixtureRequest, l1: Chain, harness_isolation: Isolation, harness_project: TestedProject
) -> Iterator[Rollup]:
    """A rollup on the L1, with every account funded on L2.

    Its parameters come from the marker ``rollup`` and from ``[tool.harness.rollup]``; the marker goes first.
    """
    from harness.testbed.rollup_fixtures import open_rollup

    tables = harness_project.rollup, getattr(request, "param", {})
    with open_rollup(l1, harness_isolation, *tables, root=harness_project.root) as opened:
        yield opened


@pytest.fixture(scope="session")
def l2(rollup: Rollup) -> Any:
    """The L2 chain of the rollup."""
    return rollup.l2


@pytest.fixture(scope="session")
def sequencer(rollup: Rollup) -> Any:
    """The handle of the rollup's sequencer."""
    return rollup.sequencer


@pytest.fixture(scope="session")
def proposer(rollup: Rollup) -> Any:
    """The handle of the rollup's honest proposer."""
    return rollup.proposer


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests of the rollup an L1 of their own, so that other tests do not see its contracts.

    So it is for tests with the marker ``l1``.
    """
    has_rollup = "rollup" in metafunc.fixturenames
    asked = metafunc.definition.get_closest_marker("l1")
    if "l1" in metafunc.fixturenames and (has_rollup or asked is not None):
        apart = [pytest.param(l1_choice(has_rollup, asked), id=pytest.HIDDEN_PARAM)]
        metafunc.parametrize("l1", apart, indirect=True, scope="session")
    if not has_rollup:
        return
    marker = metafunc.definition.get_closest_marker("rollup")
    if marker is not None:
        name = ",".join(f"{key}={value}" for key, value in sorted(marker.kwargs.items()))
        metafunc.parametrize("rollup", [pytest.param(dict(marker.kwargs), id=name)], indirect=True, scope="session")


@pytest.fixture
def channels(l1: Chain, harness_isolation: Isolation) -> Iterator[Channels]:
    """Payment channels on the L1: ``channels.open(accounts.alice, accounts.bob, deposit=ether(10))``."""
    from harness.testbed.channel_fixtures import isolated_channels

    with isolated_channels(l1, harness_isolation) as opened:
        yield opened


@pytest.fixture
def sidechain(request: pytest.FixtureRequest, l1: Chain, harness_isolation: Isolation) -> Iterator[Sidechain]:
    """A sidechain attached to the L1: ``sidechain.chain``, ``sidechain.bridges[0]``.

    The marker ``sidechain(validators=7)`` takes what `harness.testing.Sidechain` takes.
    """
    from harness.sidechain.sidechain import Sidechain

    marker = request.node.get_closest_marker("sidechain")
    opened = Sidechain(**({} if marker is None else marker.kwargs))
    try:
        opened.attach(l1)
        harness_isolation.add(opened)
        try:
            yield opened
        finally:
            harness_isolation.remove(opened)
    finally:
        opened.close()


# -- isolation


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Open a level before a test's first own fixture, and one for each fixture of wider scope.

    What a fixture did, in setup and in teardown, is taken back when pytest lets go of its value, or at once if the
    setup fails. ``request.scope`` is how long pytest holds the value; a parametrization can change it. The last
    finalizer added runs first.
    """
    __tracebackhide__ = True
    if request.scope == "function":
        _begin(request.node)
        return (yield)
    isolation = request.config.stash[_isolation]
    level = isolation.open(f"fixture {fixturedef.argname} ({request.scope})")
    fixturedef.addfinalizer(lambda: isolation.close(level))
    try:
        with _without_collections(fixturedef):
            value = yield
    except BaseException as problem:
        render_call_trees(problem)
        isolation.close(level)
        raise
    isolation.settle(level)
    fixturedef.addfinalizer(lambda: isolation.resume(level))
    if fixturedef.argname == "harness_project":
        request.config.stash[_run].hold(fixturedef, request)
    return value


@contextmanager
def _without_collections(fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
    """Set a fixture of this plugin up without searches for garbage, and spare later ones the modules that it imported.

    Nearly all that it allocates stays, py-evm above all. Searches through that take a quarter of the time of the first
    test, and find nothing.
    """
    if not gc.isenabled() or fixturedef.func.__module__ != __name__:
        yield
        return
    known = len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        if len(sys.modules) > known:
            gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Run a test in a level of its own, and each Hypothesis example in one within it."""
    __tracebackhide__ = True
    _begin(item)
    handle = getattr(getattr(item, "obj", None), "hypothesis", None)
    inner = getattr(handle, "inner_test", None)
    if handle is None or inner is None:
        return (yield)
    handle.inner_test = _per_example(inner, item)
    try:
        return (yield)
    finally:
        handle.inner_test = inner


def _begin(item: pytest.Item) -> None:
    """Open the level of a test, once, with its seed."""
    if _level in item.stash:
        return
    isolation = item.config.stash[_isolation]
    level = isolation.open(item.nodeid)
    item.stash[_level] = level
    isolation.reseed(item.nodeid)

    def end() -> None:
        del item.stash[_level]
        isolation.close(level)
        isolation.reseed()

    item.addfinalizer(end)


def _per_example(inner: Any, item: pytest.Item) -> Any:
    """Wrap the function that Hypothesis calls for each example."""
    isolation = item.config.stash[_isolation]

    @wraps(inner)
    def example(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        with isolation.example(f"an example of {item.nodeid}"), failing.example_of(item.config):
            try:
                return inner(*args, **kwargs)
            except BaseException as problem:
                render_call_trees(problem)
                raise

    return example
