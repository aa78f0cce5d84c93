"""Attacks by and against the freezing of a light client, the stakes behind it, and the way out of it."""

from __future__ import annotations

from dataclasses import replace

from harness.adapters.sidechain import DAY, Parts
from harness.attack.altering import altered_parts
from harness.attack.attack import Attack, Found
from harness.attack.sidechain.coast import ETHER, LOCKED, Coast
from harness.attack.sidechain.headers import header_of, stranger
from harness.attack.stage import Stage
from harness.chain.values.accounts import Account
from harness.primitives.hashing import keccak256
from harness.sidechain.header import Header

STAKE = 32 * ETHER
OTHER = keccak256(b"another state")


def conflict(coast: Coast, *, above: int = 5, rounds: tuple[int, int] = (0, 0)) -> tuple[Header, Header]:
    """Return two headers of one height: validators 0, 1 and 2 sealed one, and 1, 2 and 3 the other."""
    base = coast.side.head
    at = base.number + above, base.timestamp + above
    keys = [coast.key(place) for place in range(4)]
    one = coast.header(at=at).in_round(rounds[0]).sealed_by(keys[:3])
    return one, coast.header(at=at, root=OTHER).in_round(rounds[1]).sealed_by(keys[1:])


def shown(coast: Coast, *headers: Header) -> list[Parts]:
    """Return headers as they are shown."""
    return [coast.parts(header) for header in headers]


def no_conflict(stage: Stage) -> str:
    """One block twice, or in two rounds, two heights, one below what was trusted first, and what too few sealed."""
    coast = Coast(stage)
    one, other = conflict(coast)
    at = one.number, one.timestamp
    bridge, olivia = coast.bridge, coast.olivia
    same = one.in_round(1).sealed_by([coast.key(place) for place in range(1, 4)])
    higher = conflict(coast, above=6)[1]
    low = replace(one, number=0), replace(other, number=0)
    sealed = [each.in_round(0).sealed_by([coast.key(place) for place in range(3)]) for each in low]
    tries: list[tuple[str, Header, Header]] = [
        ("one block twice", one, one),
        ("one block in two rounds", one, same),
        ("blocks of two heights", one, higher),
        ("two blocks of height 0", sealed[0], sealed[1]),
    ]
    for count in range(3):
        few = other.sealed(other.extra.seals[:count])
        tries.append((f"a block that {count} sealed", one, few))
    base = coast.header(at=at)
    alone = coast.header(by=[0], alone=True, at=at)
    lone = coast.header(by=[0], alone=True, at=at, root=OTHER)
    foreign = replace(base, extra=replace(base.extra, vanity=bytes(32)))
    keys = [coast.key(place) for place in range(4)]
    tries += [
        ("two blocks of one validator's set", alone, lone),
        ("a block of another chain", one, foreign.sealed_by(keys)),
    ]
    for what, first, second in tries:
        coast.fails(what, bridge.freeze, *shown(coast, first, second), olivia)
        coast.fails(f"{what}, the other way round", bridge.freeze, *shown(coast, second, first), olivia)
    good = shown(coast, one, other)
    for place in range(2):
        for what, parts in altered_parts(good[place]):
            pair = [parts if at == place else {**each, "trusted": parts["trusted"]} for at, each in enumerate(good)]
            coast.fails(f"a conflict of which {what}", bridge.freeze, *pair, olivia)
    with coast.taken_back():
        coast.works("a conflict", bridge.freeze, *good, olivia)
    return coast.whole()


def a_frozen_client(stage: Stage) -> str:
    """It takes nothing any more, pays what was below the conflict, and pays back what was on its way."""
    coast = Coast(stage)
    bridge, mallory, chain = coast.bridge, coast.mallory, coast.chain
    first = bridge.newest()[0]
    home, late = coast.withdraw(), coast.deposit(7 * ETHER, coast.bob.address)
    coast.seal()
    middle = coast.follow().number
    coast.seal(3)
    gone = coast.withdraw(2 * ETHER)
    coast.seal()
    coast.follow()
    coast.seal()
    last = coast.follow().number
    base = coast.side.header(middle + 1)
    keys = [coast.key(place) for place in range(4)]
    at = base.number + 1, base.timestamp + 1
    pair = coast.header(at=at).sealed_by(keys), coast.header(at=at, root=OTHER).sealed_by(keys)
    top = base.number + 1
    above = conflict(coast)
    coast.works("a conflict", bridge.freeze, *shown(coast, *pair), coast.olivia)
    coast.works("a second conflict above the first", bridge.freeze, *shown(coast, *above), coast.olivia)
    if bridge.frozen_at() != top:
        raise Found("the lowest conflict", f"it is at {bridge.frozen_at()}, expected {top}", lost=LOCKED)
    newer = coast.header(at=(last + 3, coast.side.head.timestamp + 3)).sealed_by(keys)
    coast.fails("a header after the conflict", coast.hand_in, newer)
    coast.fails("a message after the conflict", bridge.deposit, coast.bob.address, ETHER, chain.now + DAY, coast.alice)
    coast.fails("a message of above the conflict", bridge.execute, gone, bridge.proof(gone), mallory)
    behind = _following(coast, middle)
    for height, next_ in ((first, middle), (first, behind), (middle, 0), (middle, last), (last, 0), (behind, last)):
        proof = bridge.proof(late, was_received=True, height=height)
        coast.fails(f"a refund by header {height}, before {next_}", bridge.refund, late, proof, mallory, next_)
    proof = bridge.proof(late, was_received=True, height=middle)
    with coast.pays("a refund", coast.alice.address, late.value):
        coast.works("a refund by the last usable header", bridge.refund, late, proof, mallory, behind)
    coast.fails("a second refund", bridge.refund, late, proof, mallory, behind)
    coast.execute(home, bridge.proof(home, height=middle))
    return coast.said


def _following(coast: Coast, height: int) -> int:
    """Return the height that was trusted next."""
    found = coast.side.bridges[0].client.checkpoints
    return min(each for each in found if each > height)


def a_conflict_at_a_trusted_height(stage: Stage) -> str:
    """The conflict is at a height whose root is trusted: that root is not usable any more, the one below it is."""
    coast = Coast(stage)
    bridge = coast.bridge
    home = coast.withdraw()
    coast.seal()
    below = coast.follow().number
    loot = coast.withdraw(2 * ETHER, coast.mallory.address)
    coast.seal()
    top = coast.follow()
    keys = [coast.key(place) for place in range(4)]
    rival = replace(top.in_round(0), state_root=OTHER, extra=replace(top.in_round(0).extra, vote=None)).sealed_by(keys)
    coast.works("a conflict with a trusted header", bridge.freeze, *shown(coast, top, rival), coast.olivia)
    coast.fails("a message of the height in conflict", bridge.execute, loot, bridge.proof(loot), coast.mallory)
    coast.execute(home, bridge.proof(home, height=below))
    return coast.said


def a_low_freeze(stage: Stage) -> str:
    """Former validators freeze below what was paid: what ran and was paid out is not paid back besides."""
    coast = Coast(stage)
    bridge, mallory = coast.bridge, coast.mallory
    coast.seal()
    low = coast.follow().number
    ran = coast.cross(4 * ETHER, coast.bob)
    home = coast.withdraw(4 * ETHER)
    coast.seal()
    top = coast.follow().number
    coast.execute(home)
    base = coast.side.header(low + 1)
    keys = [coast.key(place) for place in range(4)]
    at = base.number, base.timestamp
    pair = coast.header(at=at).sealed_by(keys), coast.header(at=at, root=OTHER).sealed_by(keys)
    coast.works("a low conflict", bridge.freeze, *shown(coast, *pair), coast.olivia)
    for height, behind in ((low, top), (low, _following(coast, low)), (top, 0)):
        proof = bridge.proof(ran, was_received=True, height=height)
        coast.fails(f"a refund of what ran, by header {height}", bridge.refund, ran, proof, mallory, behind)
    return coast.said


def former_validators_freeze(stage: Stage) -> str:
    """Validators who left freeze within the period after they did, and not one second later."""
    coast = Coast(stage, period=10 * DAY)
    bridge = coast.bridge
    first = coast.trusted[-1]
    newcomer = coast.side.join(stranger(1)).address
    coast.side.vote(newcomer, True, coast.side.members)
    while newcomer not in coast.side.members:
        coast.seal()
    coast.seal()
    until = coast.follow().timestamp + coast.bridge.period
    coast.side.chain.warp(to=until - 2 * DAY)
    coast.seal()
    coast.follow()
    above = coast.side.head.number + 5, coast.side.head.timestamp + 5
    pair = [coast.header(by=range(4), alone=True, at=above, root=root) for root in (bytes(32), OTHER)]
    parts = [coast.parts(header, first) for header in pair]
    for late, is_taken in ((-1, True), (0, True), (1, False), (DAY, False)):
        with coast.taken_back():
            coast.chain.warp(to=until + late)
            if is_taken:
                coast.works(f"a conflict {late} s after trust", bridge.freeze, *parts, coast.olivia, 0)
            else:
                coast.fails(f"a conflict {late} s after trust", bridge.freeze, *parts, coast.olivia, 0)
    return coast.said


def the_end(stage: Stage) -> str:
    """No header comes for the whole period: what was on its way is paid back, and nothing can be sent any more."""
    coast = Coast(stage)
    bridge, chain, mallory = coast.bridge, coast.chain, coast.mallory
    home, late = coast.withdraw(), coast.deposit(7 * ETHER, coast.bob.address, within=300 * DAY)
    coast.seal()
    top = coast.follow()
    proof = bridge.proof(late, was_received=True)
    end = top.timestamp + bridge.period
    chain.warp(to=end)
    coast.fails("a refund in the last second", bridge.refund, late, proof, mallory)
    chain.warp(to=end + 1)
    chain.mine()
    coast.fails("a message after the end", bridge.deposit, coast.bob.address, ETHER, chain.now + DAY, coast.alice)
    with coast.pays("a refund", coast.alice.address, late.value):
        coast.works("a refund after the end", bridge.refund, late, proof, mallory)
    coast.execute(home)
    return coast.said


def stakes_of_liars(stage: Stage) -> str:
    """Who sealed two blocks in one round loses all, also if it reports itself or has left; nobody else does."""
    coast = Coast(stage, stake=STAKE)
    bridge, chain = coast.bridge, coast.chain
    one, other = conflict(coast)
    bridge.leave(coast.owner(1))
    coast.fails("a stake that has just left", bridge.take_stake, coast.owner(1))
    with coast.taken_back():
        chain.warp(to=bridge.stake_free_from(coast.owner(1)) - 1)
        coast.fails("a stake a second early", bridge.take_stake, coast.owner(1))
    free, accountable = bridge.stake_free_from(coast.owner(1)), bridge.newest()[1] + bridge.period
    if free <= accountable:
        raise Found("the stakes", f"a stake is free at {free}, and its owner can be shown to lie until {accountable}")
    for reporter in (coast.olivia, coast.owner(2)):
        with coast.taken_back():
            had = coast.purse.of(reporter)
            coast.works("a conflict", bridge.freeze, *shown(coast, one, other), reporter)
            _lost(coast, {1, 2})
            got = coast.purse.of(reporter) - had
            if got >= 2 * STAKE if reporter is coast.olivia else got >= STAKE:
                raise Found("the stakes", f"who reports itself gets {got} wei of its {STAKE} back", gained=got)
            coast.fails("a stake that is lost", bridge.take_stake, coast.owner(1))
    with coast.taken_back():
        pair = conflict(coast, rounds=(0, 1))
        coast.works("a conflict of two rounds", bridge.freeze, *shown(coast, *pair), coast.olivia)
        _lost(coast, set())
    return coast.said


def _lost(coast: Coast, places: set[int]) -> None:
    for place, member in enumerate(coast.members):
        left = coast.bridge.stake_of(member)
        if left != (0 if place in places else STAKE):
            who = f"validator {place + 1}, {'who lied' if place in places else 'who did not lie'}"
            raise Found("the stakes", f"{who}, has {left} wei of {STAKE}", lost=abs(STAKE - left))


def seals_without_stakes(stage: Stage) -> str:
    """Validators without a stake seal, and those who are leaving."""
    coast = Coast(stage, stake=STAKE)
    coast.seal()
    bridge = coast.bridge
    newcomers = coast.header(by=[0, 1], alone=True)
    keys = [coast.key(0), coast.key(1), stranger(1), stranger(2)]
    coast.fails("a set half of which has no stake", coast.hand_in, header_of(coast, keys))
    with coast.taken_back():
        coast.works("a set with stakes", coast.hand_in, newcomers)
    for place in (2, 3):
        bridge.leave(coast.owner(place))
    coast.fails("seals of two who leave", coast.hand_in, coast.header(by=[0, 2, 3]))
    coast.fails("seals of all, two of whom leave", coast.hand_in, coast.header(by=range(4)))
    return coast.said


def voices_without_stakes(stage: Stage) -> str:
    """Strangers have a stake and a quorum of a new set. Those who vouch for it leave, so they lose nothing by it."""
    coast = Coast(stage, stake=STAKE)
    coast.seal()
    bridge, strangers = coast.bridge, [stranger(number) for number in range(1, 8)]
    for owner in map(Account.from_key, strangers):
        coast.chain.set_balance(owner, 2 * STAKE)
        coast.works("a stake", bridge.put_stake, owner)
    made = header_of(coast, [coast.key(0), coast.key(1), *strangers])
    with coast.taken_back():
        coast.works("a set for which two with a stake vouch", coast.hand_in, made)
    for count in (1, 2):
        bridge.leave(coast.owner(count - 1))
        coast.fails(f"a set for which two vouch, {count} of whom have left", coast.hand_in, made)
    return coast.said


ATTACKS = (
    Attack("no conflict", "anybody freezes the client", no_conflict),
    Attack("a frozen client", "users of a frozen client lose their ether, or get it twice", a_frozen_client),
    Attack("a conflict at a trusted height", "a root in conflict is usable", a_conflict_at_a_trusted_height),
    Attack("a low freeze", "what was paid out is paid back, too", a_low_freeze),
    Attack("former validators freeze", "former validators freeze the client for ever", former_validators_freeze),
    Attack("the end", "ether is stuck once trust has ended", the_end),
    Attack("stakes of liars", "a liar keeps its stake, or somebody honest loses it", stakes_of_liars),
    Attack("seals without stakes", "who has nothing to lose seals", seals_without_stakes),
    Attack("voices without stakes", "who has nothing to lose names other validators", voices_without_stakes),
)
