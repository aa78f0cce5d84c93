"""Scenarios about sidechains: what liars take is told to the wei, and nothing is told where nothing was taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness.chain import open_chain
from harness.scenarios import parse, resend, run
from harness.scenarios.errors import ScenarioInvalid
from harness.scenarios.finding import cases_of, library, opened
from harness.scenarios.report.page import page
from harness.scenarios.result import Result
from harness.scenarios.running import play
from harness.scenarios.sidechain_desk import SidechainDesk

ETHER = 10**18
ROWS = (
    "quorum", "duplicate-seals", "malleable-seals", "old-set", "long-range-fork", "equivocation-slashed",
    "equivocators-caught", "two-thirds-collude", "validators-offline", "reorg-below-a-deposit", "attested-and-gone",
    "executed-twice", "set-change-and-theft", "frozen",
)  # fmt: skip
"""Ways in which a sidechain fails or holds, each a file of the library."""

SMALL = {
    "a stake is paid to who left, once it is free": """
name: stakes
sidechain: {validators: 4, stake: 3 ether, trusting_period: 2 days}
steps:
  - unstake: 2
  - {unstake: {validator: 2, paid: true}, reverts: StillLocked}
  - warp: 73 h
  - unstake: {validator: 2, paid: true}
  - {unstake: {validator: 1, paid: true}, reverts: NotLeaving}
expect:
  gain: {mallory: 0 ether}
  reads: [{call: stakes.stakeOf(validator_2), gives: 0}, {call: stakes.stakeOf(validator_1), gives: 3 ether}]
""",
    "who has not got its message in time is paid back, once": """
name: late
steps:
  - cross: {value: 3 ether, from: carol, to: bob, within: 1 h, as: late}
  - {refund: late, reverts: StillRunnable}
  - mine: 5
  - warp: 61 min
  - attest: {}
  - seal: 1
  - relay: {}
  - refund: late
  - {refund: late, reverts: AlreadyRefunded}
expect: {gain: {carol: 0 ether, bob: 0 ether}, always: [conserved, honest-lose-nothing, nothing-stuck]}
""",
    "a client whose trust is over pays what came before, and sends nothing any more": """
name: over
sidechain: {trusting_period: 2 days}
steps:
  - cross: {value: 3 ether, from: carol, as: late}
  - trust-ends: 0 s
  - cross: {value: 1 ether, from: carol, as: last}
  - {cross: {value: 1 ether, from: carol}, reverts: ClientOver}
  - {relay: {}, reverts: any}
  - refund: late
  - refund: last
expect: {gain: {carol: 0 ether}, always: [conserved, honest-lose-nothing, nothing-stuck]}
""",
}


def cases(name: str) -> Iterator[Result]:
    scenario, sources, root = opened(library()[name])
    return (play(one, sources, root=root, case=case) for case, one in cases_of(scenario))


@pytest.mark.parametrize("name", ROWS)
def test_each_way_is_a_file_of_the_library(name: str) -> None:
    scenario, _, _ = opened(library()[f"sidechain-{name}"])
    assert "sidechain" in scenario.needs
    assert scenario.expect.stolen is not None or "stake" in scenario.tags


@pytest.mark.parametrize("name", ["two-thirds-collude", "reorg-below-a-deposit", "equivocation-slashed", "frozen"])
def test_every_case_holds(name: str) -> None:
    for result in cases(f"sidechain-{name}"):
        assert [row for row in result.expectations if not row.holds] == [], result.case


@pytest.mark.parametrize("name", SMALL)
def test_a_small_scenario_holds(name: str) -> None:
    result = run(parse(SMALL[name]))
    assert [row for row in result.expectations if not row.holds] == []


def test_the_report_tells_the_whole_bridge_as_stolen_to_the_wei() -> None:
    two_thirds, half, quarter = cases("sidechain-two-thirds-collude")
    for result in (two_thirds, half):
        assert [(each.victim, each.amount) for each in result.thefts] == [("alice", 30 * ETHER), ("bob", 20 * ETHER)]
        assert result.headline == "mallory stole 50 ether from alice (30 ether) and bob (20 ether)."
        assert result.headline in page([result]).replace("&#39;", "'")
    assert (quarter.thefts, quarter.headline) == ((), "Nothing was stolen.")


def test_a_result_is_played_again_to_the_byte() -> None:
    result = next(cases("sidechain-frozen"))
    assert resend(result) == []


def test_a_theft_that_fails_is_noticed() -> None:
    scenario, sources, root = opened(library()["sidechain-two-thirds-collude"])
    lone = scenario.with_case({"steps.5.forge-header.by": [1]})
    broken = {row.what for row in play(lone, sources, root=root).expectations if not row.holds}
    assert any("relay" in what for what in broken)
    assert "stolen" in broken


def test_an_unknown_message_and_a_name_of_another_kind_are_found_before_anything_runs() -> None:
    with pytest.raises(ScenarioInvalid, match="hom"):
        parse("name: x\nsteps: [{cross-back: {value: 1 wei, as: home}}, {redeem: hom}]")
    with pytest.raises(ScenarioInvalid, match="expected a message over the bridge"):
        parse("name: x\nsteps: [{forge-header: {by: [1], takes: 1 wei, as: lie}}, {redeem: lie}]")
    with pytest.raises(ScenarioInvalid, match="both or none"):
        parse("name: x\nsteps: [{redeem: {}}]")


@pytest.fixture
def desk() -> Iterator[SidechainDesk]:
    with open_chain("py-evm") as l1:
        made = SidechainDesk.on(l1, validators=4, trusting_period=86_400, depth=2, stake=0, seed=0)
        made.bridge.deposit(l1.accounts.bob, 5 * ETHER, sender=l1.accounts.alice)
        yield made
        made.side.close()


@pytest.mark.parametrize(
    ("spoil", "breach", "lacking"),
    [
        (lambda desk: None, "", 0),
        (lambda desk: desk.l1.set_balance(desk.bridge.near, 4 * ETHER), "near_bridge has 4", ETHER),
        (lambda desk: desk.side.chain.set_balance(desk.bridge.far, 2**100 - ETHER), "", ETHER),
    ],
    ids=["sound", "robbed", "minted"],
)
def test_the_books_see_ether_that_is_gone_and_ether_that_nobody_locked(
    desk: SidechainDesk, spoil: Callable[[SidechainDesk], object], breach: str, lacking: int
) -> None:
    spoil(desk)
    assert desk.breach().startswith(breach) if breach else desk.breach() == ""
    assert desk.shortfall() == lacking
