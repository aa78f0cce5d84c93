"""Dishonesty by name: lies about L2, tactics of play, receivers of payouts, and what a sequencer can do wrong.

A test gives a lie to a proposer or a challenger. The lie names the step at which it departs from the machine. From
there on, the liar's L2 is a real one with another state, executed opcode by opcode on top of the lie. A few alterations
do not change the root. In their place, the liar makes up hashes for the rest of the transaction. See
`harness.agents.lies.altered_machine`. Lies and tactics compose.

`Proposer(lie=faults.flip_storage(opcode="SSTORE"))` asserts the root of that L2 and, if challenged, defends it.
"""

from __future__ import annotations

from harness.agents.lies.authorizations import wrong_authority, wrong_authority_nonce, wrong_delegate
from harness.agents.lies.budget import exceed_budget, forget_unused_gas, invent_budget, misspend_budget
from harness.agents.lies.claims import AllZero, WrongAtRandom, WrongFrom
from harness.agents.lies.forks import wrong_fork
from harness.agents.lies.inputs import (
    accept_bad_signature,
    accept_foreign,
    accept_invalid,
    drop_deposit,
    invent_deposit,
    reject_valid,
    reorder_inputs,
    unposted_batch,
    wrong_data_fee,
    wrong_nonce,
    wrong_sender,
)
from harness.agents.lies.lie import Garbled, Lie, NothingToLieAbout, lie_name
from harness.agents.lies.places import tamper_at
from harness.agents.lies.precompiles import UnknownPrecompile, wrong_output, wrong_verdict
from harness.agents.lies.steps import (
    flip_storage,
    forget_floor,
    tamper_gas,
    tamper_memory,
    tamper_opcode,
    wrong_fee,
    wrong_from,
)
from harness.agents.lies.told import wrong_attributes, wrong_block_words
from harness.agents.lies.withdrawals import forge_withdrawal
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

# -- lies whose states are of no machine


def wrong_root() -> Garbled:
    """Claim a wrong root. Every state before the last step is true."""
    return Garbled("wrong_root()", lambda truth: WrongFrom(truth, END - 1))


def made_up_from(index: int, salt: bytes = b"") -> Garbled:
    """Claim true states up to a trace index, and made-up hashes after it. They are the same every time."""
    return Garbled(lie_name("made_up_from", index), lambda truth: WrongFrom(truth, index, salt))


def wrong_at_random(index: int = 0, salt: bytes = b"") -> Garbled:
    """Claim a wrong root, and states after a trace index that are wrong or true at random."""
    return Garbled(lie_name("wrong_at_random", index), lambda truth: WrongAtRandom(truth, index, END, salt))


def all_zero() -> Garbled:
    """Claim the zero word for every state but the root, which the chain of assertions requires not to be zero."""
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
    "UnknownPrecompile",
    "UnpayableReceiver",
    "ZeroClaims",
    "accept_bad_signature",
    "accept_foreign",
    "accept_invalid",
    "all_zero",
    "drop_deposit",
    "exceed_budget",
    "flip_storage",
    "forge_withdrawal",
    "forget_floor",
    "forget_unused_gas",
    "invent_budget",
    "invent_deposit",
    "made_up_from",
    "misspend_budget",
    "reject_valid",
    "reorder_inputs",
    "tamper_at",
    "tamper_gas",
    "tamper_memory",
    "tamper_opcode",
    "unposted_batch",
    "wrong_at_random",
    "wrong_attributes",
    "wrong_authority",
    "wrong_authority_nonce",
    "wrong_block_words",
    "wrong_data_fee",
    "wrong_delegate",
    "wrong_fee",
    "wrong_fork",
    "wrong_from",
    "wrong_nonce",
    "wrong_output",
    "wrong_root",
    "wrong_sender",
    "wrong_verdict",
]
