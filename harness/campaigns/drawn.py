"""The cases that `harness fuzz` draws, as cases of a campaign."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from harness.campaigns.case import Case, Opener, Outcome, Play, Verdict
from harness.chain import open_chain
from harness.contracts.bindings import ContractType
from harness.contracts.project import built_in_contracts
from harness.errors import UsageError
from harness.fuzz import channels, counting_games, pack_channels, rollup_games
from harness.fuzz.arena import GameFault
from harness.fuzz.cases import case_of, line_of
from harness.fuzz.channel_life import ChannelCase, ChannelLife
from harness.fuzz.counting_games import GameCase
from harness.fuzz.rollup_games import RollupCase


@contextmanager
def _rollup_games(_: str) -> Iterator[Play]:
    with rollup_games.open_board() as board:
        yield lambda case: _game(case, lambda: board.play(case_of(case.data, RollupCase)))


@contextmanager
def _counting_games(l1: str) -> Iterator[Play]:
    with open_chain(l1, seed=0) as chain:
        start = chain.snapshot()

        def play(case: Case) -> Outcome:
            try:
                return _game(case, lambda: counting_games.play(chain, case_of(case.data, GameCase)))
            finally:
                chain.restore(start)

        yield play


@contextmanager
def _channels(l1: str) -> Iterator[Play]:
    with open_chain(l1) as chain:
        contract = chain.deploy(ContractType(built_in_contracts()["PaymentChannel"]), sender=chain.accounts[-1])
        start = chain.snapshot()

        def play(case: Case) -> Outcome:
            drawn = case_of(case.data, ChannelCase)
            try:
                outcome = _life(case, ChannelLife(contract, drawn))
                if outcome.verdict is Verdict.HELD:
                    found = pack_channels.play(chain, drawn.seed, lambda: chain.restore(start))
                    outcome = _outcome(case, "channels", pack_channels.told(found)) if found else outcome
                return outcome
            finally:
                chain.restore(start)

        yield play


def _game(case: Case, play: Callable[[], object]) -> Outcome:
    reason = ""
    try:
        play()
    except GameFault as fault:
        reason = str(fault)
    return _outcome(case, "games", reason)


def _life(case: Case, life: ChannelLife) -> Outcome:
    try:
        result = life.play()
    except AssertionError as disagreement:
        return _outcome(case, "channels", f"contract and model disagree: {disagreement}")
    outcome = _outcome(case, "channels", str(result) if result.lost else "")
    return outcome.measured(payments=result.payments, crashes=result.crashes)


def _outcome(case: Case, what: str, reason: str) -> Outcome:
    verdict = Verdict.BROKEN if reason else Verdict.HELD
    return Outcome(verdict, reason, replay=case.data + "\n", command=f"harness fuzz {what} --cases {{}}")


@dataclass(frozen=True, slots=True)
class Drawn:
    """How cases are drawn from a seed and played; ``anywhere`` is whether they are played on any L1."""

    draw: Callable[[int], ChannelCase | GameCase | RollupCase]
    open: Opener
    anywhere: bool = True


DRAWN: Mapping[str, Drawn] = {
    "games": Drawn(lambda seed: rollup_games.draw(seed, 0), _rollup_games, anywhere=False),
    "counting-games": Drawn(lambda seed: counting_games.draw(seed, 0), _counting_games),
    "channels": Drawn(channels.draw, _channels),
}
"""What is drawn, by name: games on a rollup, games over a counting machine, lives of payment channels."""


def cases(name: str, seeds: range, l1: str) -> Iterator[Case]:
    """Yield one case for each seed; raises UsageError for an L1 that its kind cannot be played on."""
    drawn = DRAWN[name]
    if not drawn.anywhere and l1 != "py-evm":
        raise UsageError("harness campaign", f"{name} are played on py-evm only, not on {l1}")
    return (Case(name, name, seed, l1, line_of(drawn.draw(seed))) for seed in seeds)
