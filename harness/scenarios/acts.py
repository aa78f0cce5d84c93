"""What verbs do on L1 to a rollup, beside what its handles do."""

from __future__ import annotations

from harness.agents import faults
from harness.chain.values.accounts import Account
from harness.chain.values.codec import address_bytes
from harness.contracts.bindings import Contract
from harness.rollup.codec.messages import DelayedMessage
from harness.scenarios.errors import StepImpossible
from harness.scenarios.hands import Hands
from harness.scenarios.values import CallText
from harness.scenarios.world import World
from harness.testbed.l1_faults import full_blocks
from harness.testbed.walkaway import ExitCall
from harness.testbed.walkaway import walk_away as testbed_walk_away


def deposit(world: World, value: int, sender: str, to: str | None, gas: int) -> DelayedMessage:
    """Send a deposit to L1, whether the sequencer takes it or not."""
    account = world.account(sender)
    target = account.address_bytes if to is None else address_bytes(world.thing(to))
    carried = 0 if to is None else value
    return world.rollup.queue_deposit(value, sender=account, to=target, call_value=carried, gas=gas)


def force(world: World, name: str, sender: str) -> None:
    """Include a delayed message without the sequencer; raises the decoded Reverted."""
    message = world.handle(name)
    if not isinstance(message, DelayedMessage):
        raise StepImpossible(name, f"it is of type {type(message).__name__}, expected a delayed message")
    world.rollup.force_include(message, sender=world.account(sender))
    world.rollup.l2.backend.follow()


def censor(world: World, senders: list[Account], delayed: bool, everything: bool) -> None:
    """Change what the sequencer refuses from now on."""
    fault: faults.Stopped | faults.Censors | None = None
    if everything:
        fault = faults.Stopped()
    elif senders or delayed:
        fault = faults.Censors(frozenset(account.address_bytes for account in senders), delayed)
    world.rollup.sequencer.become(fault)


def fill_blocks(world: World, count: int) -> None:
    """Let others fill blocks of L1."""
    full_blocks(world.l1, world.l1.accounts.victor, count)


def hands(world: World) -> Hands:
    """Return what makes moves by hand."""
    return Hands(world.crew, world.games)


def walk_away(world: World, calls: list[tuple[CallText, str]], within: int | None, gas: int | None) -> str:
    """Let the operators leave and everybody else take everything out; return how in words.

    Raises StepImpossible if somebody does not get everything out, or not soon or cheaply enough.
    """
    made = []
    for call, sender in calls:
        target = world.handle(call.target)
        if not isinstance(target, Contract) or target.chain is not world.rollup.l2:
            raise StepImpossible(str(call), f"{call.target} is no contract on L2")
        given = tuple(world.value(each) for each in call.arguments)
        made.append(ExitCall(world.account(sender), target, call.function, given))
    found = testbed_walk_away(world.rollup, made)
    most = max(each.gas for each in found.exits)
    if not found.is_complete:
        raise StepImpossible("walk-away", f"not everything is out: {found}")
    if within is not None and found.seconds > within:
        raise StepImpossible("walk-away", f"it takes {found.seconds} s, expected at most {within} s")
    if gas is not None and most > gas:
        raise StepImpossible("walk-away", f"it takes somebody {most:,} gas, expected at most {gas:,}")
    return f"sequencer, proposer and owner are gone for ever: {found}"
