"""The pack of channels tells what a contract cannot hold from what its adapter does wrong."""

from __future__ import annotations

from harness.adapters.channel import Channel
from harness.adapters.choosing import Chosen, KnownContracts
from harness.adapters.payment_channel import PaymentChannelAdapter
from harness.attack.attack import Outcome, Verdict
from harness.attack.channel.pack import PACK
from harness.attack.runner import run_pack


def huge(adapter: type[Channel]) -> Outcome:
    (outcome,) = run_pack(PACK, Chosen("it", adapter, KnownContracts(None)), only=["huge-deposits"])
    return outcome


def test_deposits_that_fit_no_word_of_the_contract_are_left_out() -> None:
    outcome = huge(PaymentChannelAdapter)
    assert (outcome.verdict, outcome.evidence) == (Verdict.HELD, outcome.evidence)


def test_an_adapter_that_counts_money_wrongly_fails_there_too() -> None:
    class Generous(PaymentChannelAdapter):
        """Opens a channel with a wei less than it was asked for."""

        def open(self, parties, deposits):  # type: ignore[no-untyped-def]
            return super().open(parties, (deposits[0] - 1, deposits[1]))

    outcome = huge(Generous)
    assert outcome.verdict is Verdict.FAILED and outcome.evidence.startswith("MoneyMisstated: ")
