"""Attacks with moves: lives of games, old positions, moves out of turn or against the rules, and clocks."""

from __future__ import annotations

from typing import cast

from harness.adapters.application import Application
from harness.adapters.errors import NotApplicable
from harness.attack.application.board import STAKE, UNSIGNED, Board, entry
from harness.attack.attack import Attack, Found
from harness.attack.oracle import BOUND, COUNTS, STUCK
from harness.attack.seats import BOTH_SEATS
from harness.attack.stage import Stage

TURNS = "only the player to move moves, and only as the rules allow"
NEWEST = "no older position replaces a newer one"


# -- lives


def _agreed_end(board: Board) -> str:
    """Play to an end that both sign, and conclude."""
    board.line(*board.lost_by_cheat())
    refused = board.attempt("conclude", board.game, board.newest, board.signatures(board.newest), board.honest)
    if refused and "does not end by" not in refused:
        raise Found(STUCK, f"an end that both players signed is refused: {refused}")
    board.check_owed(board.game)
    return board.judge(board.pot)


def _noted(stage: Stage) -> str:
    """Play the honest life, and keep the other attacks from a contract that fails in it."""
    try:
        return entry("", "", _agreed_end).play(stage)
    except Found as found:
        asset = stage.variant.partition(", ")[0]
        stage.shared[f"failed {asset}"] = f"a game of honest players already fails: {found}"
        raise


def _every_end(stage: Stage) -> str:
    """Play each application to each of its ends; the outcome is paid."""
    said = "no application has an end"
    for number in range(len(cast(type[Application], stage.kind).rulebooks)):
        for place in (0, 1, 2):
            board = Board(stage, number)
            try:
                moves, due = _ending(board, place)
                if moves:
                    board.line(*moves)
                    said = board.judge(due)
            finally:
                board.close()
    return said


def _ending(board: Board, place: int) -> tuple[tuple[bytes, ...], int]:
    """Return the moves to an end, and what it gives the honest player: a draw, or a win of the fork's mover."""
    rulebook = board.adapter.rulebook
    if place == 2:
        return rulebook.drawn, STAKE
    fork = rulebook.forks[place]
    return (*fork.before, fork.wins), board.pot if board.fork(board.honest) is fork else 0


def _silent_loser(board: Board) -> str:
    """Let the cheat go silent before the move with which the honest player wins."""
    moves = board.lost_by_cheat()
    board.line(*moves[:-1])
    if refused := board.challenge(board.newest, moves[-1], board.honest):
        raise Found(STUCK, f"a challenge by a winning move is refused: {refused}")
    return board.judge(board.pot)


def _idler(board: Board) -> str:
    """Let the cheat go silent when it is to move."""
    fork = board.fork(board.cheat)
    board.line(*fork.before)
    if refused := board.challenge(board.newest, None, board.honest):
        raise Found(STUCK, f"a challenge of a player who is to move is refused: {refused}")
    return board.judge(board.pot)


def _never_joined(board: Board) -> str:
    """Offer a game that nobody joins, and take the stake back; then cancel the game that is played."""
    offered = board.call("offer", board.ordered(board.honest, board.cheat), STAKE)
    if board.is_first:
        board.put_in += STAKE
        board.move("a stranger's cancel", "cancel", offered, board.cheat)
        board.attempt("cancel", offered, board.honest)
        board.take(offered, (board.honest,))
    else:
        board.attempt("cancel", offered, board.cheat)
        board.take(offered, (board.cheat,))
    board.line(*board.lost_by_cheat())
    board.move("a cancel of a game that is played", "cancel", board.game, board.cheat)
    return board.judge(board.pot + (STAKE if board.is_first else 0))


# -- old positions


def _stale(board: Board) -> str:
    """Challenge with an old position at which the honest player would have to move again."""
    moves = board.lost_by_cheat()
    positions = board.line(*moves)
    old = next(each for each in reversed(positions[:-1]) if board.mover(each) is board.honest)
    board.put("a challenge with an old position", "challenge", old, board.cheat)
    return board.judge(board.pot)


def _back(board: Board) -> str:
    """Put each older position on chain after the newest one."""
    positions = board.line(*board.lost_by_cheat()[:-1])
    if refused := board.checkpoint():
        raise NotApplicable(f"no position can be put on chain: {refused}")
    for sender in (board.cheat, board.sybil):
        for old in positions:
            if board.put(f"the position of turn {old.turn} again", "checkpoint", old, sender):
                board.broken(NEWEST, f"turn {old.turn} replaces turn {positions[-1].turn}")
    for old in (board.position(), *positions[:-1]):
        if board.mover(old) is board.honest and not board.challenge(old, None, board.cheat):
            board.broken(NEWEST, f"a challenge with turn {old.turn} counts after turn {positions[-1].turn}")
    return board.judge(board.pot, board.lost_by_cheat()[-1])


def _taken_back(board: Board) -> str:
    """Win on chain by another move than the one that the cheat signed; the honest player shows that one."""
    fork = board.fork(board.cheat)
    before = board.line(*fork.before)[-1]
    board.agree(*fork.before, fork.errs)
    board.move(
        "another move than the signed one", "challenge", board.game, before, board.signatures(before), fork.wins,
        board.cheat,
    )  # fmt: skip
    board.wait_for_deadline(board.game)
    board.checkpoint()
    return board.judge(board.pot, fork.punishes)


def _taken_back_later(board: Board) -> str:
    """Do so as an answer to the honest challenge."""
    fork = board.fork(board.cheat)
    before = board.line(*fork.before)[-1]
    board.challenge(before, None, board.honest)
    board.agree(*fork.before, fork.errs)
    board.move("another move than the signed one", "respond", board.game, before, fork.wins, board.cheat)
    board.wait_for_deadline(board.game)
    board.checkpoint()
    return board.judge(board.pot, fork.punishes)


# -- turns and rules


def _out_of_turn(board: Board) -> str:
    """Make the honest player's move for it, a bad one, after a challenge of the cheat."""
    fork = board.fork(board.honest)
    before = board.line(*fork.before)[-1]
    board.challenge(before, None, board.cheat)
    for who in (board.cheat, board.sybil):
        if board.move("a move of the honest player", "respond", board.game, before, fork.errs, who):
            board.broken(TURNS, f"{who.name} moved in the place of {board.honest.name}")
    for who in (board.cheat, board.sybil):
        given = (board.game, before, board.signatures(before), fork.errs, who)
        if board.move("a challenge by a move of the honest player", "challenge", *given):
            board.broken(TURNS, f"{who.name} moved in the place of {board.honest.name}")
    board.attempt("respond", board.game, before, fork.wins, board.honest)
    return board.judge(board.pot)


def _twice(board: Board) -> str:
    """Move once more after a move on chain, when the honest player is to move."""
    fork = board.fork(board.cheat)
    before = board.line(*fork.before)[-1]
    board.challenge(before, None, board.honest)
    after = board.position(*fork.before, fork.errs)
    board.move("the cheat's move", "respond", board.game, before, fork.errs, board.cheat)
    for at, move in ((before, fork.wins), (after, fork.punishes), (after, fork.wins)):
        if board.move("another move of the cheat", "respond", board.game, at, move, board.cheat):
            board.broken(TURNS, "a player moves twice")
    refused = board.attempt("challenge", board.game, after, UNSIGNED, fork.punishes, board.honest)
    if refused:
        raise Found(STUCK, f"a position that a move on chain made cannot be played on: {refused}")
    return board.judge(board.pot)


def _illegal(stage: Stage) -> str:
    """Make every move that a rulebook forbids, by a challenge and as an answer."""
    said = "no rulebook has illegal moves"
    for number, rulebook in enumerate(cast(type[Application], stage.kind).rulebooks):
        board = Board(stage, number)
        try:
            for before, move in rulebook.illegal:
                said = _forbidden(board, before, move) or said
        finally:
            board.close()
    return said


def _forbidden(board: Board, before: tuple[bytes, ...], move: bytes) -> str:
    """Make a forbidden move, if the cheat is to move there; return what stopped it."""
    at = board.agree(*before) if before else board.position()
    if board.mover(at) is not board.cheat:
        return ""
    what = f"move 0x{move.hex()} after {len(before)} moves"
    with board.trial():
        if board.move(what, "challenge", board.game, at, board.signatures(at), move, board.cheat) and move:
            board.broken(TURNS, f"{what} is taken")
    with board.trial():
        is_open = not board.challenge(at, None, board.honest)
        if is_open and board.move(what, "respond", board.game, at, move, board.cheat):
            board.broken(TURNS, f"{what} is taken as an answer")
    return board.stopped[-1] if board.stopped else ""


# -- clocks


def _challenged(board: Board) -> int:
    """Let the cheat challenge when the honest player is to move and wins; return the last second to answer."""
    before = board.line(*board.fork(board.honest).before)[-1]
    board.challenge(before, None, board.cheat)
    until = board.deadline(board.game)
    if until is None:
        raise NotApplicable("the contract states no deadline")
    return until


def _answered(board: Board, before: int) -> str:
    until = _challenged(board)
    board.chain.warp(to=until - before)
    if refused := board.attempt("respond", board.game, board.newest, board.fork(board.honest).wins, board.honest):
        board.broken(COUNTS, f"an answer {before} seconds before the stated last second is refused: {refused}")
    return board.judge(board.pot)


def _shown(board: Board, before: int) -> str:
    """Answer by the position that both signed in the meantime."""
    until, fork = _challenged(board), board.fork(board.honest)
    board.agree(*fork.before, fork.wins)
    board.chain.warp(to=until - before)
    refused = board.checkpoint()
    if refused and "without a challenge" not in refused:
        board.broken(COUNTS, f"a signed answer {before} seconds before the stated last second is refused: {refused}")
    return board.judge(board.pot)


def _late(board: Board) -> str:
    """Answer one second after the last one, by a move and by a signed position."""
    fork = board.fork(board.cheat)
    before = board.line(*fork.before)[-1]
    board.challenge(before, None, board.honest)
    until = board.deadline(board.game)
    if until is None:
        raise NotApplicable("the contract states no deadline")
    signed = board.agree(*fork.before, fork.errs)
    for after in (1, 10, 3_600):
        board.chain.warp(to=until + after)
        if board.move("a late move", "respond", board.game, before, fork.wins, board.cheat):
            board.broken(COUNTS, f"a move counts {after} seconds after the stated last second")
        if board.try_move("a late position", "checkpoint", board.game, signed, board.signatures(signed), board.cheat):
            board.broken(COUNTS, f"a signed position counts {after} seconds after the stated last second")
    return board.judge(board.pot)


def _early(board: Board) -> str:
    """Claim at once, in the middle, and in the last second ahead of the honest answer."""
    until = _challenged(board)
    now = board.chain.now
    for when in (now, (now + until) // 2, until - 1):
        if board.chain.now < when:
            board.chain.warp(to=when)
        board.move("an early claim", "claim", board.game, board.cheat)
    board.chain.warp(to=until)
    board.race(
        "a claim in the last second, ahead of the answer",
        lambda: board.call("claim", board.game, board.cheat),
        lambda: board.call("respond", board.game, board.newest, board.fork(board.honest).wins, board.honest),
    )
    return board.judge(board.pot)


def _on_time(board: Board) -> str:
    """See that the claim works in the first second after the last one to answer."""
    board.line(*board.fork(board.cheat).before)
    board.challenge(board.newest, None, board.honest)
    until = board.deadline(board.game)
    if until is None:
        raise NotApplicable("the contract states no deadline")
    if until > board.chain.now + board.adapter.window:
        board.broken(BOUND, f"the clock runs {until - board.chain.now} s, beyond the {board.adapter.window} s stated")
    board.chain.warp(to=until + 1)
    if refused := board.attempt("claim", board.game, board.honest):
        board.broken(BOUND, f"the claim is refused in the first second after the window: {refused}")
    return board.judge(board.pot)


def _drawn_out(board: Board) -> str:
    """Start the honest challenge's clock again and again by what is on chain already."""
    fork = board.fork(board.cheat)
    positions = board.line(*fork.before)
    board.challenge(board.newest, None, board.honest)
    until = board.wait_for_deadline(board.game)
    if until is None:
        raise NotApplicable("the contract states no deadline")
    for old in positions:
        for method in ("checkpoint", "challenge"):
            with board.trial():  # so that each one comes in the last second
                if not board.put("the clock started again", method, old, board.cheat):
                    continue
                if (later := board.deadline(board.game)) != until:
                    board.broken(BOUND, f"what is on chain already moves the deadline from {until} to {later}")
                board.judge(board.pot)
    return board.judge(board.pot)


def _again(board: Board) -> str:
    """End a game twice, in every way, and be paid twice."""
    positions = board.line(*board.lost_by_cheat())
    board.attempt("conclude", board.game, board.newest, board.signatures(board.newest), board.honest)
    board.finish(None)
    for _ in range(2):
        board.move("a second claim", "claim", board.game, board.cheat)
        for old in positions[-3:]:
            for method in ("conclude", "checkpoint", "challenge"):
                board.put("a position of an ended game", method, old, board.cheat)
        for who in (board.cheat, board.honest, board.sybil):
            board.try_move("a second payout", "withdraw", board.game, who, board.cheat)
    for call in tuple(board.tape.calls):
        for what, changed in board.tape.altered(call, board.stage.random) if call.name == "payout" else [("", call)]:
            board.tape.send(changed, board.cheat)
            board.stopped.append(f"{call.name} again {what}: {board.tape.reason}")
    return board.judge(board.pot)


ATTACKS: tuple[Attack, ...] = (
    Attack("agreed-end", "Two honest players do not get what they agreed on.", _noted, BOTH_SEATS),
    Attack("every-end", "An outcome of the application is not what is paid.", _every_end, BOTH_SEATS),
    entry("silent-loser", "A player who is beaten saves its stake by silence.", _silent_loser),
    entry("idler", "A player who does not move does not lose.", _idler),
    entry("never-joined", "A stake cannot be taken back, or one that is played for can.", _never_joined),
    entry("stale-challenge", "An old position counts although the other player shows a newer one.", _stale),
    entry("older-position", "An older position replaces a newer one.", _back),
    entry("move-taken-back", "A player makes another move on chain than the one it signed.", _taken_back),
    entry("answer-taken-back", "A player answers by another move than the one it signed.", _taken_back_later),
    entry("out-of-turn", "Somebody moves in the place of the player who is to move.", _out_of_turn),
    entry("moved-twice", "A player moves twice.", _twice),
    Attack("illegal-moves", "A move counts that the rules forbid.", _illegal, BOTH_SEATS),
    entry("answer-in-the-last-second", "A move in the last second does not count.", lambda board: _answered(board, 0)),
    entry(
        "answer-a-second-before", "A move a second before the last does not count.", lambda board: _answered(board, 1)
    ),
    entry("shown-in-the-last-second", "A signed position in the last second does not count.", lambda b: _shown(b, 0)),
    entry("answer-late", "An answer counts after the window is over.", _late),
    entry("claim-early", "The pot is taken while an answer still counts.", _early),
    entry("claim-on-time", "A claim does not work when the window is over.", _on_time),
    entry("draw-out", "What is on chain already moves the deadline.", _drawn_out),
    entry("end-again", "A game ends twice, or pays twice.", _again),
)
