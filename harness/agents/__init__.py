"""Agents decide purely; runners of the layer above carry out what they decide.

`Proposer`, `Challenger`, `Sequencer` and `faults` are what a test needs to make somebody lie.
"""

from __future__ import annotations

from harness.agents import faults
from harness.agents.challenger import Challenger
from harness.agents.proposer import Proposer
from harness.agents.sequencer import Sequencer

__all__ = ["Challenger", "Proposer", "Sequencer", "faults"]
