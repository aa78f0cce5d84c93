"""The one-step prover's contracts, and the order in which they are deployed."""

from __future__ import annotations

from harness.contracts.plan import Planner

PARTS = (
    "ArithmeticFamily",
    "FlowFamily",
    "EnvironmentFamily",
    "CopyFamily",
    "StorageFamily",
    "LogFamily",
    "CallFamily",
    "CreateFamily",
    "PrecompileFamily",
    "FrameEnd",
    "BlockOpening",
    "TransactionPreparation",
    "TransactionEnd",
)
"""Contracts without constructor arguments, in the order of OneStepProver.Parts. NextInput comes last in that struct."""


def plan_prover(planner: Planner, sequencer_inbox: str, delayed_inbox: str) -> str:
    """Add the one-step prover over a rollup's inboxes to a plan, and return its address."""
    parts = [planner.add(f"prover_{name}", name) for name in PARTS]
    parts.append(planner.add("prover_NextInput", "NextInput", sequencer_inbox, delayed_inbox))
    return planner.add("prover", "OneStepProver", tuple(parts))
