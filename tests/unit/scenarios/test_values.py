"""Amounts, durations, bounds, moments and calls as people write them."""

from __future__ import annotations

import inspect

import pytest

from harness.agents import faults
from harness.scenarios.agents import LIES, TACTICS, Lie
from harness.scenarios.values import (
    FOREVER,
    Bound,
    CallText,
    Moment,
    Named,
    amount_of,
    amount_text,
    duration_of,
    duration_text,
)


@pytest.mark.parametrize(
    ("text", "wei"),
    [("5 ether", 5 * 10**18), ("1.5 gwei", 1_500_000_000), ("7 wei", 7), ("-2 ETH", -2 * 10**18), ("1,000 wei", 1_000)],
)
def test_an_amount_is_read_with_its_unit(text: str, wei: int) -> None:
    assert amount_of(text) == wei
    assert amount_of(amount_text(wei)) == wei


@pytest.mark.parametrize(
    "text", ["5", 5, "", "ether", "5 either", "0.5 wei", None, "5 ether 3 gwei", True, "nan ether"]
)
def test_an_amount_without_a_unit_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        amount_of(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2 days", 172_800), ("84 h", 302_400), ("1 h 30 min", 5_400), ("forever", FOREVER), ("0 s", 0)],
)
def test_a_duration_is_read_with_its_unit(text: str, seconds: int) -> None:
    assert duration_of(text) == seconds
    assert duration_of(duration_text(seconds)) == seconds


@pytest.mark.parametrize("text", ["2", 2, "", "days", "-1 h", "2 dyas", "0.5 s", "1 h and 3 min", "99999999 weeks"])
def test_a_duration_without_a_unit_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        duration_of(text)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("< 5 wei", 4, 5),
        ("<= 5 wei", 5, 6),
        ("> 5 wei", 6, 5),
        (">= 5 wei", 5, 4),
        ("= 5 wei", 5, 6),
        ("5 wei", 5, 4),
        ("1 wei .. 3 wei", 3, 4),
    ],
)
def test_a_bound_holds_inside_and_not_outside(text: str, inside: int, outside: int) -> None:
    bound = Bound.of(text)
    assert bound.holds(inside)
    assert not bound.holds(outside)


def test_a_moment_is_a_word_a_word_with_a_number_or_a_time() -> None:
    assert (Moment.of("claim 1,234").kind, Moment.of("claim 1,234").number) == ("claim", 1234)
    assert (Moment.of("until resolved").kind, Moment.of("2 days").number) == ("resolved", 172_800)
    for wrong in ("claim", "resolved 3", "claim x", "", 7, "someday"):
        with pytest.raises(ValueError, match="expected"):
            Moment.of(wrong)


def test_a_call_has_a_target_a_function_and_literal_arguments() -> None:
    call = CallText.of("loop.spin(60, -1, true, '0x12', [1, alice], bob)")
    assert (call.target, call.function) == ("loop", "spin")
    assert call.arguments == (60, -1, True, "0x12", (1, Named("alice")), Named("bob"))
    assert call.names == ("alice", "bob")


@pytest.mark.parametrize(
    "text", ["loop", "loop.spin", "spin(1)", "loop.spin(1 + 2)", "loop.spin(f())", "a.b(x=1)", "", 3, "(" * 500]
)
def test_what_is_no_call_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        CallText.of(text)


def test_every_lie_and_tactic_of_the_agents_has_its_word() -> None:
    lies = {
        name
        for name in faults.__all__
        if inspect.isfunction(getattr(faults, name)) and name not in ("tamper_at", "lie_name")
    }
    assert set(LIES) == lies
    for name in lies:
        assert inspect.signature(getattr(faults, name)).parameters.keys() <= Lie.model_fields.keys(), name
    kinds = {name for name in faults.__all__ if hasattr(getattr(faults, name), "decide") and name != "Tactic"}
    assert set(TACTICS.values()) == kinds
