"""What makes the ``channels`` fixture. The plugin imports this module when a test asks for channels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from harness.channels.bus import NO_FAULTS, Faults
from harness.channels.journal import FileJournal
from harness.channels.judge import ChannelJudge
from harness.testbed.channels import Channels

if TYPE_CHECKING:
    from harness.chain import Chain
    from harness.isolation import Isolation


def open_channels(chain: Chain, *, seed: int = 0, faults: Faults = NO_FAULTS, check_books: bool = True) -> Channels:
    """Deploy the built-in PaymentChannel on a chain and open channels over it."""
    from harness.contracts.bindings import ContractType
    from harness.contracts.project import built_in_contracts

    contract = chain.deploy(ContractType(built_in_contracts()["PaymentChannel"]), sender=chain.accounts[-1])
    return Channels(ChannelJudge(contract, chain.accounts[-1]), seed=seed, faults=faults, check_books=check_books)


@contextmanager
def isolated_channels(chain: Chain, isolation: Isolation) -> Iterator[Channels]:
    """Open channels whose parties forget what an example of Hypothesis did. A journal in a file keeps it."""
    channels = open_channels(chain)
    memory = ChannelMemory(channels)
    isolation.add(memory)
    try:
        yield channels
    finally:
        isolation.remove(memory)
        channels.stop()


class ChannelMemory:
    """What the parties of channels know. It is restored along with the chain."""

    _SHARED = ("chain", "contract", "judge", "_hooks")

    def __init__(self, channels: Channels) -> None:
        self._channels = channels

    def snapshot(self) -> Mapping[str, Any]:
        """Return a mark for `restore`."""
        return self._copy({name: value for name, value in vars(self._channels).items() if name not in self._SHARED})

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Return to a mark."""
        for name, value in self._copy(snapshot).items():
            setattr(self._channels, name, value)

    def unchanged(self, earlier: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
        """Return whether no channel was opened and no party signed or learned anything between two marks."""

        def extent(mark: Mapping[str, Any]) -> object:
            journals = {party: len(list(journal.records())) for party, journal in mark["journals"].items()}
            return journals, mark["bus"].sent, list(mark["terms"]), mark["_offline"]

        return extent(earlier) == extent(later)

    def _copy(self, state: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a copy.

        It shares the object itself, the chain and what belongs to it, keys, and journals in files.
        """
        channels = self._channels
        judge = channels.judge
        kept: list[object] = [channels, channels.chain, channels.contract, judge, judge.domain, judge.relayer]
        kept += [node.signer for node in state["nodes"].values()]
        kept += [journal for journal in state["journals"].values() if isinstance(journal, FileJournal)]
        return deepcopy(state, {id(thing): thing for thing in kept})
