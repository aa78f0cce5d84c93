"""One life of a channel: payments, crashes and answers as they are drawn, the close, and who has got what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from harness.agents.channel_cheats import STRATEGIES, Jamming, Stale
from harness.agents.channel_party import Action, AnswerWith, ChannelStrategy, ChannelView, CloseWith, Honest, LockUp
from harness.chain.errors import RevertedWithError
from harness.channels import model
from harness.channels.bus import Faults
from harness.channels.routing import Hop
from harness.channels.types import Side, SignedState, Status
from harness.errors import ChannelError
from harness.fuzz.cases import CaseLost, again, check_names
from harness.fuzz.channel_shadow_judge import ShadowedJudge
from harness.fuzz.crashes import Crash, CrashingJournal
from harness.testbed.channels import DAY, HOUR, Channel, Channels

if TYPE_CHECKING:
    from harness.chain import Account
    from harness.contracts.bindings import Contract

UNIT = 10**15


@dataclass(frozen=True, slots=True)
class ChannelCase:
    """What one life of a channel begins with, and which moves it has; what a move does is drawn from ``seed`` too.

    ``moves`` are the numbers of the moves that are made: what a move does is drawn from its number, whatever is left
    out before it. ``strategy`` is how the other party behaves. The honest one is the first of the chain's accounts, or
    the second. ``deposits`` are wei, the honest party's first. ``penalty`` is that of a stale close, in 1/10,000 of a
    balance.
    """

    seed: int
    strategy: str
    honest_first: bool
    deposits: tuple[int, int]
    penalty: int
    faults: Faults
    moves: tuple[int, ...]

    def __post_init__(self) -> None:
        check_names("strategy", [self.strategy], STRATEGIES)


@dataclass(frozen=True, slots=True)
class LifeResult:
    """The result of one run: what the honest party got, and the least that it was entitled to, in wei.

    Both include its withdrawals.
    """

    case: ChannelCase
    honest: int
    entitled: int
    payments: int
    crashes: int

    @property
    def lost(self) -> bool:
        return self.honest < self.entitled

    def __str__(self) -> str:
        return f"{self.honest} wei, entitled to {self.entitled} ({self.case.strategy})"


@dataclass(slots=True)
class ChannelLife:
    """One case played on a chain that has the contract."""

    contract: Contract
    case: ChannelCase
    random: Random = field(init=False)
    channels: Channels = field(init=False)
    honest: Account = field(init=False)
    other: Account = field(init=False)
    channel: Channel = field(init=False)
    strategy: ChannelStrategy = field(init=False)
    journal: CrashingJournal = field(init=False)
    complete: list[SignedState] = field(default_factory=list)
    payments: int = 0
    crashes: int = 0
    moves: int = 0

    def __post_init__(self) -> None:
        case, chain = self.case, self.contract.chain
        self.random = Random(f"life {case.seed}")
        judge = ShadowedJudge(self.contract, chain.accounts[-1])
        self.channels = Channels(judge, seed=case.seed, faults=case.faults)
        self.channels.reveal_margin = 2 * HOUR
        first, second = chain.accounts[0], chain.accounts[1]
        self.honest, self.other = (first, second) if case.honest_first else (second, first)
        self.strategy = STRATEGIES[case.strategy]
        self.journal = CrashingJournal()
        self.channels.journals[self.honest.address] = self.journal
        deposit, other = case.deposits
        self.channel = self.channels.open(
            self.honest, self.other, deposit, other_deposit=other, window=DAY, penalty=case.penalty
        )

    def play(self) -> LifeResult:
        """Play the life from the first payment to the payout.

        Raises AssertionError if contract and model disagree, or if money stays in the contract. The notes of what is
        raised have the line that plays the life again.
        """
        try:
            for number in self.case.moves:
                self.random = Random(f"life {self.case.seed} {number}")
                self._step()
            self.random = Random(f"life {self.case.seed}")
            self._close()
            self._settle()
            return self._verdict()
        except Exception as problem:
            problem.add_note(f"play it again: {again(self.case, 'channels')}")
            raise
        finally:
            self.channels.stop()

    # -- the living channel

    def _step(self) -> None:
        doings: list[tuple[int, Callable[[], None]]] = [
            (6, lambda: self._pay(self.honest)),
            (6, lambda: self._pay(self.other)),
            (3, lambda: self._lock(self.honest, self.other)),
            (3, lambda: self._lock(self.other, self.honest)),
            (2, self._crash),
            (2, self.channels.tick),
            (2, self._wait),
            (1, self._deposit),
            (1, self._withdraw),
            (2 if isinstance(self.strategy, Jamming) else 0, self._carry_out_decision),
        ]
        weights, actions = zip(*doings, strict=True)
        (doing,) = self.random.choices(actions, weights)
        self._guarded(doing)
        self.moves += 1
        if not self.strategy.speaks(self.moves):
            self.channels.offline(self.other)
        self._guarded(self.channels.deliver)
        self._note_complete()

    def _guarded(self, doing: Callable[[], None]) -> None:
        """Do something that may fail.

        A refusal changes nothing. After a crash the honest party comes back from its journal.
        """
        try:
            doing()
        except ChannelError:
            return
        except Crash:
            self.crashes += 1
            self.channels.resume(self.honest)

    def _speaks(self, account: Account) -> bool:
        return self.channels.is_online(account.address)

    def _pay(self, payer: Account) -> None:
        balance = self.channel.balance(payer)
        if balance > 0 and self._speaks(payer):
            self.channels.node(payer).pay(self.channel.id, self.random.randint(1, balance), self.channels.now)
            self.payments += 1

    def _lock(self, payer: Account, payee: Account) -> None:
        balance = self.channel.balance(payer)
        if balance <= 0 or not self._speaks(payer):
            return
        amount = self.random.randint(1, balance)
        hashlock = self.channels.node(payee).invoice(amount, self.random.getrandbits(60))
        expiry = self.channels.now + self.random.randint(3 * HOUR, 8 * HOUR)
        hop = Hop(self.channel.id, payee.address, amount, expiry)
        self.channels.node(payer).pay_route(hashlock, (hop,), self.channels.now)
        self.payments += 1

    def _crash(self) -> None:
        self.journal.arm(self.random.randrange(4), written=self.random.random() < 0.5)

    def _wait(self) -> None:
        self.channels.tick()
        self.channels.watchtower.step()
        self.channels.chain.warp(self.random.randint(1, HOUR))

    def _deposit(self) -> None:
        account = self.random.choice([self.honest, self.other])
        self.channel.deposit(account, self.random.randint(1, 5) * UNIT)

    def _withdraw(self) -> None:
        account = self.random.choice([self.honest, self.other])
        balance = self.channel.balance(account)
        if balance > 1 and self._speaks(self.other):
            self.channel.withdraw(account, self.random.randint(1, balance // 2))

    def _carry_out_decision(self) -> None:
        self._note_complete()
        for action in self.strategy.decide(self._view(self.other)):
            self._carry_out(action)

    def _note_complete(self) -> None:
        newest = self.channel.end(self.other).newest
        if not self.complete or self.complete[-1].version < newest.version:
            self.complete.append(newest)

    def _view(self, account: Account, answer: SignedState | None = None) -> ChannelView:
        states = self.complete if account is self.other else [self.channel.end(account).newest]
        return ChannelView(self.channels.now, self.channel.side(account), self.channel.info, states, answer)

    def _carry_out(self, action: Action) -> None:
        if isinstance(action, CloseWith):
            self.channel.close(by=self.other, state=action.signed)
        elif isinstance(action, AnswerWith):
            self.channel.answer(by=self.other, state=action.signed)
        elif isinstance(action, LockUp):
            end = self.channel.end(self.other)
            for _ in range(action.count):
                hashlock = self.random.randbytes(32)
                _, proposal = end.lock(hashlock, 1, self.channels.now + 4 * HOUR, self.channels.now)
                self.channels.bus.send(self.other.address, self.honest.address, proposal)

    def _attempt(self, action: Action) -> None:
        """Carry out an action of the other party.

        The contract refuses an old state that a later withdrawal has overdrawn.
        """
        try:
            self._carry_out(action)
        except RevertedWithError as refusal:
            if refusal.name != "Overdrawn":
                raise

    # -- the end

    def _close(self) -> None:
        """Close as the strategy decides, or else as the honest party."""
        self._note_complete()
        self.journal.arm(-1, written=False)
        actions = [a for a in self.strategy.decide(self._view(self.other)) if isinstance(a, CloseWith)]
        dishonest = isinstance(self.strategy, Stale)
        if actions and (dishonest or self.random.random() < 0.5):
            if self.random.random() < 0.7:
                self.channels.offline(self.honest)
            self._attempt(actions[0])
        if self.channel.info.status is Status.OPEN:
            for action in Honest().decide(self._view(self.honest)):
                assert isinstance(action, CloseWith)
                self.channel.close(by=self.honest, state=action.signed)

    def _settle(self) -> None:
        """Step the watchtower until the deadline. A front runner gets ahead of its answer."""
        held = self.channel.end(self.honest).newest
        if self.channel.info.version < held.version:
            for action in self.strategy.decide(self._view(self.other, held)):
                if isinstance(action, AnswerWith) and action.ahead:
                    self._attempt(action)
        deadline = self.channel.info.deadline
        self.channels.watchtower.step()
        if self.channels.is_online(self.honest.address):
            self.channels.tick()
            for answer in Honest().decide(self._view(self.honest)):
                assert isinstance(answer, AnswerWith)
                self.channel.answer(by=self.honest, state=answer.signed)
        if self.random.random() < 0.5 and not isinstance(self.strategy, Stale):
            for answer in Honest().decide(self._view(self.other)):
                self._carry_out(answer)
        while self.channels.now + 2 * HOUR < deadline:
            self.channels.chain.warp(2 * HOUR)
            self.channels.watchtower.step()
        self.channel.settle()
        self.channel.unlock()

    def _verdict(self) -> LifeResult:
        side = self.channel.side(self.honest)
        info = self.channel.info
        assert info.status is Status.SETTLED
        taken = (info.funds.withdrawn_a, info.funds.withdrawn_b)[side]
        final = self.channel.payout(self.honest) + taken
        entitled = self._entitlement(side) + taken
        for party in Side:
            if (info.funds.held_a, info.funds.held_b)[party]:
                self.channels.judge.payout(self.channel.terms, party)
        left = self.channels.chain.balance(self.contract.address)
        assert left == 0, f"{left} wei stay in the contract for ever"
        return LifeResult(self.case, final, entitled, self.payments, self.crashes)

    def _entitlement(self, side: Side) -> int:
        """Return the least that the honest party's newest state, or a state that it has signed since, gives it."""
        end = self.channel.end(self.honest)
        newest = end.newest
        states = [newest, *(signed for version, signed in end.ledger.signed.items() if version > newest.version)]
        locks = {lock.hashlock for signed in states for lock in signed.locks}
        revealed = {hashlock: self.channels.judge.revealed_at(hashlock) for hashlock in locks}
        funds = end.ledger.funds
        return min(model.entitlement(funds, signed.state, signed.locks, revealed, side) for signed in states)


def live(contract: Contract, case: ChannelCase) -> LifeResult:
    """Play a life; raises CaseLost if the honest party lost, and what `ChannelLife.play` raises."""
    result = ChannelLife(contract, case).play()
    if result.lost:
        raise CaseLost(str(result))
    return result
