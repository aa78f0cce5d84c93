"""A whole rollup in one object: L1's contracts, L2's node, and the agents that drive them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

from harness.agents.challenger import Challenger
from harness.agents.proposer import Proposer, Status
from harness.agents.sequencer import Sequencer
from harness.chain.chain import Chain
from harness.chain.receipts import Receipt
from harness.chain.values.accounts import Account
from harness.chain.values.codec import address_bytes
from harness.chain.values.transactions import Transaction, sign
from harness.dispute.deploy import deploy_rollup
from harness.primitives.hashing import keccak256
from harness.rollup.codec.messages import DelayedMessage
from harness.rollup.config import Addresses, RollupConfig
from harness.rollup.contracts import RollupContracts, attach, deploy
from harness.rollup.errors import WrongSequencer
from harness.rollup.machine.validity import L2Transaction
from harness.rollup.withdrawals import Withdrawal, WithdrawalProof, message_in, prove_in
from harness.testbed.agent import AgentHandle
from harness.testbed.assertions import AssertionHandle
from harness.testbed.challenger import ChallengerHandle
from harness.testbed.core import RollupCore
from harness.testbed.handles import ProposerHandle, SequencerHandle

FUNDS = 1_000 * 10**18
"""Wei that `fund` deposits for each account."""

PLAIN_GAS = 21_000

Handle = TypeVar("Handle", bound=AgentHandle)


class Rollup(RollupCore):
    """`rollup.l2` is a chain like any other; what is sent there reaches L1 when the sequencer posts.

    ``since`` is an L1 block no later than the deployment.
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
        """Deploy the contracts and start the agents; trent sequences, peggy proposes and victor deploys unless told
        otherwise. ``disputes`` is a factory of dispute games that is there already; by default one is deployed as well.
        """
        accounts = l1.accounts
        since = l1.block_number + 1
        operator, owner = sequencer or accounts.trent, deployer or accounts.victor
        chosen = config or RollupConfig()
        if disputes is None:
            contracts = deploy_rollup(l1, chosen, deployer=owner, sequencer=operator)
        else:
            contracts = deploy(l1, chosen, deployer=owner, sequencer=operator, disputes=disputes)
        return cls(l1, contracts, sequencer=operator, proposer=proposer or accounts.peggy, since=since)

    @classmethod
    def attach(
        cls, l1: Chain, addresses: Addresses, *, sequencer: Account, proposer: Account, since: int = 0
    ) -> Rollup:
        """Drive a rollup that was deployed earlier, by this process or another."""
        return cls(l1, attach(l1, addresses), sequencer=sequencer, proposer=proposer, since=since)

    def post(self) -> int:
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
        """The honest challenger, olivia unless another one joined before: it watches from the first time it is asked
        for.
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
        """Seat an agent: it acts on its own when the runner steps, and at once by its handle's verbs.

        Proposers and challengers come in any number, mallory's account being theirs unless another one is given. A
        sequencer takes the place of the one that is there, with its account: the inbox takes batches of no other. A
        handle whose agent left comes back. Raises WrongSequencer for another account, TypeError for no agent.
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
        """Let an agent act no more, but on its handle's verbs."""
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
        """Let every agent act once; the number of actions."""
        return self.runner.step()

    def settle(self) -> int:
        """Let the agents act until they have nothing left to do at this time; the number of actions."""
        return self.runner.settle()

    def run_until(self, condition: Callable[[], object]) -> int:
        """Let the agents act, and time pass when they wait, until ``condition()`` is true."""
        return self.runner.run_until(condition)

    def confirm_all(self) -> int:
        """Post, assert and confirm all that L2 has; afterwards its head is finalized. The number of turns."""
        goal = self.l2.unsafe_head
        return self.run_until(lambda: self.l2.finalized_head >= goal)

    @property
    def latest_confirmed(self) -> AssertionHandle:
        return AssertionHandle(self, bytes(self.assertions.latestConfirmed()))

    # -- deposits

    def deposit(
        self,
        value: int,
        *,
        sender: Account,
        to: Any = None,
        call_value: int | None = None,
        data: bytes = b"",
        gas: int = 100_000,
        is_creation: bool = False,
    ) -> Receipt:
        """Send wei, and a call if there is ``data``, to L2 through the portal; the receipt is that of L2, where it is
        executed.

        ``value`` is minted on L2 and, unless ``call_value`` says otherwise, sent on to ``to`` (the sender itself by
        default).
        """
        target = bytes(20) if is_creation else address_bytes(to if to is not None else sender)
        carried = call_value if call_value is not None else (0 if to is None and not is_creation else value)
        message = self.queue_deposit(
            value, sender=sender, to=target, call_value=carried, data=data, gas=gas, is_creation=is_creation
        )
        return self.l2.receipt(message.hash)

    def queue_deposit(
        self,
        value: int,
        *,
        sender: Account,
        to: bytes,
        call_value: int,
        data: bytes = b"",
        gas: int = 100_000,
        is_creation: bool = False,
    ) -> DelayedMessage:
        """Send a deposit to L1; the message, which L2 has executed if the sequencer takes delayed messages."""
        receipt = self.portal.deposit(to, call_value, gas, is_creation, data, sender=sender, value=value)
        return self.message_of(receipt)

    def message_of(self, receipt: Receipt) -> DelayedMessage:
        """The delayed message that an L1 transaction queued."""
        self.l2.backend.follow()
        event = next(event for event in receipt.events if event.name == "MessageQueued")
        message: DelayedMessage = self.node.inbox.messages[event.index]
        return message

    def fund(self, accounts: Iterable[Account] | None = None, value: int = FUNDS) -> None:
        """Deposit for the accounts, all of the chain's by default, in one L1 block."""
        members = list(self.l1.accounts if accounts is None else accounts)
        with self.l1.block():
            for account in members:
                self.portal.deposit(account.address, 0, PLAIN_GAS, False, b"", sender=account, value=value)
        self.l2.backend.follow()

    def force_include(self, message: DelayedMessage, *, sender: Account) -> Receipt:
        """Include delayed messages up to this one, whose window has passed, without the sequencer."""
        receipt: Receipt = self.contracts.sequencer_inbox.forceInclude(message.index + 1, message.record, sender=sender)
        return receipt

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
        """A signed L2 transaction that nobody has yet: for the delayed inbox, for a batch by hand, or to be sent
        later.
        """
        base_fee = self.config.base_fee
        used = self.l2.nonce(sender) if nonce is None else nonce
        target = None if to is None else address_bytes(to)
        network = self.config.chain_id if chain_id is None else chain_id
        tx = Transaction(2, network, used, 0, 2 * base_fee, gas, target, value, data)
        return sign(tx, sender.private_key).raw

    # -- withdrawals

    def withdraw(self, value: int, *, sender: Account, to: Any = None, gas: int = 0, data: bytes = b"") -> Withdrawal:
        """Send wei, and a call if there is ``data``, to L1; it is executed there once confirmed and proven."""
        target = address_bytes(to if to is not None else sender)
        receipt = self.messenger.sendMessage(target, gas, data, sender=sender, value=value)
        return message_in(receipt)

    def withdrawal_in(self, raw: bytes) -> Withdrawal:
        """The message that a raw L2 transaction sent, once that is executed."""
        return message_in(self.l2.receipt(keccak256(raw)))

    def prove(self, withdrawal: Withdrawal) -> WithdrawalProof:
        """The proof against the newest confirmed assertion; raises NotYetProvable if it does not cover the message."""
        self.l2.backend.follow()
        latest = self.latest_confirmed
        return prove_in(self.node, withdrawal, latest.id, latest.end)

    def execute(self, withdrawal: Withdrawal, *, sender: Account) -> Receipt:
        """Prove a confirmed message on L1 and execute it."""
        receipt: Receipt = self.portal.execute(withdrawal.struct, self.prove(withdrawal).struct, sender=sender)
        return receipt

    # -- isolation

    def snapshot(self) -> object:
        """All of it but L1, which has its own."""
        named = self.sequencer, self.proposer, self._challenger
        handles = dict.fromkeys(each for each in (*self.runner.members, *named) if isinstance(each, AgentHandle))
        marks = [(handle, handle.snapshot()) for handle in handles]
        return self.l2.snapshot(), self.runner.snapshot(), named, marks

    def restore(self, snapshot: Any) -> None:
        chain, runner, named, marks = snapshot
        self.sequencer, self.proposer, self._challenger = named
        self.l2.restore(chain)
        self.runner.restore(runner)
        for handle, mark in marks:
            handle.restore(mark)
        for reader in self.game_readers.values():
            reader.start_over()

    def unchanged(self, earlier: Any, later: Any) -> bool:
        """Whether L2 and the agents are at a snapshot what they were at another; L1 and its time apart."""
        one, other = earlier[0], later[0]
        return bool(one.hash == other.hash and earlier[1:] == later[1:])


__all__ = ["FUNDS", "Rollup", "Status"]
