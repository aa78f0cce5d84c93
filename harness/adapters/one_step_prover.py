"""The built-in one-step prover, with the steps of a transaction that uses every family of opcodes."""

from __future__ import annotations

from collections.abc import Sequence

from harness.adapters.prover import ProvenStep, Prover
from harness.chain.values.transactions import Transaction
from harness.dispute.assertion_trace import STEP_BITS, AssertionTrace
from harness.testbed.rollup import Rollup


class OneStepProver(Prover):
    """Records one batch of a rollup."""

    def deploy(self) -> None:
        """Deploy a rollup, and post a batch that calls a contract with a bit of everything."""
        rollup = self.rollup = Rollup.deploy(self.chain)
        alice = self.chain.accounts.alice
        rollup.fund([alice])
        made = self.contracts["Everything"].deploy(rollup.l2, sender=alice)
        target, data = bytes.fromhex(made.address[2:]), made.run.encode(b"some bytes to hash and to copy")
        nonce = rollup.l2.nonce(alice)
        access = ((target, (0, 1)),)
        tx = Transaction(2, rollup.l2.chain_id, nonce, 10**6, 10**9, 2_000_000, target, 7, data, access)
        rollup.l2.send_transaction(tx, alice)
        rollup.sequencer.post()
        rollup.l2.backend.follow()
        self.end = int(rollup.contracts.sequencer_inbox.batchCount())
        factory = self.contracts["DisputeGameFactory"].at(self.chain, rollup.assertions.disputes())
        game = self.contracts["DisputeGame"].at(self.chain, factory.functions["implementation"]())
        self.prover = self.contracts["OneStepProver"].at(self.chain, game.prover())

    def steps(self) -> Sequence[ProvenStep]:
        """Return the first step of each name."""
        trace = AssertionTrace.of(self.rollup.node, 0, self.end)
        found: dict[str, ProvenStep] = {}
        for number in range(len(trace.inputs)):
            recorded = trace.input_trace(number)
            for step in range(len(recorded)):
                name = recorded.name_at(step)
                if name not in found:
                    index = number << STEP_BITS | step
                    after = trace.hash_at(index + 1)
                    found[name] = ProvenStep(name, trace.hash_at(index), after, index, trace.witness(index))
        return list(found.values())

    def verify(self, before: bytes, index: int, witness: bytes) -> bytes:
        """Call verify."""
        return bytes(self.prover.verify(before, index, self.end, witness))
