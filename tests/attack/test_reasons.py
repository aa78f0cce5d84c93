"""Where an adapter promises reasons, a refusal without one is found in every kind of contracts; elsewhere it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.adapters.app_adjudicator import AppAdjudicatorAdapter
from harness.adapters.base import Adapter
from harness.adapters.choosing import Chosen, KnownContracts
from harness.adapters.counting_assertions import CountingAssertions
from harness.adapters.counting_game import CountingGame
from harness.adapters.payment_channel import PaymentChannelAdapter
from harness.adapters.portal_bridge import PortalBridge
from harness.adapters.qbft_bridge import BuiltInQbftBridge
from harness.adapters.rollup_inbox import RollupInbox
from harness.attack.attack import Outcome, Verdict
from harness.attack.kinds import pack_of
from harness.attack.runner import run_pack
from harness.errors import Reverted


def wordless(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return the method with no reason in what it reverts with."""

    def call(*arguments: Any, **options: Any) -> Any:
        try:
            return method(*arguments, **options)
        except Reverted as refusal:
            raise Reverted("reverted without data") from refusal

    return call


def played(adapter: type[Adapter], method: str, attack: str, *, says_why: bool) -> Outcome:
    """Play an attack on an adapter one of whose methods reverts without a reason."""
    members = {method: wordless(getattr(adapter, method)), "says_why": says_why}
    silent = type("Wordless", (adapter,), members)
    (outcome,) = run_pack(pack_of(adapter.kind), Chosen("it", silent, KnownContracts(None)), only=[attack])
    return outcome


CASES = (
    (RollupInbox, "force", "a censored message"),
    (CountingAssertions, "dispute", "a late dispute"),
    (BuiltInQbftBridge, "withdraw", "more than is there"),
    (PortalBridge, "execute", "a delay"),
    (CountingGame, "move", "two games with the same claims"),
    (PaymentChannelAdapter, "submit", "same-version"),
    (AppAdjudicatorAdapter, "close_together", "split-late"),
    (CountingAssertions, "_deployed", "further promises"),
)


@pytest.mark.parametrize(("adapter", "method", "attack"), CASES, ids=[f"{each[0].kind}, {each[1]}" for each in CASES])
def test_a_refusal_without_a_promised_reason_is_found(adapter: type[Adapter], method: str, attack: str) -> None:
    outcome = played(adapter, method, attack, says_why=True)
    assert (outcome.verdict, outcome.broke) == (Verdict.FOUND, "the reasons"), outcome.evidence
    assert outcome.evidence.endswith(" is refused without a reason: reverted without data")


@pytest.mark.parametrize(("adapter", "method", "attack"), CASES[:3], ids=[each[0].kind for each in CASES[:3]])
def test_it_is_not_where_none_is_promised(adapter: type[Adapter], method: str, attack: str) -> None:
    assert played(adapter, method, attack, says_why=False).verdict is Verdict.HELD


def test_the_built_in_contracts_promise_reasons() -> None:
    """All but the game, whose witness a mock of a prover decodes without a look at its length."""
    assert {each[0].kind for each in CASES if not each[0].says_why} == {"game"}
