"""The program whose steps the OP Stack's games are about in tests: the one that contracts/mocks' BlockStepper runs."""

from __future__ import annotations

from dataclasses import dataclass

from harness.primitives.hashing import keccak256

STARTING, DISPUTED = 2, 3
"""The idents of the local data that the program reads, each in its own step."""
AFTER_LENGTH = 8
"""Where in a preimage its bytes begin."""
GENESIS = keccak256(b"genesis output")
"""The output of block 0, which games start from."""
VALID, INVALID, RUNNING = 0, 1, 3
"""The status of the program, in the first byte of its state's hash."""


def output(block: int) -> bytes:
    """Return the true output of a block: each is the hash of the one before."""
    found = GENESIS
    for _ in range(block):
        found = keccak256(found)
    return found


@dataclass(frozen=True, slots=True)
class Program:
    """A program of ``last`` steps. It reads two outputs, and says whether the second one is the hash of the first."""

    last: int

    def state(self, index: int, starting: bytes = bytes(32), disputed: bytes = bytes(32)) -> bytes:
        """Return the machine's state after a number of steps, as the stepper reads it."""
        known = starting if index > 0 else bytes(32), disputed if index > 1 else bytes(32)
        return min(index, self.last).to_bytes(32, "big") + known[0] + known[1]

    def hash(self, index: int, starting: bytes = bytes(32), disputed: bytes = bytes(32)) -> bytes:
        """Return the hash of that state, with its status in the first byte."""
        right = VALID if disputed == keccak256(starting) else INVALID
        status = right if index >= self.last else RUNNING
        return bytes([status]) + keccak256(self.state(index, starting, disputed))[1:]
