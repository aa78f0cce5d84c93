"""What a step can do. A new verb is a class in one of these files, and its name in ``VERBS``."""

from __future__ import annotations

from harness.scenarios.verb import Verb
from harness.scenarios.verbs.chain import Call, Deploy, Mine, Reorg, Send, Warp
from harness.scenarios.verbs.disputes import Absence, Dispute, Propose, Run
from harness.scenarios.verbs.rollup import Batch, Deposit, Execute, Withdraw

VERBS: tuple[type[Verb], ...] = (
    Deploy,
    Call,
    Send,
    Deposit,
    Withdraw,
    Execute,
    Batch,
    Propose,
    Dispute,
    Run,
    Absence,
    Reorg,
    Warp,
    Mine,
)
"""Every verb, in the order in which the guide lists them."""
