"""What a step can do. A new verb is a class in one of these files, and its name in ``VERBS``."""

from __future__ import annotations

from harness.scenarios.verb import Verb
from harness.scenarios.verbs.apps import Challenge, Conclude, Forfeit, Game, Respond, Turns
from harness.scenarios.verbs.attacks import PlayAttack
from harness.scenarios.verbs.chain import Call, Deploy, Mine, Reorg, Send, Warp
from harness.scenarios.verbs.channels import (
    Answer,
    Close,
    Collect,
    Deadline,
    ForgeState,
    Keep,
    Offline,
    Online,
    Open,
    Pay,
    Route,
    Settle,
    TakeOut,
    Tick,
    TopUp,
)
from harness.scenarios.verbs.disputes import (
    Absence,
    Confirm,
    Dispute,
    FillBlocks,
    FrontRun,
    Move,
    Propose,
    Run,
    StepOnL1,
)
from harness.scenarios.verbs.forgeries import CashOut, Finalize, Forge, Prove
from harness.scenarios.verbs.rollup import Batch, Censor, Deposit, Execute, Force, Queue, Upgrade, WalkAway, Withdraw

VERBS: tuple[type[Verb], ...] = (
    Deploy,
    Call,
    Send,
    Deposit,
    Withdraw,
    Prove,
    Finalize,
    Execute,
    Forge,
    CashOut,
    Batch,
    Queue,
    Force,
    Censor,
    Upgrade,
    WalkAway,
    Propose,
    Confirm,
    Dispute,
    Move,
    StepOnL1,
    FrontRun,
    Run,
    Absence,
    FillBlocks,
    Reorg,
    Warp,
    Mine,
    Open,
    TopUp,
    TakeOut,
    Pay,
    Route,
    Keep,
    Close,
    Answer,
    Settle,
    Collect,
    Offline,
    Online,
    Tick,
    Deadline,
    ForgeState,
    Game,
    Turns,
    Challenge,
    Respond,
    Conclude,
    Forfeit,
    PlayAttack,
)
"""Every verb, in the order in which the guide lists them."""
