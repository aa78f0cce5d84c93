"""The tables of the guide say what verbs and moments there are."""

from __future__ import annotations

from harness.scenarios.values import MOMENTS, NUMBERED
from harness.scenarios.verbs import VERBS
from tests.support.guide_tables import check_table


def rows(pairs: list[tuple[str, str]], head: str) -> str:
    return "\n".join([f"| {head} |", "|---|---|", *(f"| {one} | {other} |" for one, other in pairs)])


def test_the_guide_lists_every_verb() -> None:
    pairs = [(f"`{verb.word}`", (verb.__doc__ or "").partition("\n")[0].replace("``", "`")) for verb in VERBS]
    check_table("scenarios", "verbs", rows(pairs, "verb | what the step does"))


def test_the_guide_lists_every_moment() -> None:
    pairs = [(f"`{word} N`" if word in NUMBERED else f"`{word}`", said) for word, said in MOMENTS.items()]
    check_table("scenarios", "moments", rows(pairs, "moment | has come when"))
