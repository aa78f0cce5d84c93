"""Puts together what a run recorded, and says its outcome in a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from harness import __version__
from harness.chain.values.accounts import Account
from harness.contracts.artifact import Artifact
from harness.contracts.bindings import Contract
from harness.primitives.hashing import keccak256
from harness.scenarios.base import OWN
from harness.scenarios.books import Books
from harness.scenarios.expectations import rows
from harness.scenarios.ledger import BURNT, GAS, STUCK, Bookkeeper, at_the_end
from harness.scenarios.oracles import Outcomes
from harness.scenarios.outcomes import Teller
from harness.scenarios.owing import owed
from harness.scenarios.records import AssertionRecord, CodeRecord, Entry, GameRecord, Party, Row, Theft
from harness.scenarios.result import Result
from harness.scenarios.scenario import Scenario
from harness.scenarios.sources import carried
from harness.scenarios.thefts import of_run as thefts_of
from harness.scenarios.values import amount_text
from harness.scenarios.world import World


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run was told.

    ``others`` are the contracts that stand in the place of built-in ones, and ``case`` is the case of the sweep.
    """

    scenario: Scenario
    seed: int
    fork: str
    others: Mapping[str, Artifact]
    case: Mapping[str, Any]


def tell(world: World, terms: Terms, books: Books, failed: list[Row]) -> Result:
    """Return the result of a run that is over. ``failed`` has the rows of its steps."""
    world.recorder.sync()
    games: tuple[GameRecord, ...] = ()
    assertions: tuple[AssertionRecord, ...] = ()
    if world.has_rollup:
        teller = Teller(world.rollup, world.recorder, world.witnessed)
        games, assertions = teller.games(), teller.assertions()
    thefts, ledger = thefts_of(world, terms.scenario.thief, [*_ledger(world, games)])
    ledger += _stuck(world, games, assertions)
    parties = tuple(_parties(world, books, ledger, games, assertions))
    timeline = world.recorder.events()
    found = Outcomes(games, assertions, ledger, thefts, _unbalanced(world, books, ledger))
    expectations = (*failed, *rows(terms.scenario.expect, world, books, found))
    l1 = world.l1
    return Result(
        harness=__version__,
        scenario=terms.scenario,
        case=dict(terms.case),
        backend=l1.backend.name,
        fork=terms.fork,
        chain_id=l1.chain_id,
        seed=terms.seed,
        headline=headline(terms.scenario, games, ledger, thefts, expectations),
        began=world.began,
        began_at=world.began_at,
        ended=l1.now,
        parties=parties,
        contracts=tuple(_contracts(world, terms.others)),
        tape=tuple(world.recorder.tape),
        transactions=tuple(one.record for one in world.recorder.sent),
        timeline=timeline,
        ledger=tuple(ledger),
        thefts=tuple(thefts),
        assertions=assertions,
        games=games,
        channels=world.desk.records() if world.has_channels else (),
        expectations=expectations,
    )


# -- money


def _kinds(world: World, games: tuple[GameRecord, ...]) -> dict[str, str]:
    kinds = {thing.address: "own" for thing in world.names.values() if _is_on_l1(world, thing)}
    kinds |= {game.address: "game" for game in games}
    if world.has_rollup:
        rollup = world.rollup
        kinds |= {rollup.assertions.address: "assertions", rollup.portal.address: "portal"}
    if world.has_channels:
        kinds[world.desk.address] = "channel"
    if world.apps.games:
        kinds[world.apps.adjudicator.address] = "channel"
    return kinds


def _ledger(world: World, games: tuple[GameRecord, ...]) -> Iterator[Entry]:
    keeper = Bookkeeper(_names(world, games), _kinds(world, games))
    yield from keeper.entries([one for one in world.recorder.kept if one.record.block > world.began_at])
    end, block = world.l1.now, world.l1.block_number
    for game in games:
        yield from keeper.burnt(game.address, game.burnt, end, block)
    if world.has_rollup:
        chain = world.rollup.assertions
        yield from keeper.burnt(chain.address, int(chain.burnt()), end, block)


def _names(world: World, games: tuple[GameRecord, ...]) -> dict[str, str]:
    names = {account.address: account.name for account in world.l1.accounts}
    names |= {game.address: f"game {number}" for number, game in enumerate(games, 1)}
    if world.has_rollup:
        contracts = world.rollup.contracts
        names |= {world.rollup.assertions.address: "assertions", world.rollup.portal.address: "portal"}
        names |= {contracts.delayed_inbox.address: "delayed inbox", contracts.sequencer_inbox.address: "inbox"}
    if world.has_channels:
        names[world.desk.address] = "channels"
    if world.apps.games:
        names[world.apps.adjudicator.address] = "games"
    names |= {
        thing.address: name
        for name, thing in world.names.items()
        if _is_on_l1(world, thing) or isinstance(thing, Account)
    }
    return names


def _is_on_l1(world: World, thing: object) -> bool:
    return isinstance(thing, Contract) and thing.chain is world.l1


def _stuck(world: World, games: tuple[GameRecord, ...], assertions: tuple[AssertionRecord, ...]) -> Iterator[Entry]:
    """Yield what contracts still owe at the end."""
    for account in world.l1.accounts:
        for contract, wei in owed(world, games, assertions, account).items():
            yield from at_the_end(contract, account.name, STUCK, wei, world.l1.now, world.l1.block_number)


def _unbalanced(world: World, books: Books, ledger: list[Entry]) -> str:
    """Return whose balance the ledger does not explain; "" if it explains all."""
    sums: dict[str, int] = {}
    for entry in ledger:
        if entry.transaction:
            sums[entry.party] = sums.get(entry.party, 0) + entry.amount
    off = []
    for account in world.l1.accounts:
        change = world.l1.balance(account) - books.before[account.name]["l1"]
        if change != sums.get(account.name, 0):
            off.append(f"the ledger says {sums.get(account.name, 0)} wei for {account.name}, its balance {change}")
    return "; ".join(off)


# -- parties and contracts


def _parties(
    world: World,
    books: Books,
    ledger: list[Entry],
    games: tuple[GameRecord, ...],
    assertions: tuple[AssertionRecord, ...],
) -> Iterator[Party]:
    roles = {seat.handle.account.name: seat for seat in world.crew.seats.values()} if world.has_rollup else {}
    after = books.balances()
    named = {entry.party for entry in ledger}
    for account in world.l1.accounts:
        seat = roles.get(account.name)
        if seat is None and account.name not in named and after[account.name] == books.before[account.name]:
            continue
        yield Party(
            name=account.name,
            kind="account",
            role="user" if seat is None else seat.agent.role,
            address=account.address,
            honest=None if seat is None else seat.agent.is_honest,
            before=books.before[account.name],
            after=after[account.name],
            owed=owed(world, games, assertions, account),
        )
    for address, name in _names(world, games).items():
        if name in named and name not in after:
            known = world.l1.knowledge.at(address)
            yield Party(name=name, kind="contract", role="" if known is None else known.name, address=address)
    for sink, role in (
        (GAS, "base fees are burnt, the rest is the block producer's"),
        (BURNT, "bonds that were burnt"),
    ):
        if sink in named:
            yield Party(name=sink, kind="sink", role=role, address=None)


def _contracts(world: World, others: Mapping[str, Artifact]) -> Iterator[CodeRecord]:
    for name, thing in world.names.items():
        if isinstance(thing, Contract):
            is_far = world.has_sidechain and thing.chain is world.sidechain.side.chain
            layer = "l1" if _is_on_l1(world, thing) else "sidechain" if is_far else "l2"
            yield _code(name, layer, thing.address, thing.type.artifact, is_own=True)
    for name, artifact in others.items():
        yield _code(name, "l1", "", artifact, is_own=True, replaces=name)
    if world.has_rollup:
        contracts = world.rollup.contracts
        for name in OWN:
            thing = getattr(contracts, name, None)
            if isinstance(thing, Contract):
                yield _code(name, "l1", thing.address, thing.type.artifact, is_own=False)
    yield from _others_on_l1(world, others)


def _others_on_l1(world: World, others: Mapping[str, Artifact]) -> Iterator[CodeRecord]:
    """Yield the contracts that nobody has named and that decide all the same: the game, the prover, the channels."""
    named = {thing.type.artifact.full_name for thing in world.names.values() if isinstance(thing, Contract)}
    named |= {artifact.full_name for artifact in others.values()}
    if world.has_rollup:
        own = (getattr(world.rollup.contracts, name, None) for name in OWN)
        named |= {thing.type.artifact.full_name for thing in own if isinstance(thing, Contract)}
    for one in world.recorder.kept:
        for address in one.created:
            known = world.l1.knowledge.at(address)
            artifact = getattr(known, "artifact", None)
            if isinstance(artifact, Artifact) and artifact.full_name not in named:
                named.add(artifact.full_name)
                yield _code(artifact.name, "l1", address, artifact, is_own=False)


def _code(
    name: str, layer: str, address: str, artifact: Artifact, *, is_own: bool, replaces: str | None = None
) -> CodeRecord:
    """Return the record of a contract; ``is_own`` says that another machine may not have it."""
    source = artifact.source_text(artifact.source)
    return CodeRecord(
        name=name,
        full_name=artifact.full_name,
        layer=layer,
        address=address,
        replaces=replaces,
        bytecode="0x" + keccak256(artifact.bytecode).hex(),
        source=None if source is None else "0x" + sha256(source).hexdigest(),
        compiler=artifact.compiler,
        artifact=carried(artifact) if is_own else None,
    )


# -- in a sentence


def of_thefts(thefts: Sequence[Theft]) -> str:
    """Say who stole what from whom; "" if nobody did."""
    said = []
    for thief in dict.fromkeys(theft.thief for theft in thefts):
        lost: Counter[str] = Counter()
        for theft in thefts:
            lost[theft.victim] += theft.amount if theft.thief == thief else 0
        robbed = [(victim, wei) for victim, wei in lost.items() if wei]
        parts = [f"{victim} ({amount_text(wei)})" for victim, wei in robbed] if len(robbed) > 1 else list(lost)
        whom = " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
        said.append(f"{thief} stole {amount_text(sum(lost.values()))} from {whom}.")
    return " ".join(said)


def _of_losses(sums: Mapping[str, int]) -> str:
    """Say who lost most and who gained most; contracts that pass money on end with nothing."""
    if not any(sums.values()):
        return "Nobody lost anything but gas."
    loser, lost = min(sums.items(), key=lambda each: each[1])
    winner, won = max(sums.items(), key=lambda each: each[1])
    return f"{loser} has {-lost / 10**18:.2f} ETH less, and {winner} has {won / 10**18:.2f} ETH more."


def headline(
    scenario: Scenario,
    games: tuple[GameRecord, ...],
    ledger: list[Entry],
    thefts: Sequence[Theft],
    expectations: tuple[Row, ...],
) -> str:
    """Return the outcome in a sentence."""
    broken = [row for row in expectations if not row.holds]
    if scenario.thief is not None:
        said = of_thefts(thefts) or "Nothing was stolen."
    else:
        said = of_thefts(thefts) or _of_attack(broken) or _of_games(games, ledger) or _of_losses(_sums(ledger))
    return said + (f" {len(broken)} of {len(expectations)} expectations do not hold." if broken else "")


def _of_attack(broken: list[Row]) -> str:
    """Say what an attack has found; its losses may be of tokens, which the ledger does not have."""
    found = next((row.actual for row in broken if row.what.endswith(", attack")), "")
    return f"An attack breaks a promise: {found}." if found else ""


def _sums(ledger: list[Entry]) -> Mapping[str, int]:
    sums: dict[str, int] = {}
    for entry in ledger:
        if entry.category != GAS:
            sums[entry.party] = sums.get(entry.party, 0) + entry.amount
    return sums


def _of_games(games: tuple[GameRecord, ...], ledger: list[Entry]) -> str:
    if not games:
        return ""
    game = next((each for each in games if each.outcome == "rejected"), games[0])
    # What somebody has sent to L2 is not lost.
    sums = _sums([entry for entry in ledger if entry.category in ("bond", "bounty", STUCK)])
    loser, lost = min(sums.items(), key=lambda each: each[1], default=("", 0))
    why = f"{game.proposer}'s assertion is {game.outcome}"
    if game.proven is not None:
        why = f"{game.prover} proved {game.proven.words}"
    if lost >= 0:
        return f"Nobody lost anything; {why}."
    return f"{loser} lost {-lost / 10**18:.2f} ETH because {why}."
