"""Plays a result again: its transactions to the byte, or its scenario on another chain or against other contracts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from harness.chain.chain import Chain
from harness.chain.opening import open_chain
from harness.primitives.hashing import keccak256
from harness.scenarios.elsewhere import comparable, fees, is_near
from harness.scenarios.ledger import totals
from harness.scenarios.oracles import ORACLES
from harness.scenarios.records import BlockRecord, GameRecord, TransactionRecord
from harness.scenarios.result import Result
from harness.scenarios.running import Watcher, play
from harness.scenarios.sources import Sources, artifacts_in, contracts_in
from harness.scenarios.telling import of_thefts

TX_BASE = 21_000


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the result says: what, as it was recorded, and as it is now."""

    what: str
    recorded: str
    now: str

    def __str__(self) -> str:
        return f"{self.what}: recorded {self.recorded}, now {self.now}"


def resend(result: Result, watch: Watcher = lambda _: None) -> list[Difference]:
    """Send the result's transactions again on py-evm, in the recorded blocks and with the reorgs.

    Returns the first block whose hash differs; nothing, if the replay is equal to the byte. It needs nothing but the
    result.
    """
    if not any(isinstance(record, BlockRecord) for record in result.tape):
        return [Difference("blocks of L1", "none", "a run has at least those of its set-up")]
    l1 = result.scenario.l1
    with open_chain("py-evm", result.chain_id, result.seed, name="l1", fork=result.fork, blobs=l1.blobs) as chain:
        for record in result.tape:
            if not isinstance(record, BlockRecord):
                chain.reorg(record.depth)
                watch(f"L1 loses {record.depth} blocks")
                continue
            _mine(chain, record)
            now = "0x" + chain.head.hash.hex()
            if now != record.hash:
                return [Difference(f"hash of block {record.number}", record.hash, now)]
    return []


def _mine(chain: Chain, record: BlockRecord) -> None:
    chain.warp(to=record.time)
    if not record.raw:
        chain.mine()
        return
    with chain.block():
        for raw in record.raw:
            chain.resend(bytes.fromhex(raw[2:]), check=False)


def again(
    result: Result,
    *,
    backend: str | None = None,
    contracts: Path | None = None,
    watch: Watcher = lambda _: None,
) -> Result:
    """Run the result's scenario again, with the same seed.

    ``backend`` None is that of the result. Its contracts come from the result itself; those in the folder ``contracts``
    go first, also in the place of built-in ones of their names. Raises what `run` raises.
    """
    kept = artifacts_in(result.contracts)
    sources = Sources([] if contracts is None else [contracts], kept)
    instead = {} if contracts is None else sources.in_place(names_in(result))
    return play(
        result.scenario,
        sources,
        instead=instead,
        backend=backend or result.backend,
        seed=result.seed,
        fork=result.fork,
        case=result.case,
        watch=watch,
    )


def names_in(result: Result) -> list[str]:
    """Return the names of all contracts that the run deployed, and of those whose place they took."""
    names = {record.full_name.rpartition(":")[2] for record in result.contracts}
    return sorted(names | {record.replaces for record in result.contracts if record.replaces is not None})


def code(before: Result, after: Result) -> Iterator[Difference]:
    """Yield the contracts whose code is another one in the second run."""
    now = {(record.name, record.layer): record for record in after.contracts}
    for record in before.contracts:
        other = now.get((record.name, record.layer))
        if other is not None:
            yield from _pair(f"code of {record.name}", record.bytecode, other.bytecode)


def wrong_in(result: Result, *, only_oracles: bool) -> list[str]:
    """Return what was stolen in a run and which expectations do not hold; ``only_oracles`` leaves out the others."""
    stolen = of_thefts(result.thefts)
    broken = [row for row in result.expectations if not row.holds and (row.what in ORACLES or not only_oracles)]
    return [*([stolen] if stolen else []), *(f"{row.what}: {row.actual}" for row in broken)]


def taken(after: Result, contracts: Path) -> list[str]:
    """Return the names of the contracts that a run took from a folder: those whose code is that of the folder's."""
    there, found = contracts_in(contracts), set()
    for record in after.contracts:
        name = record.full_name.rpartition(":")[2]
        if name in there and "0x" + keccak256(there.project[name].bytecode).hex() == record.bytecode:
            found.add(name)
    return sorted(found)


def unlike(before: Result, after: Result) -> Iterator[Difference]:
    """Yield for each field of a result the first place in it where a replay on the same backend is not equal."""
    one, other = (result.model_dump(mode="json", exclude={"harness"}) for result in (before, after))
    for field, recorded in one.items():
        yield from islice(_unlike(field, recorded, other[field]), 1)


def unlike_elsewhere(before: Result, after: Result) -> Iterator[Difference]:
    """Yield for each field of a result the first place in it where a replay on another backend is not equal.

    What hashes of L1's blocks decide is left out. What gas cost must be nearly the same.
    """
    one, other = comparable(before), comparable(after)
    for field, recorded in one.items():
        yield from islice(_unlike(field, recorded, other[field]), 1)
    now = fees(after)
    for name, numbers in fees(before).items():
        far = (place for place, each in numbers.items() if not is_near(each, now[name].get(place, each)))
        yield from (
            Difference(f"{name} {place}", str(numbers[place]), str(now[name][place])) for place in islice(far, 1)
        )


def _unlike(place: str, one: Any, other: Any) -> Iterator[Difference]:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key, value in one.items():
            yield from _unlike(f"{place}.{key}", value, other[key])
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (value, now) in enumerate(zip(one, other, strict=True)):
            yield from _unlike(f"{place}[{number}]", value, now)
    elif isinstance(one, list) and isinstance(other, list):
        yield Difference(f"length of {place}", str(len(one)), str(len(other)))
    elif one != other:
        yield Difference(place, f"{one!s:.200}", f"{other!s:.200}")


def differences(before: Result, after: Result, *, same_code: bool = True) -> list[Difference]:
    """Return what came out differently in two runs of one scenario: outcomes, money, expectations.

    With ``same_code``, as it must be in a replay, code and gas are compared too, code first.
    """
    return [*(code(before, after) if same_code else ()), *_differences(before, after, same_code)]


def _differences(before: Result, after: Result, gas: bool) -> Iterator[Difference]:
    yield from _pair("number of games", str(len(before.games)), str(len(after.games)))
    for number, (one, other) in enumerate(zip(before.games, after.games, strict=False), 1):
        yield from _pair(f"outcome of game {number}", one.outcome, other.outcome)
        yield from _pair(f"winner of game {number}", str(one.winner), str(other.winner))
        yield from _pair(f"disputed step of game {number}", _proven(one), _proven(other))
        yield from _pair(f"claims of game {number}", str(len(one.claims)), str(len(other.claims)))
    held = {row.what: row for row in before.expectations}
    dropped = held.keys() - {row.what for row in after.expectations if row.what in held}
    for what in sorted(dropped):
        yield Difference(f"expectation {what!r}", held[what].expected, "nothing expects it")
    for row in after.expectations:
        if row.what in held and held[row.what].holds != row.holds:
            yield from _pair(
                f"expectation {row.what!r}", _said(held[row.what].holds), f"{_said(row.holds)}: {row.actual}"
            )
        elif row.what not in held and not row.holds:
            yield Difference(row.what, "nothing", row.actual)
    first, second = totals(list(before.ledger)), totals(list(after.ledger))
    for party, category in sorted(first.keys() | second.keys()):
        if category != "gas":
            was, now = first[party, category], second[party, category]
            yield from _pair(f"{category} of {party}", f"{was} wei", f"{now} wei")
    if gas:
        yield from _gas(before, after)


def _gas(before: Result, after: Result) -> Iterator[Difference]:
    """Yield transactions that used other gas; those that L1 has at the end, in their order.

    The price of calldata is left out: hashes of L1's blocks are in it, and have other bytes on another backend.
    """
    one, other = _used(before), _used(after)
    yield from _pair("number of transactions", str(len(one)), str(len(other)))
    for place, (first, second) in enumerate(zip(one, other, strict=False)):
        if first != second:
            yield Difference(
                f"transaction {place}", f"{first[0]} with {first[1]} gas", f"{second[0]} with {second[1]} gas"
            )
            return


def _used(result: Result) -> Sequence[tuple[str | None, int]]:
    return [(each.function, _besides_data(each)) for each in result.transactions if not each.lost]


def _besides_data(record: TransactionRecord) -> int:
    """Return the gas of a transaction without its calldata; 0 if it paid EIP-7623's floor, which is all calldata."""
    floor = TX_BASE + record.data_gas * 5 // 2
    return 0 if record.gas_used == floor else record.gas_used - record.data_gas


def _proven(game: GameRecord) -> str:
    place = game.proven
    if place is None:
        return "none"
    return f"{place.name} at batch {place.batch}, transaction {place.transaction}, step {place.step}"


def _said(holds: bool) -> str:
    return "holds" if holds else "does not hold"


def _pair(what: str, one: str, other: str) -> Iterator[Difference]:
    if one != other:
        yield Difference(what, one, other)
