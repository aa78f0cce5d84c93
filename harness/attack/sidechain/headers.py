"""Attacks on the light client: seals, sets, heights, times, and bytes that are no header."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.adapters.sidechain import DAY
from harness.attack.altering import altered, altered_fields, altered_parts
from harness.attack.attack import Attack
from harness.attack.sidechain.coast import Coast, seats_of
from harness.attack.stage import Stage
from harness.primitives.hashing import keccak256
from harness.primitives.signatures import signer_of
from harness.sidechain.header import Header, Vote, seal
from harness.sidechain.light_client import joined
from harness.sidechain.sealed_chain import domain_of
from harness.sidechain.validators import quorum, trusted_share

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
DRIFT = 15 * 60


def stranger(number: int) -> bytes:
    """Return the private key of somebody who is no validator."""
    return keccak256(b"stranger" + bytes([number // 256, number % 256]))


def an_altered_header(stage: Stage) -> str:
    """Each field of a sealed header is altered under its seals, and each part of how it is handed in."""
    coast = Coast(stage)
    coast.seal()
    header = coast.side.head
    for what, other in _altered_headers(header):
        coast.fails(f"a header with {what}", coast.hand_in, other, seats=coast.parts(header)["seats"])
    parts = coast.parts(header)
    for what, other_parts in altered_parts({name: parts[name] for name in ("header", "seats")}):
        coast.fails(
            f"a header of which {what}", coast.bridge.update, {**parts, **other_parts}, coast.mallory, is_change=False
        )
    for place in range(256):
        if not parts["seats"] >> place & 1:
            more = {**parts, "seats": parts["seats"] | 1 << place}
            coast.fails(f"a header with seat {place} more", coast.bridge.update, more, coast.mallory, is_change=False)
    coast.follow()
    return coast.whole()


def _altered_headers(header: Header) -> Iterator[tuple[str, Header]]:
    """Yield a header with each field altered, those of its extra data too; its seals stay."""
    for what, other in altered_fields(header):
        if not what.startswith("extra_data"):  # QBFT's own stand in its place
            yield what, other
    extra = header.extra
    yield from ((what, replace(header, extra=other)) for what, other in altered_fields(extra))
    for how, found in altered(list(extra.validators)):
        yield f"validators {how}", replace(header, extra=replace(extra, validators=tuple(found)))
    for how, found in altered(list(extra.seals)):
        yield f"seals {how}", header.sealed(tuple(found))
    yield "vote is another", replace(header, extra=replace(header.extra, vote=Vote(bytes(20), True)))


def too_few_seals(stage: Stage) -> str:
    """A quorum less one seals; one seals for all; strangers do; and a quorum does, which is taken."""
    size = int(stage.variant)
    coast = Coast(stage, validators=size)
    coast.seal()
    needed = quorum(size)
    for count in range(needed):
        coast.fails(f"a header with {count} of {needed} seals", coast.hand_in, coast.header(by=range(count)))
    lone = coast.header(by=[0])
    for times in {needed, size} - {1}:
        copies = lone.sealed(lone.extra.seals * times)
        for seated in (1, seats_of(range(times)), seats_of([size - 1])):
            coast.fails(f"one seal {times} times", coast.hand_in, copies, seats=seated)
    bare = coast.header()
    foreign = bare.sealed(tuple(seal(stranger(place), bare.digest) for place in range(needed)))
    coast.fails("seals of strangers", coast.hand_in, foreign, seats=seats_of(range(needed)))
    zeros = bare.sealed((bytes(65),) * needed)
    coast.fails("seals of zeros", coast.hand_in, zeros, seats=seats_of(range(needed)))
    full = coast.header(by=range(needed))
    with coast.taken_back():
        coast.works("a header with exactly a quorum of seals", coast.hand_in, full)
    coast.follow()
    return coast.whole()


def malleable_seals(stage: Stage) -> str:
    """Each seal, and all of them, have their twin with a high s, another v, or another length."""
    coast = Coast(stage)
    coast.seal()
    header, parts = coast.side.head, coast.parts(coast.side.head)
    seals = header.extra.seals

    def twin(one: bytes) -> bytes:
        s = ORDER - int.from_bytes(one[32:64], "big")
        return one[:32] + s.to_bytes(32, "big") + bytes([1 - one[64]])

    for place in range(len(seals) + 1):
        chosen = tuple(twin(one) if place in (at, len(seals)) else one for at, one in enumerate(seals))
        coast.fails(f"the twin of seal {place}", coast.hand_in, header.sealed(chosen), seats=parts["seats"])
    for v in (2, 27, 28, 255):
        other = (seals[0][:64] + bytes([v]), *seals[1:])
        coast.fails(f"a seal with v {v}", coast.hand_in, header.sealed(other), seats=parts["seats"])
    for length in (0, 1, 64, 66):
        other = (seals[0][:length].ljust(length, b"\0"), *seals[1:])
        coast.fails(f"a seal of {length} bytes", coast.hand_in, header.sealed(other), seats=parts["seats"])
    return coast.whole()


def a_seat_beyond_the_set(stage: Stage) -> str:
    """A stranger has a seat behind the last validator's, where the header's vote names it."""
    coast = Coast(stage)
    coast.seal()
    # The vote's RLP has one byte of prefix and one of its first item, where a seat has one of prefix and its address.
    key = next(found for found in map(stranger, range(65_536)) if signer_of(found)[0] == 0x94)
    vote = Vote(signer_of(key)[1:] + b"\0", True)
    base = coast.header()
    header = replace(base, extra=replace(base.extra, vote=vote))
    sealed = header.sealed(tuple(seal(each, header.digest) for each in (coast.key(0), coast.key(1), key)))
    for place in (4, 5, 255):
        coast.fails(f"a stranger in seat {place}", coast.hand_in, sealed, seats=seats_of([0, 1, place]))
    return coast.whole()


def a_set_of_liars(stage: Stage) -> str:
    """A third of the validators, rounded down, name a set of their own, with strangers, twins, or seats of others."""
    size = int(stage.variant)
    coast = Coast(stage, validators=size)
    coast.seal()
    liars = trusted_share(size) - 1
    keys = [coast.key(place) for place in range(liars)]
    for count in range(1 if liars else 2, 4):
        made = header_of(coast, [*keys, *map(stranger, range(count))])
        _no_change(coast, f"{liars} of {size} validators and {count} strangers", made)
        own = joined(made.extra.validators)
        coast.fails(
            "a set that vouches for itself",
            coast.hand_in,
            made,
            trusted=own,
            places=bytes(range(len(made.extra.seals))),
        )
        claimed = bytes(range(len(made.extra.seals)))
        coast.fails("strangers in the seats of validators", coast.hand_in, made, places=claimed)
    for count in range(1, liars + 1):
        alone = coast.header(by=range(count), alone=True)
        _no_change(coast, f"{count} of {size} validators alone", alone)
        parts = coast.parts(alone)
        for what, other in altered_parts({name: parts[name] for name in ("places", "trusted", "seats")}):
            coast.fails(
                f"a set of {count} of which {what}",
                coast.bridge.update,
                {**parts, **other},
                coast.mallory,
                is_change=True,
            )
    if liars:
        _twins(coast)
    return coast.whole()


def _twins(coast: Coast) -> None:
    """Let one validator be a set of several, each time itself."""
    key, place = coast.key(0), 0
    for count in (2, 3, 4):
        base = coast.header()
        header = replace(base, extra=replace(base.extra, validators=(coast.members[0],) * count))
        sealed = header.sealed((seal(key, header.digest),) * count)
        coast.fails(
            f"a set of one validator {count} times", coast.hand_in, sealed,
            seats=seats_of(range(count)), places=bytes([place] * count),
        )  # fmt: skip


def header_of(coast: Coast, keys: list[bytes]) -> Header:
    """Return a header of a set that these keys are all of, sealed by all."""
    base = coast.header()
    members = tuple(sorted(map(signer_of, keys)))
    return replace(base, extra=replace(base.extra, validators=members)).sealed_by(keys)


def _no_change(coast: Coast, what: str, header: Header) -> None:
    """Try a header of another set by both ways."""
    coast.fails(f"a set of {what}", coast.hand_in, header)
    parts = coast.parts(header)
    coast.fails(
        f"the set of {what}, as if it were the old one", coast.bridge.update, parts, coast.mallory, is_change=False
    )


def a_changed_set(stage: Stage) -> str:
    """The set changes one by one until none of the first is left; then those forge with their old keys."""
    coast = Coast(stage)
    newcomers = [coast.side.join(stranger(place)).address for place in range(4)]
    for new, old in zip(newcomers, coast.members, strict=True):
        for candidate, add in ((new, True), (old, False)):
            members = coast.side.members
            coast.side.vote(candidate, add, members)
            for _ in range(2 * len(members)):
                coast.seal()
                if coast.side.members != members:
                    break
            coast.seal()
            before = coast.parts(coast.side.head)
            coast.fails(
                "a changed set as if it were the old one", coast.bridge.update, before, coast.mallory, is_change=False
            )
            coast.follow()
    _, state = coast.loot()
    for later in (1, 2):
        old_set = coast.header(
            by=range(4),
            alone=True,
            at=(coast.side.head.number + later, coast.side.head.timestamp + later),
            root=state.root,
        )
        _no_change(coast, "former validators", old_set)
        for trusted in coast.trusted[:-1]:
            parts = coast.parts(old_set, trusted)
            coast.fails(
                "former validators by the set of their time", coast.bridge.update, parts, coast.mallory, is_change=True
            )
    low = coast.header(by=range(4), alone=True, parent=coast.side.header(coast.side.head.number - 3), root=state.root)
    _no_change(coast, "former validators below the newest header", low)
    return coast.said


def a_huge_set(stage: Stage) -> str:
    """Sets of no validator, of 255, and of more, where half of the trusted are among them."""
    coast = Coast(stage)
    coast.seal()
    base = coast.header()
    empty = replace(base, extra=replace(base.extra, validators=()))
    coast.fails("a set of nobody", coast.hand_in, empty, seats=0, places=b"")
    for size in (256, 300):
        keys = [coast.key(0), coast.key(1), *map(stranger, range(size - 2))]
        made = header_of(coast, keys)
        wanted = {signer_of(key) for key in keys[:2]}
        order = [*sorted(wanted), *[each for each in made.extra.validators if each not in wanted]][: quorum(size)]
        chosen = sorted(place for place, each in enumerate(made.extra.validators) if each in set(order) and place < 256)
        by = {signer_of(key): key for key in keys}
        sealed = made.sealed(tuple(seal(by[made.extra.validators[place]], made.digest) for place in chosen))
        coast.fails(f"a set of {size}", coast.hand_in, sealed, seats=seats_of(chosen))
    return coast.whole()


def heights_and_times(stage: Stage) -> str:
    """All validators seal headers at each boundary of height and time, one before, at and after it."""
    coast = Coast(stage)
    coast.seal()
    everybody = range(4)
    height, time = coast.bridge.newest()
    top = coast.side.header(height)

    def at(number: int, timestamp: int) -> Header:
        return coast.header(by=everybody, parent=top, at=(number, timestamp))

    for number in (0, height - 1, height):
        coast.fails(f"height {number} behind {height}", coast.hand_in, at(number, time + 9))
    for timestamp in (0, time - 1, time):
        coast.fails(f"time {timestamp} behind {time}", coast.hand_in, at(height + 1, timestamp))
    for ahead in (2, 10, 2**40):
        for step in (ahead + 1, ahead + 2, 2**48 - 1 - height, 2**48 - height, 2**64 - height):
            if step > ahead:
                coast.fails(f"{step} blocks within {ahead} s", coast.hand_in, at(height + step, time + ahead))
    now = coast.chain.now + 600
    for late, is_taken in ((-1, True), (0, True), (1, False), (10**6, False)):
        made = at(height + 1, now + DRIFT + late)
        with coast.taken_back():
            coast.chain.warp(to=now)
            if is_taken:
                coast.works(f"a header {late} s beyond the drift", coast.hand_in, made)
            else:
                coast.fails(f"a header {late} s beyond the drift", coast.hand_in, made)
    for number, timestamp in ((height + 1, time + 1), (height + 10, time + 10), (height + 1, time + 100)):
        with coast.taken_back():
            coast.works(f"height {number} at time {timestamp}", coast.hand_in, at(number, timestamp))
    return coast.whole()


def the_end_of_trust(stage: Stage) -> str:
    """Headers and changes of the set are handed in at the last second of the trusting period, and after it."""
    coast = Coast(stage)
    _, time = coast.bridge.newest()
    end = time + coast.bridge.period
    coast.side.chain.warp(to=end - 10)
    coast.side.chain.mine()
    header, alone = coast.side.head, coast.header(by=[0, 1], alone=True)
    for late, is_taken in ((-1, True), (0, True), (1, False), (2, False), (400 * DAY, False)):
        for what, made in (("the newest header", header), ("a changed set", alone)):
            with coast.taken_back():
                coast.chain.warp(to=end + late)
                if is_taken:
                    coast.works(f"{what} {late} s after the period", coast.hand_in, made)
                else:
                    coast.fails(f"{what} {late} s after the period", coast.hand_in, made)
    coast.chain.warp(to=end)
    coast.follow()
    return coast.whole()


def another_chain(stage: Stage) -> str:
    """Validators of this chain seal another chain's headers, too: none of those is taken here."""
    coast = Coast(stage)
    coast.seal()
    domain = domain_of(coast.bridge.chain_id + 1)
    base = coast.header()
    for vanity in (domain, bytes(32), b"\xff" * 32):
        other = replace(base, extra=replace(base.extra, vanity=vanity))
        coast.fails(
            "a header of another chain", coast.hand_in, other.sealed_by([coast.key(place) for place in range(4)])
        )
    return coast.whole()


def another_round(stage: Stage) -> str:
    """A block of a later round is taken; one whose round is another than that which was sealed is not."""
    coast = Coast(stage)
    coast.seal()
    for round_ in (1, 2, 127, 128, 2**32 - 1):
        made = coast.header().in_round(round_).sealed_by([coast.key(place) for place in range(3)])
        for other in {0, 1, round_ + 1} - {round_}:
            moved = replace(made, extra=replace(made.extra, round=other))
            coast.fails(f"round {other} under seals of round {round_}", coast.hand_in, moved, seats=0b111)
        with coast.taken_back():
            coast.works(f"a block of round {round_}", coast.hand_in, made)
    silent = coast.side.members[(coast.side.members.index(coast.side.head.coinbase) + 1) % 4]
    coast.side.silence(silent)
    coast.seal()
    coast.follow()
    coast.side.mend(silent)
    return coast.whole()


ATTACKS = (
    Attack("an altered header", "a header is believed that nobody sealed", an_altered_header),
    Attack("too few seals", "a minority seals", too_few_seals, ("1", "2", "3", "4", "5", "7")),
    Attack("malleable seals", "one validator's seal counts twice", malleable_seals),
    Attack("a seat beyond the set", "a stranger seals", a_seat_beyond_the_set),
    Attack("a set of liars", "a third of the validators takes everything", a_set_of_liars, ("2", "3", "4", "5", "7")),
    Attack("a changed set", "former validators seal", a_changed_set),
    Attack("a huge set", "a set cannot be counted", a_huge_set),
    Attack("heights and times", "headers go back, or so far ahead that none follows", heights_and_times),
    Attack("the end of trust", "validators are trusted who have nothing to lose", the_end_of_trust),
    Attack("another chain", "a header of another chain is believed", another_chain),
    Attack("another round", "a seal of one round counts in another", another_round),
)
