"""The adapter of the built-in ``contracts/channel/PaymentChannel.sol``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from harness.adapters.channel import Channel, Lock, Pair, Parties, Signatures, State
from harness.adapters.errors import NotApplicable
from harness.channels.chain_log import ChainLog
from harness.channels.judge import ChannelJudge
from harness.channels.locks import LockTree, hashlock_of, root_of
from harness.channels.messages import Messages, Signer
from harness.channels.types import ETHER, ChannelState, CloseTogether, Side, Status, Terms, Withdrawal
from harness.channels.types import Lock as HashLock

if TYPE_CHECKING:
    from harness.chain.values.accounts import Account
    from harness.contracts.bindings import Contract

DAY = 86_400


class PaymentChannelAdapter(Channel):
    """Drives PaymentChannel: shares become totals paid, and a stale close costs a tenth."""

    assets: ClassVar[tuple[str, ...]] = ("ether", "erc20")
    window: ClassVar[int | None] = DAY
    has_locks: ClassVar[bool] = True
    strict_signatures: ClassVar[bool] = True
    refuses_zero_secret: ClassVar[bool] = True
    keeps_ids: ClassVar[bool] = True
    any_token: ClassVar[bool] = True
    says_why: ClassVar[bool] = True
    penalty: ClassVar[int] = 1_000

    def deploy(self) -> None:
        """Deploy the contract."""
        self.contract: Contract = self.create("PaymentChannel")
        self.judge = ChannelJudge(self.contract, self.chain.accounts.judy)
        self.log = ChainLog(self.contract)
        self._made: dict[tuple[Terms, State], ChannelState] = {}
        self._first: dict[Terms, str] = {}

    def _asset(self) -> str:
        return ETHER if self.token is None else str(self.token.address)

    def _messages(self, terms: Terms) -> Messages:
        return Messages.of(self.judge.domain, terms)

    def _side(self, terms: Terms, who: Account) -> Side:
        side = terms.side_of(who.address)
        return Side.A if side is None else side

    def open(self, parties: Parties, deposits: Pair) -> Terms:
        """Open a channel; the second party deposits after the first."""
        a, b = sorted((party.address for party in parties), key=lambda address: int(address, 16))
        asset = self._asset()
        terms = Terms(asset, a, b, self.judge.next_epoch(asset, a, b), DAY, self.penalty)
        self._first[terms] = parties[0].address
        self.judge.open(terms, deposits[0], parties[0])
        if deposits[1]:
            self.deposit(terms, parties[1], deposits[1], parties[1])
        return terms

    def _in_order(self, terms: Terms, pair: tuple[Any, Any]) -> tuple[Any, Any]:
        """Return what belongs to the parties in the contract's order, A first."""
        return pair if self._first[terms] == terms.a else (pair[1], pair[0])

    def _party(self, terms: Terms, number: int) -> Side:
        return Side.A if (self._first[terms] == terms.a) == (number == 0) else Side.B

    def _lock(self, terms: Terms, lock: Lock) -> HashLock:
        return HashLock(hashlock_of(lock.secret), lock.amount, lock.expiry, self._party(terms, lock.payer))

    def _state(self, terms: Terms, state: State) -> ChannelState:
        """Return a state in totals paid. They follow from what the channel holds when the state is first made.

        Its base is the newest version below it that was made before.
        """
        key = (terms, state)
        if key not in self._made:
            locks = tuple(self._lock(terms, lock) for lock in state.locks)
            locked = [sum(lock.amount for lock in locks if lock.payer is side) for side in Side]
            funds = self.judge.info(terms).funds
            share = self._in_order(terms, state.shares)[0]
            paid = funds.held_a - funds.withdrawn_a - share - locked[0]
            self._made[key] = ChannelState(
                state.version,
                max(
                    (
                        made.version
                        for (of, _), made in self._made.items()
                        if of == terms and made.version < state.version
                    ),
                    default=0,
                ),
                max(0, paid),
                max(0, -paid),
                locked[0],
                locked[1],
                root_of(locks),
            )
        return self._made[key]

    def sign(self, channel: Terms, state: State, who: Account) -> bytes:
        """Sign a state."""
        return Signer(who.private_key).sign(self._messages(channel).state(self._state(channel, state)))

    def proposer(self, channel: Terms, version: int) -> int:
        """Return the party of odd versions, which is A, or of even ones."""
        side = Side.A if version & 1 else Side.B
        return 0 if self._party(channel, 0) is side else 1

    def submit(self, channel: Terms, state: State, signatures: Signatures, sender: Account) -> Any:
        """Close with a state, or update the posted one."""
        made, (first, second) = self._state(channel, state), self._in_order(channel, signatures)
        key = channel.as_tuple()
        if self.judge.info(channel).status is not Status.OPEN:
            return self.contract.update(key, made.as_tuple(), first, second, sender=sender)
        counterpart = second if sender.address == channel.a else first
        return self.contract.close(key, made.as_tuple(), counterpart, sender=sender)

    def settle(self, channel: Terms, sender: Account) -> Any:
        """Settle by the state that the contract's events name."""
        self.log.read()
        posted = self.log.posted.get(channel.channel, ChannelState())
        return self.contract.settle(channel.as_tuple(), posted.as_tuple(), sender=sender)

    def settle_with(self, channel: Terms, state: State, sender: Account) -> Any:
        """Settle by a state that the caller names."""
        return self.contract.settle(channel.as_tuple(), self._state(channel, state).as_tuple(), sender=sender)

    def withdraw(self, channel: Terms, who: Account, sender: Account) -> Any:
        """Pay a party out."""
        return self.contract.payout(channel.as_tuple(), int(self._side(channel, who)), who.address, sender=sender)

    def pay_both(self, channel: Terms, sender: Account) -> Any:
        """Pay both sides."""
        return self.contract.payoutBoth(channel.as_tuple(), sender=sender)

    def owed(self, channel: Terms, who: Account) -> int:
        """Return the unpaid balance of a settled channel."""
        info = self.judge.info(channel)
        if info.status is not Status.SETTLED:
            return 0
        return info.funds.held_a if self._side(channel, who) is Side.A else info.funds.held_b

    def deadline(self, channel: Terms) -> int | None:
        """Return the last second of the settlement window."""
        info = self.judge.info(channel)
        return info.deadline if info.status is Status.CLOSING else None

    def deposit(self, channel: Terms, who: Account, amount: int, sender: Account) -> Any:
        """Raise a party's total."""
        side, funds = self._side(channel, who), self.judge.info(channel).funds
        total = amount + (funds.held_a if side is Side.A else funds.held_b)
        value = amount if self.token is None else 0
        return self.contract.deposit(channel.as_tuple(), int(side), total, sender=sender, value=value)

    def agree(self, channel: Terms, shares: Pair, expiry: int, who: Account) -> bytes:
        """Sign a cooperative close."""
        close = CloseTogether(*self._in_order(channel, shares), expiry)
        return Signer(who.private_key).sign(self._messages(channel).close_together(close))

    def close_together(self, channel: Terms, shares: Pair, expiry: int, signatures: Signatures, sender: Account) -> Any:
        """Close at once."""
        split, signed = self._in_order(channel, shares), self._in_order(channel, signatures)
        return self.contract.closeTogether(channel.as_tuple(), *split, expiry, *signed, sender=sender)

    def permit(self, channel: Terms, who: Account, total: int, expiry: int, signer: Account) -> bytes:
        """Sign a withdrawal."""
        wanted = Withdrawal(self._side(channel, who), total, expiry)
        return Signer(signer.private_key).sign(self._messages(channel).withdrawal(wanted))

    def take_out(
        self, channel: Terms, who: Account, total: int, expiry: int, signatures: Signatures, sender: Account
    ) -> Any:
        """Withdraw from an open channel."""
        side, signed = int(self._side(channel, who)), self._in_order(channel, signatures)
        key = channel.as_tuple()
        return self.contract.withdraw(key, side, total, expiry, who.address, *signed, sender=sender)

    def reveal(self, channel: Terms, lock: Lock, sender: Account) -> Any:
        """Publish a preimage."""
        return self.contract.reveal(lock.secret, sender=sender)

    def unlock(self, channel: Terms, state: State, lock: Lock, secret: bytes | None, sender: Account) -> Any:
        """Decide a lock; a secret that is not published yet is published first.

        The contract, not this method, refuses a lock that is decided already, or that the state does not have.
        """
        if secret is not None and not self.judge.revealed_at(hashlock_of(secret)):
            self.contract.reveal(secret, sender=sender)
        self.log.read()
        decided = {hashlock for hashlock, _ in self.log.unlocked.get(channel.channel, [])}
        locks = [self._lock(channel, each) for each in state.locks]
        if not locks:
            raise NotApplicable("the state has no locks")
        wanted = self._lock(channel, lock)
        place = locks.index(wanted) if wanted in locks else 0
        left = [None if each.hashlock in decided else each for each in locks]
        tree = LockTree.partial([*left[:place], wanted, *left[place + 1 :]])
        index, proof = tree.prove(wanted)
        return self.contract.unlock(channel.channel, wanted.as_tuple(), index, proof, tree.pool, sender=sender)
