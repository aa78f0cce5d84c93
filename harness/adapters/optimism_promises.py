"""What the OP Stack's games promise beside the rules of moves: creation, anchors, a block's number, local data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from harness.adapters import op
from harness.adapters.game_values import Promise
from harness.adapters.op_program import AFTER_LENGTH, STARTING
from harness.primitives import rlp
from harness.primitives.hashing import keccak256

OptimismGame = Any
"""The adapter, which imports this file."""
BLOCK = 1_000
ROOT = bytes(32), keccak256(b"state"), keccak256(b"storage")
"""The version, the state root and the storage root of an output whose block is looked into."""


def promises(game: OptimismGame) -> Iterator[Promise]:
    """Yield the promises."""
    bond, judy = game.bonds[0], game.stack.owner
    for name, wei in (("a root without a bond", 0), ("a wei too little", bond - 1), ("a wei too much", bond + 1)):
        yield _refused(name, "a lie costs nothing", partial(_propose, game, b"\x07" * 32, BLOCK, wei))
    yield _refused("a root twice", "one root has two games", lambda: _twice(game))
    yield _refused("a root of the anchor's block", "L2 stands still", lambda: _propose(game, b"\x07" * 32, 0, bond))
    yield _refused(
        "a game of no type", "anybody's game counts", lambda: game.factory.create(7, b"\x07" * 32, b"", sender=judy)
    )
    yield Promise("a rejected root is no anchor", "games start from a lie", lambda: _anchor(game), True)
    yield Promise("a root of another block", "a root's number is not checked", lambda: _number(game, BLOCK + 1), True)
    yield _refused("a root of its own block", "an honest root falls", lambda: _number(game, BLOCK))
    yield _refused("a header of another root", "an honest root falls", lambda: _number(game, BLOCK, BLOCK + 1))
    yield _refused(
        "local data of an output", "a program reads what nobody claimed",
        lambda: game.game.addLocalData(STARTING, 1, AFTER_LENGTH, sender=judy),
    )  # fmt: skip
    good = game.games
    for name, rules in (
        ("a game of 126 levels", replace(good, max_depth=126)),
        ("a split at the lowest depth", replace(good, split_depth=good.max_depth)),
        ("an extension longer than the clock", replace(good, extension=good.max_clock + 1)),
    ):
        yield _refused(name, "the game cannot be played", partial(_model, game, rules))


def _refused(name: str, harm: str, call: Callable[[], object]) -> Promise:
    def test() -> str:
        call()
        return "it was taken"

    return Promise(name, harm, test)


def _propose(game: OptimismGame, root: bytes, block: int, wei: int) -> Any:
    extra = block.to_bytes(32, "big")
    game.factory.create(op.GAME_TYPE, root, extra, sender=game.chain.accounts.mallory, value=wei)
    _, _, address = game.factory.gameAtIndex(game.factory.gameCount() - 1)
    return game.chain.at(game.stack.game_type, address)


def _twice(game: OptimismGame) -> None:
    for _ in range(2):
        _propose(game, b"\x07" * 32, BLOCK, game.bonds[0])


def _anchor(game: OptimismGame) -> str:
    """Let the open game's root be rejected."""
    before = tuple(game.registry.anchors(op.GAME_TYPE))
    game.chain.warp(2 * game.games.max_clock)
    game.resolve([1, 0], game.stack.owner)
    after = tuple(game.registry.anchors(op.GAME_TYPE))
    return "" if before == after else f"the anchor went from {before} to {after}"


def _header(block: int) -> bytes:
    return rlp.encode([b""] * 8 + [block.to_bytes(2, "big")] + [b""] * 6)


def _number(game: OptimismGame, block: int, shown: int | None = None) -> str:
    """Claim the output of a block, and show the number in its header, or in that of another block."""
    header = _header(block if shown is None else shown)
    proof = (*ROOT, keccak256(_header(block)))
    opened = _propose(game, keccak256(b"".join(proof)), BLOCK, game.bonds[0])
    carol = game.chain.accounts.carol
    opened.challengeRootL2Block(proof, header, sender=carol)
    game.chain.warp(2 * game.games.max_clock)
    opened.resolveClaim(0, 0, sender=carol)
    got = int(opened.credit(carol))
    return "" if got == game.bonds[0] else f"whoever showed the number is owed {got} wei, expected {game.bonds[0]}"


def _model(game: OptimismGame, rules: op.OpRules) -> Any:
    parts = game.stack.parts
    return game.create(
        "FaultDisputeGame", op.GAME_TYPE, game.games.program.hash(0), rules.max_depth, rules.split_depth,
        rules.extension, rules.max_clock, parts["stepper"].address, parts["weth"].address, game.registry.address,
        rules.chain_id,
    )  # fmt: skip
