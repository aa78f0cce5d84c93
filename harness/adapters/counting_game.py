"""The built-in dispute game over a machine that counts, on a real chain of assertions and a real inbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from harness.adapters.counting_game_promises import promises
from harness.adapters.game import Claim, ClaimId, Game, Money, Outcome, Player, Promise, Rules, Side
from harness.chain.values.accounts import Account
from harness.contracts.bindings import Contract
from harness.dispute.counting_machine import CountingTrace
from harness.dispute.positions import Position
from harness.dispute.view import ClaimId as ClaimIdBytes
from harness.dispute.view import claim_id
from harness.primitives.hashing import keccak256
from harness.rollup.config import BURNT_SHARE, WHOLE, GameRules, RollupConfig
from harness.rollup.forks import fork_word

RULES = GameRules(max_depth=4, max_clock=10_000, extension=100, step_extension=300, gas_price_cap=10**9)
BOND = 10**18
PERIOD = 50_000
"""Seconds of the challenge period: longer than both sides' clocks."""
END_BATCH = 2
PENDING, CONFIRMED, REJECTED = 1, 2, 3
NO_CLAIM = ClaimIdBytes(bytes(32))
NOBODY = "0x" + "00" * 20
MOVE_GAS, STEP_GAS, RESOLVE_GAS = 250_000, 1 << 24, 120_000
PAYEES = {"takes": "ContractWallet", "refuses": "Unpayable", "re-enters": "ReentrantPayee", "burns": "GasBurner"}
PAYOUT_GAS = 500_000


def bonds(rules: GameRules, share: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the bond of each depth, and what must be left of it once the share is burnt, in wei."""

    def leaving(amount: int) -> int:
        return -(-amount * WHOLE // (WHOLE - share))

    move = (MOVE_GAS + RESOLVE_GAS) * rules.gas_price_cap
    step = (STEP_GAS + RESOLVE_GAS) * rules.gas_price_cap
    base = leaving(step)
    for _ in range(rules.max_depth):
        base = (base * 10 + 10) // 11
    found = [max(base, leaving(move))]
    for _ in range(rules.max_depth):
        found.append(found[-1] + found[-1] // 10)
    return tuple(found), (*[move] * rules.max_depth, step)


class CountingGame(Game):
    """Drives games of 16 steps. The machine is a number; one step adds its index and the number of batches."""

    guarded: ClassVar[tuple[str, ...]] = (
        "DisputeGame.open",
        "DisputeGame.move",
        "setImplementation",
        "openDispute",
        "rejectAssertion",
        "settleAssertion",
        "upholdAssertion",
    )
    games = RULES
    share = BURNT_SHARE

    def deploy(self) -> None:
        """Deploy a chain of assertions with one assertion, on which the disputed ones stand."""
        owner = self.owner = self.chain.accounts.judy
        config = RollupConfig()
        self.trace = CountingTrace(5, END_BATCH)
        self.factory = self.create("DisputeGameFactory", owner.address)
        delayed = self.create("DelayedInbox", owner.address, 2**24, 2**22, 1_000)
        self.inbox = self.create(
            "SequencerInbox", delayed.address, owner.address, config.window, config.lead, config.chain_id, 0, 0, 0,
            config.gas_per_block, config.gas_cap, fork_word(config.first_fork), self.factory.address,
        )  # fmt: skip
        self.assertions = self.create(
            "AssertionChain", self.inbox.address, self.factory.address, keccak256(b"genesis"), BOND, self.share, PERIOD
        )
        self.prover = self.create("CountingProver", fork_word(config.first_fork))
        self.factory.setImplementation(self.implementation(self.games).address, sender=owner)
        for index in range(END_BATCH):
            self.inbox.postBatch(index, 0, 0, b"", sender=owner)
        self.base = self.propose(bytes(self.assertions.genesis()), self.true(0), owner)
        self.opened_games: list[Contract] = []
        self.parties: set[str] = set()

    def implementation(self, rules: GameRules) -> Contract:
        """Deploy an implementation of games."""
        where = self.factory.address, self.assertions.address, self.prover.address
        return self.create("DisputeGame", *where, rules.words())

    def propose(self, parent: bytes, root: bytes, proposer: Account) -> bytes:
        """Assert a root; return the assertion's id."""
        if parent != bytes(self.assertions.genesis()):
            self.parties.add(proposer.address)
        attempt, head = self.assertions.attemptOf(parent, root), self.chain.head
        sent = self.assertions.propose(parent, root, attempt, head.number, head.hash, sender=proposer, value=BOND)
        return bytes(sent.events[0].id)

    def rules(self) -> Rules:
        """Return the game's rules as `IDisputeGame` states them."""
        rules = self.games
        of_depth, covers = bonds(rules, self.share)
        kept = [rules.step_extension if level + 1 == rules.max_depth else rules.extension for level in range(99)]
        model = self.contracts["DisputeGame"].at(self.chain, self.factory.functions["implementation"]())
        return Rules(
            rules.max_depth, rules.max_clock, tuple(kept[: rules.max_depth + 1]), of_depth, BOND, self.share,
            int(model.longest()), covers,
        )  # fmt: skip

    def true(self, steps: int) -> bytes:
        """Return the hash of the number after this many steps."""
        return self.trace.hash_at(steps)

    def witness(self, index: int) -> bytes:
        """Return the number before the step."""
        return self.trace.witness(index)

    # -- the game

    @property
    def game(self) -> Contract:
        """The game that was opened last."""
        return self.opened_games[-1]

    def open(self, root: bytes, proposer: Account, opener: Account, value: bytes) -> None:
        """Assert the root, and dispute it at once."""
        self.assertion = self.propose(self.base, root, proposer)
        self.until = self.chain.head.timestamp + PERIOD
        self._dispute(opener, value)

    def open_late(self, root: bytes, proposer: Account, opener: Account, value: bytes) -> None:
        """Assert the root, and dispute it in the last second of the challenge period."""
        self.assertion = self.propose(self.base, root, proposer)
        self.until = self.chain.head.timestamp + PERIOD
        self.chain.warp(to=self.until)
        self._dispute(opener, value)

    def _dispute(self, opener: Account, value: bytes) -> None:
        self.parties.add(opener.address)
        self.factory.open(self.assertion, value, *self._seen, sender=opener, value=BOND)
        self.opened_games.append(self.contracts["DisputeGame"].at(self.chain, self.factory.gameOf(self.assertion)))
        self.opened = self.chain.head.timestamp
        root = claim_id(self.game.address, NO_CLAIM, Side.NONE, bytes(self.game.root()))
        self.ids: list[bytes] = [root, claim_id(self.game.address, root, Side.ATTACK, value)]

    @property
    def _seen(self) -> tuple[int, bytes]:
        return self.chain.head.number, self.chain.head.hash

    def ends(self) -> int:
        """Return when the root stands: after the challenge period, and a clock after the opening."""
        return max(self.until + 1, self.opened + self.games.max_clock)

    def claims(self) -> Sequence[Claim]:
        """Return the claims as the game shows them."""
        return [self._claim(id) for id in self.ids]

    def newest(self) -> Claim:
        """Return the claim that was made last."""
        return self._claim(self.ids[-1])

    def _claim(self, id: bytes) -> Claim:
        shown = self.game.claim(id)
        parent = bytes(shown.parent) if any(shown.parent) else None
        return Claim(
            id, parent, Side(shown.side), Position(int(shown.position)), bytes(shown.value), str(shown.claimant),
            BOND if id == self.ids[0] else int(shown.bond), None if shown.counter == NOBODY else str(shown.counter),
        )  # fmt: skip

    def move(self, parent: ClaimId, side: Side, value: bytes, sender: Account, bond: int) -> None:
        """Answer a claim, as decided on the L1 of now."""
        self.parties.add(sender.address)
        if side is Side.NONE:  # the factory has no such function
            self.game.move(parent, int(side), value, sender.address, sender=sender, value=bond)
        answer = self.factory.defend if side is Side.DEFEND else self.factory.attack
        answer(self.assertion, parent, value, *self._seen, sender=sender, value=bond)
        self._made(parent, side, value)

    def _made(self, parent: ClaimId, side: Side, value: bytes) -> None:
        self.ids.append(bytes(self.game.idOf(parent, int(side), value)))

    def step(self, claim: ClaimId, side: Side, witness: bytes, sender: Account) -> None:
        """Counter a leaf."""
        self.parties.add(sender.address)
        self.game.step(claim, int(side), witness, sender=sender)

    def resolve(self, claims: Sequence[ClaimId], sender: Account) -> None:
        """Resolve claims, then confirm the assertion if it was upheld."""
        self.game.resolve(list(claims), sender=sender)
        if self.outcome() is Outcome.UPHELD and self.assertions.statusOf(self.assertion) == PENDING:
            if self.assertions.statusOf(self.base) == PENDING:
                self.assertions.confirm(self.base, sender=sender)
            self.assertions.confirm(self.assertion, sender=sender)

    def collect(self, sender: Account) -> None:
        """Withdraw from each game, and from the chain of assertions."""
        due = [each for each in (*self.opened_games, self.assertions) if each.credit(sender.address)]
        for each in due or [self.game]:
            each.withdraw(sender.address, sender=sender)

    def owed(self, account: str) -> int:
        """Return the credit in all games, and with the chain of assertions."""
        from_games = sum(int(game.credit(account)) for game in self.opened_games)
        return from_games + int(self.assertions.credit(account)) - self._aside(account)

    def _aside(self, account: str) -> int:
        """Return what an account is owed for the assertion that games build on."""
        if account != self.owner.address:
            return 0
        status = self.assertions.statusOf(self.base)
        return BOND if status == CONFIRMED else self._left if status == REJECTED else 0

    @property
    def _left(self) -> int:
        return BOND - BOND * self.share // WHOLE

    def winner(self) -> str | None:
        """Return the game's winner."""
        found = str(self.game.winner())
        return None if found == NOBODY else found

    def outcome(self) -> Outcome:
        """Return what the game has decided."""
        return Outcome(self.game.outcome())

    def money(self) -> Money:
        """Return the wei of the open game and of its assertion; what the game builds on has its own."""
        credits = sum(int(self.assertions.credit(account)) for account in self.parties)
        held, burnt = self.chain.balance(self.assertions) - BOND, int(self.assertions.burnt())
        if self.assertions.statusOf(self.base) == REJECTED:
            burnt -= BOND - self._left
        for game in self.opened_games:
            held, burnt = held + self.chain.balance(game), burnt + int(game.burnt())
            credits += int(game.credits())
        return Money(held, credits, burnt)

    # -- what only some games have

    def doom(self) -> int:
        """Have the assertion below disputed; nobody answers in that game."""
        head, no = self.chain.head, keccak256(b"no")
        self.factory.open(self.base, no, head.number, head.hash, sender=self.owner, value=BOND)
        return self.chain.head.timestamp + self.games.max_clock

    def orphan(self) -> None:
        """Have the assertion below rejected."""
        below = self.contracts["DisputeGame"].at(self.chain, self.factory.gameOf(self.base))
        root = below.rootId()
        below.resolve([below.idOf(root, int(Side.ATTACK), keccak256(b"no")), root], sender=self.owner)

    def void(self, sender: Account) -> None:
        """End the void game."""
        self.game.void(sender=sender)

    def refund(self, claims: Sequence[ClaimId], sender: Account) -> None:
        """Have bonds of the void game given back."""
        self.game.refund(list(claims), sender=sender)

    def player(self, account: Account, mood: str, wei: int) -> Player:
        """Deploy one of the wallets that play."""
        made = CountingPlayer(self, account, mood, wei)
        self.parties.add(made.address)
        return made

    def attacked(self) -> tuple[Contract, ...]:
        """Return the contracts, and all games."""
        return (*super().attacked(), *self.opened_games)

    def promises(self) -> Iterable[Promise]:
        """Return what rules a game refuses, calls decided on another L1, and when new rules count."""
        return promises(self)


class CountingPlayer(Player):
    """One of the wallets of the built-in mocks."""

    def __init__(self, game: CountingGame, account: Account, mood: str, wei: int) -> None:
        self._game, self._account = game, account
        self.wallet: Any = game.create(PAYEES[mood], game.game.address, sender=account, value=wei)
        self.address = self.wallet.address

    def move(self, parent: ClaimId, side: Side, value: bytes, bond: int) -> None:
        """Answer a claim, as decided on the L1 of now."""
        answer = self.wallet.defend if side is Side.DEFEND else self.wallet.attack
        answer(parent, value, bond, sender=self._account)
        self._game._made(parent, side, value)

    def collect(self) -> None:
        """Withdraw to the wallet itself."""
        self.wallet.withdraw(self.address, sender=self._account, gas=PAYOUT_GAS)
