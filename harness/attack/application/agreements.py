"""Attacks with signatures: forged and altered positions, those of other games, and ends that both agreed on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.adapters.application import Application, Position
from harness.attack.application.board import STAKE, Board, entry
from harness.attack.attack import Attack
from harness.attack.oracle import COUNTS, OWN_MONEY
from harness.attack.seats import UNIT
from harness.attack.stage import OTHER_CHAIN

HOUR = 3_600


def _won(board: Board, game: Any = None) -> Position:
    """Return the end of a game in which the cheat wins, at the highest turn there is."""
    fork = board.fork(board.cheat)
    return board.position(*fork.before, fork.wins, game=game)


def _posted(board: Board, what: str, position: Position, pair: tuple[bytes, bytes]) -> bool:
    """Put a position before the contract in each way; return whether one went through."""
    for sender in (board.cheat, board.sybil):
        for method in ("conclude", "checkpoint", "challenge"):
            move = (None,) if method == "challenge" else ()
            if board.try_move(f"{what} ({method})", method, board.game, position, pair, *move, sender):
                return True
    return False


def _started(board: Board) -> bytes:
    """Play up to the honest player's winning move, which is returned."""
    moves = board.lost_by_cheat()
    board.line(*moves[:-1])
    return moves[-1]


def _forged(board: Board) -> str:
    """Put an end on chain in which the cheat wins and that the honest player never signed."""
    reply = _started(board)
    won = _won(board)
    later = Position(won.turn + 2, won.data)
    for position in (won, later):
        own = board.sign(position, board.cheat)
        for what, stand_in in board.stand_ins(position):
            for pair in (board.ordered(stand_in, own), (stand_in, stand_in)):
                with board.extreme(what):
                    if _posted(board, f"a won position with {what}", position, pair):
                        return board.judge(board.pot, reply)
    return board.judge(board.pot, reply)


def _altered(board: Board) -> str:
    """Alter each part of a position that both signed; the honest signature stays, the cheat signs anew."""
    reply = _started(board)
    for position, pair in list(board.agreed):
        mine, theirs = board.of_role(pair)
        for what, other in _others(position, _won(board).data):
            for own in (board.sign(other, board.cheat), theirs):
                with board.extreme(what):
                    if _posted(board, f"a signed position with {what}", other, board.ordered(mine, own)):
                        return board.judge(board.pot, reply)
    return board.judge(board.pot, reply)


def _others(position: Position, won: bytes) -> Iterator[tuple[str, Position]]:
    for turn in (position.turn + 1, position.turn + 2, 2**64 - 1):
        yield f"turn {turn} in the place of {position.turn}", Position(turn, position.data)
    yield "the data of a won position", Position(position.turn, won)
    for place in range(len(position.data)):
        data = position.data[:place] + bytes([position.data[place] ^ 1]) + position.data[place + 1 :]
        yield f"byte {place} altered", Position(position.turn, data)


def _exchanged(board: Board) -> str:
    """Exchange the signatures of both players."""
    reply = _started(board)
    won = _won(board)
    own, other = board.sign(won, board.cheat), board.sign(won, board.sybil)
    for pair in ((own, other), (other, own), (own, own)):
        if _posted(board, "a won position with signatures exchanged", won, pair):
            break
    return board.judge(board.pot, reply)


# -- of other games


def _replayed(board: Board, game: Any, what: str, adapter: Application | None = None) -> str:
    """Use an end that the honest player signed elsewhere, where it lost."""
    reply = _started(board)
    won = _won(board)
    mine = board.sign(won, board.honest, game, adapter)
    for own in (board.sign(won, board.cheat, game, adapter), board.sign(won, board.cheat)):
        if _posted(board, what, won, board.ordered(mine, own)):
            break
    return board.judge(board.pot, reply)


def _other_game(board: Board) -> str:
    """Replay the end of a former game of the same players."""
    former = board.game
    fork = board.fork(board.cheat)
    board.line(*fork.before, fork.wins)
    board.finish(None)
    board.begin()
    return _replayed(board, former, "the end of a former game")


def _other_contract(board: Board) -> str:
    """Replay the end of a game of the same players at another contract of the same code."""
    adapter = board.deploy(board.chain, board.token)
    adapter.rulebook = board.adapter.rulebook
    had = {who.address: board.purse.of(who) for who in board.cast}
    board.open(adapter, board.bystanders, (70 * UNIT, 70 * UNIT))
    game = board.open(adapter, board.parties, (STAKE, STAKE))
    for who in board.cast:  # what lies in the other contract is nobody's loss here
        board.before[who.address] += board.purse.of(who) - had[who.address]
    return _replayed(board, game, "the end of a game at another contract", adapter)


def _other_chain(board: Board) -> str:
    """Replay the end of the same game of the same contract on a chain of another id."""
    with board.stage.other_chain() as chain:
        adapter = board.deploy(chain, None)
        adapter.rulebook = board.adapter.rulebook

        def there(parties: Any) -> Any:
            return chain.accounts[parties[0].name], chain.accounts[parties[1].name]

        board.call("open", there(board.bystanders), (70 * UNIT, 70 * UNIT), adapter=adapter)
        game = board.call("open", there(board.parties), (STAKE, STAKE), adapter=adapter)
        return _replayed(board, game, f"the end of a game on chain {OTHER_CHAIN}", adapter)


# -- ends that both agreed on


def _pair(board: Board, shares: tuple[int, int], expiry: int) -> tuple[bytes, bytes]:
    mine = board.call("agree", board.game, shares, expiry, board.honest)
    return board.ordered(mine, board.call("agree", board.game, shares, expiry, board.cheat))


def _split(board: Board) -> str:
    """End a game together in the last second of the signatures, and then again."""
    shares, expiry = board.ordered(STAKE + STAKE // 3, STAKE - STAKE // 3), board.chain.now + HOUR
    pair = _pair(board, shares, expiry)
    board.chain.warp(to=expiry)
    refused = board.attempt("close_together", board.game, shares, expiry, pair, board.honest)
    if refused:
        board.broken(COUNTS, f"a split is refused in the last second of its signatures: {refused}")
    board.move("the split again", "close_together", board.game, shares, expiry, pair, board.cheat)
    return board.judge(STAKE + STAKE // 3)


def _split_late(board: Board) -> str:
    """End a game together one second after the signatures' last one."""
    reply = _started(board)
    shares, expiry = board.ordered(0, board.pot), board.chain.now + HOUR
    pair = _pair(board, shares, expiry)
    board.chain.warp(to=expiry + 1)
    if board.move("a late split", "close_together", board.game, shares, expiry, pair, board.cheat):
        board.broken(COUNTS, "a split counts one second after the last one of its signatures")
    return board.judge(board.pot, reply)


def _split_forged(board: Board) -> str:
    """End a game by a split that the honest player did not sign."""
    reply, expiry = _started(board), board.chain.now + HOUR
    shares = board.ordered(0, board.pot)
    own = board.call("agree", board.game, shares, expiry, board.cheat)
    for what, stand_in in board.stand_ins(board.newest):
        for sender in (board.cheat, board.sybil):
            for pair in (board.ordered(stand_in, own), (own, own)):
                given = (board.game, shares, expiry, pair, sender)
                with board.extreme(what):
                    if board.move(f"a split with {what}", "close_together", *given):
                        return board.judge(board.pot, reply)
    return board.judge(board.pot, reply)


def _split_altered(board: Board) -> str:
    """End a game by another split, or one of another expiry, than the honest player signed."""
    reply, now = _started(board), board.chain.now
    shares = board.ordered(board.pot, 0)
    mine = board.call("agree", board.game, shares, now + HOUR, board.honest)
    worse = board.ordered(0, board.pot)
    for other, expiry in ((worse, now + HOUR), (worse, now + 2 * HOUR), (shares[::-1], now + HOUR)):
        own = board.call("agree", board.game, other, expiry, board.cheat)
        if board.move("an altered split", "close_together", board.game, other, expiry, board.ordered(mine, own),
                      board.cheat):  # fmt: skip
            return board.judge(board.pot, reply)
    return board.judge(board.pot, reply)


def _overdrawn(board: Board) -> str:
    """End games of the cheat with its second account by splits of more than the pot."""
    pot, expiry = 2 * UNIT, board.chain.now + HOUR
    for shares in ((pot + UNIT, 0), (0, pot + UNIT), (pot, pot), (pot, UNIT), (pot // 2, pot), (2**256 - UNIT, UNIT)):
        game = board.open(board.adapter, (board.cheat, board.sybil), (UNIT, UNIT))
        what = f"shares of {shares[0]} and {shares[1]} in a game for {pot}"
        with board.extreme(what):
            pair = tuple(board.call("agree", game, shares, expiry, who) for who in (board.cheat, board.sybil))
            board.move(what, "close_together", game, shares, expiry, pair, board.cheat)
        board.take(game, (board.cheat, board.sybil))
        if (gained := board.net(board.cheat, board.sybil) + STAKE) > 0:
            board.broken(OWN_MONEY, f"{what} paid {gained} more than was put in")
    return board.judge(0, board.fork(board.honest).before[0], may_stick=True)


def _split_as_position(board: Board) -> str:
    """Use a signature under a split as one under a position, and the other way round."""
    reply, expiry = _started(board), board.chain.now + HOUR
    won = _won(board)
    mine = board.call("agree", board.game, board.ordered(0, board.pot), expiry, board.honest)
    own = board.sign(won, board.cheat)
    _posted(board, "a split as a position", won, board.ordered(mine, own))
    return board.judge(board.pot, reply)


ATTACKS: tuple[Attack, ...] = (
    entry("forged-position", "A position counts that one player never signed.", _forged),
    entry("altered-position", "A signature covers less than the position that it stands under.", _altered),
    entry("exchanged", "Signatures count for the other player.", _exchanged),
    entry("former-game", "A position of a former game counts in its successor.", _other_game),
    entry("cross-contract", "A position of one contract counts in another.", _other_contract),
    entry("cross-chain", "A position of one chain counts on another.", _other_chain),
    entry("split", "An end that both agreed on does not count, or counts twice.", _split),
    entry("split-late", "An end that both agreed on counts after its expiry.", _split_late),
    entry("split-forged", "An end counts that one player did not agree to.", _split_forged),
    entry("split-altered", "A signature covers less than the split that it stands under.", _split_altered),
    entry("overdrawn", "A split pays more than the game holds.", _overdrawn),
    entry("split-as-position", "A signature counts for another kind of message.", _split_as_position),
)
