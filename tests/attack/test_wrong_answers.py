"""An adapter of any kind that answers what its protocol does not say gets a row that names the method."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from inspect import isfunction
from typing import Any

import pytest

from harness.adapters.channel import Channel
from harness.adapters.choosing import Chosen, KnownContracts
from harness.adapters.counting_assertions import CountingAssertions
from harness.adapters.counting_game import CountingGame
from harness.adapters.errors import NotApplicable
from harness.adapters.inbox import Derived
from harness.adapters.portal_bridge import PortalBridge
from harness.adapters.prover import ProvenStep, Prover
from harness.adapters.rollup_inbox import RollupInbox
from harness.attack.answers import answers_of, check_answers
from harness.attack.attack import Outcome, Verdict
from harness.attack.kinds import KINDS, pack_of
from harness.attack.runner import run_pack
from harness.errors import WrongAnswer

OPEN = ("None", "Any")


def played(adapter: type[Any], *names: str) -> list[Outcome]:
    """Play attacks of the adapter's pack."""
    return run_pack(pack_of(adapter.kind), Chosen("it", adapter, KnownContracts(None)), only=names)


class Wordy(PortalBridge):
    """Returns text where an amount is expected."""

    def held(self) -> Any:
        return "plenty"


class Unproven(PortalBridge):
    """Returns a list where the parts of a proof are expected."""

    def proof(self, message: Any) -> Any:
        return list(super().proof(message).values())


class Unread(RollupInbox):
    """Returns nothing where batches and messages are expected."""

    def derived(self) -> Any:
        return None


class Numbered(RollupInbox):
    """Returns a number where a batch's bytes are expected."""

    def derived(self) -> Derived:
        found = super().derived()
        return replace(found, batches=[replace(each, data=7) for each in found.batches])  # type: ignore[arg-type]


class Loose(CountingGame):
    """Returns a word for an outcome."""

    def outcome(self) -> Any:
        return "UPHELD"


class Untyped(CountingGame):
    """Returns a number among its promises, whose other items are right."""

    def promises(self) -> Iterator[Any]:
        yield 7


class Unbound(CountingGame):
    """States a bond less than it has depths."""

    def rules(self) -> Any:
        return replace(super().rules(), bonds=super().rules().bonds[1:])


class Stingy(CountingGame):
    """Says that half of what is owed is owed."""

    def owed(self, account: str) -> int:
        return super().owed(account) // 2


class Nameless(CountingAssertions):
    """Returns a number for an id."""

    def top(self) -> Any:
        return 7


@pytest.mark.parametrize(
    ("adapter", "attack", "said"),
    [
        (Wordy, "an honest message", "WrongAnswer: Wordy: held returned 'plenty', expected int"),
        (Unproven, "an honest message", "WrongAnswer: Unproven: proof returned ["),
        (Unread, "a reorg", "WrongAnswer: Unread: derived returned None, expected Derived"),
        (Numbered, "a reorg", "WrongAnswer: Numbered: derived returned 7, expected bytes as DerivedBatch.data"),
        (Loose, "credit taken twice", "WrongAnswer: Loose: outcome returned 'UPHELD', expected Outcome"),
        (Untyped, "further promises", "WrongAnswer: Untyped: promises returned 7, expected Promise"),
        (Unbound, "credit taken twice", "AdapterError: Rules: bonds has 4 values, expected 5, one for each depth"),
        (Stingy, "credit taken twice", "MoneyMisstated: Stingy: what is owed to dave (owed): the adapter says "),
        (Nameless, "a late dispute", "WrongAnswer: Nameless: top returned 7, expected bytes"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_wrong_answer_is_a_failure_that_names_the_method(adapter: type[Any], attack: str, said: str) -> None:
    (outcome,) = played(adapter, attack)
    assert outcome.verdict is Verdict.FAILED, outcome.evidence
    assert outcome.evidence.startswith(said)


def test_a_wrong_answer_to_a_call_that_must_be_refused_is_no_refusal() -> None:
    """A forged message must be refused by the contract, and not by the mistake of an adapter."""

    class Mistaken(RollupInbox):
        def queue(self, raw: bytes, gas: int, sender: Any, *, limit: int = 0) -> Any:
            return "queued" if gas < self.terms().least_gas else super().queue(raw, gas, sender, limit=limit)

    (outcome,) = played(Mistaken, "messages that are none")
    assert outcome.verdict is Verdict.FAILED
    assert outcome.evidence == "WrongAnswer: Mistaken: queue returned 'queued', expected int"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_answer_that_a_protocol_gives_a_type_is_checked(kind: str) -> None:
    protocol = pack_of(kind).protocol
    methods = {name: method for each in protocol.__mro__ for name, method in vars(each).items() if isfunction(method)}
    typed = {name for name, each in methods.items() if each.__annotations__.get("return", "None") not in OPEN}
    assert typed and set(answers_of(protocol)) == typed


class Plain(Channel):
    """Answers whatever a test puts into ``answer``."""

    answer: Any = None

    def deploy(self) -> None: ...

    def open(self, parties: Any, deposits: Any) -> Any:
        return self.answer

    def sign(self, channel: Any, state: Any, who: Any) -> Any:
        return self.answer

    def submit(self, *given: Any) -> Any:
        return self.answer

    def deadline(self, channel: Any) -> Any:
        return self.answer


@pytest.mark.parametrize("answer", [None, 0, 2**70])
def test_what_a_protocol_allows_is_passed_on(answer: Any) -> None:
    adapter = Plain(None, {})  # type: ignore[arg-type]
    check_answers(adapter)
    adapter.answer = answer
    assert adapter.deadline(7) is answer
    assert adapter.open((), ()) is answer, "what stands for a channel may be anything"


@pytest.mark.parametrize("answer", ["soon", True, 1.5, b"\x01"])
def test_what_a_protocol_does_not_allow_is_named(answer: Any) -> None:
    adapter = Plain(None, {})  # type: ignore[arg-type]
    check_answers(adapter)
    adapter.answer = answer
    with pytest.raises(WrongAnswer) as caught:
        adapter.deadline(7)
    assert (caught.value.method, caught.value.actual) == ("deadline", answer)
    assert str(caught.value).endswith("expected int | None")


class Toy(Prover):
    """Answers steps, each with a witness of a shape of its own, whose ``after`` may be bytes or nothing."""

    after: Any = b"\x01" * 32

    def deploy(self) -> None: ...

    def steps(self, subject: str) -> Iterator[ProvenStep]:
        yield ProvenStep("a step", bytes(32), self.after, 0, {"parts": [b"", 7, (True, None)]})

    def verify(self, step: ProvenStep, *, gas: int = 0) -> bytes:
        return bytes(32)


@pytest.mark.parametrize("after", [None, b"", b"\x01" * 32])
def test_what_is_one_of_two_types_is_passed_on_as_it_is(after: bytes | None) -> None:
    adapter = Toy(None, {})  # type: ignore[arg-type]
    check_answers(adapter)
    adapter.after = after
    assert [each.after for each in adapter.steps("opcodes")] == [after]


@pytest.mark.parametrize("after", [7, "0x01", [1, 2]])
def test_what_is_neither_of_two_types_is_named(after: Any) -> None:
    adapter = Toy(None, {})  # type: ignore[arg-type]
    check_answers(adapter)
    adapter.after = after
    with pytest.raises(WrongAnswer, match=r"expected bytes \| None as ProvenStep.after"):
        list(adapter.steps("opcodes"))


def test_a_game_that_cannot_be_opened_has_refused_no_lie() -> None:
    class Shut(CountingGame):
        def open(self, *given: Any) -> None:
            self.factory.setImplementation(self.factory.address, sender=self.chain.accounts.mallory)

    (outcome,) = played(Shut, "a false root")
    assert outcome.verdict is Verdict.NOT_APPLICABLE


def test_an_inbox_that_reads_nothing_back_is_a_finding_of_each_attack() -> None:
    class Empty(RollupInbox):
        def derived(self) -> Derived:
            return Derived([], [])

    names = ("what is read back", "a censored message", "crowded blocks", "a race for a place", "a reorg")
    assert [each.verdict for each in played(Empty, *names)] == [Verdict.FOUND] * 5


def test_a_call_that_the_inbox_s_adapter_has_no_form_for_is_not_taken_for_a_refusal() -> None:
    class OnlyFits(RollupInbox):
        def queue(self, raw: bytes, gas: int, sender: Any, *, limit: int = 0) -> int:
            if not self.terms().least_gas <= gas <= self.terms().most_gas or len(raw) > 1_000:
                raise NotApplicable("messages have a form")
            return super().queue(raw, gas, sender, limit=limit)

    (outcome,) = played(OnlyFits, "messages that are none")
    assert (outcome.verdict, outcome.evidence) == (Verdict.NOT_APPLICABLE, "messages have a form")
