"""What OptimismPortal2 promises beside the rules of messages: what the guardian stops, and what games count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from harness.adapters import op
from harness.adapters.bridge import Message
from harness.adapters.game_values import Promise
from harness.errors import Reverted

OptimismBridge = Any
"""The adapter, which imports this file."""
OTHER_TYPE = 77
HARM = "the guardian cannot stop a theft"


def promises(bridge: OptimismBridge, message: Message) -> Iterator[Promise]:
    """Yield the promises, about a message that alice has proven and that can be executed."""
    stops: dict[str, Callable[[OptimismBridge], object]] = {
        "a game on the blacklist": _blacklist,
        "a game of a type that is respected no more": _other_type,
        "a game older than the respected type": _type_anew,
        "a bridge that is paused": _pause,
    }
    alice, bob = bridge.chain.accounts.alice, bridge.chain.accounts.bob
    execute = partial(bridge.execute, message, alice)
    for name, stop in stops.items():
        yield Promise(f"{name}, at the execution", HARM, partial(_stopped, bridge, stop, execute))

    def prove() -> None:
        bridge.prove(message, bridge.proof(message), bob)

    for stop in (_pause, _other_type):
        name = next(each for each, its in stops.items() if its is stop)
        yield Promise(f"{name}, at the proof", HARM, partial(_stopped, bridge, stop, prove))


def _stopped(bridge: OptimismBridge, stop: Callable[[OptimismBridge], object], call: Callable[[], object]) -> str:
    """Let the guardian stop something, and make a call that is refused then; it is taken before."""
    mark = bridge.chain.snapshot()
    try:
        call()
    except Reverted as revert:
        return f"it is refused anyway: {revert.reason}"
    bridge.chain.restore(mark)
    try:
        stop(bridge)
    except Reverted as revert:
        return f"the guardian is refused: {revert.reason}"
    call()
    return "it was taken"


def _blacklist(bridge: OptimismBridge) -> None:
    bridge.portal.blacklistDisputeGame(bridge.claimed.game.contract.address, sender=bridge.stack.owner)


def _other_type(bridge: OptimismBridge) -> None:
    bridge.portal.setRespectedGameType(OTHER_TYPE, sender=bridge.stack.owner)


def _type_anew(bridge: OptimismBridge) -> None:
    _other_type(bridge)
    bridge.portal.setRespectedGameType(op.GAME_TYPE, sender=bridge.stack.owner)


def _pause(bridge: OptimismBridge) -> None:
    bridge.superchain.pause("", sender=bridge.stack.owner)
