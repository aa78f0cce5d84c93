"""The bridge as a test uses it: deposits, withdrawals in one step or in two, and the roots to prove them against."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile
from typing import Any

from harness.chain.receipts import Receipt
from harness.chain.values.accounts import Account
from harness.chain.values.address import address_of
from harness.chain.values.codec import address_bytes
from harness.contracts.bindings import Contract
from harness.contracts.events import emitted
from harness.primitives.hashing import keccak256
from harness.rollup.codec.messages import DelayedMessage, source_hash
from harness.rollup.contracts import contract_type
from harness.rollup.errors import (
    MessageLost,
    NoGasForCall,
    NoTwin,
    NotYetFinalizable,
    NotYetProvable,
    UnknownMessage,
)
from harness.rollup.withdrawals import GameStatus, Opening, Withdrawal, WithdrawalProof, message_in, prove_in, was_sent
from harness.testbed.assertions import AssertionHandle
from harness.testbed.core import RollupCore

FUNDS = 1_000 * 10**18
"""Wei that `fund` deposits for each account."""

PLAIN_GAS = 21_000


class RollupBridge(RollupCore):
    """The part of `harness.testbed.rollup.Rollup` that carries value and messages between L1 and L2."""

    @property
    def latest_confirmed(self) -> AssertionHandle:
        """The newest assertion that L1 has confirmed."""
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
        """Send ether, and a call with ``data``, to L2 through the portal; return L2's receipt.

        ``value`` is the wei to mint on L2. ``to`` None is the sender itself. ``call_value`` is the wei that the L2 call
        carries; None is ``value`` if ``to`` is given or the deposit creates a contract, else 0. ``gas`` is the L2 gas
        limit. Raises the decoded Reverted of L1, and UnknownTransaction if the sequencer has not executed the deposit
        yet; `queue_deposit` does not wait for it.
        """
        target = bytes(20) if is_creation else address_bytes(to if to is not None else sender)
        carried = call_value if call_value is not None else (0 if to is None and not is_creation else value)
        with self.l1.backend.steady():
            message = self.queue_deposit(
                value, sender=sender, to=target, call_value=carried, data=data, gas=gas, is_creation=is_creation
            )
            return self.l2.receipt(message.transaction_hash)

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
        """Send a deposit to L1 and return its delayed message.

        L2 executes it at once if the sequencer takes delayed messages, else after a batch or a forced inclusion.
        """
        receipt = self.portal.depositTransaction(to, call_value, gas, is_creation, data, sender=sender, value=value)
        return self.message_of(receipt)

    def message_of(self, receipt: Receipt) -> DelayedMessage:
        """Return the first delayed message that an L1 transaction queued; raises UnknownMessage if there is none."""
        self.l2.backend.follow()
        sources = {source_hash(receipt.block_hash, log.index) for log in receipt.logs}
        recent = takewhile(lambda each: each.l1_block >= receipt.block_number, reversed(self.node.inbox.messages))
        found: list[DelayedMessage] = [each for each in recent if each.source in sources]
        if not found:
            raise UnknownMessage("a message to L2", f"transaction 0x{receipt.hash.hex()}")
        return found[-1]

    def fund(self, accounts: Iterable[Account] | None = None, value: int = FUNDS) -> None:
        """Deposit ``value`` wei for each account, in one L1 block; None means all accounts of L1."""
        members = list(self.l1.accounts if accounts is None else accounts)
        with self.l1.block():
            for account in members:
                self.portal.depositTransaction(account.address, 0, PLAIN_GAS, False, b"", sender=account, value=value)
        self.l2.backend.follow()

    def force_include(self, message: DelayedMessage, *, sender: Account) -> Receipt:
        """Include delayed messages up to this one without the sequencer; return L1's receipt.

        Raises the decoded Reverted if the message's window has not passed.
        """
        receipt: Receipt = self.contracts.sequencer_inbox.forceInclude(message.index + 1, message.record, sender=sender)
        return receipt

    # -- withdrawals

    def withdraw(
        self, value: int, *, sender: Account, to: Any = None, gas: int | None = None, data: bytes = b""
    ) -> Withdrawal:
        """Send ether, and a call with ``data``, from L2 to L1; return the withdrawal.

        ``to`` None is the sender itself; ``gas`` is the least L1 gas that the call gets. None is zero. `execute`
        delivers it once an assertion that covers it is confirmed. Raises the decoded Reverted of L2, and NoGasForCall
        for data without gas where a failed message is lost.
        """
        if gas is None and data and not self.config.retry_failed:
            raise NoGasForCall(len(data))
        target = address_bytes(to if to is not None else sender)
        receipt = self.passer.initiateWithdrawal(target, gas or 0, data, sender=sender, value=value)
        return message_in(receipt)

    def withdrawal_in(self, raw: bytes) -> Withdrawal:
        """Return the withdrawal that a raw L2 transaction made; raises UnknownTransaction and UnknownMessage."""
        return message_in(self.l2.receipt(keccak256(raw)))

    def proof(self, withdrawal: Withdrawal, assertion: AssertionHandle | None = None) -> WithdrawalProof:
        """Return the proof of a withdrawal in the state of an assertion; None is the newest confirmed one.

        Raises NotYetProvable if that assertion does not cover it.
        """
        self.l2.backend.follow()
        return prove_in(self.node, withdrawal, (assertion or self.latest_confirmed).end)

    def open_root(self, assertion: AssertionHandle | None = None, *, sender: Account) -> int:
        """Open an assertion's machine on L1, unless that was done; return the index of its root.

        None is the newest confirmed assertion. Raises the decoded Reverted if the assertion is rejected, or names
        another machine than this node's.
        """
        chosen = assertion or self.latest_confirmed
        self.l2.backend.follow()
        if int(self.roots.gameOf(chosen.id), 16) == 0:
            opening = Opening.of(self.node.idle_after(chosen.end), chosen.id)
            self.roots.open(*opening.arguments, sender=sender)
        return int(self.roots.indexOf(chosen.id))

    def prove(self, withdrawal: Withdrawal, *, sender: Account, assertion: AssertionHandle | None = None) -> Receipt:
        """Prove a withdrawal on L1, for `finalize` to execute it; return L1's receipt.

        The proof is against ``assertion``; None is the newest confirmed one that covers the withdrawal, or else the
        first pending one that does and whose root is this node's. Its root is opened if it has to be. Raises
        NotYetProvable if there is none, and the decoded Reverted.
        """
        chosen = assertion or self._covering(withdrawal)
        index = self.open_root(chosen, sender=sender)
        call = self.proof(withdrawal, chosen).arguments(withdrawal, index)
        receipt: Receipt = self.portal.proveWithdrawalTransaction(*call, sender=sender)
        return receipt

    def finalize(self, withdrawal: Withdrawal, *, sender: Account, prover: Account | None = None) -> Receipt:
        """Execute on L1 a withdrawal that ``prover`` has proven; return L1's receipt. None is the sender.

        Raises the decoded Reverted if its assertion is not confirmed, the maturity delay is not over, it was executed
        already, or its call fails. With ``retry_failed=False`` a call that fails raises MessageLost instead.
        """
        if prover is None:
            receipt: Receipt = self.portal.finalizeWithdrawalTransaction(withdrawal.struct, sender=sender)
        else:
            receipt = self.portal.finalizeWithdrawalTransactionExternalProof(
                withdrawal.struct, prover.address, sender=sender
            )
        if not emitted(receipt, self.portal.WithdrawalFinalized, withdrawalHash=withdrawal.hash).success:
            raise MessageLost(withdrawal.hash, receipt)
        return receipt

    def execute(self, withdrawal: Withdrawal, *, sender: Account) -> Receipt:
        """Open the root, prove the withdrawal, and finalize it: what of these was not done before.

        Returns L1's receipt. An earlier proof by the sender counts, against a pending assertion too, unless a new one
        would be ready sooner. Raises NotYetProvable before an assertion that covers it is confirmed, NotYetFinalizable
        while the proof has to wait by the time of L1's head, and what `finalize` raises.
        """
        if self.portal.finalizedWithdrawals(withdrawal.hash):
            return self.finalize(withdrawal, sender=sender)
        ready = self._ready(withdrawal, sender)
        if ready is None or ready > self._mature(self.l1.now):
            self.prove(withdrawal, sender=sender, assertion=self._covering_confirmed(withdrawal))
            ready = self._ready(withdrawal, sender)
        assert ready is not None
        if self.l1.now < ready:
            raise NotYetFinalizable(withdrawal.hash, self.l1.now, ready)
        return self.finalize(withdrawal, sender=sender)

    # -- tokens

    def bridge(self, token: Any, amount: int, *, sender: Account, to: Any = None, gas: int | None = None) -> Receipt:
        """Send ERC-20 tokens to L2, where `twin` holds them; return L2's receipt.

        ``token`` is the contract on L1 or its address. The sender approves the amount if it has not. ``to`` None is the
        sender itself. ``gas`` is the L2 gas limit; None is what deploys the twin. Raises the decoded Reverted of L1,
        and UnknownTransaction if the sequencer has not executed the deposit yet.
        """
        place, bridge = address_of(token), self.token_bridge
        contract = contract_type("DemoToken").at(self.l1, place)
        allowed = contract.allowance(sender.address, bridge.address)
        if allowed < amount:
            if allowed:  # some tokens refuse to change an allowance to anything but zero
                contract.approve(bridge.address, 0, sender=sender)
            contract.approve(bridge.address, amount, sender=sender)
        limit = bridge.MIN_GAS() if gas is None else gas
        target = address_bytes(to if to is not None else sender)
        message = self.message_of(bridge.deposit(place, target, amount, limit, sender=sender))
        return self.l2.receipt(message.transaction_hash)

    def bridge_back(self, token: Any, amount: int, *, sender: Account, to: Any = None) -> Withdrawal:
        """Burn the twins of tokens on L2, and return the withdrawal that pays the tokens on L1; `execute` delivers it.

        ``token`` is the contract on L1 or its address. ``to`` None is the sender itself. Raises NoTwin, and the decoded
        Reverted of L2.
        """
        self.twin(token)
        target = address_bytes(to if to is not None else sender)
        return message_in(self.l2_token_bridge.withdraw(address_of(token), target, amount, sender=sender))

    def twin(self, token: Any) -> Contract:
        """Return the contract on L2 that stands for a token of L1; raises NoTwin if nobody has bridged it."""
        place = address_of(token)
        found = str(self.l2_token_bridge.twinOf(place))
        if int(found, 16) == 0:
            raise NoTwin(place)
        return contract_type("TwinToken").at(self.l2, found)

    def _ready(self, withdrawal: Withdrawal, sender: Account) -> int | None:
        """The first L1 second in which the sender's proof may count; None if there is none that can."""
        place, proven_at = self.portal.provenWithdrawals(withdrawal.hash, sender.address)
        if not proven_at:
            return None
        game = self.game_at(place)
        match GameStatus(game.status()):
            case GameStatus.CHALLENGER_WINS:
                return None
            case GameStatus.IN_PROGRESS:
                return max(self._mature(proven_at), int(game.createdAt()) + int(game.maxClockDuration()))
            case GameStatus.DEFENDER_WINS:
                return self._mature(proven_at)

    def _mature(self, proven_at: int) -> int:
        """The first L1 second in which a proof is old enough."""
        return proven_at + self.config.maturity + 1 if self.config.maturity else proven_at

    def _covering_confirmed(self, withdrawal: Withdrawal) -> AssertionHandle:
        self.l2.backend.follow()
        latest = self.latest_confirmed
        idle = self.node.idle_after(latest.end)
        if not was_sent(withdrawal, idle):
            raise NotYetProvable(withdrawal.hash, idle.env.number)
        return latest

    def _covering(self, withdrawal: Withdrawal) -> AssertionHandle:
        """The newest confirmed assertion if it covers the withdrawal, else the first right pending one that does."""
        try:
            return self._covering_confirmed(withdrawal)
        except NotYetProvable:
            pending = [AssertionHandle(self, id) for id, _ in self.pending_assertions()]
            for handle in sorted(pending, key=lambda each: each.end):
                if handle.end > len(self.node.derived):
                    continue
                idle = self.node.idle_after(handle.end)
                if idle.root == handle.root and was_sent(withdrawal, idle):
                    return handle
            raise
