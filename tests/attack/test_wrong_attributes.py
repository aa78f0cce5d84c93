"""An adapter of any kind whose attributes are not what its protocol says is named before anything is attacked."""

from __future__ import annotations

import inspect
from dataclasses import is_dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, get_args, get_origin

import pytest

from harness.adapters.app_adjudicator import AppAdjudicatorAdapter
from harness.adapters.base import Adapter, attributes_of
from harness.adapters.choosing import Chosen, KnownContracts, choose
from harness.adapters.counting_game import CountingGame
from harness.adapters.fitting import fields_of, protocols_of
from harness.adapters.payment_channel import PaymentChannelAdapter
from harness.adapters.portal_bridge import PortalBridge
from harness.attack.answers import answers_of
from harness.attack.attack import Outcome, Verdict
from harness.attack.channel.ring import Ring
from harness.attack.kinds import KINDS, pack_of
from harness.attack.runner import run_pack
from harness.attack.stage import Stage
from harness.chain.chain import Chain
from harness.errors import AdapterFailed, Reverted, WrongAttribute

ATTRIBUTES = [(kind, name) for kind in sorted(KINDS) for name in attributes_of(pack_of(kind).protocol)]
NO_TYPE: Any = object()


def built_in(kind: str) -> type[Adapter]:
    pack = pack_of(kind)
    return choose(kind, next(iter(pack.built_in)), pack.built_in, pack.protocol).kind


def changed(adapter: type[Adapter], **members: object) -> type[Adapter]:
    return type("Odd", (adapter,), members)


def played(adapter: type[Adapter], *names: str) -> list[Outcome]:
    return run_pack(pack_of(adapter.kind), Chosen("it", adapter, KnownContracts(None)), only=names)


@pytest.mark.parametrize(("kind", "attribute"), ATTRIBUTES)
def test_every_attribute_of_every_protocol_is_checked(kind: str, attribute: str) -> None:
    with pytest.raises(WrongAttribute) as caught:
        changed(built_in(kind), **{attribute: NO_TYPE}).check()
    assert (caught.value.adapter, caught.value.attribute, caught.value.actual) == ("Odd", attribute, NO_TYPE)
    assert ", expected " in str(caught.value)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_attribute_with_an_annotation_has_a_type(kind: str) -> None:
    protocol = pack_of(kind).protocol
    said = {name for each in protocols_of(protocol) for name in inspect.get_annotations(each)}
    assert said == set(attributes_of(protocol)) and "guarded" in said
    types = [get_args(hint)[0] if get_origin(hint) is ClassVar else hint for hint in attributes_of(protocol).values()]
    assert Any not in types, "what may be anything is not checked"


@pytest.mark.parametrize(
    ("kind", "attribute", "value", "said"),
    [
        ("bridge", "guarded", 7, "guarded is 7, expected Collection[str]"),
        ("bridge", "guarded", "release", "guarded is 'release', expected Collection[str]"),
        ("bridge", "guarded", ("release", 7), "guarded is 7, expected str"),
        ("bridge", "nested", 1, "nested is 1, expected bool"),
        ("game", "counts_blocks", "yes", "counts_blocks is 'yes', expected bool"),
        ("channel", "window", "day", f"window is 'day', expected a number from 1 to {2**64 - 1} | None"),
        ("channel", "window", True, f"window is True, expected a number from 1 to {2**64 - 1} | None"),
        ("application", "window", 0, f"window is 0, expected a number from 1 to {2**64 - 1}"),
        ("channel", "assets", (), "assets is (), expected one value at least"),
        ("application", "assets", ("gold",), "assets is 'gold', expected 'ether' or 'erc20'"),
        ("application", "rulebooks", ("chess",), "rulebooks is 'chess', expected Rulebook"),
        ("sidechain", "validators", "four", "validators is 'four', expected int"),
    ],
)
def test_a_wrong_attribute_is_named_with_what_was_expected(kind: str, attribute: str, value: Any, said: str) -> None:
    with pytest.raises(WrongAttribute) as caught:
        changed(built_in(kind), **{attribute: value}).check()
    assert str(caught.value).startswith(f"Odd: {said}")


@pytest.mark.parametrize(
    "value",
    [
        ("TokenBridge.release",),
        ["TokenBridge.release"],
        (),
        {"TokenBridge.release"},
        frozenset(("TokenBridge.release",)),
    ],
)
def test_what_a_protocol_allows_is_no_error(value: Any) -> None:
    changed(PortalBridge, guarded=value, nested=True).check()


@pytest.mark.parametrize(
    ("adapter", "attribute", "names", "attack"),
    [
        (PortalBridge, "guarded", ("TokenBridge.release",), "strangers call guarded functions"),
        (PaymentChannelAdapter, "assets", ("erc20",), "overdrawn"),
        (AppAdjudicatorAdapter, "failures", tuple(sorted(AppAdjudicatorAdapter.failures)), "told-before"),
    ],
)
def test_names_in_a_set_are_those_in_a_tuple(
    adapter: type[Adapter], attribute: str, names: tuple[str, ...], attack: str
) -> None:
    rows = [played(changed(adapter, **{attribute: value}), attack) for value in (names, set(names), frozenset(names))]
    assert rows[0] == rows[1] == rows[2] and rows[0][0].verdict is Verdict.HELD


def test_the_first_asset_of_a_set_is_that_of_the_alphabet(l1: Chain) -> None:
    ring = Ring(Stage(l1, changed(PaymentChannelAdapter, assets={"ether", "erc20"}), KnownContracts(None)))
    ring.close()
    assert ring.asset == "erc20"


def test_a_wrong_name_in_a_set_is_named() -> None:
    with pytest.raises(WrongAttribute, match="Odd: guarded is 7, expected str"):
        changed(PortalBridge, guarded={7}).check()
    with pytest.raises(WrongAttribute, match="Odd: assets is 'gold', expected 'ether' or 'erc20'"):
        changed(PaymentChannelAdapter, assets={"gold"}).check()


def test_an_adapter_is_refused_when_it_is_chosen(tmp_path: Path) -> None:
    source = "from harness.adapters.portal_bridge import PortalBridge\n\n\nclass Odd(PortalBridge):\n    guarded = 7\n"
    (tmp_path / "odd.py").write_text(source, encoding="utf-8")
    pack = pack_of("bridge")
    with pytest.raises(WrongAttribute, match=r"Odd: guarded is 7, expected Collection\[str\]"):
        choose("bridge", f"{tmp_path / 'odd.py'}:Odd", pack.built_in, pack.protocol)


def test_an_attribute_that_deploy_sets_is_checked() -> None:
    class Late(CountingGame):
        def deploy(self) -> None:
            super().deploy()
            self.counts_blocks = "no"  # type: ignore[misc, assignment]

    (outcome,) = played(Late, "a true root")
    assert (outcome.verdict, outcome.evidence) == (
        Verdict.FAILED,
        "WrongAttribute: Late: counts_blocks is 'no', expected bool",
    )


# -- attributes that are read from the contracts, by a property


def of(kind: type[Any], value: object) -> Any:
    """Return a property of a kind that returns a value, or raises it."""

    def read(self: object) -> object:
        if isinstance(value, BaseException):
            raise value
        return value

    return kind(read)


PROPERTIES = pytest.mark.parametrize("kind", [property, cached_property])


@PROPERTIES
def test_a_property_is_looked_at_when_the_contracts_are_deployed(kind: type[Any]) -> None:
    right, wrong = (changed(CountingGame, counts_blocks=of(kind, value)) for value in (False, "no"))
    for adapter in (right, wrong):
        adapter.check()
    (held,), (failed,) = played(right, "a true root"), played(wrong, "a true root")
    assert held.verdict is Verdict.HELD
    assert (failed.verdict, failed.evidence) == (
        Verdict.FAILED,
        "WrongAttribute: Odd: counts_blocks is 'no', expected bool",
    )


@PROPERTIES
@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (KeyError("my bug"), "KeyError: 'my bug'"),
        (AttributeError("no contract"), "AttributeError: no contract"),
        (Reverted("no contract"), "Reverted: no contract"),
    ],
    ids=["bug", "attribute", "revert"],
)
def test_a_property_that_raises_is_named(kind: type[Any], problem: Exception, said: str) -> None:
    """The contracts deploy, whatever a property that reads them reverts with."""
    (outcome,) = played(changed(CountingGame, counts_blocks=of(kind, problem)), "a true root")
    assert outcome.verdict is Verdict.FAILED
    assert outcome.evidence.startswith(f"AdapterFailed: Odd: counts_blocks raised {said}")


@PROPERTIES
def test_a_property_that_raises_in_an_attack_is_named(kind: type[Any]) -> None:
    def read(self: Any) -> bool:
        if "used" in vars(self):
            raise KeyError("my bug")
        return False

    class Once(CountingGame):
        resolves_together = kind(read)

        def check_own(self) -> None:
            super().check_own()
            vars(self).pop("resolves_together", None)
            vars(self)["used"] = True

    (outcome,) = played(Once, "a true root")
    assert outcome.evidence == "AdapterFailed: Once: read raised KeyError: 'my bug'"


def test_what_an_adapter_checks_of_itself_is_no_part_of_its_deployment() -> None:
    class Own(CountingGame):
        def check_own(self) -> None:
            raise KeyError("my bug")

    (outcome,) = played(Own, "a true root")
    assert outcome.evidence == "AdapterFailed: Own: check_own raised KeyError: 'my bug'"


@PROPERTIES
@pytest.mark.parametrize(
    ("adapter", "attribute"), [(PaymentChannelAdapter, "assets"), (AppAdjudicatorAdapter, "rulebooks")]
)
def test_what_is_read_before_there_is_an_adapter_is_no_property(
    kind: type[Any], adapter: type[Adapter], attribute: str
) -> None:
    with pytest.raises(WrongAttribute, match=f"Odd: {attribute} is <.*property object at .*, expected "):
        changed(adapter, **{attribute: of(kind, ("ether",))}).check()


def test_a_method_in_the_place_of_an_attribute_is_refused() -> None:
    with pytest.raises(WrongAttribute, match="Odd: window is <function"):
        changed(PaymentChannelAdapter, window=lambda self: 5).check()


def test_an_attribute_that_raises_in_a_class_is_named_when_the_adapter_is_chosen(tmp_path: Path) -> None:
    source = (
        "from harness.adapters.portal_bridge import PortalBridge\n\n\n"
        "class Bad:\n    def __get__(self, owner, kind):\n        raise RuntimeError('my bug')\n\n\n"
        "class Odd(PortalBridge):\n    guarded = Bad()\n"
    )
    (tmp_path / "odd.py").write_text(source, encoding="utf-8")
    pack = pack_of("bridge")
    with pytest.raises(AdapterFailed, match="Odd: guarded raised RuntimeError: my bug"):
        choose("bridge", f"{tmp_path / 'odd.py'}:Odd", pack.built_in, pack.protocol)


def test_no_guarded_functions_that_a_property_names_are_no_attack() -> None:
    (outcome,) = played(changed(CountingGame, guarded=of(property, ())), "strangers call guarded functions")
    assert outcome.verdict is Verdict.NOT_APPLICABLE


# -- answers that are of the right type, and mean nothing


class Third(AppAdjudicatorAdapter):
    """Has a third player."""

    def mover(self, game: Any, position: Any) -> int:
        return 7


class Eternal(CountingGame):
    """Ends after the sun does."""

    def ends(self) -> int:
        return 2**70


class Homeless(PortalBridge):
    """Has contracts at no address."""

    def call_of_deposit(self, to: str) -> tuple[str, bytes]:
        return "nowhere", super().call_of_deposit(to)[1]


@pytest.mark.parametrize(
    ("adapter", "attack", "said"),
    [
        (Third, "idler", "WrongAnswer: Third: mover returned 7, expected 0 or 1"),
        (
            Eternal,
            "a true root",
            f"WrongAnswer: Eternal: ends returned {2**70}, expected a number from 0 to {2**64 - 1}",
        ),
        (
            Homeless,
            "a contract that deposits",
            "WrongAnswer: Homeless: call_of_deposit returned 'nowhere', expected an",
        ),
    ],
)
def test_an_answer_beyond_what_it_may_be_is_named(adapter: type[Adapter], attack: str, said: str) -> None:
    (outcome,) = played(adapter, attack)
    assert outcome.verdict is Verdict.FAILED
    assert outcome.evidence.startswith(said)


def test_no_attack_that_asks_who_moves_fails_without_a_name() -> None:
    names = [attack.name for attack in pack_of("application").attacks][:8]
    failed = {each.evidence for each in played(Third, *names) if each.verdict is Verdict.FAILED}
    assert failed == {"WrongAnswer: Third: mover returned 7, expected 0 or 1"}


def test_a_method_that_calls_itself_otherwise_is_named_when_it_raises() -> None:
    class Itself(CountingGame):
        def outcome(this) -> Any:
            raise KeyError("my bug")

    (outcome,) = played(Itself, "credit taken twice")
    assert outcome.evidence == "AdapterFailed: Itself: outcome raised KeyError: 'my bug'"


# -- what an adapter's own base says in types that it imports for annotations alone


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_base_of_a_built_in_adapter_says_types_that_are_found(kind: str) -> None:
    pack = pack_of(kind)
    for word in pack.built_in:
        adapter = choose(kind, word, pack.built_in, pack.protocol).kind
        said = {
            name
            for base in protocols_of(adapter)
            for name, method in vars(base).items()
            if inspect.isfunction(method) and method.__annotations__.get("return", "None") not in ("None", "Any")
        }
        assert set(answers_of(adapter)) == said


def within(hint: Any, seen: set[Any]) -> None:
    """Look into a type, and into the fields of the dataclasses in it."""
    for part in get_args(hint):
        within(part, seen)
    if isinstance(hint, type) and is_dataclass(hint) and hint not in seen:
        seen.add(hint)
        for each in fields_of(hint).values():
            within(each, seen)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_type_that_an_answer_may_be_of_can_be_looked_into(kind: str) -> None:
    pack = pack_of(kind)
    seen: set[Any] = set()
    for word in pack.built_in:
        adapter = choose(kind, word, pack.built_in, pack.protocol).kind
        for hint in (*answers_of(adapter).values(), *attributes_of(adapter).values()):
            within(hint, seen)
    assert kind != "bridge" or {each.__name__ for each in seen} >= {"Idle", "Ring", "State"}
