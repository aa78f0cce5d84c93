"""What the built-in games promise beside their rules: bounds of rules, calls decided on another L1, new rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from harness.adapters.game_values import Promise
from harness.primitives.hashing import keccak256
from harness.rollup.config import WHOLE, GameRules

CountingGame = Any
"""The adapter, which imports this file."""
DEAR = 10**18
OTHER = keccak256(b"another")


def promises(game: CountingGame) -> Iterator[Promise]:
    """Yield the promises."""
    yield Promise("the root's id", "nobody finds the root", lambda: _root_id(game), True)
    yield from _bounds(game)
    yield from _another_l1(game)
    yield from _new_rules(game)


def _refused(name: str, harm: str, call: Callable[[], object]) -> Promise:
    def test() -> str:
        call()
        return "it was taken"

    return Promise(name, harm, test)


def _bounds(game: CountingGame) -> Iterator[Promise]:
    """Yield rules that no game may have."""
    good = game.games
    bad = {
        "a game of one level": replace(good, max_depth=1),
        "a game of 63 levels": replace(good, max_depth=63),
        "an extension longer than the one before a step": replace(good, extension=good.step_extension + 1),
        "a step's extension longer than a clock": replace(good, step_extension=good.max_clock + 1),
        "a clock of one second": replace(good, max_clock=1, extension=1, step_extension=1),
        "a clock beyond 32 bits": replace(good, max_clock=2**32),
        "an opening bond below that of an attack": replace(good, gas_price_cap=100 * 10**9),
        "a bond beyond 96 bits": replace(good, max_depth=62, gas_price_cap=2**64 - 1),
    }
    for name, rules in bad.items():
        bond, share = (2**96 - 1, WHOLE - 1) if "96" in name else (DEAR, game.share)
        yield _refused(name, "the game cannot be played", partial(_game, game, rules, bond, share))
    for name, share, bond in (
        ("a burnt share of nothing", 0, DEAR),
        ("a burnt share of the whole", WHOLE, DEAR),
        ("an opening bond beyond 96 bits", game.share, 2**96),
    ):
        yield Promise(name, "a liar pays nothing, or nobody is paid", _named_refusal(game, share, bond), True)


def _named_refusal(game: CountingGame, share: int, bond: int) -> Callable[[], str]:
    """Return a test that a share is refused by name, not by a panic."""

    def test() -> str:
        from harness.errors import Reverted

        try:
            _game(game, game.games, bond, share)
        except Reverted as revert:
            return "" if "BadRule" in revert.reason else f"it fails by {revert.reason.partition(chr(10))[0]}"
        return "it was taken"

    return test


def _game(game: CountingGame, rules: GameRules, bond: int, share: int | None = None) -> Any:
    table = game.create("AssertionTable", game.factory.address, bond, game.share if share is None else share)
    return game.create("DisputeGame", game.factory.address, table.address, game.prover.address, rules.words())


def _another_l1(game: CountingGame) -> Iterator[Promise]:
    """Yield calls whose sender saw another L1."""
    chain, dave = game.chain, game.chain.accounts.dave
    number, seen = chain.head.number, chain.head.hash
    harm = "an honest move counts on an L1 on which it is wrong"
    first, opening = game.ids[1], game.rules().opening_bond
    bond = game.rules().bonds[2]
    seen_blocks = {
        "another hash": (number, OTHER),
        "a block to come": (number + 99, bytes(32)),
        "a forgotten block": (number, seen),
    }
    calls = {"attack": (game.factory.attack, bond), "defend": (game.factory.defend, bond)}
    calls["open"] = game.factory.open, opening
    for what, (block, block_hash) in seen_blocks.items():
        for name, (call, value) in calls.items():

            def send(
                what: str = what, name: str = name, call: Any = call, value: int = value,
                block: int = block, block_hash: bytes = block_hash,
            ) -> None:  # fmt: skip
                arguments = [game.base, OTHER] if name == "open" else [game.assertion, first, OTHER]
                if what == "a forgotten block":
                    chain.mine(257)
                call(*arguments, block, block_hash, sender=dave, value=value)

            yield _refused(f"{name} for {what}", harm, send)


def _new_rules(game: CountingGame) -> Iterator[Promise]:
    """Yield what must come of new rules, and which may never be set."""
    factory, owner = game.factory, game.owner
    later = replace(game.games, max_clock=500)
    delay = 50_000 + game.games.longest + 1

    def deployed(**changed: Any) -> Any:
        where = {"factory": factory.address, "assertions": game.assertions.address, "prover": game.prover.address}
        where |= changed
        return game.create("DisputeGame", *where.values(), later.words())

    def another_factory() -> None:
        factory.setImplementation(deployed(factory=owner.address).address, sender=owner)

    def another_chain() -> None:
        table = game.create("AssertionTable", factory.address, DEAR, game.share)
        factory.setImplementation(deployed(assertions=table.address).address, sender=owner)

    def forgotten_fork() -> None:
        newest = int(game.prover.newestFork())
        factory.setImplementation(
            deployed(prover=game.create("CountingProver", newest - 1).address).address, sender=owner
        )

    harm = "later games decide what they must not"
    yield _refused("a game of another factory", harm, another_factory)
    yield _refused("a game of another chain of assertions", harm, another_chain)
    yield _refused("a game that forgets a fork", "what was scheduled cannot be proven", forgotten_fork)
    yield _refused("a second game of one assertion", "two games decide one thing", lambda: _again(game))
    yield _refused("a move in a game that nobody opened", "the bond is lost", lambda: _nowhere(game))

    def changes_late() -> str:
        before = factory.functions["implementation"]()
        factory.setImplementation(deployed().address, sender=owner)
        at = game.chain.head.timestamp + delay
        game.chain.warp(to=at - 1)
        game.chain.mine()
        if factory.functions["implementation"]() != before:
            return f"they count {delay - 1} s after they were set, or earlier"
        game.chain.warp(to=at)
        game.chain.mine()
        return (
            ""
            if factory.functions["implementation"]() != before
            else f"they do not count {delay} s after they were set"
        )

    def taken_back() -> str:
        before = factory.functions["implementation"]()
        factory.setImplementation(deployed().address, sender=owner)
        factory.setImplementation(deployed().address, sender=owner)
        found = factory.functions["implementation"]()
        return "" if found == before else "rules that were set and taken back count at once"

    yield Promise("new rules wait", "an owner decides games that stood before", changes_late, True)
    yield Promise("rules that were taken back", "an owner decides games that stood before", taken_back, True)


def _root_id(game: CountingGame) -> str:
    found = bytes(game.game.rootId())
    return "" if found == game.ids[0] else f"the game says {found.hex()}, expected {game.ids[0].hex()}"


def _again(game: CountingGame) -> None:
    head = game.chain.head
    game.factory.open(game.assertion, OTHER, head.number, head.hash, sender=game.owner, value=DEAR)


def _nowhere(game: CountingGame) -> None:
    head, bond = game.chain.head, game.rules().bonds[2]
    game.factory.attack(OTHER, game.ids[1], OTHER, head.number, head.hash, sender=game.owner, value=bond)
