"""What tests use beside the fixtures: the types of what fixtures give, and what scripts open without pytest."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.channels.journal import FileJournal
from harness.isolation import Isolation, Restorable
from harness.sidechain.bridge import SidechainBridge
from harness.sidechain.sidechain import Sidechain
from harness.testbed.assertions import AssertionHandle
from harness.testbed.challenger import ChallengerHandle
from harness.testbed.channel_fixtures import open_channels
from harness.testbed.channels import Channel, Channels
from harness.testbed.conservation import Conservation
from harness.testbed.deployment import Deployment
from harness.testbed.deployment import load as load_deployment
from harness.testbed.games import GameHandle
from harness.testbed.proposer import ProposerHandle
from harness.testbed.sequencer import SequencerHandle
from harness.testbed.walkaway import Exit, ExitCall, Walkaway, walk_away

if TYPE_CHECKING:
    from harness.scenarios.machines.chain import ChainMachine
    from harness.scenarios.machines.channel import ChannelMachine
    from harness.scenarios.machines.rollup import RollupMachine

__all__ = [
    "AssertionHandle",
    "ChainMachine",
    "ChallengerHandle",
    "Channel",
    "ChannelMachine",
    "Channels",
    "Conservation",
    "Deployment",
    "Exit",
    "ExitCall",
    "FileJournal",
    "GameHandle",
    "Isolation",
    "ProposerHandle",
    "Restorable",
    "RollupMachine",
    "SequencerHandle",
    "Sidechain",
    "SidechainBridge",
    "Walkaway",
    "load_deployment",
    "open_channels",
    "walk_away",
]


_MACHINES = {
    "ChainMachine": "harness.scenarios.machines.chain",
    "ChannelMachine": "harness.scenarios.machines.channel",
    "RollupMachine": "harness.scenarios.machines.rollup",
}
"""What imports Hypothesis, which not every project has."""


def __getattr__(name: str) -> Any:
    if name not in _MACHINES:
        raise AttributeError(f"module 'harness.testing' has no attribute {name!r}")
    return getattr(import_module(_MACHINES[name]), name)
