"""Who plays an attack on contracts that hold the money of two parties, with what money, and what they end with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar, cast

from harness.adapters.errors import MoneyMisstated, NotApplicable
from harness.adapters.fitting import in_order
from harness.adapters.two_party import Pair, Parties, TwoParty
from harness.attack.attack import Found, OtherVariant
from harness.attack.moves import Moves
from harness.attack.oracle import ENTITLED, STUCK
from harness.attack.purse import Purse
from harness.attack.stage import Stage
from harness.errors import Reverted

if TYPE_CHECKING:
    from harness.chain.chain import Chain
    from harness.chain.values.accounts import Account
    from harness.contracts.bindings import Contract

UNIT = 10**15
"""The unit of deposits: a thousandth of an ether, or as many units of a token."""
WEALTH = 10**24
Two = TypeVar("Two", bound=TwoParty)
ETHER, ERC20 = "ether", "erc20"
FAR, FAR_BLOCKS = 20 * 365 * 86_400, 100_000
"""Seconds, or blocks, within which a close ends that ends at all."""
BOTH_SEATS = tuple(f"{asset}, the honest party is {place}" for asset in (ETHER, ERC20) for place in ("first", "second"))
"""Variants of an attack whose outcome may depend on who opened the channel."""


class Seats(Moves[Two]):
    """An honest party, a cheat and bystanders at contracts of two parties, with money for all of them.

    ``sybil`` belongs to the cheat. ``put_in`` is what the honest party has put in so far, in all its channels;
    ``donated`` is what somebody gave the contract that belongs to nobody.
    """

    protocol: ClassVar[type[TwoParty]]
    counts_deposits: ClassVar[bool] = True
    """Whether `open` sees that the parties pay what they deposit."""

    def __init__(self, stage: Stage, *, token: str = "PlainToken", wealth: int = WEALTH) -> None:
        asset, _, place = stage.variant.partition(", ")
        assets = cast(type[TwoParty], stage.kind).assets
        self.asset = asset or in_order(assets)[0]
        if self.asset not in assets:
            raise OtherVariant(f"the contract takes no {self.asset}")
        if said := stage.shared.get(f"failed {self.asset}"):
            raise NotApplicable(said)
        self.stage = stage
        self.is_first = not place.endswith("second")
        accounts = stage.chain.accounts
        # Contracts that put the parties in the order of their addresses have the honest one first in one seat only.
        self.cheat = accounts.mallory if self.is_first else accounts.bob
        self.honest, self.sybil = accounts.alice, accounts.sybil
        self.bystanders = (accounts.carol, accounts.dave)
        self.cast = (self.honest, self.cheat, self.sybil, *self.bystanders, accounts.judy)
        self.token_name, self.wealth = token, wealth
        self.token = self._token(stage.chain)
        super().__init__(stage.chain, self.deploy(stage.chain, self.token))
        self.purse = Purse(self.chain, self.token)
        self.put_in = self.donated = 0
        self.before = {who.address: self.purse.of(who) for who in self.cast}
        self._own: Any = None

    # -- contracts

    def _token(self, chain: Chain) -> Contract | None:
        if self.asset == ETHER:
            return None
        token: Contract = chain.deploy(self.stage.contracts[self.token_name], sender=chain.accounts.judy)
        for who in self.cast:
            token.mint(who, self.wealth, sender=chain.accounts.judy)
        return token

    def deploy(self, chain: Chain, token: Contract | None) -> Two:
        """Deploy the contracts and let them take everybody's tokens."""

        def prepare(made: Any) -> None:
            made.token = token

        adapter = cast(Two, self.stage.another(chain, prepare))
        for contract in adapter.attacked():
            if token is not None and contract.address != token.address:
                adapter.approve(contract, *(chain.accounts[who.name] for who in self.cast))
        return adapter

    def must_have(self, method: str) -> None:
        """Raise NotApplicable unless the adapter has a method of its own in the place of a default."""
        if not self.has(method, self.protocol):
            raise NotApplicable(f"the adapter has no {method}")

    # -- roles

    @property
    def parties(self) -> Parties:
        """The two parties in the order in which the channel is opened."""
        return (self.honest, self.cheat) if self.is_first else (self.cheat, self.honest)

    def ordered(self, honest: Any, cheat: Any) -> tuple[Any, Any]:
        """Return what belongs to the honest party and to the cheat in the order of the parties."""
        return (honest, cheat) if self.is_first else (cheat, honest)

    def of_role(self, pair: tuple[Any, Any]) -> tuple[Any, Any]:
        """Return a pair in the order of the parties as the honest party's part and the cheat's."""
        return pair if self.is_first else (pair[1], pair[0])

    # -- channels

    def open(self, adapter: Two, parties: Parties, deposits: Pair) -> Any:
        """Open a channel. Raises MoneyMisstated if the parties do not pay the deposits, and nothing else."""
        before = [self.purse.of(who) for who in parties]
        try:
            channel = self.call("open", parties, deposits, adapter=adapter)
        except Reverted as revert:
            raise NotApplicable(f"no channel can be opened: {revert.reason}") from revert
        for who, had, deposit in zip(parties, before, deposits, strict=True):
            paid = had - self.purse.of(who)
            if paid != deposit and self.counts_deposits:
                raise MoneyMisstated(self.adapter.name, f"the deposit of {who.name} in open", deposit, paid)
        return channel

    def double(self, deposits: Pair, beside: Pair) -> tuple[Two, Any]:
        """Deploy the contracts once more and open channels of the same parties there."""
        had = {who.address: self.purse.of(who) for who in self.cast}
        adapter = self.deploy(self.chain, self.token)
        self.open(adapter, self.bystanders, beside)
        channel = self.open(adapter, self.parties, deposits)
        for who in self.cast:  # What lies in the other contract is nobody's loss here.
            self.before[who.address] += self.purse.of(who) - had[who.address]
        return adapter, channel

    def mirror(self, chain: Chain, deposits: Pair, beside: Pair) -> tuple[Two, Any]:
        """Do on another chain all that led to the channel here, so that all addresses are the same."""
        token = self._token(chain)
        adapter = self.deploy(chain, token)

        def there(parties: Parties) -> Parties:
            return chain.accounts[parties[0].name], chain.accounts[parties[1].name]

        self.call("open", there(self.bystanders), beside, adapter=adapter)
        return adapter, self.call("open", there(self.parties), deposits, adapter=adapter)

    def colluding(self, deposit: int) -> Any:
        """Return a channel of the cheat with its second account, opened with a deposit of the cheat."""
        if self._own is None:
            self._own = self.open(self.adapter, (self.cheat, self.sybil), (deposit, 0))
        return self._own

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Let the body play on, and take back at its end what it did on the chain."""
        mark, donated = self.chain.snapshot(), self.donated
        with self.purse.as_it_was():
            try:
                yield
            finally:
                self.chain.restore(mark)
                self.donated = donated

    # -- sums

    def net(self, *accounts: Account) -> int:
        """Return what accounts have more than before the channels were opened; less is negative."""
        return sum(self.purse.of(who) - self.before[who.address] for who in accounts)

    # -- time

    @property
    def now(self) -> int:
        """The head's time, or that which the next block was given; the head's number if the contract counts blocks."""
        return self.chain.block_number if self.adapter.counts_blocks else self.chain.now

    @property
    def hour(self) -> int:
        """Seconds, or blocks if the contract counts those, in which agreements of the two count."""
        return 40 if self.adapter.counts_blocks else 3_600

    def wait_until(self, when: int) -> None:
        """Let the next block come at a time, or have this number if the contract counts blocks."""
        if self.adapter.counts_blocks:
            self.chain.mine(max(0, when - 1 - self.now))
        else:
            self.chain.warp(to=when)

    def wait(self, long: int) -> None:
        """Let the next block come so many seconds after `now`, or have a number that is so much higher."""
        self.wait_until(self.now + long)

    # -- how a channel ends

    def deadline(self, channel: Any) -> int | None:
        """Return the last second to answer; None if no close runs, the contract states none, or it is too far away."""
        try:
            until = self.call("deadline", channel) or 0
        except (NotApplicable, Reverted):
            return None
        never = self.now + (FAR_BLOCKS if self.adapter.counts_blocks else FAR)
        return until if 0 < until <= never else None

    def wait_for_deadline(self, channel: Any, after: int = 0) -> int | None:
        """Let the next block come in the last second to answer, or so many seconds after it; return that second."""
        until = self.deadline(channel)
        if until is not None and self.now < until + after:
            self.wait_until(until + after)
        return until

    def owed(self, channel: Any, who: Account) -> int | None:
        """Return what an ended channel owes a party; None if the contract does not say."""
        try:
            return int(self.call("owed", channel, who))
        except (NotApplicable, Reverted):
            return None

    def take(self, channel: Any, parties: tuple[Account, ...]) -> None:
        """Let each party take what an ended channel owes it."""
        for who in parties:
            self.attempt("withdraw", channel, who, who)

    def check_owed(self, channel: Any) -> None:
        """Raise MoneyMisstated if a withdrawal pays another sum than the adapter says is owed."""
        for who in (self.honest, self.cheat):
            owed, had = self.owed(channel, who), self.purse.of(who)
            self.attempt("withdraw", channel, who, who)
            paid = self.purse.of(who) - had
            if owed is not None and paid != owed:
                raise MoneyMisstated(self.adapter.name, f"what is owed to {who.name}", owed, paid)

    # -- the judge

    def broken(self, broke: str, evidence: str) -> NoReturn:
        """Raise `Found` with what everybody has by now."""
        raise Found(broke, evidence, gained=max(0, self.net(self.cheat, self.sybil)))

    def close(self) -> None:
        """Stop listening to the chain."""
        self.purse.close()

    def paid(self, due: int) -> int:
        """Return what the honest party got in all; raises `Found` if that is less than it is entitled to."""
        got = self.net(self.honest) + self.put_in
        if got < due:
            gained = max(0, self.net(self.cheat, self.sybil))
            raise Found(ENTITLED, f"the honest party got {got} of {due}", gained=gained, lost=due - got)
        return got

    def nothing_stuck(self, holder: str) -> None:
        """Raise `Found` if money of the channels is left where they hold it."""
        left = self.purse.of(holder) - self.donated
        if left > 0:
            raise Found(STUCK, f"{left} of the channels' money stay in the contract", lost=left)
