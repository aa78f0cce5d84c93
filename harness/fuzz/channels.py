"""Lives of channels drawn from a seed: an honest party, a party of any strategy, a faulty bus, crashes, and the close.

Each run must leave the honest party with what its newest state gives it, and the contract with nothing. Attacks of the
pack accompany each life, since a cheat that only calls an honest party's methods cannot do what an attacker does.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

from harness.agents.channel_cheats import STRATEGIES
from harness.channels.bus import Faults
from harness.fuzz import pack_channels
from harness.fuzz.cases import CaseLost, line_of, read_cases
from harness.fuzz.channel_life import UNIT, ChannelCase, live
from harness.fuzz.losses import AttackCase, Lost
from harness.progress import Tally


def draw(seed: int) -> ChannelCase:
    """Return the case of a seed."""
    random = Random(seed)
    return ChannelCase(
        seed,
        random.choice(sorted(STRATEGIES)),
        random.random() < 0.5,
        (random.randint(1, 20) * UNIT, random.randint(1, 20) * UNIT),
        random.choice([0, 1_000, 10_000]),
        Faults(random.uniform(0, 0.3), random.uniform(0, 0.3), random.uniform(0, 0.5), random.randrange(4)),
        tuple(range(random.randint(5, 25))),
    )


def lines(seed: int, count: int, first: int = 0) -> Iterator[str]:
    """Return the cases that `run` would play, as lines of JSON."""
    return (line_of(draw(seed + number)) for number in range(first, first + count))


def run(
    seed: int,
    count: int,
    first: int = 0,
    *,
    cases: Path | None = None,
    l1: str = "py-evm",
    report: Callable[[str], None] = print,
    keep: Callable[[Lost], object] = lambda _: None,
) -> int:
    """Play lives ``first`` to ``first + count - 1``: those of the seeds from ``seed`` on, or of the file ``cases``.

    Returns the exit code: 1 if the honest side lost a life or a life broke off, 130 if the run was interrupted. The
    last line is ``channels: N played, M lost by the honest side``, or how to continue. ``keep`` hears what is lost.
    Raises CaseUnreadable.
    """
    from harness.chain import open_chain
    from harness.contracts.bindings import ContractType
    from harness.contracts.project import built_in_contracts

    kept = None if cases is None else read_cases(cases, ChannelCase)
    if kept is not None:
        count = min(count, max(0, len(kept) - first))

    def command(number: int, count: int) -> str:
        where = f"--seed {seed + number}" if cases is None else f"--cases {shlex.quote(str(cases))} --first {number}"
        return f"harness fuzz channels {where} --count {count}"

    lost = payments = crashes = 0
    tally = Tally("channels", count)
    with suppress(KeyboardInterrupt), open_chain(l1) as chain, tally:
        contract = chain.deploy(ContractType(built_in_contracts()["PaymentChannel"]), sender=chain.accounts[-1])
        start = chain.snapshot()

        def relive(case: ChannelCase) -> None:
            try:
                live(contract, case)
            finally:
                chain.restore(start)

        for number in range(first, first + count):
            case = draw(seed + number) if kept is None else kept[number]
            attack, said = None, ""
            problem: Exception | None = None
            try:
                verdict = live(contract, case)
                payments, crashes = payments + verdict.payments, crashes + verdict.crashes
                found = pack_channels.play(chain, case.seed, lambda: chain.restore(start))
                if found is not None:
                    said = pack_channels.told(found)
                    problem = CaseLost(said)
                    # An attack has nothing to leave out, so nothing plays it again.
                    attack = AttackCase("channel", found.attack, found.variant, case.seed)
            except CaseLost as loss:
                said, problem = str(loss), loss
            except Exception as broken:  # contract and model disagree, or an honest party crashed: losses, too
                said, problem = " ".join(f"{type(broken).__name__}: {broken}".split()), broken
            chain.restore(start)
            if problem is not None:
                lost += 1
                report(f"{command(number, 1)}  # {said}")
                keep(Lost(attack or case, problem, relive))
            tally.advance()
    report(f"{payments} payments, {crashes} crashes")
    report(f"channels: {tally.done} played, {lost} lost by the honest side")
    if tally.done < count:
        report(f"interrupted; to go on: {command(first + tally.done, count - tally.done)}")
        return 130
    return 1 if lost else 0
