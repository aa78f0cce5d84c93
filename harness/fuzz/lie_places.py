"""Where a drawn lie can be: the steps and inputs that a range really has."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator

from harness.agents import faults
from harness.agents.faults import Garbled, Lie
from harness.dispute.assertion_trace import STEP_BITS, AssertionTrace
from harness.primitives.hashing import word


class DrawnRange:
    """What a lie can be about in one range: its true trace, and how many steps there are of each name."""

    def __init__(self, truth: AssertionTrace, rng: random.Random) -> None:
        self.truth = truth
        self.rng = rng
        self.steps = Counter(_names(truth))

    def opcode(self, *wanted: str) -> tuple[str, int]:
        """Return the name of a step, and the number of one such step.

        The name is one of ``wanted`` if any are given, else one of all that the range has.
        """
        name = self.rng.choice([each for each in sorted(self.steps) if not wanted or each in wanted] or list(wanted))
        return name, self.rng.randrange(max(1, self.steps[name]))

    def index(self) -> int:
        """Draw a trace index; it is a step that does something in seven cases of ten."""
        number = self.rng.randrange(len(self.truth.inputs) + 1)
        last = len(self.truth.input_trace(number)) if number < len(self.truth.inputs) else 1
        step = self.rng.randrange(last) if self.rng.random() < 0.7 else self.rng.randrange(1 << STEP_BITS)
        return number << STEP_BITS | step


def _names(truth: AssertionTrace) -> Iterator[str]:
    for number, taken in enumerate(truth.inputs):
        if taken.tx is not None or taken.deposit is not None:
            trace = truth.input_trace(number)
            yield from (trace.name_at(step) for step in range(1, len(trace)))


LIES: dict[str, tuple[tuple[str, ...], Callable[[DrawnRange], Lie | Garbled]]] = {
    "opcode": ((), lambda drawn: faults.tamper_opcode(*drawn.opcode())),
    "storage": (("everything",), lambda drawn: faults.flip_storage(*drawn.opcode("SSTORE", "SLOAD"))),
    "memory": (("everything",), lambda drawn: faults.tamper_memory(drawn.opcode("MSTORE")[1])),
    "gas": (("everything",), lambda drawn: faults.tamper_gas(*drawn.opcode())),
    "fee": (("transfer",), lambda drawn: faults.wrong_fee()),
    "nonce": (("transfer",), lambda drawn: faults.wrong_nonce()),
    "signature": (("bad signature",), lambda drawn: faults.accept_bad_signature()),
    "foreign chain": (("foreign chain",), lambda drawn: faults.accept_foreign()),
    "sender": (("transfer",), lambda drawn: faults.wrong_sender()),
    "invalid": (("wrong nonce",), lambda drawn: faults.accept_invalid()),
    "valid": (("transfer",), lambda drawn: faults.reject_valid()),
    "dropped deposit": (("deposit",), lambda drawn: faults.drop_deposit()),
    "invented deposit": ((), lambda drawn: faults.invent_deposit()),
    "opened budget": ((), lambda drawn: faults.invent_budget(drawn.rng.choice((-1, 1)))),
    "order": (("transfer", "transfer", "transfer"), lambda drawn: faults.reorder_inputs()),
    "unposted batch": ((), lambda drawn: faults.unposted_batch()),
    "root": ((), lambda drawn: faults.wrong_root()),
    "from": ((), lambda drawn: faults.wrong_from(drawn.index(), drawn.rng.randrange(3))),
    "made up": ((), lambda drawn: faults.made_up_from(drawn.index())),
    "random": ((), lambda drawn: faults.wrong_at_random(drawn.index(), word(drawn.rng.randrange(9)))),
    "zero": ((), lambda drawn: faults.all_zero()),
}
"""For each lie, what L2 must do so that there is something to lie about, and how the lie is made."""
