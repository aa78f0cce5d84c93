"""What does not fit together in a scenario is found when it is read: where, what was expected, and the nearest name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.contracts.artifact import Artifact
from harness.contracts.project import built_in_contracts
from harness.rollup.forks import FORKS, fork_name
from harness.scenarios import parse
from harness.scenarios.errors import ScenarioInvalid
from harness.scenarios.schema import schema
from harness.scenarios.sources import Sources

SOURCES = Sources()
AB = "- open: {parties: [alice, bob], as: ab, deposit: 1 ether}\n"
COUNTER = "- deploy: {contract: Counter, as: counter, with: [2]}\n"
WRONG = {
    "a deposit is no withdrawal": (
        "- deposit: {value: 1 ether, as: gift}\n- execute: gift",
        "f.yaml:4:5: steps[1].execute.withdrawal: gift is a message of the delayed inbox, expected a withdrawal",
    ),
    "a contract is no channel": (
        "- settle: portal",
        "steps[0].settle.channel: portal is a contract, expected a channel",
    ),
    "a channel is no contract": (
        AB + "- call: ab.f()",
        "steps[1].call.call: ab is a channel, expected a contract",
    ),
    "a state is no channel": (
        AB + "- keep: {channel: ab, as: old}\n- close: {channel: old, by: alice}",
        "steps[2].close.channel: old is a state of a channel, expected a channel",
    ),
    "nothing negative is sent": (
        "- send: {to: bob, value: -1 ether}",
        "steps[0].send.value: it is '-1 ether', expected no negative amount",
    ),
    "a fork that there is not": (
        "- upgrade: shanghai",
        "steps[0].upgrade.fork: it is 'shanghai', expected 'cancun', 'prague' or 'osaka'",
    ),
    "a channel with oneself": (
        "- open: {parties: [alice, alice], as: ab, deposit: 1 ether}",
        "steps[0].open.parties: alice is both",
    ),
    "a game with oneself": (
        "- game: {app: CountingRace, players: [bob, bob], as: race}",
        "steps[0].game.players: bob is both",
    ),
    "who is no party pays nothing": (
        AB + "- pay: {channel: ab, from: carol, value: 1 wei}",
        "steps[1].pay.from: carol is no party of ab, expected alice or bob",
    ),
    "who is no player makes no move": (
        "- game: {app: CountingRace, players: [alice, bob], as: race}\n- turns: {game: race, by: carol, moves: [1]}",
        "steps[1].turns.by: carol is no party of race, expected alice or bob",
    ),
    "batches do not go back": (
        "- batch: {number: 4}\n- batch: {number: 3}",
        "steps[1].batch.number: it is 3, expected at least 5 after the steps above",
    ),
    "a function that there is not": (
        COUNTER + "- call: counter.incremnt()",
        "steps[1].call.call: Counter has no function 'incremnt'; did you mean 'increment'?",
    ),
    "too many arguments": (
        COUNTER + "- call: counter.increment(3)",
        "steps[1].call.call: Counter.increment takes 0 arguments, and 1 are given",
    ),
    "too few arguments of a constructor": (
        "- deploy: {contract: Counter, as: counter}",
        "steps[0].deploy.with: the constructor of Counter takes 1 arguments (limit_), and 0 are given",
    ),
    "a function that the portal does not have": (
        "- call: portal.donateETHH()",
        "steps[0].call.call: Portal has no function 'donateETHH'; did you mean 'donateETH'?",
    ),
    "a text is no number": (
        "- deploy: {contract: Counter, as: counter, with: [abc]}",
        "steps[0].deploy.with: the constructor of Counter: limit_ is 'abc', expected uint256, an int from 0 to ",
    ),
    "a number below none": (
        "- deploy: {contract: Counter, as: counter, with: [-1]}",
        "steps[0].deploy.with: the constructor of Counter: limit_ is -1, expected uint256, an int from 0 to ",
    ),
    "a number that is no address": (
        "- call: assertions.credit(17)",
        "steps[0].call.call: AssertionChain.credit: ",
    ),
    "an account is no number": (
        "- call: assertions.credit(alice)\n- deploy: {contract: Counter, as: counter, with: [alice]}",
        "steps[1].deploy.with: the constructor of Counter: limit_ is ",
    ),
    "nothing is said in words of a library": (
        "- mine: 0\n- mine: x\n- send: {to: 3, data: 0xz}\n- settle: {channel: ab, pays: 7}\n- {mine: 1, reverts: 3}",
        "f.yaml:3:5: steps[0].mine.blocks: it is 0, expected at least 1\n"
        "f.yaml:4:5: steps[1].mine.blocks: it is 'x', expected a whole number\n"
        "f.yaml:5:12: steps[2].send.to: it is 3, expected a text\n"
        "f.yaml:5:19: steps[2].send.data: it is '0xz', expected a text of the form ^0x([0-9a-fA-F]{2})*$\n"
        "f.yaml:6:27: steps[3].settle.pays: it is 7, expected true or false\n"
        "f.yaml:7:15: steps[4].reverts: it is 3, expected a text",
    ),
    "a state of another channel": (
        AB + "- open: {parties: [alice, bob], as: cd, deposit: 1 ether}\n- keep: {channel: cd, as: old}\n"
        "- close: {channel: ab, by: alice, state: old}",
        "steps[3].close.state: old is a state of cd, expected one of ab; to try it all the same, say reverts",
    ),
    "an error that nothing has": (
        COUNTER + "- {call: counter.increment(), reverts: AboveLimt}",
        "steps[1].reverts: no error is named 'AboveLimt'; did you mean 'AboveLimit'?",
    ),
    "a moment that waits for less than one above": (
        "- {at: 2 h, mine: 1}\n- {at: 1 h, mine: 1}\n- run: confirmed",
        "f.yaml:4:6: steps[1].at: it is 1 h, and a step above waits until 2 h: expected them in order",
    ),
    "a moment that has passed": (
        "- run: {for: 3 h}\n- warp: 2 h\n- {at: 4 h, mine: 1}",
        "steps[2].at: it is 4 h, and the steps above take 5 h: that time has passed",
    ),
    "a run until a time that has passed": (
        "- run: 5 h\n- run: until 4 h",
        "steps[1].run.until: it is 4 h, and the steps above take 5 h: that time has passed",
    ),
    "before and after at once": (
        AB + "- close: {channel: ab, by: alice}\n- deadline: {channel: ab, before: 1 h, after: 1 h}",
        "steps[2].deadline.after: it is before the deadline already, expected before or after",
    ),
    "a reorg deeper than any": ("- reorg: 100000", "steps[0].reorg.depth: it is 100000, expected at most 10000"),
    "a lie that grants nothing": (
        "- cash-out: peggy",
        "steps[0].cash-out.agent: peggy's lie grants nothing, expected an agent whose lie is forge_withdrawal",
    ),
    "a step without a verb": ("- {}", "steps[0]: it has no verb, expected one of deploy, "),
    "a step without a verb before one that waits": (
        "- {}\n- {at: 2 h, mine: 1}",
        "steps[0]: it has no verb, expected one of deploy, ",
    ),
}
BESIDE = {
    "an empty range": (
        "expect: {gain: {alice: 2 ether .. 1 ether}}",
        "expect.gain.alice: it is '2 ether .. 1 ether', expected the lower end first: nothing is in between",
    ),
    "a time that is both": (
        "expect: {within: 2 h, lasts: '> 3 h'}",
        "f.yaml:2:10: expect.within: it is 2 h, and lasts is > 3 h: no time is both",
    ),
    "a contract that is no game": (
        "contracts: {DisputeGame: Counter}",
        "f.yaml:2:13: contracts.DisputeGame: the constructor of Counter takes uint256, expected ",
    ),
    "a contract that has nothing of a channel": (
        "contracts: {payment_channel: Short}",
        "contracts.payment_channel: ",
    ),
    "a gain of nobody": (
        "expect: {gain: {alcie: 1 ether}}",
        "expect.gain.alcie: no account or agent is named 'alcie'; did you mean 'alice'?",
    ),
    "an unknown parameter": (
        "rollup: {windw: 3 h}",
        "rollup.windw: rollup parameter windw is 10800, expected one of ",
    ),
    "a field of the record around": (
        "agents: {mallory: {role: proposer, lie: {kind: wrong_root, bugdet: 3}}}",
        "agents.mallory.lie.bugdet: there is no such field; agents.mallory.budget may be meant",
    ),
    "a table in the place of a list, with a field of the record around": (
        "agents: {mallory: {role: proposer, tactic: {kind: sybils, bugdet: 3}}}",
        "expected a list; agents.mallory.budget may be meant",
    ),
    "a name without a letter": ("shows: []", "shows: it is [], expected a text"),
    "a list is no text": (
        "agents: {mallory: {role: proposer, tactic: sound}}",
        "agents.mallory.tactic: it is 'sound', expected a list",
    ),
    "a table is no number": ("l1: [3]", "l1.backend: it is [3], expected"),
    "an entry of the blob schedule that there is not": (
        "l1: {blobs: bpo9}",
        "l1.blobs: it is 'bpo9', expected 'osaka', 'bpo1' or 'bpo2'; did you mean 'bpo2'?",
    ),
    "a merge key": ("l1: {<<: {backend: anvil}}", "l1: it merges tables by <<, expected each field written out"),
}


def said(text: str) -> str:
    with pytest.raises(ScenarioInvalid) as caught:
        parse(text, "f.yaml", SOURCES.names, SOURCES.artifact)
    return str(caught.value)


@pytest.mark.parametrize("what", WRONG)
def test_a_step_that_cannot_be_is_found_on_load(what: str) -> None:
    steps, line = WRONG[what]
    found = said("name: x\nsteps:\n" + "".join(f"  {step}\n" for step in steps.splitlines()))
    assert line in found
    assert found.startswith("f.yaml:"), "with its place"


@pytest.mark.parametrize("what", BESIDE)
def test_a_field_that_cannot_be_is_found_on_load(what: str) -> None:
    text, line = BESIDE[what]
    assert line in said(f"name: x\n{text}\n")


def without(*functions: str) -> Callable[[str], Artifact]:
    """Return what reads contracts by their names; `Almost` is a game without these functions."""
    game = built_in_contracts()["DisputeGame"]
    abi = [entry for entry in game.abi if entry.get("name") not in functions]
    return lambda name: replace(game, name=name, abi=abi) if name == "Almost" else SOURCES.artifact(name)


def test_a_contract_that_lacks_some_functions_of_a_built_in_one_is_found_on_load() -> None:
    text = "name: x\ncontracts: {DisputeGame: Almost}\n"
    names = (*SOURCES.names, "Almost")
    parse(text, "f.yaml", names, without())
    for lacking, told in (
        (("credit",), "credit(address)"),
        (("credit", "step", "move", "claim"), "claim(bytes32), credit(address), "),
    ):
        with pytest.raises(ScenarioInvalid) as caught:
            parse(text, "f.yaml", names, without(*lacking))
        assert "f.yaml:2:13: contracts.DisputeGame: Almost lacks what DisputeGame has: " in str(caught.value)
        assert told in str(caught.value) and ("and 1 more" in str(caught.value)) is (len(lacking) > 3)


def test_each_built_in_contract_can_stand_in_its_own_place() -> None:
    for name in built_in_contracts().names():
        if f"I{name}" in built_in_contracts():
            parse(f"name: x\ncontracts: {{{name}: {name}}}\n", "f.yaml", SOURCES.names, SOURCES.artifact)


def test_the_nearest_parameter_of_a_rollup_is_named() -> None:
    assert "; did you mean 'window'?" in said("name: x\nrollup: {windw: 3 h}\n")


def test_a_case_of_a_sweep_is_checked_against_its_own_contracts() -> None:
    text = f"name: x\nsteps:\n  {COUNTER}  - call: counter.increment()\n"
    text += "sweep: {steps.1.call.call: [counter.decrease()]}\n"
    assert "sweep[0]: with it, steps[1].call.call: Counter has no function 'decrease'" in said(text)


def test_what_is_right_is_taken() -> None:
    good = (
        f"name: x\nsteps:\n  {COUNTER}  - call: counter.increment()\n"
        f"  {AB}  - pay: {{channel: ab, from: bob, value: 0 ether}}\n"
        "  - batch: {number: 2}\n  - batch: {}\n  - batch: {number: 4}\n"
    )
    assert len(parse(good, "f.yaml", SOURCES.names, SOURCES.artifact).steps) == 7


@pytest.mark.parametrize(
    "steps",
    [
        AB + "- open: {parties: [alice, bob], as: cd, deposit: 1 ether}\n- keep: {channel: cd, as: old}\n"
        "- {close: {channel: ab, by: alice, state: old}, reverts: any}",
        COUNTER + "- {call: counter.increment(), reverts: AboveLimit}",
        "- {call: portal.donateETH(), reverts: RevertedSilently}",
        "- {at: 1 h, mine: 1}\n- {at: 2 h, mine: 1}\n- {at: 2 h, mine: 1}\n- run: confirmed",
        "- run: 5 h\n- batch: {number: 3}\n- {at: 4 h, mine: 1}",
        "- {at: claim 3, mine: 1}\n- {at: 1 h, mine: 1}\n- run: confirmed",
    ],
    ids=["state", "error", "error of the harness", "order", "time counts anew", "other moments"],
)
def test_what_may_be_is_taken(steps: str) -> None:
    text = "name: x\nsteps:\n" + "".join(f"  {step}\n" for step in steps.splitlines())
    parse(text, "f.yaml", SOURCES.names, SOURCES.artifact)


def test_a_call_of_the_rollups_own_contract_needs_the_rollup() -> None:
    assert parse("name: x\nsteps: [{call: portal.donateETH()}]\n").needs == {"rollup"}
    assert parse("name: x\nsteps: [{send: {to: bob, value: 1 wei}}]\n").needs == frozenset()
    assert parse("name: x\nsteps: [{away: {agent: olivia, for: 1 h}}]\n").needs == {"rollup"}


def test_the_forks_of_an_upgrade_are_those_of_L2() -> None:
    fork = schema()["$defs"]["Upgrade"]["anyOf"][1]["properties"]["fork"]
    assert fork["enum"] == [fork_name(each) for each in FORKS]


def test_a_reorg_takes_time_back_so_that_nothing_is_said_of_what_has_passed() -> None:
    parse("name: x\nsteps: [{mine: 1}, {warp: 1 hour}, {mine: 1}, {reorg: 1}, {run: until 30 min}]\n", "f.yaml")
    parse("name: x\nsteps: [{run: 2 h}, {at: 3 h, reorg: 1}, {at: 1 h, mine: 1}]\n", "f.yaml")
