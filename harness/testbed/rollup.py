"""A whole rollup in one object: L1's contracts, L2's node, and the agents that drive them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from harness.agents.challenger import Challenger
from harness.agents.proposer import Proposer, Status
from harness.agents.sequencer import Sequencer
from harness.chain.chain import Chain
from harness.chain.values.accounts import Account
from harness.chain.values.codec import address_bytes
from harness.chain.values.transactions import Transaction, sign
from harness.dispute.deploy import deploy_rollup
from harness.rollup.config import Addresses, RollupConfig
from harness.rollup.contracts import RollupContracts, attach, contract_type, deploy
from harness.rollup.errors import WrongSequencer
from harness.rollup.forks import fork_named, fork_word
from harness.rollup.machine.validity import L2Transaction
from harness.rollup.networks import check_fork
from harness.rollup.predeploys import Predeploy
from harness.testbed.agent import AgentHandle
from harness.testbed.assertions import AssertionHandle
from harness.testbed.bridge import FUNDS, PLAIN_GAS, RollupBridge
from harness.testbed.challenger import ChallengerHandle
from harness.testbed.proposer import ProposerHandle
from harness.testbed.sequencer import SequencerHandle
from harness.testbed.serving import Served, serve

_SLACK = 60

Handle = TypeVar("Handle", bound=AgentHandle)


class Rollup(RollupBridge):
    """A rollup: ``rollup.l1`` and ``rollup.l2`` are chains, ``sequencer``, ``proposer`` and ``challenger`` its agents.

    A transaction sent to ``l2`` reaches L1 when the sequencer posts it. Amounts are wei, times are seconds since 1970.
    ``since`` is an L1 block no later than the deployment. Errors of the rollup are a `harness.errors.RollupError`.
    """

    def __init__(
        self,
        l1: Chain,
        contracts: RollupContracts,
        *,
        sequencer: Account,
        proposer: Account,
        since: int = 0,
    ) -> None:
        super().__init__(l1, contracts, since)
        self.sequencer = SequencerHandle(self, sequencer, Sequencer())
        self.proposer = ProposerHandle(self, proposer, Proposer())
        self._challenger: ChallengerHandle | None = None
        self._served: tuple[Served, ...] = ()
        self.runner.join(self.sequencer, self.proposer)
        self.l2.backend.gate = self._admit

    @classmethod
    def deploy(
        cls,
        l1: Chain,
        config: RollupConfig | None = None,
        *,
        deployer: Account | None = None,
        sequencer: Account | None = None,
        proposer: Account | None = None,
        disputes: str | None = None,
    ) -> Rollup:
        """Deploy the contracts on L1 and start the agents.

        By default victor deploys, trent sequences and peggy proposes; ``config`` None is `RollupConfig()`. ``disputes``
        is the address of an existing factory of dispute games; None deploys one too. Raises PrecompileDiffers if L1
        cannot prove L2's fork, and what `Chain.deploy` raises.
        """
        accounts = l1.accounts
        since = l1.block_number + 1
        operator, owner = sequencer or accounts.trent, deployer or accounts.victor
        chosen = config or RollupConfig()
        check_fork(l1, chosen.first_fork)
        if disputes is None:
            contracts = deploy_rollup(l1, chosen, deployer=owner, sequencer=operator)
        else:
            contracts = deploy(l1, chosen, deployer=owner, sequencer=operator, disputes=disputes)
        return cls(l1, contracts, sequencer=operator, proposer=proposer or accounts.peggy, since=since)

    @classmethod
    def attach(
        cls,
        l1: Chain,
        addresses: Addresses,
        *,
        sequencer: Account,
        proposer: Account,
        since: int = 0,
        genesis: tuple[Predeploy, ...] = (),
    ) -> Rollup:
        """Drive a rollup that this process or another one deployed earlier.

        ``genesis`` is that of the configuration which it was deployed with. Raises NoRollup if an address has no
        contract, and WrongGenesis if the contracts belong to another L2.
        """
        return cls(l1, attach(l1, addresses, genesis), sequencer=sequencer, proposer=proposer, since=since)

    def post(self) -> int:
        """Let the sequencer post all batches at once, whatever their age; return how many."""
        return self.sequencer.post()

    def _admit(self, tx: L2Transaction) -> None:
        self.sequencer.admit(tx)

    def _set_clock(self, timestamp: int) -> None:
        self.sequencer.post_before(timestamp)
        self.l1.warp(to=timestamp)

    def _harden(self) -> None:
        if self.unsafe.drafts and not (self.l1.has_open_block or self.l2.has_open_block):
            self.sequencer.post()
        self.l1.harden()

    # -- disputes

    @property
    def challenger(self) -> ChallengerHandle:
        """The honest challenger; it watches from the first access on.

        It is the first honest one that has joined, or else a new one with olivia's account.
        """
        if self._challenger is None:
            joined = (each for each in self.runner.members if isinstance(each, ChallengerHandle) and each.is_honest)
            self._challenger = next(joined, None) or self._seat(
                ChallengerHandle(self, self.l1.accounts.olivia, Challenger())
            )
        return self._challenger

    def _standstill(self) -> list[str]:
        """Why nothing moves: what was not sequenced, and what each undecided assertion waits for."""
        reasons = [f"{len(self.unsafe.drafts)} batches wait to be posted"] if self.unsafe.drafts else []
        reasons += [AssertionHandle(self, id).waits_for for id, _ in self.pending_assertions()]
        return reasons + [str(setback) for setback in self.runner.setbacks[-8:]]

    # -- agents

    @overload
    def join(self, agent: Proposer, account: Account | None = None) -> ProposerHandle: ...

    @overload
    def join(self, agent: Challenger, account: Account | None = None) -> ChallengerHandle: ...

    @overload
    def join(self, agent: Sequencer, account: Account | None = None) -> SequencerHandle: ...

    @overload
    def join(self, agent: Handle) -> Handle: ...

    def join(self, agent: object, account: Account | None = None) -> AgentHandle:
        """Seat an agent and return its handle; the runner steps it, and the handle's verbs act at once.

        Any number of proposers and challengers may join; without ``account`` they get mallory's. A sequencer replaces
        the present one and keeps its account, because the inbox takes batches of that account only. A handle that left
        comes back.

        Raises WrongSequencer for another account of a sequencer, and TypeError for anything that is no agent.
        """
        other = account or self.l1.accounts.mallory
        match agent:
            case Proposer():
                return self._seat(ProposerHandle(self, other, agent, f"proposer of {other.name or other.address}"))
            case Challenger():
                return self._seat(ChallengerHandle(self, other, agent, f"challenger of {other.name or other.address}"))
            case Sequencer():
                return self._replace_sequencer(agent, account)
            case AgentHandle() if account is None and agent.rollup is self:
                return self._seat(agent)
        roles = "a Proposer, a Challenger, a Sequencer, or a handle of this rollup"
        raise TypeError(f"{agent!r} is no agent that can join, expected {roles}")

    def leave(self, handle: AgentHandle) -> None:
        """Stop the runner from stepping an agent; from now on only its handle's verbs act."""
        handle.leave()

    def _seat(self, handle: Handle) -> Handle:
        self.runner.join(handle)
        return handle

    def _replace_sequencer(self, agent: Sequencer, account: Account | None) -> SequencerHandle:
        present = self.sequencer
        if account is not None and account.address != present.account.address:
            raise WrongSequencer(account.address, present.account.address)
        present.leave()
        self.sequencer = SequencerHandle(self, present.account, agent)
        self.unsafe.takes_delayed = agent.takes_delayed
        return self._seat(self.sequencer)

    def step(self) -> int:
        """Let every agent act once; return the number of actions."""
        return self.runner.step()

    def settle(self) -> int:
        """Let the agents act until none has anything left to do at this time; return the number of actions."""
        return self.runner.settle()

    def run_until(self, condition: Callable[[], object]) -> int:
        """Let the agents act, and warp L1 when they wait, until ``condition()`` is true; return the number of turns.

        Raises NeverHappened if no agent will ever act again; it lists what each undecided assertion waits for.
        """
        return self.runner.run_until(condition)

    def confirm_all(self) -> int:
        """Post, assert and confirm all that L2 has, so that its head is finalized; return the number of turns.

        Raises NeverHappened if the agents cannot get there.
        """
        goal = self.l2.unsafe_head
        return self.run_until(lambda: self.l2.finalized_head >= goal)

    # -- transactions

    def upgrade(self, fork: str, *, sender: Account, time: int | None = None) -> int:
        """Schedule a later fork of L2, ``prague`` or ``osaka``; return the time from which batches follow its rules.

        ``sender`` owns the factory of games. ``time`` is in seconds of L1; None is the earliest that the inbox takes.
        Raises UnknownFork, PrecompileDiffers if L1 cannot prove the fork, and the decoded Reverted for a time too early
        and a fork that does not come later.
        """
        wanted = fork_named(fork)
        check_fork(self.l1, wanted)
        inbox, word = self.contracts.sequencer_inbox, fork_word(wanted)
        if time is None:
            disputes = contract_type("DisputeGameFactory").at(self.l1, str(inbox.disputes()))
            # The block that takes it is a second or so later than now.
            time = self.l1.now + int(disputes.delay()) + _SLACK
        inbox.schedule(word, time, sender=sender)
        return time

    def sign_l2(
        self,
        sender: Account,
        *,
        to: Any = None,
        data: bytes = b"",
        value: int = 0,
        gas: int = PLAIN_GAS,
        nonce: int | None = None,
        chain_id: int | None = None,
    ) -> bytes:
        """Return the bytes of a signed L2 transaction that is not sent: type 2, at twice the base fee.

        It may go into the delayed inbox, into a batch made by hand, or to L2 later. ``nonce`` None is the sender's
        next, ``chain_id`` None is L2's. Raises UnknownAccount for an account without a key.
        """
        base_fee = self.config.base_fee
        used = self.l2.nonce(sender) if nonce is None else nonce
        target = None if to is None else address_bytes(to)
        network = self.config.chain_id if chain_id is None else chain_id
        tx = Transaction(2, network, used, 0, 2 * base_fee, gas, target, value, data)
        return sign(tx, sender.private_key).raw

    # -- clients

    def serve(self) -> Served:
        """Serve L1 and L2 to clients of this machine; the URLs are ``served.l1`` and ``served.l2``.

        While they are open, a second call returns the same. Within a test, the servers end with it. Elsewhere
        ``with rollup.serve() as served`` ends them. Raises ServerMissing if the extra ``serve`` is not installed.
        """
        served = next((each for each in self._served if each.is_open), None)
        if served is None:
            served = serve(self)
            self._served = (*self._served, served)
        return served

    # -- isolation

    def snapshot(self) -> object:
        """Return a mark of L2 and the agents, for `restore`; L1 has marks of its own."""
        named = self.sequencer, self.proposer, self._challenger
        handles = dict.fromkeys(each for each in (*self.runner.members, *named) if isinstance(each, AgentHandle))
        marks = [(handle, handle.snapshot()) for handle in handles]
        return self.l2.snapshot(), self.runner.snapshot(), named, marks, self._served

    def restore(self, snapshot: Any) -> None:
        """Return to a mark of `snapshot`; L1 is restored apart."""
        chain, runner, named, marks, served = snapshot
        for each in self._served:
            if each not in served:
                each.close()
        self._served = served
        self.sequencer, self.proposer, self._challenger = named
        self.l2.restore(chain)
        self.runner.restore(runner)
        for handle, mark in marks:
            handle.restore(mark)
        for reader in self.game_readers.values():
            reader.start_over()

    def unchanged(self, earlier: Any, later: Any) -> bool:
        """Return whether L2 and the agents are the same at two marks, apart from L1 and its time."""
        one, other = earlier[0], later[0]
        return bool(one.hash == other.hash and earlier[1:] == later[1:])


__all__ = ["FUNDS", "Rollup", "Status"]
