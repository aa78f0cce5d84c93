"""The report of a run: what it says is what the result holds, and a browser shows it without a fault."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli import main
from harness.scenarios import Result, parse, run
from harness.scenarios.records import ClaimRecord, Entry, PlaceRecord
from harness.scenarios.report import drawing, money
from harness.scenarios.report.page import gas_rows, page, write
from tests.support.browser import CHROMIUM, NO_BROWSER, open_page

LIE = "lie-at-an-opcode"
WIDTHS = (360, 1_280)


class Text(HTMLParser):
    """The words of a page, its links to places in it, and those places."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.words, self.links, self.ids, self.tags = "", set[str](), set[str](), Counter[str]()
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for name, value in attrs:
            if name == "href" and value and value.startswith("#"):
                self.links.add(value[1:])
            if name == "id" and value:
                self.ids.add(value)

    def handle_data(self, data: str) -> None:
        self.words += data


def words_of(*results: Result) -> str:
    return " ".join(Text(page(results)).words.split())


def test_the_ledger_sums_to_zero_and_to_the_change_of_each_balance(played: Any) -> None:
    result = played(LIE)
    ledger = money.ledger(result)
    assert ledger.total == 0
    assert set(ledger.totals) == {0}
    changes = {row.party.name: row.total for row in ledger.rows}
    accounts = [party for party in result.parties if party.kind == "account"]
    assert {party.name for party in accounts} >= {"mallory", "olivia"}
    for party in accounts:
        assert changes.get(party.name, 0) == party.after["l1"] - party.before["l1"], party.name


def test_balances_over_time_end_with_the_ledgers_sums(played: Any) -> None:
    result = played(LIE)
    ends = {name: line[-1][1] for name, line in money.balances(result).items()}
    sums = {row.party.name: row.total for row in money.ledger(result).rows if row.party.kind != "sink"}
    assert ends == sums
    for line in money.balances(result).values():
        assert [time for time, _ in line] == sorted(time for time, _ in line)


def test_the_report_says_the_outcome_the_expectations_and_each_event(played: Any) -> None:
    result = played(LIE)
    said = words_of(result)
    for wanted in (result.headline, *(row.actual for row in result.expectations), *(e.what for e in result.timeline)):
        assert " ".join(wanted.split()) in said
    assert "3 blocks lost by reorgs" in said


def test_the_claim_tree_shows_every_claim_below_its_parent(played: Any) -> None:
    (game,) = played(LIE).games
    tree = drawing.claim_tree(game.claims)
    at = {spot.claim.number: spot for spot in tree.spots}
    assert at.keys() == {claim.number for claim in game.claims}
    assert len({spot.y for spot in tree.spots}) == len(tree.spots)
    for claim in game.claims:
        if claim.parent is not None:
            parent = at[claim.parent]
            assert at[claim.number].y > parent.y
            assert at[claim.number].x > parent.x
            assert at[claim.number].elbow.startswith(f"M{parent.x} ")
    said = words_of(played(LIE))
    assert "MUL in Loop at contracts/Loop.sol:19" in said
    assert "disproven by olivia" in said


def test_a_branch_stands_whole_before_the_next_branch() -> None:
    def claim(number: int, parent: int | None) -> ClaimRecord:
        return ClaimRecord(
            number=number, id="", parent=parent, side="attack", level=0, index=0, value="", mover="m", bond=0, time=0,
            used=0, place=PlaceRecord(index=0), outcome="stands", counter=None, settled=True,
        )  # fmt: skip

    tree = drawing.claim_tree([claim(0, None), claim(1, 0), claim(2, 0), claim(3, 1), claim(4, 2), claim(5, 3)])
    assert [spot.claim.number for spot in tree.spots] == [0, 1, 3, 5, 2, 4]


def test_links_lead_to_places_in_the_page_and_nothing_is_fetched_or_run(played: Any) -> None:
    source = page([played(LIE)])
    found = Text(source)
    assert found.links
    assert found.links <= found.ids
    assert not {"script", "img", "iframe", "object"} & found.tags.keys()
    assert not re.search(r"(src|href)=\"(?!#|data:)|url\(|@import", source)
    assert "default-src 'none'" in source


def test_words_of_a_scenario_are_text_and_no_markup() -> None:
    scenario = parse("name: <script>alert(1)</script> & more\nshows: '<b>bold</b>'\nsteps: [{mine: 1}]\n")
    source = page([run(scenario)])
    assert "<script" not in source
    assert "<b>bold</b>" not in source
    assert "<script>alert(1)</script> & more" in Text(source).words


def test_an_expectation_that_is_broken_is_said_so() -> None:
    text = (
        "name: Too much\nsteps: [{send: {to: bob, value: 1 ether, from: alice}}]\nexpect: {gain: {bob: '> 2 ether'}}\n"
    )
    result = run(parse(text))
    assert not result.holds
    source = page([result])
    assert 'class="fails"' in source
    assert "broken" in Text(source).words


def test_a_sweep_has_a_chart_and_a_row_for_each_run(played: Any) -> None:
    first = played(LIE)
    second = first.model_copy(update={"case": {"agents.olivia.away.0.for": "85 h"}})
    source = page([first, second])
    found = Text(source)
    assert {"run0", "run1"} <= found.ids
    assert "agents.olivia.away.0.for = 85 h" in found.words
    assert source.count("<polyline") == 2 * len(money.balances(first)) + 2  # mallory and olivia gained or lost most


def test_a_report_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one run"):
        page([])


def test_gas_by_function_counts_what_l1_kept(played: Any) -> None:
    result = played(LIE)
    kept = [each for each in result.transactions if not each.lost]
    rows = list(gas_rows(result.transactions))
    assert sum(row.count for row in rows) == len(kept)
    assert sum(row.total for row in rows) == sum(each.gas_used for each in kept)
    assert all(row.least <= row.median <= row.most for row in rows)


def test_play_and_replay_write_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str], played: Any) -> None:
    from harness.scenarios.storing import write as keep

    file = tmp_path / "honest.scenario.yaml"
    file.write_text("name: A payment\nsteps: [{send: {to: bob, value: 1 ether, from: alice}}]\n")
    assert main(["play", str(file), "--report", str(tmp_path / "r.html"), "--results", str(tmp_path)]) == 0
    assert "A payment" in (tmp_path / "r.html").read_text()
    kept = keep(played(LIE), tmp_path / "lie.result.json")
    assert main(["replay", str(kept), "--report", str(tmp_path / "s.html")]) == 0
    assert f"harness replay {kept}" in (tmp_path / "s.html").read_text()
    assert [path.name for path in tmp_path.iterdir() if "tmp" in path.name or "partial" in path.name] == []


entries = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.integers(1, 10**21)).map(
        lambda drawn: Entry(
            time=0, block=0, transaction="", party=drawn[1], other=drawn[0], category="bond", amount=drawn[2]
        )
    ),
    min_size=1,
)


@given(entries)
def test_flows_have_widths_in_proportion_and_stay_in_their_boxes(given_entries: list[Entry]) -> None:
    flows = money.flows(given_entries)
    picture = drawing.flow_picture(flows)
    assert picture is not None
    assert sum(flow.wei for flow in flows) == sum(entry.amount for entry in given_entries)
    wide = {(band.source, band.target): band.width for band in picture.bands}
    biggest = flows[0]
    for flow in flows:
        wanted = wide[biggest.source, biggest.target] * flow.wei / biggest.wei
        assert wide[flow.source, flow.target] == pytest.approx(max(1.5, wanted), abs=0.2)
    for boxes in (picture.left, picture.right):
        for above, below in itertools.pairwise(boxes):
            assert above.y + above.height < below.y
        assert all(box.y + box.height <= picture.height for box in boxes)


@given(st.integers(-(10**24), 10**24), st.integers(-(10**24), 10**24))
def test_an_axis_has_round_numbers_around_all_that_it_shows(one: int, other: int) -> None:
    low, high = min(one, other, 0), max(one, other, 0)
    ticks = drawing._ticks(low, high)
    assert ticks[0] <= low
    assert high <= ticks[-1]
    assert len(ticks) <= 8
    assert len({after - before for before, after in itertools.pairwise(ticks)}) <= 1


@pytest.mark.parametrize(
    ("wei", "words"),
    [(0, "0"), (1, "1 wei"), (-1, "-1 wei"), (35_200 * 10**9, "35,200 gwei"), (10**18, "1.0000 ETH"),
     (-(10**18), "-1.0000 ETH"), (123_456_789 * 10**18, "123,456,789.0000 ETH")],
)  # fmt: skip
def test_amounts_are_told_in_a_unit_that_fits(wei: int, words: str) -> None:
    assert money.amount(wei) == words


@pytest.mark.skipif(CHROMIUM is None, reason=NO_BROWSER)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_it_without_a_complaint_and_within_the_screen(scheme: str, played: Any, tmp_path: Path) -> None:
    first = played(LIE)
    second = first.model_copy(update={"case": {"agents.olivia.away.0.for": "85 h"}})
    file = write([first, second], tmp_path / "report.html")
    with open_page(tmp_path / "profile") as browser:
        for width in WIDTHS:
            browser.open(file.as_uri(), width, 900, scheme)
            assert browser.value("document.documentElement.scrollWidth") <= width
            assert browser.value("document.querySelectorAll('article').length") == 2
        paper = browser.value("getComputedStyle(document.body).backgroundColor")
        assert browser.problems == []
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 24, 26)"}[scheme]


def with_claims(result: Result, count: int) -> Result:
    """The run with as many claims in its game, each a copy of one that was made."""
    (game,) = result.games
    made = game.claims
    more = (
        made[1 + number % (len(made) - 1)].model_copy(update={"number": number}) for number in range(len(made), count)
    )
    return result.model_copy(update={"games": (game.model_copy(update={"claims": (*made, *more)}),)})


@pytest.mark.skipif(CHROMIUM is None, reason=NO_BROWSER)
def test_a_browser_shows_large_runs_within_the_screen_of_a_phone(played: Any, tmp_path: Path) -> None:
    large = {"tree": with_claims(played(LIE), 2_000), "channels": played("payment-over-fourteen-hops")}
    with open_page(tmp_path / "profile") as browser:
        for name, result in large.items():
            browser.open(write([result], tmp_path / f"{name}.html").as_uri(), WIDTHS[0], 900, "dark")
            assert browser.value("document.documentElement.scrollWidth") <= WIDTHS[0]
            assert browser.problems == []
            if name == "tree":
                assert browser.value("document.querySelectorAll('svg.claims circle').length") == 2_000
            else:
                headings = browser.value("[...document.querySelectorAll('h2')].map(each => each.textContent)")
                assert len([each for each in headings if each.startswith("Channel hop_")]) == 14


def test_a_time_axis_names_no_second_twice() -> None:
    assert drawing.time_ticks(100, 101) == ((100, "0 s"), (101, "1 s"))
    assert [place for place, _ in drawing.time_ticks(0, 8)] == [0, 2, 4, 6, 8]
