"""A lie that is worth money: L2 has a message to L1 that nobody sent, so the false root pays its liar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.agents.lies import altered_machine as altered
from harness.agents.lies.altered_machine import Departure
from harness.agents.lies.inputs import input_lie
from harness.agents.lies.lie import Lie, lie_name
from harness.chain.values.address import address_of
from harness.dispute.assertion_trace import STEP_BITS, AssertionTrace
from harness.proofs.trace import Trace as InputTrace
from harness.rollup.node.derivation import Input, InputKind
from harness.rollup.predeploys import PASSER
from harness.rollup.withdrawals import Withdrawal

FORGED = (1 << 240) + (1 << 128)
"""The nonce of a forged message: of version 1, and so high that no message that was sent has it."""


def forged_withdrawal(to: Any, wei: int) -> Withdrawal:
    """Return a message that L2 never sent: it pays ``wei`` to an account."""
    return Withdrawal(FORGED, address_of(to), address_of(to), wei, 0, b"")


def forge_withdrawal(to: Any, wei: int = 10**18) -> Lie:
    """The step that opens a batch records a message to L1 that nobody sent, as `forged_withdrawal` returns it."""
    slot = forged_withdrawal(to, wei).slot

    def depart(truth: AssertionTrace, number: int, taken: Input) -> Iterator[Departure]:
        after = altered.with_state(taken.after, taken.after.state.with_account(PASSER, storage={slot: 1}))
        yield Departure(number << STEP_BITS, (InputTrace(taken.before, after=after),))

    name = lie_name("forge_withdrawal", address_of(to), wei)
    return input_lie(name, lambda taken: taken.kind is InputKind.OPEN, depart)
