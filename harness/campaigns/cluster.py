"""Plays cases on a Dask cluster: one of this machine's cores, or one that runs elsewhere.

A worker that dies takes no result with it: its cases are played again, by the others or by its successor. A case that
kills three workers is given up and recorded as one that crashed. Source: distributed's documentation, "Resilience".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from harness.campaigns.case import Case, Opener, Outcome, Verdict
from harness.campaigns.worker import KINDS, Stage
from harness.errors import HarnessError, ToolNotFound

if TYPE_CHECKING:
    from distributed import Client

AHEAD = 3
"""Cases that the scheduler has for each worker: enough that none waits for its next, few enough to stop soon."""

PATIENCE = 10.0
"""Seconds in which a scheduler must answer."""

DEATHS = 2
"""Deaths of workers that a case survives; with one more it is given up."""

_SETTINGS = {
    "distributed.scheduler.allowed-failures": DEATHS,
    # One case at a time for each worker, so that no case is blamed for the death of another's worker.
    "distributed.scheduler.worker-saturation": 1.0,
}
"""How this machine's scheduler behaves; one that runs elsewhere has settings of its own."""

_PLUGIN = "harness-stage"


class SchedulerUnreachable(HarnessError):
    """No Dask scheduler answers at an address."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"no Dask scheduler answers at {address}: {reason}; expected one, as in tcp://127.0.0.1:8786")
        self.address = address
        self.reason = reason


@contextmanager
def local(workers: int) -> Iterator[Client]:
    """Start a process for each worker on this machine; they end with the body."""
    distributed = _distributed()
    options = {"threads_per_worker": 1, "dashboard_address": None, "memory_limit": 0, "silence_logs": 50}
    with (
        _settings(),
        distributed.LocalCluster(n_workers=workers, **options) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@contextmanager
def remote(address: str) -> Iterator[Client]:
    """Connect to a scheduler whose workers have the harness installed; raises SchedulerUnreachable."""
    distributed = _distributed()
    with _settings():
        try:
            client = distributed.Client(address, timeout=PATIENCE)
        except (OSError, ValueError) as problem:
            raise SchedulerUnreachable(address, str(problem)) from None
        with client:
            yield client


def outcomes(
    client: Client, cases: Iterable[Case], kinds: Mapping[str, Opener] = KINDS
) -> Iterator[tuple[Case, Outcome]]:
    """Play the cases on all workers; yield each with its outcome, as they end.

    No case is played beyond what was handed out when the caller stops.
    """
    distributed = _distributed()
    client.register_plugin(_plugin(kinds), name=_PLUGIN)
    waiting = iter(cases)
    first = islice(waiting, AHEAD * max(1, len(client.scheduler_info(n_workers=-1)["workers"])))
    playing = {_submit(client, case): case for case in first}
    ended = distributed.as_completed(list(playing))
    for future in ended:
        case = playing.pop(future)
        yield case, _outcome(future, case)
        for following in islice(waiting, 1):
            submitted = _submit(client, following)
            playing[submitted] = following
            ended.add(submitted)


def _submit(client: Client, case: Case) -> Any:
    return client.submit(_play, case, key=f"{case.name}-{case.digest}", pure=False, retries=0)


def _play(case: Case) -> Outcome:
    """Play a case in the process of a worker."""
    from distributed import get_worker

    keeper: Any = get_worker().plugins[_PLUGIN]
    outcome: Outcome = keeper.stage.play(case)
    return outcome


def _outcome(future: Any, case: Case) -> Outcome:
    problem = future.exception()
    if problem is None:
        outcome: Outcome = future.result()
        return outcome
    reason = " ".join(f"{type(problem).__name__}: {problem}".split())
    return Outcome(Verdict.CRASHED, reason, replay=case.data + "\n")


def _plugin(kinds: Mapping[str, Opener]) -> Any:
    from distributed import WorkerPlugin

    class Keeper(WorkerPlugin):
        """Gives each worker a stage for its life."""

        def __init__(self) -> None:
            self.stage = Stage(kinds)

        def teardown(self, worker: Any) -> None:
            self.stage.close()

    return Keeper()


def _settings() -> Any:
    import dask

    return dask.config.set(_SETTINGS)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise ToolNotFound("Dask", 'pip install "rollup-harness[campaigns]"') from None
    return distributed
