"""One channel between an honest party and a cheat, a second channel of bystanders, and the judge of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from harness.adapters.channel import Channel, Lock, Pair, Signatures, State
from harness.adapters.errors import AdapterError, AdapterFailed, MoneyMisstated, NotApplicable, WrongAnswer
from harness.attack.attack import Found
from harness.attack.purse import Purse
from harness.attack.stage import Stage, reason_of
from harness.errors import ContractError, HarnessError, Reverted

if TYPE_CHECKING:
    from harness.chain.chain import Chain
    from harness.chain.values.accounts import Account
    from harness.contracts.bindings import Contract

UNIT = 10**15
"""The unit of deposits: a thousandth of an ether, or as many units of a token."""
WEALTH = 10**24
WAITS = (0, 3_600, 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400)
"""Seconds that the honest party waits one after the other for a settlement of which it does not know when it works."""
ETHER, ERC20 = "ether", "erc20"
BOTH_SEATS = tuple(f"{asset}, the honest party is {place}" for asset in (ETHER, ERC20) for place in ("first", "second"))
"""Variants of an attack whose outcome may depend on who opened the channel."""


class Ring:
    """A channel of ``honest`` and ``cheat``, with states that both signed.

    ``sybil`` belongs to the cheat. ``newest`` is the newest state that both signed, ``stale`` an older one that is
    better for the cheat, or None if the contract has no way to answer a stale state.
    """

    def __init__(self, stage: Stage, *, token: str = "PlainToken", deposits: Pair | None = None) -> None:
        asset, _, place = stage.variant.partition(", ")
        asset = asset or stage.kind.assets[0]  # type: ignore[attr-defined]
        if asset not in stage.kind.assets:  # type: ignore[attr-defined]
            raise NotApplicable(f"the contract takes no {asset}")
        if said := stage.shared.get(f"failed {asset}"):
            raise NotApplicable(said)
        self.stage = stage
        self.chain: Chain = stage.chain
        self.asset = asset
        accounts = self.chain.accounts
        self.honest, self.cheat, self.sybil = accounts.alice, accounts.mallory, accounts.sybil
        self.bystanders = (accounts.carol, accounts.dave)
        self.cast = (self.honest, self.cheat, self.sybil, *self.bystanders, accounts.judy)
        self.is_first = not place.endswith("second")
        self.stopped: list[str] = []
        """What stopped the cheat, in order."""
        self.token = self._token(self.chain, token) if asset == ERC20 else None
        self.adapter = self.deploy(self.chain, self.token)
        self.purse = Purse(self.chain, self.token)
        both_ways = self.adapter.both_ways
        if not both_ways and self.is_first:
            # Only the payee of a one-way channel has something to lose by an old state.
            raise NotApplicable("only the first party pays, so the second one is the honest party")
        usual: Pair = (6 * UNIT, 4 * UNIT) if both_ways else (0, 10 * UNIT)
        self.deposits = usual if deposits is None else deposits
        """What the honest party and the cheat put in."""
        self.total = sum(self.deposits)
        self.before = {who.address: self.purse.of(who) for who in self.cast}
        self.beside = self._open(self.bystanders, (70 * UNIT, 50 * UNIT if both_ways else 0))
        self.channel = self._open(self.parties, self.ordered(*self.deposits))
        self.put_in = {self.honest.address: self.deposits[0], self.cheat.address: self.deposits[1]}
        self.holder = self.call("holder", self.channel)
        self.donated = 0
        self.stale: State | None = None
        self.signed: list[tuple[State, Signatures]] = []
        self.proposals: list[State] = []
        """States that the honest party signed and the cheat did not answer."""
        if not self.adapter.is_final:
            self.stale = self.agree(self.state(1, 2 if both_ways else 3))
        self.newest = self.agree(self.state(2, 8))

    # -- set-up

    def _token(self, chain: Chain, name: str) -> Contract:
        token: Contract = chain.deploy(self.stage.contracts[name], sender=chain.accounts.judy)
        for who in self.cast:
            token.mint(who, WEALTH, sender=chain.accounts.judy)
        return token

    def deploy(self, chain: Chain, token: Contract | None) -> Channel:
        """Deploy the contracts and let them take everybody's tokens."""

        def prepare(made: Any) -> None:
            made.token = token

        adapter = cast(Channel, self.stage.another(chain, prepare))
        for contract in adapter.attacked():
            if token is not None and contract.address != token.address:
                adapter.approve(contract, *(chain.accounts[who.name] for who in self.cast))
        return adapter

    def _open(self, parties: tuple[Account, Account], deposits: Pair) -> Any:
        before = [self.purse.of(who) for who in parties]
        try:
            channel = self.call("open", parties, deposits)
        except Reverted as revert:
            raise NotApplicable(f"no channel can be opened: {revert.reason}") from revert
        for who, had, deposit in zip(parties, before, deposits, strict=True):
            paid = had - self.purse.of(who)
            if paid != deposit:
                raise MoneyMisstated(self.adapter.name, f"the deposit of {who.name} in open", deposit, paid)
        return channel

    # -- roles

    @property
    def parties(self) -> tuple[Account, Account]:
        """The two parties in the order in which the channel was opened."""
        return (self.honest, self.cheat) if self.is_first else (self.cheat, self.honest)

    def ordered(self, honest: Any, cheat: Any) -> tuple[Any, Any]:
        """Return what belongs to the honest party and to the cheat in the order of the parties."""
        return (honest, cheat) if self.is_first else (cheat, honest)

    def of_honest(self, pair: Pair) -> int:
        """Return the honest party's part of a pair in the order of the parties."""
        return pair[0] if self.is_first else pair[1]

    # -- states and signatures

    def state(self, version: int, tenths: int, locks: tuple[Lock, ...] = ()) -> State:
        """Return a state that gives the honest party so many tenths of the channel, and the cheat the rest."""
        free = self.total - sum(lock.amount for lock in locks)
        mine = self.total * tenths // 10
        return State(version, self.ordered(mine, free - mine), locks)

    def agree(self, state: State) -> State:
        """Let both parties sign a state, which is the newest one then."""
        signatures = self.ordered(self.sign(state, self.honest), self.sign(state, self.cheat))
        self.signed.append((state, signatures))
        self.newest = state
        return state

    def signatures(self, state: State) -> Signatures:
        """Return the signatures of a state that both signed."""
        return next(signatures for known, signatures in self.signed if known is state)

    def sign(self, state: State, who: Account, channel: Any = None, adapter: Channel | None = None) -> bytes:
        """Return an account's signature over a state."""
        used = adapter or self.adapter
        found = self.call("sign", self.channel if channel is None else channel, state, who, adapter=used)
        if not isinstance(found, bytes | bytearray):
            raise WrongAnswer(used.name, "sign", found, "bytes")
        return bytes(found)

    def call(self, method: str, *arguments: Any, adapter: Channel | None = None) -> Any:
        """Call a method of the adapter.

        A revert, or another refusal that the harness names, comes as it is. Raises AdapterFailed for anything else.
        """
        used = adapter or self.adapter
        try:
            return getattr(used, method)(*arguments)
        except AdapterError:
            raise
        except NotImplementedError as problem:
            raise AdapterFailed(used.name, method, problem) from problem
        except HarnessError:
            raise
        except Exception as problem:
            raise AdapterFailed(used.name, method, problem) from problem

    # -- moves

    def move(self, what: str, method: str, *arguments: Any) -> bool:
        """Let the cheat do something; return whether it went through. What stopped it is noted."""
        try:
            self.call(method, *arguments)
        except (AdapterError, NotApplicable, ContractError):
            raise
        except HarnessError as refusal:
            self.stopped.append(f"{what}: {reason_of(refusal)}")
            return False
        return True

    def submit(self, what: str, state: State, signatures: Signatures, sender: Account, channel: Any = None) -> bool:
        """Let somebody put a state before the contract; return whether it was taken."""
        return self.move(what, "submit", self.channel if channel is None else channel, state, signatures, sender)

    # -- the honest party's part

    def deadline(self, channel: Any = None) -> int | None:
        """Return the last second to answer; None if no close runs or the contract states none."""
        try:
            found = self.call("deadline", self.channel if channel is None else channel)
        except (NotApplicable, Reverted):
            return None
        if found is not None and not isinstance(found, int):
            raise WrongAnswer(self.adapter.name, "deadline", found, "seconds since 1970, or None")
        return int(found) if found else None

    def attempt(self, method: str, *arguments: Any) -> str:
        """Do something that may be refused; return why it was, or "" if it was done."""
        try:
            self.call(method, *arguments)
        except (Reverted, NotApplicable) as refusal:
            return reason_of(refusal)
        return ""

    def answer(self) -> str:
        """Let the honest party put its newest state before the contract; return why it was refused, or ""."""
        return self.attempt("submit", self.channel, self.newest, self.signatures(self.newest), self.honest)

    def end(self, channel: Any, sender: Account) -> str:
        """Settle a channel as soon as the contract allows it; return why it never did, or ""."""
        if self.adapter.is_final:
            return ""
        said = ""
        until = self.deadline(channel)
        if until is not None and self.chain.now <= until:
            self.chain.warp(to=until + 1)
        for wait in WAITS:
            if wait:
                self.chain.warp(wait)
            said = self.attempt("settle", channel, sender)
            if not said:
                return ""
        return said

    def take(self, channel: Any, parties: tuple[Account, ...]) -> None:
        """Let each party take what an ended channel owes it."""
        for who in parties:
            self.attempt("withdraw", channel, who, who)

    def finish(self) -> None:
        """Let the honest party defend its newest state, and everybody take what is theirs."""
        self.answer()
        self.end(self.channel, self.honest)
        for lock in self.newest.locks:
            payee_is_honest = (lock.payer == 0) != self.is_first
            secret = lock.secret if payee_is_honest else None
            self.attempt("unlock", self.channel, self.newest, lock, secret, self.honest)
        self.take(self.channel, (self.honest, self.cheat))

    # -- the judge

    def net(self, *accounts: Account) -> int:
        """Return what accounts have more than before the channel was opened; less is negative."""
        return sum(self.purse.of(who) - self.before[who.address] for who in accounts)

    def entitled(self) -> int:
        """Return the least that the states which the honest party signed last give it."""
        states = [self.newest, *(state for state in self.proposals if state.version > self.newest.version)]
        return min(self.of_honest(state.shares) for state in states)

    def judge(self, *, extra: int = 0, finish: bool = True, may_stick: bool = False) -> str:
        """Let everybody finish, and raise `Found` for a broken promise; return what held.

        ``extra`` is what the honest party is entitled to beyond its newest state, such as what it put in since.
        """
        if finish:
            self.finish()
        due = self.entitled() + extra
        got = self.net(self.honest) + self.put_in[self.honest.address]
        gained = self.net(self.cheat, self.sybil)
        if got < due:
            raise Found(
                "an honest party ends with what its newest state gives it",
                f"the honest party got {got} of {due}",
                gained=max(0, gained),
                lost=due - got,
            )
        self._beside()
        return self._held(got, gained, may_stick)

    def _beside(self) -> None:
        """Let the bystanders close their channel; raises Found if it does not give them what they agreed on."""
        both = self.bystanders
        shares = (40 * UNIT, 80 * UNIT) if self.adapter.both_ways else (40 * UNIT, 30 * UNIT)
        state = State(1, shares)
        signatures = (self.sign(state, both[0], self.beside), self.sign(state, both[1], self.beside))
        said = [self.attempt("submit", self.beside, state, signatures, both[0])]
        # Where each party shows what it received, the other one has something to show, too.
        self.attempt("submit", self.beside, state, signatures, both[1])
        said.append(self.end(self.beside, both[0]))
        self.take(self.beside, both)
        deposits = (70 * UNIT, 50 * UNIT if self.adapter.both_ways else 0)
        for who, share, deposit in zip(both, shares, deposits, strict=True):
            got = self.net(who) + deposit
            if got < share:
                why = "; ".join(filter(None, said)) or "another channel took it"
                raise Found(
                    "a channel pays with its own money only",
                    f"{who.name}, who is no party, got {got} of {share}: {why}",
                    gained=max(0, self.net(self.cheat, self.sybil)),
                    lost=share - got,
                )

    def _held(self, got: int, gained: int, may_stick: bool) -> str:
        left = self.purse.of(self.holder) - self.donated
        if left > 0 and not may_stick:
            raise Found("nothing stays stuck", f"{left} of the channels' money stay in the contract", lost=left)
        stopped = self.stopped[-1] if self.stopped else f"the honest party got {got}"
        return stopped if not gained > 0 else f"{stopped}; the cheat got what the newest state gives it"

    def close(self) -> None:
        """Stop listening to the chain."""
        self.purse.close()
