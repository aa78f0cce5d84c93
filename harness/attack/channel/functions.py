"""Every function that changes something, called by the cheat, whoever it is meant for."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from eth_utils import is_address

from harness.attack.attack import Attack
from harness.attack.channel.entries import entry
from harness.attack.channel.ring import Ring
from harness.attack.seats import UNIT
from harness.attack.strangers import drawn
from harness.attack.tape import Call
from harness.chain.values.abi import signature
from harness.chain.values.refusals import TransactionRejected

TRIES = 24
"""Calls of one function at one moment, which differ in arguments and value."""
TAKEN = 8
"""Calls of one function that are judged at one moment, at most: the contract takes many calls that are harmless."""
OFTEN = 5
"""How many times the channel is among the ids and sums that are drawn: most functions do nothing to another one."""


def _any_call(ring: Ring) -> str:
    """Call every function at each moment of a channel's life, and judge the channel after what went through."""
    ring.stage.use(ring.adapter)
    _each_function(ring, "open")
    if ring.stale is not None:
        ring.attempt("submit", ring.channel, ring.stale, ring.signatures(ring.stale), ring.cheat)
        _each_function(ring, "closing")
    ring.answer()
    if not ring.adapter.is_final:
        ring.wait_for_deadline(ring.channel)
        _each_function(ring, "answered", answers=False)
        ring.end(ring.channel, ring.honest)
        _each_function(ring, "settled")
    return ring.judge()


def _each_function(ring: Ring, moment: str, *, answers: bool = True) -> None:
    """Call each function in trials of its own; judge the channel after each call that went through."""
    for contract, function in _functions(ring):
        taken = 0
        for number in range(TRIES):
            who = (ring.sybil, ring.cheat)[number % 2]
            call = _drawn(ring, contract, function, Random(f"{moment} {function['name']} {number}"))
            with ring.trial():
                if _goes_through(ring, call, who):
                    taken += 1
                    ring.judge(answers=answers, may_stick=True)  # what the cheat puts in by such a call is its own
            if taken == TAKEN:
                break


def _functions(ring: Ring) -> Iterator[tuple[Any, Any]]:
    """Yield the functions of the attacked contracts that may change something; the token is none of those."""
    for contract in ring.adapter.attacked():
        for function in contract.abi:
            if function.get("type") == "function" and function.get("stateMutability") not in ("view", "pure"):
                yield contract, function


def _drawn(ring: Ring, contract: Any, function: Any, random: Random) -> Call:
    """Return a call with ids, accounts, sums, times and signatures that mean something here."""
    accounts = (ring.honest, ring.cheat, ring.sybil)
    often = (ring.channel,) * OFTEN
    meant = (*often, *(who.address for who in accounts), UNIT, ring.total, *ring.signatures(ring.newest))
    known = [each for each in (*meant, ring.now + ring.hour) if isinstance(each, int | bytes) or is_address(each)]
    arguments, value = drawn(ring.stage, function, known, random)
    data = contract.functions[signature(function)].encode(*arguments)
    return Call(str(contract.address), data, value, ring.sybil.address, function["name"])


def _goes_through(ring: Ring, call: Call, who: Any) -> bool:
    try:
        return ring.replay(call, who, "called")
    except TransactionRejected:  # it never reached the contract
        return False


ATTACKS: tuple[Attack, ...] = (entry("any-call", "Anybody can do what only some may.", _any_call),)
