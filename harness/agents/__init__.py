"""Agents decide what to do from a view of the chain, by pure functions. Runners in `testbed` carry it out.

A test uses `Proposer`, `Challenger`, `Sequencer` and `faults` to make somebody lie.
"""

from __future__ import annotations

from harness.agents import faults
from harness.agents.challenger import Challenger
from harness.agents.proposer import Proposer
from harness.agents.sequencer import Sequencer

__all__ = ["Challenger", "Proposer", "Sequencer", "faults"]
