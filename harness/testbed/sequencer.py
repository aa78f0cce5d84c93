"""The sequencer as a test holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.agents.sequencer import DraftView, Fault, PostBatch, Sequencer, SequencerView
from harness.chain.errors import InsufficientFunds
from harness.chain.receipts import Receipt
from harness.chain.values.accounts import Account
from harness.errors import Reverted
from harness.rollup.machine.validity import L2Transaction
from harness.testbed.agent import AgentHandle
from harness.testbed.core import RollupCore


class SequencerHandle(AgentHandle):
    """The sequencer of a rollup. ``agent`` is the `Sequencer` that decides."""

    role = "Sequencer"

    def __init__(self, rollup: RollupCore, account: Account, agent: Sequencer) -> None:
        super().__init__(rollup, account, "sequencer")
        self.agent: Sequencer = agent

    def _character(self) -> str:
        return "honest" if self.agent.fault is None else repr(self.agent.fault)

    def admit(self, tx: L2Transaction) -> None:
        """Raise NotSequenced if the sequencer refuses the transaction."""
        self.agent.admit(tx)

    def become(self, fault: Fault | None) -> None:
        """Give the sequencer a fault, such as ``faults.Stopped()``; None makes it honest."""
        self.agent = replace(self.agent, fault=fault)
        self.rollup.unsafe.takes_delayed = self.agent.takes_delayed

    def view(self) -> SequencerView:
        """Return what the sequencer decides by: L1's inbox and the batches that are not posted yet."""
        inbox = self.rollup.contracts.sequencer_inbox
        unsafe = self.rollup.l2.backend.follow()
        unsafe.renew()
        if self.agent.takes_delayed:
            unsafe.take_delayed()
        drafts = tuple(
            DraftView(
                draft.index,
                draft.delayed_before,
                draft.delayed_count,
                draft.data,
                draft.guess.max_timestamp - self.rollup.contracts.config.lead,
                draft.is_next_block,
            )
            for draft in unsafe.drafts
        )
        return SequencerView(self.rollup.l1.now, inbox.batchCount(), inbox.delayedCount(), drafts)

    def play(self) -> int:
        """Post what the sequencer decides on; return the number of batches. A lack of funds posts none."""
        try:
            return self._post(self.agent)
        except InsufficientFunds:
            return 0

    def _post(self, agent: Sequencer) -> int:
        """Post what an agent decides on, L1 block by L1 block; return the number of batches.

        A batch that needs the gas of the next L1 block waits for that block. Raises InsufficientFunds.
        """
        total = 0
        while actions := agent.decide(self.view()):
            done = self._post_all(agent, actions)
            total += done
            if done < len(actions) or self.rollup.l1.has_open_block:
                break
        return total

    def _post_all(self, agent: Sequencer, actions: Sequence[PostBatch]) -> int:
        """Post these batches; return how many L1 took.

        Each batch builds on the one before, so the first failure ends the turn. The next turn decides by the inbox as
        it is then. A failure is no error if the inbox has moved, as by a forced inclusion.
        """
        done = 0
        for action in actions:
            self.announce(action)
            try:
                self.perform(action)
            except InsufficientFunds as problem:
                self.note(action, problem)
                raise
            except Reverted as refusal:
                if action in agent.decide(self.view()):
                    self.note(action, refusal)
                    raise
                self.refused.append(refusal)
                break
            self.setbacks.overcome(action)
            done += 1
        return done

    def perform(self, action: PostBatch) -> Receipt:
        """Post one batch; raises the decoded Reverted, and InsufficientFunds."""
        sent: Receipt = self.rollup.contracts.sequencer_inbox.postBatch(
            action.index, action.delayed_before, action.delayed_count, action.data, sender=self.account
        )
        return sent

    def post(self) -> int:
        """Post all batches at once, whatever their age; return how many."""
        return self._post(replace(self.agent, patience=0))

    def post_before(self, timestamp: int) -> int:
        """Post now what could not be posted at ``timestamp`` unchanged; return the number of batches.

        A batch reaches back ``window`` seconds, so L1 would move older blocks to another time. An upgrade in between
        would give it other rules.
        """
        drafts = self.rollup.l2.backend.follow().drafts
        # A block at the very bound moves with it whenever the batch is posted.
        kept = [
            block.env.timestamp
            for draft in drafts
            for block in draft.blocks
            if block.env.timestamp > draft.guess.min_timestamp
        ]
        is_in_time = min(kept, default=timestamp) >= timestamp - self.rollup.config.window
        fork = self.rollup.node.fork_at(timestamp)
        is_same = is_in_time and all(draft.guess.fork is fork for draft in drafts)
        if is_same or (self.agent.fault is not None and not self.agent.fault.posts):
            return 0
        return self.post()

    def post_data(self, data: bytes, delayed_count: int | None = None) -> Receipt:
        """Post exactly these bytes as the next batch, whatever the drafts hold.

        ``delayed_count`` is how many delayed messages are included afterwards; None keeps the number.
        """
        inbox = self.rollup.contracts.sequencer_inbox
        before = inbox.delayedCount()
        count = before if delayed_count is None else delayed_count
        return self.perform(PostBatch(inbox.batchCount(), before, count, data))

    def wakes_at(self) -> int | None:
        """Return L1's time, in seconds, of its next action without news; None if there is none."""
        return self.agent.wakes_at(self.view())
