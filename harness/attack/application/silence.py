"""Attacks with applications that fail, and with players that refuse their money or enter again."""

from __future__ import annotations

from collections.abc import Iterator

from harness.adapters.application import Position
from harness.adapters.errors import NotApplicable
from harness.adapters.fitting import in_order
from harness.attack.application.board import STAKE, UNSIGNED, Board, entry
from harness.attack.attack import Attack, Found
from harness.attack.oracle import STUCK
from harness.attack.seats import BOTH_SEATS

WHATS = ("all", "initial", "outcome")
GAS = (2_000_000, 2_600_000, 3_200_000, 3_700_000, 5_000_000)
"""Limits of a claim with too little gas, of which an application can use almost four million."""
ETHER_SEATS = tuple(variant for variant in BOTH_SEATS if variant.startswith("ether"))


def _breaks(board: Board) -> Iterator[tuple[str, str]]:
    """Yield each way in which the application can fail; raises NotApplicable if there is none."""
    if not board.adapter.failures:
        raise NotApplicable("the harness cannot break the application (failures is not set)")
    for how in in_order(board.adapter.failures):
        yield from ((how, what) for what in (WHATS if how != "has no code" else ("all",)))


def _each(board: Board, one: str) -> str:
    """Play one way of failing after the other, each from the same beginning."""
    said = ""
    for how, what in _breaks(board):
        with board.trial():
            try:
                said = _SCRIPTS[one](board, how, what)
            except Found as found:
                evidence = f"the application {how}, asked for {what}: {found.evidence}"
                raise Found(found.broke, evidence, gained=found.gained, lost=found.lost) from found
    return said


def _from_nothing(board: Board, how: str, what: str) -> str:
    """Challenge from a beginning that the cheat makes up, while the application does not answer."""
    fork = board.fork(board.cheat)
    won = board.position(*fork.before, fork.wins)
    for turn in (0, won.turn):
        for data in (won.data, board.position(*fork.before).data, b"\xff" * len(won.data)):
            board.call("fail", board.game, how, what)
            given = (board.game, Position(turn, data), UNSIGNED, None, board.cheat)
            if not board.move("a beginning that is made up", "challenge", *given):
                continue
            if how != "has no code":
                board.call("fail", board.game, "", "all")
                board.attempt("conclude", board.game, Position(turn, data), UNSIGNED, board.cheat)
            return board.judge(STAKE, fork.before[0])
    board.call("fail", board.game, how, what)
    return board.judge(STAKE, fork.before[0])


def _agreed(board: Board, how: str, what: str) -> str:
    """Break the application at positions that both signed; each player can get its stake back alone."""
    if what == "initial":
        return "positions can be judged"
    fork, said = board.fork(board.honest), ""
    for moves in (fork.before, fork.before[:-1], (*fork.before, fork.wins)):
        with board.trial():
            board.line(*moves)
            board.call("fail", board.game, how, what)
            if refused := board.challenge(board.newest, None, board.honest):
                board.broken(STUCK, f"a position that nobody can judge cannot be challenged ({how}): {refused}")
            said = board.judge(STAKE)
    return said


def _afterwards(board: Board, how: str, what: str) -> str:
    """Break the application after the cheat's challenge, so that the honest player cannot move."""
    fork = board.fork(board.honest)
    board.line(*fork.before)
    board.challenge(board.newest, None, board.cheat)
    board.call("fail", board.game, how, what)
    # What it makes of a move may be nonsense, on which no honest player builds.
    is_sound = what != "all"
    if is_sound and not board.attempt("respond", board.game, board.newest, fork.wins, board.honest):
        board.newest = board.position(*fork.before, fork.wins)
    return board.judge(STAKE)


def _told(board: Board, how: str, what: str) -> str:
    """Break the application after the honest player's winning move is on chain; what it has told outlasts it."""
    moves = board.lost_by_cheat()
    board.line(*moves[:-1])
    board.challenge(board.newest, moves[-1], board.honest)
    board.call("fail", board.game, how, what)
    return board.judge(board.pot)


def _split(board: Board, how: str, what: str) -> str:
    """Close together while the application does not answer."""
    shares, expiry = board.ordered(STAKE + 7, STAKE - 7), board.chain.now + 3_600
    pair = tuple(board.call("agree", board.game, shares, expiry, who) for who in board.parties)
    board.call("fail", board.game, how, what)
    if refused := board.attempt("close_together", board.game, shares, expiry, pair, board.honest):
        board.broken(STUCK, f"a split is refused while the application {how}: {refused}")
    return board.judge(STAKE + 7)


_SCRIPTS = {"nothing": _from_nothing, "agreed": _agreed, "after": _afterwards, "told": _told, "split": _split}


def _starved(board: Board) -> str:
    """Claim with so little gas that a sound application cannot answer, when the cheat's clock has run out."""
    if not board.adapter.answers_bounded:
        raise NotApplicable("the contract does not promise to tell a lack of gas from silence")
    moves = board.lost_by_cheat()
    board.line(*moves[:-2])
    board.challenge(board.newest, None, board.honest)
    board.call("slow_down", board.game)
    board.wait_for_deadline(board.game, after=1)
    for gas in GAS[:-1]:
        if board.move(f"a claim with {gas} gas", "claim", board.game, board.cheat, gas):
            break
    return board.judge(board.pot)


def _starved_challenge(board: Board) -> str:
    """Challenge with so little gas that a sound application cannot say how the game begins."""
    fork = board.fork(board.cheat)
    won = board.position(*fork.before, fork.wins)
    board.line(*board.lost_by_cheat()[:-1])
    board.call("slow_down", board.game)
    for position in (Position(0, won.data), board.position()):
        board.move("a slow beginning", "challenge", board.game, position, UNSIGNED, None, board.cheat)
    board.checkpoint()
    board.call("fail", board.game, "", "all")
    return board.judge(board.pot, board.lost_by_cheat()[-1])


# -- money


def _refusing(board: Board) -> str:
    """Refuse every payment, so that a payment of both players fails."""
    become(board, "RefusingWallet", board.cheat)
    board.line(*board.lost_by_cheat()[:-1])
    fork = board.fork(board.cheat)
    shares, expiry = board.ordered(STAKE, STAKE), board.chain.now + 3_600
    if board.has("close_together", board.protocol):
        pair = tuple(board.call("agree", board.game, shares, expiry, who) for who in board.parties)
        board.attempt("close_together", board.game, shares, expiry, pair, board.honest)
        return board.judge(STAKE, fork.punishes, may_stick=True)
    return board.judge(board.pot, fork.punishes, may_stick=True)


def _reentrant(board: Board) -> str:
    """Enter again from the cheat's own code while it is paid."""
    fork = board.fork(board.cheat)
    board.line(*fork.before, fork.wins)
    become(board, "ReentrantWallet")
    wallet = board.stage.contracts["ReentrantWallet"].at(board.chain, board.cheat.address)
    board.attempt("conclude", board.game, board.newest, board.signatures(board.newest), board.honest)
    with board.trial():
        board.try_move("the payout", "withdraw", board.game, board.cheat, board.cheat)
        payouts = tuple(board.tape.calls)[-2:]
    for call in payouts:
        wallet.arm(call.to, call.data, sender=board.sybil)
        board.try_move("a payout that enters again", "withdraw", board.game, board.cheat, board.cheat)
    return board.judge(0)


def become(board: Board, name: str, *arguments: object) -> None:
    """Let the cheat's account run the code of a contract (EIP-7702)."""
    code = board.chain.deploy(board.stage.contracts[name], *arguments, sender=board.chain.accounts.judy)
    board.chain.authorize(board.cheat, code, sender=board.chain.accounts.judy)


def failing(name: str, shows: str, script: str) -> Attack:
    """Return an attack that plays a script in each way in which an application fails."""
    return entry(name, shows, lambda board: _each(board, script))


ATTACKS: tuple[Attack, ...] = (
    failing("made-up-beginning", "A player makes up how a game begins that nobody can tell.", "nothing"),
    failing("unjudged-position", "A position that nobody can judge costs a player its stake.", "agreed"),
    failing("broken-afterwards", "A player loses for a move that it could not make.", "after"),
    failing("told-before", "An end that the application has told does not outlast it.", "told"),
    failing("split-in-silence", "An end that both agreed on needs the application.", "split"),
    entry("starved-claim", "Whoever brings too little gas makes a sound application silent.", _starved),
    entry("starved-challenge", "A slow application lets a player begin anew.", _starved_challenge),
    entry("refused-payment", "A player that refuses its payment stops the other's.", _refusing, ETHER_SEATS),
    entry("re-entrant-player", "A player enters again while it is paid.", _reentrant, ETHER_SEATS),
)
