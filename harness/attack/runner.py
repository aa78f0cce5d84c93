"""Runs a pack: one attack after the other, each on a chain that is as new."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from types import CodeType

from harness.adapters.base import Adapter
from harness.adapters.choosing import Chosen
from harness.adapters.errors import AdapterError, AdapterFailed, NotApplicable
from harness.attack.attack import Attack, Found, OtherVariant, Outcome, Pack, Verdict
from harness.attack.stage import Stage, reason_of
from harness.chain.opening import open_chain
from harness.errors import Reverted

_WEIGHTS = (Verdict.NOT_APPLICABLE, Verdict.HELD, Verdict.FAILED, Verdict.FOUND)
"""Verdicts of one attack's variants; the last of them in this order is the attack's."""


def run_pack(
    pack: Pack,
    chosen: Chosen,
    *,
    budget: float | None = None,
    seed: int = 0,
    only: Iterable[str] = (),
    first_only: bool = False,
    hear: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Play every attack of a pack against an adapter's contracts and return what came of each.

    ``budget`` is in seconds. It bounds the search, which follows the named attacks, from the search's beginning; None
    gives the search a fixed number of tries, so that two runs of one seed are equal. ``only`` are the names of the
    attacks to play; none means all. ``first_only`` ends the run at the first finding. Raises UnknownAttack.
    """
    attacks = [pack.attack(name) for name in only] or list(every(pack))
    outcomes: list[Outcome] = []
    shared: dict[str, object] = {}
    with open_chain("py-evm", seed=seed, name="l1", is_private=True) as chain:
        start = chain.snapshot()

        def stage(variant: str) -> Stage:
            chain.restore(start)
            return Stage(chain, chosen.kind, chosen.contracts, seed=seed, variant=variant, budget=budget, shared=shared)

        for attack in attacks:
            outcomes.append(attempt(attack, stage))
            hear(outcomes[-1])
            if first_only and outcomes[-1].verdict is Verdict.FOUND:
                break
    return outcomes


def every(pack: Pack) -> Iterator[Attack]:
    """Yield the attacks of a pack, the search last."""
    yield from pack.attacks
    if pack.search is not None:
        yield pack.search(())


def attempt(attack: Attack, stage: Callable[[str], Stage]) -> Outcome:
    """Play an attack in each of its variants up to the first finding.

    ``stage`` returns a new stage for a variant. No exception leaves this function: one that is no finding, no revert
    and no `NotApplicable` is somebody's bug, so the attack has failed, whatever came of its other variants.
    """
    outcomes: list[Outcome] = []
    beside: list[Outcome] = []
    for variant in attack.variants:
        try:
            outcomes.append(_played(attack, variant, stage))
        except OtherVariant as problem:
            beside.append(Outcome(attack.name, attack.shows, Verdict.NOT_APPLICABLE, problem.reason, variant))
            continue
        if outcomes[-1].verdict is Verdict.FOUND:
            break
    if not outcomes:
        return beside[0]
    return max(reversed(outcomes), key=lambda outcome: _WEIGHTS.index(outcome.verdict))


def _played(attack: Attack, variant: str, stage: Callable[[str], Stage]) -> Outcome:
    def outcome(verdict: Verdict, evidence: str) -> Outcome:
        return Outcome(attack.name, attack.shows, verdict, evidence, variant)

    try:
        return outcome(Verdict.HELD, attack.play(stage(variant)))
    except Found as found:
        return Outcome(
            attack.name,
            attack.shows,
            Verdict.FOUND,
            found.evidence,
            variant,
            found.broke,
            found.gained,
            found.lost,
            found.moves,
        )
    except OtherVariant:
        raise
    except NotApplicable as problem:
        return outcome(Verdict.NOT_APPLICABLE, reason_of(problem))
    except Reverted as problem:
        return outcome(Verdict.NOT_APPLICABLE, f"{type(problem).__name__}: {reason_of(problem)}")
    except (Exception, SystemExit) as problem:  # an adapter is somebody else's code, which may raise anything
        named = _named(problem)
        failed = outcome(Verdict.FAILED, f"{type(named).__name__}: {reason_of(named)}")
        return replace(failed, traceback="".join(traceback.format_exception(problem)))


def _named(problem: BaseException) -> BaseException:
    """Return an AdapterFailed with the method that raised an exception, if that was one of an adapter."""
    if isinstance(problem, AdapterError):
        return problem
    for frame, _ in traceback.walk_tb(problem.__traceback__):
        code = frame.f_code
        adapter = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount else None  # it need not be called self
        if isinstance(adapter, Adapter) and code.co_name != "deploy" and _has(type(adapter), code):
            return AdapterFailed(adapter.name, code.co_name, problem)
    return problem


def _has(kind: type[Adapter], code: CodeType) -> bool:
    """Return whether a code is that of a method of a class, and not of a function that takes one of its objects."""
    members = (member for each in kind.__mro__ for member in vars(each).values())
    return any(getattr(_function(member), "__code__", None) is code for member in members)


def _function(member: object) -> object:
    return member.fget if isinstance(member, property) else getattr(member, "func", member)
