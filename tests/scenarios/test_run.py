"""What a run of a scenario gives: the outcome, the money, and what happened in between."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from harness.scenarios import Result, Scenario, parse, run
from harness.scenarios.finding import LIBRARY

LIE = "lie-at-an-opcode"
HONEST = """
name: Nobody lies
agents: {peggy: {role: proposer}}
steps:
  - send: {to: bob, value: 1 ether, on: l2}
"""


def test_the_scenario_of_an_auditor_takes_at_most_25_lines() -> None:
    text = (LIBRARY / f"{LIE}.scenario.yaml").read_text()
    assert len(text.splitlines()) <= 25
    assert parse(text).steps


def test_every_expectation_of_the_lie_at_an_opcode_holds(played: Any) -> None:
    result = played(LIE)
    assert [row.what for row in result.expectations if not row.holds] == []
    assert {"outcome", "disputed", "gain of mallory", "conserved", "within"} <= {
        row.what for row in result.expectations
    }


def test_the_headline_says_who_lost_how_much_and_why(played: Any) -> None:
    said = played(LIE).headline
    assert said.startswith("mallory lost 7.35 ETH because olivia proved MUL in Loop at contracts/Loop.sol:")
    assert "(batch 7, transaction 3, step " in said


def test_the_disputed_step_is_the_opcode_that_the_scenario_names(played: Any) -> None:
    game = played(LIE).games[0]
    assert (game.outcome, game.winner, game.prover) == ("rejected", "olivia", "olivia")
    place = game.proven
    assert (place.batch, place.transaction, place.opcode, place.name) == (7, 3, 1234, "MUL")


def test_the_absence_is_where_the_scenario_has_it(played: Any) -> None:
    """The challenger answers the 14th claim two days after it was made, and no other so late."""
    claims = played(LIE).games[0].claims
    waits = [claim.time - claims[claim.parent].time for claim in claims if claim.parent]
    assert [place for place, wait in enumerate(waits) if wait > 3_600] == [13]
    assert waits[13] >= 2 * 86_400


def test_what_a_reorg_removed_is_kept_and_marked(played: Any) -> None:
    result = played(LIE)
    reorg = next(record for record in result.tape if record.op == "reorg")
    lost = [record for record in result.tape if record.op == "block" and record.lost]
    assert (reorg.depth, len(lost)) == (3, 3)
    assert {each.block for each in result.transactions if each.lost} == {block.number for block in lost}
    assert any(event.kind == "step" and event.what.startswith("L1 loses 3 blocks") for event in result.timeline)


def test_the_ledger_of_each_transaction_sums_to_zero(played: Any) -> None:
    sums: Counter[str] = Counter()
    for entry in played(LIE).ledger:
        sums[entry.transaction] += entry.amount
    assert set(sums.values()) == {0}


def test_the_ledger_explains_each_balance(played: Any) -> None:
    result = played(LIE)
    sums: Counter[str] = Counter()
    for entry in result.ledger:
        sums[entry.party] += entry.amount
    accounts = [party for party in result.parties if party.kind == "account"]
    assert {"mallory", "olivia", "peggy", "trent"} <= {party.name for party in accounts}
    for party in accounts:
        assert party.after["l1"] - party.before["l1"] == sums[party.name], party.name


def test_the_ledger_tells_bonds_from_bounties_gas_and_what_is_burnt(played: Any) -> None:
    sums: Counter[tuple[str, str]] = Counter()
    for entry in played(LIE).ledger:
        sums[entry.party, entry.category] += entry.amount
    assert sums["mallory", "bond"] < -7 * 10**18
    assert sums["olivia", "bond"] == 0
    assert sums["olivia", "bounty"] > 5 * 10**18
    assert sums["burnt", "burnt"] == -sums["mallory", "bond"] - sums["olivia", "bounty"]
    assert sums["gas", "gas"] == -sum(wei for (party, kind), wei in sums.items() if kind == "gas" and party != "gas")


def test_every_decision_says_what_and_why_and_which_transaction(played: Any) -> None:
    result = played(LIE)
    decisions = [event for event in result.timeline if event.kind == "decision"]
    assert len(decisions) > 40
    assert all(event.what.startswith(event.actor) and event.why and event.transactions for event in decisions)
    known = {each.hash for each in result.transactions}
    assert {tx for event in decisions for tx in event.transactions} <= known
    moves = [claim for claim in result.games[0].claims if claim.parent is not None]
    assert all(claim.why and claim.transaction in known for claim in moves)


def test_the_same_seed_gives_the_same_result_and_another_one_other_blocks() -> None:
    def hashes(seed: int) -> list[str]:
        result = run(parse(HONEST), seed=seed, root=LIBRARY)
        return [record.hash for record in result.tape if record.op == "block"]

    assert hashes(3) == hashes(3)
    assert hashes(3) != hashes(4)


def test_yaml_and_python_are_the_same_scenario() -> None:
    from harness.scenarios.agents import Agent
    from harness.scenarios.verbs.chain import Send

    made = Scenario(
        name="Nobody lies",
        agents={"peggy": Agent(role="proposer")},
        steps=(Send(to="bob", value="1 ether", layer="l2"),),  # type: ignore[arg-type]
    )
    assert made == parse(HONEST)
    assert run(made, root=LIBRARY).model_dump() == run(parse(HONEST), root=LIBRARY).model_dump()


def outcome(text: str) -> Result:
    return run(parse(text), root=LIBRARY)


def test_a_step_that_fails_is_an_expectation_that_does_not_hold_and_ends_the_run() -> None:
    result = outcome(
        "name: Too early\n"
        "steps:\n"
        "  - withdraw: {value: 1 ether, as: money}\n"
        "  - execute: money\n"
        "  - send: {to: bob, value: 1 ether}\n"
    )
    row = result.expectations[0]
    assert (row.what, row.expected, row.holds) == ("step 2, execute", "succeeds", False)
    assert not any(event.step == 3 for event in result.timeline)
    assert not result.holds


@pytest.mark.parametrize(("error", "holds"), [("NotYetProvable", True), ("any", False), ("NoTwin", False)])
def test_a_step_may_have_to_fail_with_a_named_error(error: str, holds: bool) -> None:
    """``any`` stands for any revert, not for any error."""
    result = outcome(
        "name: Too early\n"
        "steps:\n"
        "  - withdraw: {value: 1 ether, as: money}\n"
        f"  - {{execute: money, reverts: {error}}}\n"
    )
    assert (result.expectations[0].expected, result.expectations[0].holds) == (f"fails with {error}", holds)


def test_a_step_that_succeeds_though_it_must_fail_does_not_hold() -> None:
    result = outcome("name: Fine\nsteps: [{send: {to: bob, value: 1 ether}, reverts: any}]\n")
    assert [(row.actual, row.holds) for row in result.expectations if not row.holds] == [("it succeeded", False)]


def test_a_moment_that_never_comes_does_not_hold() -> None:
    result = outcome("name: Quiet\nagents: {peggy: {role: proposer}}\nsteps: [{at: claim 3, mine: 1}]\n")
    row = next(row for row in result.expectations if row.what == "step 1, mine")
    assert (row.expected, row.holds) == ("is done at claim 3", False)


@pytest.mark.parametrize(
    ("expected", "what"),
    [
        ("outcome: upheld", "outcome"),
        ("games: 9", "games"),
        ("gain: {mallory: '> 0 ether'}", "gain of mallory"),
        ("gain: {olivia: '< 1 wei'}", "gain of olivia"),
        ("within: 1 h", "within"),
        ("disputed: {batch: 9}", "disputed"),
        ("reads: [{call: 'loop.product()', gives: 2}]", "loop.product()"),
    ],
)
def test_an_expectation_that_is_wrong_does_not_hold(expected: str, what: str) -> None:
    result = outcome(
        "name: A fee\n"
        "agents: {mallory: {role: proposer, lie: wrong_fee}}\n"
        "steps:\n"
        "  - deploy: {contract: Loop, as: loop}\n"
        "  - batch: {transactions: [{to: bob, value: 1 wei}]}\n"
        "  - propose: mallory\n"
        f"expect: {{{expected}}}\n"
    )
    assert [row.what for row in result.expectations if not row.holds] == [what]


def test_money_that_an_honest_agent_loses_breaks_the_promise() -> None:
    """The challenger never comes back, so the lie is confirmed, and the honest proposer's right root cannot be."""
    result = outcome(
        "name: Gone\n"
        "agents:\n"
        "  mallory: {role: proposer, lie: wrong_fee, purse: 100 ether}\n"
        "  olivia: {role: challenger, away: [{for: forever}]}\n"
        "  peggy: {role: proposer, away: [{for: forever}]}\n"
        "steps:\n"
        "  - batch: {transactions: [{to: bob, value: 1 wei}]}\n"
        "  - propose: mallory\n"
        "expect: {outcome: undisputed, always: [conserved, honest-lose-nothing]}\n"
    )
    assert result.assertions[-1].right is False
    assert result.assertions[-1].status == "confirmed"
