"""The walkaway test: sequencer, proposer and owner are gone for ever, and every user takes everything out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from harness.agents import faults
from harness.agents.proposer import Proposer
from harness.chain.chain import Chain
from harness.chain.receipts import Receipt
from harness.chain.values.accounts import Account
from harness.chain.values.address import address_bytes
from harness.contracts.bindings import Contract
from harness.errors import HarnessError
from harness.primitives.patricia import walk
from harness.rollup.codec.messages import DelayedMessage
from harness.rollup.machine.state import AccountState, account_path
from harness.rollup.predeploys import BUILT_IN, PASSER
from harness.rollup.withdrawals import Withdrawal, message_in, sent_in
from harness.testbed.rollup import Rollup
from harness.testbed.runner import Runner

OPERATORS = ("trent", "peggy", "victor")
"""Sequencer, proposer and owner, by the names of their accounts."""
GAS = 300_000
"""Gas on L2 of a call that a user makes from L1."""


class NobodyLeft(HarnessError):
    """No user has ether on L2, or all accounts are operators'."""

    def __init__(self, operators: Sequence[str]) -> None:
        super().__init__(f"no account but the operators' ({', '.join(operators)}) has ether on L2")


class CallLost(HarnessError):
    """A call that a user forced into L2 from L1 failed there; ``call`` says which."""

    def __init__(self, call: str, reason: str) -> None:
        super().__init__(f"{call}, forced in from L1, fails on L2: {reason}")
        self.call = call
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ExitCall:
    """A call on L2 by which a user takes its own out of a contract: ``ExitCall(bob, vault, "withdraw", (5,))``."""

    user: Account
    contract: Contract
    function: str
    arguments: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.user} calling {self.contract.type.name}.{self.function}"


@dataclass(frozen=True, slots=True)
class Exit:
    """What a user took out: wei that it ``had`` on L2 or on the way, that it ``got`` on L1, and that are ``left``.

    ``gas`` is what its transactions on L1 used.
    """

    user: str
    had: int
    got: int
    left: int
    gas: int


@dataclass(frozen=True, slots=True)
class Walkaway:
    """How everybody got out: who took what, in how many ``seconds`` of L1's time, and what is stuck in contracts.

    ``stuck`` has the wei of each account on L2 that still has some and that is no user's, no operator's and no
    predeploy, as "Vault at 0x...". Whose address nobody has named is called by the hash of its address.
    """

    exits: tuple[Exit, ...]
    seconds: int
    stuck: dict[str, int]

    @property
    def gas(self) -> int:
        """The gas of all users' transactions on L1 together."""
        return sum(each.gas for each in self.exits)

    @property
    def is_complete(self) -> bool:
        """Whether every user got on L1 what it had on L2, and nothing is left."""
        return not any(self.stuck.values()) and all(each.got == each.had and not each.left for each in self.exits)

    def __str__(self) -> str:
        got = sum(each.got for each in self.exits)
        many, most = len(self.exits), max((each.gas for each in self.exits), default=0)
        lines = [
            f"{many} users take {got / 10**18:.4f} ETH out in {self.seconds / 86_400:.2f} days,"
            f" with {self.gas:,} gas on L1, {most:,} gas at most for one"
        ]
        lines += [
            f"{each.user} had {each.had} wei, got {each.got}, {each.left} are left"
            for each in self.exits
            if each.got != each.had or each.left
        ]
        lines += [f"{name} still has {wei} wei" for name, wei in self.stuck.items() if wei]
        return "; ".join(lines)


def walk_away(rollup: Rollup, calls: Iterable[ExitCall] = (), *, operators: Sequence[str] = OPERATORS) -> Walkaway:
    """Let the operators leave, and every user take everything out; return what each got, how soon, and for what gas.

    First ``calls`` are forced into L2 through the delayed inbox, in their order; then each user's whole balance is sent
    to L1 in the same way. One user asserts what L2 did then, with a bond. After the challenge period everybody proves
    and executes. Ether of L2 alone is followed: tokens leave by calls on the bridge. What the sequencer had not posted
    is lost. Raises CallLost for a call that fails on L2, NobodyLeft, and what L1 answers to a user.
    """
    leaving = _Leaving(rollup, [each for each in rollup.l1.accounts if each.name not in operators])
    return leaving.run(list(calls))


class _Leaving:
    """One walkaway."""

    def __init__(self, rollup: Rollup, users: list[Account]) -> None:
        self.rollup = rollup
        self.users = users
        self.gas: Counter[str] = Counter()
        self.paid: Counter[str] = Counter()

    def run(self, calls: list[ExitCall]) -> Walkaway:
        rollup = self.rollup
        began = rollup.l1.now
        rollup.sequencer.become(faults.Stopped())
        rollup.leave(rollup.proposer)
        before = {user.name: rollup.l1.balance(user) for user in self.users}
        with self._counting():
            self._call(calls)
            leavers = [user for user in self.users if self._on_l2(user.address_bytes)]
            if not leavers:
                raise NobodyLeft([each.name for each in rollup.l1.accounts if each not in self.users])
            messages = self._send_out(leavers)
            self._confirm(leavers[0])
            for user, message in messages:
                rollup.execute(message, sender=user)
        had: Counter[str] = Counter()
        for _, message in messages:
            had[message.target] += message.value
        everybody = [user for user in self.users if had[user.address]]
        exits = tuple(
            Exit(
                user.name,
                had[user.address],
                rollup.l1.balance(user) - before[user.name] + self.paid[user.address],
                self._on_l2(user.address_bytes),
                self.gas[user.address],
            )
            for user in everybody
        )
        return Walkaway(exits, rollup.l1.now - began, dict(self._stuck()))

    @contextmanager
    def _counting(self) -> Iterator[None]:
        def count(_: Chain, receipt: Receipt) -> None:
            self.gas[receipt.raw.sender] += receipt.raw.gas_used
            self.paid[receipt.raw.sender] += receipt.cost

        with self.rollup.l1.on_transaction(count):
            yield

    def _stuck(self) -> Iterator[tuple[str, int]]:
        """Yield what nobody has taken out, by where it is."""
        l2 = self.rollup.l2
        l2.backend.follow()
        people = {account_path(account.address_bytes) for account in l2.accounts}
        passed = people | {account_path(address) for address in BUILT_IN}
        known = l2.knowledge.memory().by_address
        names = {account_path(address_bytes(place)): f"{info.name} at {place}" for place, info in known.items()}
        for path, account in walk(self.rollup.node.idle.state.accounts):
            if isinstance(account, AccountState) and account.balance and path not in passed:
                hashed = "".join(f"{nibble:x}" for nibble in path)
                yield names.get(path, f"the account whose address has the hash 0x{hashed}"), account.balance

    def _on_l2(self, account: bytes) -> int:
        """Return what an account has on L2 by what L1 knows; what was not posted does not count."""
        self.rollup.l2.backend.follow()
        return self.rollup.node.idle.state.balance(account)

    def _force(self, messages: Sequence[DelayedMessage], sender: Account) -> None:
        """Include messages without the sequencer, once they are old enough."""
        if messages:
            rollup = self.rollup
            rollup.l1.warp(rollup.config.window + 1)
            rollup.force_include(messages[-1], sender=sender)
            rollup.l2.backend.follow()

    def _call(self, calls: list[ExitCall]) -> None:
        """Make calls on L2 from L1, behind the messages that wait there already."""
        sent = []
        for call in calls:
            data = call.contract.functions[call.function].encode(*call.arguments)
            to = bytes.fromhex(call.contract.address[2:])
            sent.append(self.rollup.queue_deposit(0, sender=call.user, to=to, call_value=0, data=data, gas=GAS))
        inbox, idle = self.rollup.node.inbox, self.rollup.node.idle
        self._force(sent or inbox.messages[idle.cursor.delayed :], calls[-1].user if calls else self.users[0])
        for call, message in zip(calls, sent, strict=True):
            receipt = self.rollup.l2.receipt(message.transaction_hash)
            if not receipt.raw.succeeded:
                raise CallLost(str(call), receipt.trace().error or "without a reason")

    def _send_out(self, users: list[Account]) -> list[tuple[Account, Withdrawal]]:
        """Send everything to L1 that users have, and return all their messages that L1 has not executed."""
        rollup, passer = self.rollup, self.rollup.passer
        earlier = [message for block in rollup.node.blocks for message in sent_in(block)]
        by_address = {user.address: user for user in self.users}
        found = [
            (by_address[message.sender], message)
            for message in earlier
            if message.sender in by_address and not rollup.portal.finalizedWithdrawals(message.hash)
        ]
        sent = []
        for user in users:
            data = passer.functions["initiateWithdrawal"].encode(user.address, 0, b"")
            value = self._on_l2(user.address_bytes)
            sent.append(rollup.queue_deposit(0, sender=user, to=PASSER, call_value=value, data=data, gas=GAS))
        if users:
            self._force(sent, users[-1])
        for user, message in zip(users, sent, strict=True):
            found.append((user, message_in(rollup.l2.receipt(message.transaction_hash))))
        return found

    def _confirm(self, proposer: Account) -> None:
        """Let a user assert what L2 did, and wait until L1 has confirmed it and the bond is back."""
        rollup = self.rollup
        goal = len(rollup.node.derived)
        handle = rollup.join(Proposer(), proposer)
        others = [each for each in rollup.runner.members if each not in (rollup.sequencer, rollup.proposer)]
        runner = Runner(rollup.l1)
        runner.join(*others)
        runner.run_until(lambda: rollup.latest_confirmed.end >= goal, "the confirmation of what users sent out")
        runner.settle()
        rollup.leave(handle)
