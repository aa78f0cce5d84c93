# ruff: noqa: E501 (a message stands in one line, as it is shown)
"""Wrong scenario files: where the mistake is, what was expected, and the nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.scenarios import load, parse
from harness.scenarios.errors import ScenarioInvalid
from harness.scenarios.loading import LARGEST

GOOD = """\
name: A lie
agents:
  mallory: {role: proposer, lie: {kind: tamper_opcode, at: {batch: 7, transaction: 3, opcode: 12}}}
  olivia: {role: challenger, away: [{after: 1 h, for: 2 days}, {after: 4 days, for: 1 h}]}
steps:
  - deploy: {contract: Loop, as: loop, on: l2}
  - batch: {number: 7, transactions: [{call: loop.spin(60), from: bob}]}
  - propose: mallory
  - at: claim 20
    reorg: {depth: 3, resend: shuffled}
expect:
  gain: {mallory: "< -5 ether"}
sweep: {agents.olivia.away.0.for: [42 h, 83 h]}
"""
KNOWN = {"Loop": ("src/Loop.sol",)}


def said(text: str) -> list[str]:
    with pytest.raises(ScenarioInvalid) as caught:
        parse(text, "f.yaml", KNOWN)
    return str(caught.value).splitlines()


def test_a_right_file_is_read() -> None:
    scenario = parse(GOOD, "f.yaml", KNOWN)
    assert (len(scenario.steps), len(scenario.sweep)) == (4, 2)


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ("deploy:", "deplyo:", "f.yaml:6:5: steps[0].deplyo: there is no such field; did you mean 'deploy'?"),
        ("contract: Loop", "contract: Lop", "f.yaml:6:14: steps[0].deploy.contract: no contract is named 'Lop'; did you mean 'Loop'?"),
        ("deploy: {contract: Loop, as: loop, on: l2}", "bind: {contract: Loop, as: loop, address: '0xb0'}", "f.yaml:6:38: steps[0].bind.address: '0xb0' is no address (not 20 bytes in hex)"),
        ("deploy: {contract: Loop, as: loop, on: l2}", "bind: {contract: Loop, as: loop, address: nobody.child()}", "f.yaml:6:38: steps[0].bind.address: no contract or earlier step is named 'nobody'"),
        ("propose: mallory", "propose: malory", "f.yaml:8:5: steps[2].propose.agent: no agent is named 'malory'; did you mean 'mallory'?"),
        ("loop.spin", "lop.spin", "f.yaml:7:40: steps[1].batch.transactions[0].call: no contract or earlier step is named 'lop'; did you mean 'loop'?"),
        ("from: bob", "from: bbo", "f.yaml:7:61: steps[1].batch.transactions[0].from: no account is named 'bbo'; did you mean 'bob'?"),
        ("for: 2 days", "for: 2", "f.yaml:4:50: agents.olivia.away[0].for: it is 2, expected a duration with its unit, such as '2 days', '84 h' or '90 s'"),
        ('"< -5 ether"', "5", "f.yaml:12:10: expect.gain.mallory: it is 5, expected an amount or a bound, such as '< -5 ether' or '>= 5 ether'"),
        ("claim 20", "clam 20", "f.yaml:9:5: steps[3].at: it is 'clam 20', expected a moment: "),
        ("kind: tamper_opcode", "kind: tamper_opcod", "f.yaml:3:35: agents.mallory.lie.kind: it is 'tamper_opcod', expected "),
        ("role: proposer", "role: propser", "f.yaml:3:13: agents.mallory.role: it is 'propser', expected 'proposer', 'challenger' or 'sequencer'; did you mean 'proposer'?"),
        ("depth: 3", "depth: 0", "f.yaml:10:13: steps[3].reorg.depth: it is 0, expected at least 1"),
        ("after: 4 days", "after: 2 days", "f.yaml:4:65: agents.olivia.away[1].after: it begins before the absence above it ends"),
        ("sweep: {agents", "sweep: {agnts", "f.yaml:13:1: sweep[0]: with it, agnts: there is no such field; did you mean 'agents'?"),
        ("83 h", "83", "f.yaml:13:1: sweep[1]: with it, agents.olivia.away.0.for: it is 83, expected a duration"),
        ("propose: mallory", "propose: olivia", "f.yaml:8:5: steps[2].propose.agent: olivia is a challenger, expected a proposer"),
        ("    reorg:", "    mine: 1\n    reorg:", "f.yaml:9:5: steps[3]: it has the verbs reorg and mine, expected one of "),
        ("  olivia:", "  nobody:", "f.yaml:4:3: agents.nobody: 'nobody' is no account; give it an account"),
        ("kind: tamper_opcode, at", "kind: wrong_fee, at", "f.yaml:3:52: agents.mallory.lie.at: only tamper_opcode takes a place, and then nothing else"),
        ("name: A lie", "nam: A lie", "f.yaml:1:1: nam: there is no such field; did you mean 'name'?"),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_with_its_place_and_the_nearest_name(right: str, wrong: str, line: str) -> None:
    assert right in GOOD
    found = said(GOOD.replace(right, wrong, 1))
    assert any(each.startswith(line) for each in found), found


def test_every_mistake_is_shown_at_once() -> None:
    found = said(GOOD.replace("bob", "bbo").replace("propose: mallory", "propose: malory"))
    assert [each.split(": ")[1] for each in found] == ["steps[1].batch.transactions[0].from", "steps[2].propose.agent"]


def test_a_name_that_comes_later_is_not_known_yet() -> None:
    text = "name: x\nsteps:\n  - call: loop.spin(1)\n  - deploy: {contract: Loop, as: loop}\n"
    assert said(text) == ["f.yaml:3:5: steps[0].call.call: no contract or earlier step is named 'loop'"]


def test_a_name_is_given_once() -> None:
    text = "name: x\nsteps:\n" + "  - deploy: {contract: Loop, as: loop}\n" * 2
    assert said(text) == ["f.yaml:4:30: steps[1].deploy.as: 'loop' is a name already"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "f.yaml: it is empty, expected a scenario"),
        ("a: [", "f.yaml:2:1: it is no YAML: "),
        ("- 1\n", "f.yaml:1:1: it is [1], expected a table of fields"),
        ("a: 1\na: 2\n", "f.yaml:2:1: a: the name is there twice"),
        ("name: !!python/object x", "f.yaml:1:7: name: it has the tag tag:yaml.org,2002:python/object, expected none"),
        ("a: &a [*a]", "f.yaml:1:"),
        ("[" * 5_000, "f.yaml:1:"),
        ("{? [a] : b}", "f.yaml:1:4: a name is no text"),
        ("name: \x00", "f.yaml:"),
    ],
)
def test_what_is_no_scenario_is_refused(text: str, line: str) -> None:
    assert said(text)[0].startswith(line), said(text)


def test_aliases_that_explode_are_refused_at_once() -> None:
    """Ten levels of ten: ten thousand million values."""
    text = "l0: &l0 [x, x]\n" + "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 11))
    assert "its aliases make more than 100000 values of it" in said(text)[0]


def test_words_of_older_yaml_are_texts_here() -> None:
    """In YAML 1.1 the field ``on`` would be true, and ``no`` false."""
    assert parse("name: no\nsteps: [{send: {to: bob, value: 1 wei, on: l1}}]").name == "no"


def test_a_file_of_ten_megabytes_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.scenario.yaml"
    file.write_text("name: x\n" + "# padding\n" * 1_000_000)
    with pytest.raises(ScenarioInvalid, match=f"it has more than {LARGEST} bytes"):
        load(file)


def test_a_folder_a_missing_file_and_other_bytes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioInvalid, match="it is a folder, expected a scenario's file"):
        load(tmp_path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing.yaml")
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ScenarioInvalid, match="it is no UTF-8 text"):
        load(tmp_path / "x.yaml")
