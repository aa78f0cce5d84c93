"""Dishonesty by name: lies about L2, tactics of play, receivers of payouts, and what a sequencer can do wrong.

A lie is given to a proposer or a challenger. It names the step at which it departs from the machine. From there on the
liar's L2 is a real one with another state, executed opcode by opcode on top of the lie. A few alterations leave no
mark; in their place the liar makes hashes up for the rest of the transaction. See
`harness.agents.lies.altered_machine`. Lies and tactics compose.

`Proposer(lie=faults.flip_storage(opcode="SSTORE"))` asserts the root of that L2 and, if challenged, defends it.
"""

from __future__ import annotations

from harness.agents.lies.budget import exceed_budget, forget_unused_gas, invent_budget, misspend_budget
from harness.agents.lies.claims import AllZero, WrongAtRandom, WrongFrom
from harness.agents.lies.inputs import (
    accept_bad_signature,
    accept_foreign,
    accept_invalid,
    drop_deposit,
    invent_deposit,
    reject_valid,
    reorder_inputs,
    unposted_batch,
    wrong_nonce,
    wrong_sender,
)
from harness.agents.lies.lie import Garbled, Lie, NothingToLieAbout, lie_name
from harness.agents.lies.steps import (
    flip_storage,
    tamper_gas,
    tamper_memory,
    tamper_opcode,
    wrong_fee,
    wrong_from,
)
from harness.agents.receivers import GasBurningReceiver, ReentrantReceiver, UnpayableReceiver
from harness.agents.sequencer import Censors, Stopped
from harness.agents.tactics import (
    BondExhaustion,
    ClockGriefer,
    Copier,
    Freeloader,
    LastSecond,
    Poisoner,
    Repeater,
    Silent,
    Sound,
    Sybils,
    Tactic,
    ZeroClaims,
)
from harness.dispute.assertion_trace import END
from harness.primitives.hashing import word

# -- lies about no state


def wrong_root() -> Garbled:
    """All is true but the end: the lie is in the last step of all."""
    return Garbled("wrong_root()", lambda truth: WrongFrom(truth, END - 1))


def made_up_from(index: int, salt: bytes = b"") -> Garbled:
    """True up to a trace index, and behind it hashes of nothing, always the same ones."""
    return Garbled(lie_name("made_up_from", index), lambda truth: WrongFrom(truth, index, salt))


def wrong_at_random(index: int = 0, salt: bytes = b"") -> Garbled:
    """From a trace index on each state is wrong or true at random; the root is wrong."""
    return Garbled(lie_name("wrong_at_random", index), lambda truth: WrongAtRandom(truth, index, END, salt))


def all_zero() -> Garbled:
    """Every state is the zero word but the root: the chain of assertions takes no zero."""
    return Garbled("all_zero()", lambda truth: AllZero(truth, END, word(1)))


__all__ = [
    "BondExhaustion",
    "Censors",
    "ClockGriefer",
    "Copier",
    "Freeloader",
    "Garbled",
    "GasBurningReceiver",
    "LastSecond",
    "Lie",
    "NothingToLieAbout",
    "Poisoner",
    "ReentrantReceiver",
    "Repeater",
    "Silent",
    "Sound",
    "Stopped",
    "Sybils",
    "Tactic",
    "UnpayableReceiver",
    "ZeroClaims",
    "accept_bad_signature",
    "accept_foreign",
    "accept_invalid",
    "all_zero",
    "drop_deposit",
    "exceed_budget",
    "flip_storage",
    "forget_unused_gas",
    "invent_budget",
    "invent_deposit",
    "made_up_from",
    "misspend_budget",
    "reject_valid",
    "reorder_inputs",
    "tamper_gas",
    "tamper_memory",
    "tamper_opcode",
    "unposted_batch",
    "wrong_at_random",
    "wrong_fee",
    "wrong_from",
    "wrong_nonce",
    "wrong_root",
    "wrong_sender",
]
