"""Who stole what from whom, to the wei: out of the portal, out of channels, and out of a scenario's own contracts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.rollup.withdrawals import sent_in
from harness.scenarios.ledger import GAS, STOLEN
from harness.scenarios.records import Entry, Theft
from harness.scenarios.scenario import Thief
from harness.scenarios.world import World

CHANNELS = "channels"
"""How the ledger names the contract of payment channels."""
ON_L2 = "those who have ether on L2"
"""Whose ether the portal holds: nobody's in particular."""


def of_run(world: World, thief: Thief | None, ledger: Sequence[Entry]) -> tuple[list[Theft], list[Entry]]:
    """Return the thefts of a run, and its ledger with what was stolen as a category of its own."""
    entries, thefts = list(ledger), list[Theft]()

    def add(found: Iterable[Theft], takers: frozenset[str] = frozenset()) -> None:
        for theft in found:
            thefts.append(theft)
            _set_apart(entries, theft, takers or frozenset({theft.thief}))

    add([*_of_portal(world, entries)])
    if world.has_channels:
        add([*_of_channels(world, entries)])
    if thief is not None:
        name = world.account(thief.account).name
        band = frozenset({name, *(made for made, maker in world.makers.items() if maker == name)})
        accounts = frozenset(account.name for account in world.l1.accounts)
        add([*_by_thief(name, band, thief.due, entries, accounts)], band)
    return thefts, entries


def _set_apart(entries: list[Entry], theft: Theft, takers: frozenset[str]) -> None:
    """Make what the takers got last from the robbed contract a category of its own, up to the wei of the theft."""
    left = theft.amount
    for place in range(len(entries) - 1, 0, -1):
        gave, took = entries[place - 1 : place + 1]
        if left and took.party in takers and took.other == theft.contract and took.amount > 0 and _is_open(took, theft):
            part = min(left, took.amount)
            left -= part
            rest = [_resized(each, took.amount - part) for each in (gave, took)] if took.amount > part else []
            stolen = [_resized(each, part).model_copy(update={"category": STOLEN}) for each in (gave, took)]
            entries[place - 1 : place + 1] = [*rest, *stolen]


def _is_open(entry: Entry, theft: Theft) -> bool:
    return entry.category in ("withdrawal", "transfer") and theft.transaction in ("", entry.transaction)


def _resized(entry: Entry, wei: int) -> Entry:
    return entry.model_copy(update={"amount": wei if entry.amount > 0 else -wei})


# -- out of the portal


def _of_portal(world: World, ledger: Sequence[Entry]) -> Iterator[Theft]:
    """Yield what the portal paid for withdrawals that L2 never sent, or paid a second time."""
    if not world.has_rollup:
        return
    rollup = world.rollup
    rollup.l2.backend.follow()
    unpaid = {found.hash for block in rollup.node.blocks for found in sent_in(block)}
    for one in world.recorder.kept:
        for event in one.events:
            if event.name != "WithdrawalFinalized" or event.address != rollup.portal.address or not event.success:
                continue
            if bytes(event.withdrawalHash) in unpaid:
                unpaid.discard(bytes(event.withdrawalHash))
                continue
            for entry in ledger:
                if entry.transaction == one.record.hash and entry.other == "portal" and entry.amount > 0:
                    yield Theft(
                        thief=entry.party,
                        victim=ON_L2,
                        contract="portal",
                        amount=entry.amount,
                        transaction=entry.transaction,
                    )


# -- out of channels


def _of_channels(world: World, ledger: Sequence[Entry]) -> Iterator[Theft]:
    """Yield what parties of channels took beyond what the newest states give them, of those who got less."""
    received = received_from_channels(ledger)
    gained = dict(world.desk.surpluses(received))
    for victim, wei in world.desk.losses(received):
        missing = wei
        for thief in gained:
            part = min(missing, gained[thief])
            if part and thief != victim:
                gained[thief] -= part
                missing -= part
                yield Theft(thief=thief, victim=victim, contract=CHANNELS, amount=part)


def received_from_channels(ledger: Sequence[Entry]) -> Counter[str]:
    """Return the ether that each party got out of channels."""
    found: Counter[str] = Counter()
    for entry in ledger:
        if entry.other == CHANNELS and entry.amount > 0 and entry.transaction:
            found[entry.party] += entry.amount
    return found


# -- out of a scenario's own contracts


def _by_thief(
    thief: str, band: frozenset[str], due: int, ledger: Sequence[Entry], accounts: frozenset[str]
) -> Iterator[Theft]:
    """Yield what a thief and its contracts took from others beyond what they put in and what is due.

    What they put into a contract counts for that one, and for those that it passes ether on to. The rest that comes
    out of a contract was its depositors', in proportion to what each has in it.
    """
    net = Counter[str]()
    puts: dict[str, Counter[str]] = {}
    for entry in ledger:
        if entry.category == GAS or not entry.transaction:
            continue
        if entry.party in band and entry.other not in band:
            net[entry.other] += entry.amount
        elif not band & {entry.party, entry.other}:
            puts.setdefault(entry.party, Counter())[entry.other] += entry.amount
    stakes = Counter({place: -wei for place, wei in net.items() if wei < 0 and place not in accounts})
    for place, got in net.items():
        wei = got - _own(place, got, stakes, {name: table for name, table in puts.items() if name not in accounts})
        free = min(due, max(0, wei))
        due -= free
        for victim, part in _shares(place, max(0, wei) - free, puts, accounts):
            if part:
                yield Theft(thief=thief, victim=victim, contract=place, amount=part)


def _own(place: str, wei: int, stakes: Counter[str], passed: Mapping[str, Mapping[str, int]]) -> int:
    """Return how many of the wei in a contract came from stakes, and use those up: they went in there or came on."""
    if wei <= 0:
        return 0
    found = min(wei, stakes[place])
    stakes[place] -= found
    # As with shares, each contract is passed once.
    further = {name: table for name, table in passed.items() if name != place}
    for name, table in further.items():
        found += _own(name, min(wei - found, table.get(place, 0)), stakes, further)
    return found


def _shares(
    place: str, wei: int, puts: Mapping[str, Mapping[str, int]], accounts: frozenset[str]
) -> Iterator[tuple[str, int]]:
    """Yield whose the wei in a contract were: an account's, or those of a contract that nobody put anything into."""
    given = {} if place in accounts else {name: put for name, put in puts.get(place, {}).items() if put > 0}
    whole, left = sum(given.values()), wei
    if not whole:
        yield place, wei
    # What came into a contract is not looked for in it again: each is passed once.
    further = {name: table for name, table in puts.items() if name != place}
    for number, (name, put) in enumerate(given.items(), 1):
        part = left if number == len(given) else wei * put // whole
        left -= part
        yield from _shares(name, part, further, accounts)
