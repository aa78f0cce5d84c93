"""The built-in chain of assertions, with games over a machine that counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

from harness.adapters.assertions import CONFIRMED, PENDING, REJECTED, Assertions, Promise, Shown, Stakes
from harness.adapters.counting_game import BOND, PERIOD, CountingGame
from harness.chain.values.accounts import Account
from harness.dispute.positions import Side
from harness.errors import Reverted
from harness.primitives.hashing import keccak256
from harness.rollup.config import BURNT_SHARE, WHOLE

STATUSES = {0: "unknown", 1: PENDING, 2: CONFIRMED, 3: REJECTED}
NO, OF_A_JUDGE = keccak256(b"no"), keccak256(b"judged")
RANGE = 64


class CountingAssertions(Assertions):
    """Drives the chain of assertions that the built-in game's adapter deploys."""

    says_why: ClassVar[bool] = True
    guarded: ClassVar[tuple[str, ...]] = (
        "openDispute", "rejectAssertion", "settleAssertion", "upholdAssertion"
    )  # fmt: skip

    def deploy(self) -> None:
        """Deploy it, and make its first assertion final."""
        self.games = CountingGame(self.chain, self.contracts)
        self.games.deploy()
        self.assertions, self.owner = self.games.assertions, self.games.owner
        self.chain.warp(PERIOD + 1)
        self.assertions.confirm(self.games.base, sender=self.owner)
        self.assertions.withdraw(self.owner.address, sender=self.owner)

    def stakes(self) -> Stakes:
        """Return the parameters of the deployment."""
        return Stakes(PERIOD, BOND, BURNT_SHARE, RANGE)

    def top(self) -> bytes:
        """Return latestConfirmed."""
        return bytes(self.assertions.latestConfirmed())

    def post(self, count: int) -> None:
        """Post empty batches."""
        first = int(self.games.inbox.batchCount())
        for index in range(first, first + count):
            self.games.inbox.postBatch(index, 0, 0, b"", sender=self.owner)

    def propose(
        self, parent: bytes, root: bytes, sender: Account, *, bond: int | None = None, attempt: int = 0
    ) -> bytes:
        """Call propose, as decided on the L1 of now."""
        head = self.chain.head
        right = self.attempts(parent, root)
        wei = BOND if bond is None else bond
        sent = self.assertions.propose(
            parent, root, right + attempt, head.number, head.hash, sender=sender, value=wei
        )  # fmt: skip
        return bytes(sent.events[0].id)

    def show(self, id: bytes) -> Shown:
        """Return the record and the subject of a game."""
        record, subject = self.assertions.assertion(id), self.assertions.subjectOf(id)
        return Shown(STATUSES[int(record.status)], bytes(subject[1]), bytes(subject[0]), int(record.end))

    def confirm(self, id: bytes, sender: Account) -> None:
        """Call confirm."""
        self.assertions.confirm(id, sender=sender)

    def dispute(self, id: bytes, sender: Account, *, bond: int | None = None) -> None:
        """Open a game with an attack that nobody answers."""
        head = self.chain.head
        self.games.factory.open(id, NO, head.number, head.hash, sender=sender, value=BOND if bond is None else bond)

    def decide(self, id: bytes, *, stands: bool) -> None:
        """Let the attack stand, or counter it, and resolve the root alone."""
        game = self._game(id)
        root = game.rootId()
        first = game.idOf(root, int(Side.ATTACK), NO)
        if not stands:
            # A second attack is open, so it is not certain yet who gets the bond.
            self._move(id, root, keccak256(b"also"))
            self.chain.warp(self.games.games.max_clock - 1)
            game.resolve([first, root], sender=self.owner)
            return
        self._move(id, first, keccak256(b"no, no"))
        answer = game.idOf(first, int(Side.ATTACK), keccak256(b"no, no"))
        self.chain.warp(self.games.games.max_clock)
        game.resolve([answer, first], sender=self.owner)
        self.chain.warp(to=max(self.chain.now + 1, int(game.claim(root).time) + self.games.games.max_clock))
        game.resolve([root], sender=self.owner)

    def _move(self, id: bytes, parent: Any, value: bytes) -> None:
        game, head = self._game(id), self.chain.head
        level = 1 if parent == game.rootId() else 2
        wei = int(game.bondAt(level))
        self.games.factory.attack(id, parent, value, head.number, head.hash, sender=self.owner, value=wei)

    def settle(self, id: bytes) -> None:
        """Resolve the second attack, and the root again."""
        game = self._game(id)
        also = game.idOf(game.rootId(), int(Side.ATTACK), keccak256(b"also"))
        self.chain.warp(self.games.games.max_clock)
        game.resolve([also, game.rootId()], sender=self.owner)

    def _game(self, id: bytes) -> Any:
        return self.contracts["DisputeGame"].at(self.chain, self.games.factory.gameOf(id))

    def collect(self, sender: Account) -> None:
        """Call withdraw."""
        self.assertions.withdraw(sender.address, sender=sender)

    def owed(self, account: str) -> int:
        """Return the credit."""
        return int(self.assertions.credit(account))

    def held(self) -> int:
        """Return the contract's wei."""
        return self.chain.balance(self.assertions)

    def burnt(self) -> int:
        """Return burnt."""
        return int(self.assertions.burnt())

    def attempts(self, parent: bytes, root: bytes) -> int:
        """Return attemptOf."""
        return int(self.assertions.attemptOf(parent, root))

    def reject_child(self, id: bytes, sender: Account) -> None:
        """Call rejectChild."""
        self.assertions.rejectChild(id, sender=sender)

    def void(self, id: bytes, sender: Account) -> None:
        """Call void of the assertion's game."""
        self._game(id).void(sender=sender)

    def promises(self) -> Iterable[Promise]:
        """Return the bounds of the parameters, what one decided on another L1 gets, and what a judge may do."""
        inbox, factory = self.games.inbox.address, self.games.factory.address
        good = {"root": NO, "bond": BOND, "share": BURNT_SHARE, "period": PERIOD}
        bad: dict[str, dict[str, Any]] = {
            "a first root of zero": {"root": bytes(32)},
            "a bond of next to nothing": {"bond": 10**17 - 1},
            "a bond beyond 96 bits": {"bond": 2**96},
            "a burnt share of nothing": {"share": 0},
            "a burnt share of the whole": {"share": WHOLE},
            "no period": {"period": 0},
        }
        for name, changed in bad.items():
            values = (good | changed).values()
            yield Promise(name, "lies are free", partial(self._deployed, inbox, factory, *values))
        head = self.chain.head
        for name, number, block_hash in (
            ("an assertion for another L1", head.number, NO),
            ("an assertion for a block to come", head.number + 99, bytes(32)),
        ):
            yield Promise(name, "an honest assertion is wrong", partial(self._elsewhere, number, block_hash))

        for name, words in {
            "a dispute opened twice": "open open",
            "a bond settled while its assertion stands": "open settle",
            "a bond settled twice": "open rejectOnly settle settle",
            "an assertion rejected twice": "open rejectOnly rejectOnly",
            "an assertion upheld that was rejected": "open rejectOnly uphold",
        }.items():
            yield Promise(name, "whoever decides pays itself", partial(self._judged, words.split()))

    def _judged(self, words: Sequence[str]) -> str:
        """Let one contract, which is factory and game of every assertion, do these things; the last must fail."""
        judge: Any = self.create("Judge")
        chain: Any = self.create(
            "AssertionChain", self.games.inbox.address, judge.address, NO, BOND, BURNT_SHARE, PERIOD
        )
        self.post(1)
        head = self.chain.head
        sent = chain.propose(
            chain.latestConfirmed(), OF_A_JUDGE, 0, head.number, head.hash, sender=self.owner, value=BOND
        )
        id = bytes(sent.events[0].id)
        for place, word in enumerate(words):
            winner = [self.chain.accounts[("alice", "bob")[place % 2]].address] if word == "settle" else []
            call = judge.functions[word]
            if place == len(words) - 1:
                call.transact(chain.address, id, *winner, sender=self.owner)
                return f"it was taken, after {' and '.join(words[:-1])}"
            try:
                call.transact(chain.address, id, *winner, sender=self.owner)
            except Reverted as revert:
                return f"{word} is refused: {revert.reason}"
        return ""

    def _deployed(self, *arguments: Any) -> str:
        self.create("AssertionChain", *arguments)
        return "it was taken"

    def _elsewhere(self, number: int, block_hash: bytes) -> str:
        self.post(1)
        self.assertions.propose(self.top(), NO, 0, number, block_hash, sender=self.owner, value=BOND)
        return "it was taken"
