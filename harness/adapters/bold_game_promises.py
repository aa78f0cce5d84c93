"""What BoLD promises beside one line of answers: what an edge must show, third rivals, and what a winner may do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from harness.adapters.bold_edges import Layer, Span, above
from harness.adapters.bold_history import History
from harness.adapters.game_values import Promise
from harness.dispute.positions import Side
from harness.errors import Reverted
from harness.primitives.hashing import keccak256

BoldGame = Any
"""The adapter, which imports this file."""
ATTACK = Side.ATTACK
FOREVER = 2**256 - 1
OTHER, ANOTHER = keccak256(b"other state"), keccak256(b"another state")


def promises(game: BoldGame) -> Iterator[Promise]:
    """Yield the promises, each about a challenge that was just opened."""
    yield from _of_new_edges(game)
    yield from _of_bisections(game)
    yield from _of_timers(game)
    yield from _of_steps(game)
    yield from _of_winners(game)
    yield _refused("a manager that is set up again", "anybody takes the stakes", lambda: _set_up(game))
    yield Promise("one edge of a level beats all rivals", "many lies outlast the truth", lambda: _crowd(game), True)


def _refused(name: str, harm: str, call: Callable[[], object]) -> Promise:
    def test() -> str:
        call()
        return "it was taken"

    return Promise(name, harm, test)


def _of_new_edges(game: BoldGame) -> Iterator[Promise]:
    """Yield what an edge of layer zero must show. Its claim is the second block of the root, which has a rival."""
    dave = game.chain.accounts.dave
    top, rival, own = game.layers
    claim = top.halves[1]
    before, after = claim.states

    def made(layer: Layer, *shown: bytes) -> None:
        """Make an edge, with the states that it shows to be its claim's."""
        game.stake(dave, 10**18)
        if not shown:
            game.make(layer, dave)
            return
        game.manager.createLayerZeroEdge(layer.creation(shown), sender=dave)

    def about(history: Sequence[bytes], *shown: bytes, of: Span = claim, level: int = 1) -> Callable[[], None]:
        return partial(made, Layer(level, History(tuple(history)), of.mutual, of), *shown)

    right = before, OTHER, after
    yield _refused("an edge twice", "an edge's time starts again", partial(made, own))
    yield _refused("a claim without a rival", "edges are made that decide nothing", about(
        (*top.halves[0].states[:1], OTHER, top.halves[0].states[1]), of=top.halves[0]))  # fmt: skip
    yield _refused("a claim of two steps", "a level is left out", about(
        (top.whole.states[0], OTHER, top.whole.states[1]), of=top.whole))  # fmt: skip
    yield _refused("an edge two levels below", "a level is left out", about(right, level=2))
    yield _refused("an edge that ends elsewhere", "a lie changes its end", about(
        (before, OTHER, ANOTHER), before, ANOTHER))  # fmt: skip
    yield _refused("an edge that begins elsewhere", "a lie changes its beginning", about(
        (ANOTHER, OTHER, after), ANOTHER, after))  # fmt: skip
    yield _refused("an edge that does not end where it says", "a lie changes its end", about(
        (before, OTHER, ANOTHER), before, after))  # fmt: skip
    yield _refused("an edge that does not begin where it says", "a lie changes its beginning", about(
        (ANOTHER, OTHER, after), before, after))  # fmt: skip
    yield _refused("an edge without a stake", "a lie costs nothing", lambda: game.make(above(claim, OTHER), dave))
    claimed = game.assertions[rival.id]
    yield _refused("a history that the assertion does not have", "a lie changes its blocks", lambda: _foreign(
        game, Layer(0, History((*rival.history.states[:1], OTHER, rival.history.states[2])), rival.origin), claimed
    ))  # fmt: skip


def _foreign(game: BoldGame, layer: Layer, claimed: Any) -> None:
    dave = game.chain.accounts.dave
    game.stake(dave, 10**18)
    game.assertions[layer.id] = claimed
    try:
        game.make(layer, dave)
    finally:
        del game.assertions[layer.id]


def _of_bisections(game: BoldGame) -> Iterator[Promise]:
    dave = game.chain.accounts.dave
    top, _, own = game.layers
    yield _refused("a bisection without a rival", "time counts in two edges", lambda: game.bisect(dave, own))
    yield _refused("a bisection twice", "an edge gets other halves", lambda: game.bisect(dave, top))

    def shown(history: History) -> None:
        rival = _rival(game)
        game.manager.bisectEdge(rival.id, history.prefix(2).root, history.prefix_proof(2), sender=dave)

    start, _, end = own.history.states
    yield _refused("a bisection of another history", "a side changes what it said", lambda: shown(
        History((start, OTHER, end))))  # fmt: skip
    yield _refused("a bisection from another beginning", "a side changes what it said", lambda: shown(
        History((OTHER, *own.history.states[1:]))))  # fmt: skip


def _rival(game: BoldGame, middle: bytes = ANOTHER, at: int = 1) -> Layer:
    """Have dave make a rival of the newest edge, which claims what the root's side said above it."""
    dave = game.chain.accounts.dave
    rival = above(game.layers[0].halves[at], middle)
    game.stake(dave, 10**18)
    game.make(rival, dave)
    return rival


def _of_timers(game: BoldGame) -> Iterator[Promise]:
    manager, dave = game.manager, game.chain.accounts.dave
    top, _, own = game.layers

    def third() -> str:
        _rival(game)
        before = int(manager.timeUnrivaled(own.id))
        game.chain.mine(5)
        _rival(game, OTHER)
        after = int(manager.timeUnrivaled(own.id))
        return "" if before == after else f"an edge with a rival had {before} blocks without one, and then {after}"

    def late() -> str:
        _rival(game)
        found = _rival(game, OTHER)
        game.chain.mine(5)
        time = int(manager.timeUnrivaled(found.id))
        return f"a third rival has {time} blocks without one" if time else ""

    yield Promise("a third rival gives no time", "an ally of a lie gives it time", third, True)
    yield Promise("a third rival has no time", "a lie gains time by a copy", late, True)
    yield _refused("time of an edge that claims another one", "a lie takes the truth's time", lambda: (
        manager.updateTimerCacheByClaim(top.halves[1].id, own.id, FOREVER, sender=dave)))  # fmt: skip


def _of_steps(game: BoldGame) -> Iterator[Promise]:
    erin = game.chain.accounts.erin

    def leaf(value: bytes) -> Any:
        """Play down to the first step."""
        claim = list(game.made.values())[1]
        rules = game.rules()
        for level in range(2, rules.max_depth + 1):
            last = level == rules.max_depth
            who = game.chain.accounts.bob if level % 2 == 0 else game.chain.accounts.carol
            game.move(claim.id, ATTACK, value if last else keccak256(bytes([level])), who, rules.bonds[level])
            claim = list(game.made.values())[-1]
        return claim

    def of_two() -> str:
        edge = leaf(game.true(1)).layers[-1].whole
        game.prove(edge, game.witness(0), erin, after=edge.layer.history.inclusion(1))
        return "it was taken"

    def unfounded() -> str:
        half = _proven(game, leaf(OTHER), erin)
        game.manager.refundStake(half.id, sender=erin)
        return "it was taken"

    def again() -> str:
        half = _proven(game, leaf(OTHER), erin)
        game.prove(half, game.witness(0), erin)
        return "it was taken"

    def lied(middle: bytes, steps: int) -> str:
        """Rival a leaf by an edge to this state, and show the step behind so many."""
        claim = game.rival_of(leaf(OTHER), ATTACK).claim
        rival = above(claim, middle)
        game.make(rival, erin)
        game.bisect(erin, rival)
        game.prove(rival.halves[0], game.witness(steps), erin, before=game.true(steps))
        return "it was taken"

    into, other = partial(lied, ANOTHER, 0), partial(lied, game.true(2), 1)
    yield Promise("a step into another state", "a lie is proven right", _played(game, into))
    yield Promise("a step from another state", "a lie is proven right", _played(game, other))
    yield Promise("a step of an edge of two", "a lie is proven right", _played(game, of_two))
    yield Promise("a refund of an edge without a stake", "stakes of others are paid out", _played(game, unfounded))
    yield Promise("a step that was proven before", "an edge is confirmed twice", _played(game, again))


def _played(game: BoldGame, test: Callable[[], str]) -> Callable[[], str]:
    """Let the adapter forget what it made in a test, since the chain forgets it, too."""

    def run() -> str:
        kept = dict(game.made), list(game.layers), set(game.bisected)
        try:
            return test()
        finally:
            game.made, game.layers, game.bisected = kept

    return run


def _proven(game: BoldGame, leaf: Any, who: Any) -> Span:
    """Prove the step into the state of a leaf; return the half that is confirmed."""
    game.step(leaf.id, ATTACK, game.witness(0), who)
    half: Span = game.layers[-1].halves[0]
    return half


def _of_winners(game: BoldGame) -> Iterator[Promise]:
    accounts, manager, period = game.chain.accounts, game.manager, game.stack.rules.confirm_period
    _, rival, own = game.layers
    won = game.assertions[rival.id]

    def confirmed(blocks: int = period) -> None:
        """Confirm the edges of the first answer, which nobody answers, so many blocks behind it."""
        _wait(game, blocks)
        game.resolve([own.id], accounts.victor)

    def early() -> str:
        """Confirm the edge of the opener's assertion alone, which is not the first one on its parent."""
        _wait(game, period - 1)
        with game.one_block():
            game.update(accounts.victor)
            manager.confirmEdgeByTime(rival.id, won.state_data, sender=accounts.victor)
        return "it was taken"

    def in_time() -> str:
        confirmed()
        return ""

    def half() -> str:
        game.move(own.id, ATTACK, OTHER, accounts.dave, game.rules().bonds[2])
        game.chain.mine(period)
        manager.confirmEdgeByTime(own.halves[1].id, won.state_data, sender=accounts.dave)
        return "it was taken"

    def two() -> str:
        """Answer when the time is over, and wait until the answer has as much time."""
        game.chain.mine(period)
        game.move(own.id, ATTACK, OTHER, accounts.dave, game.rules().bonds[2])
        late = game.layers[-2]
        game.chain.mine(period)
        game.resolve([own.id], accounts.victor)
        manager.confirmEdgeByTime(late.id, won.state_data, sender=accounts.dave)
        return "they are"

    yield Promise("an edge is confirmed in time", "the truth is not confirmed", in_time, True)
    yield _refused("an edge confirmed a block early", "a lie needs less time", partial(confirmed, period - 1))
    yield Promise("a later assertion's edge confirmed a block early", "a lie needs less time", early)
    yield Promise("a half is confirmed", "an edge is confirmed without the other half", _played(game, half))
    yield Promise("two rivals confirmed", "both sides get the stake", _played(game, two))
    yield Promise("the winner's assertion", "a lie is confirmed", lambda: _winner(game), True)


def _set_up(game: BoldGame) -> None:
    """Set the challenge manager up as it was, but for who gets the stakes of rivals."""
    rules, parts, mallory = game.stack.rules, game.stack.parts, game.chain.accounts.mallory
    game.manager.initialize(
        game.stack.rollup.address, rules.confirm_period, parts["prover"].address, *rules.heights,
        parts["stake"].address, mallory.address, rules.big_levels, list(rules.edge_stakes), sender=mallory,
    )  # fmt: skip


def _crowd(game: BoldGame) -> str:
    """Defend the first step by one edge on each level, as three liars make rivals of each; alice goes on for carol."""
    accounts, manager, path = game.chain.accounts, game.manager, game.layers[1:]
    liars = accounts.dave, accounts.erin, accounts.frank
    claims = [game.layers[0].halves[1]] * len(liars)
    steps = game.steps
    while True:
        lies = [above(claim, keccak256(who.address.encode())) for claim, who in zip(claims, liars, strict=True)]
        for lie, who in zip(lies, liars, strict=True):
            game.stake(who, 10**18)
            game.make(lie, who)
        game.bisect(accounts.alice, path[-1], *lies)
        steps //= 2
        if steps == 1:
            break
        claims = [lie.halves[0] for lie in lies]
        game.stake(accounts.alice, 10**18)
        path.append(above(path[-1].halves[0], game.true(steps // 2)))
        game.make(path[-1], accounts.alice)
    game.prove(path[-1].halves[0], game.witness(0), accounts.alice)
    game.chain.mine(game.stack.rules.confirm_period)
    for span in (span for layer in reversed(path) for span in layer.spans):
        manager.updateTimerCacheByChildren(span.id, FOREVER, sender=accounts.alice)
        for layer in path:
            if layer.claim is not None and layer.claim.id == span.id:
                manager.updateTimerCacheByClaim(span.id, layer.id, FOREVER, sender=accounts.alice)
    told = game.assertions[path[0].id].state_data
    late = [
        layer for layer in path if not _taken(partial(manager.confirmEdgeByTime, layer.id, told, sender=accounts.alice))
    ]
    return "".join(f"the edge of level {layer.level} is not confirmed" for layer in late[:1])


def _winner(game: BoldGame) -> str:
    """Confirm the assertion of the edge that has won, and only that one, after the grace period."""
    stack, dave = game.stack, game.chain.accounts.dave
    top, rival, own = game.layers
    lost, won = game.assertions[top.id], game.assertions[rival.id]
    _wait(game, stack.rules.confirm_period)
    game.resolve([own.id], dave)
    stack.confirm(game.base, dave)
    early = _taken(partial(stack.confirm, won, dave, rival.id))
    game.chain.mine(stack.rules.grace_period)
    false = [_taken(partial(stack.confirm, lost, dave, each.id)) for each in (rival, top)]
    if early or any(false):
        return f"an assertion {'within the grace period' if early else 'that has lost'} is confirmed"
    return "" if _taken(partial(stack.confirm, won, dave, rival.id)) else "the assertion that has won is not confirmed"


def _wait(game: BoldGame, blocks: int) -> None:
    """Have the next block be the one so many blocks behind the newest edge."""
    made = int(game.manager.getEdge(game.layers[-1].id).createdAtBlock)
    game.chain.mine(made + blocks - game.chain.block_number - 1)


def _taken(call: Callable[[], object]) -> bool:
    try:
        call()
    except Reverted:
        return False
    return True
