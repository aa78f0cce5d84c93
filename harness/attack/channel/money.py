"""Attacks on the money itself: collusion, gifts, double payment, early ends, and sums that do not fit."""

from __future__ import annotations

from collections.abc import Iterator

from harness.adapters.channel import Pair, State
from harness.adapters.errors import AdapterFailed, NotApplicable
from harness.attack.attack import Attack
from harness.attack.channel.entries import entry
from harness.attack.channel.forging import stand_ins
from harness.attack.channel.ring import Ring
from harness.attack.moves import UNWRITABLE
from harness.attack.oracle import COUNTS, OWN_MONEY
from harness.attack.seats import BOTH_SEATS, UNIT
from harness.attack.stage import Stage, reason_of

WIDTHS = (32, 64, 96, 112, 128, 160, 192, 224, 256)


def _overdrawn(total: int, beside: int) -> Iterator[Pair]:
    """Yield shares that give the first party more than the channel has, in every way that arithmetic may hide."""
    yield total + beside, 0
    yield total + UNIT, 0
    yield total, beside
    yield total + 1, 0
    for width in WIDTHS:
        wrap = 1 << width
        yield total + UNIT, wrap - UNIT
        yield wrap + total, 0
        yield wrap - 1, total + 1
        yield total + UNIT, 0 if width == 256 else wrap


def _collusion(ring: Ring) -> str:
    """Overdraw channels of the cheat with its own second account by states that both sign."""
    for shares in _overdrawn(UNIT, sum(ring.beside_deposits)):
        for pair in (shares, (shares[1], shares[0])):
            _overdraw(ring, pair, together=False)
    return ring.judge(may_stick=True)


def _collusion_together(ring: Ring) -> str:
    """Do so by closing together."""
    ring.must_have("close_together")
    for shares in _overdrawn(UNIT, sum(ring.beside_deposits)):
        for pair in (shares, (shares[1], shares[0])):
            _overdraw(ring, pair, together=True)
    return ring.judge(may_stick=True)


def _overdraw(ring: Ring, shares: Pair, *, together: bool) -> None:
    """End a channel of two accounts of the cheat with shares that it does not hold."""
    channel, expiry = ring.colluding(UNIT), ring.now + ring.hour
    state, (first, second) = State(1, shares), (ring.cheat, ring.sybil)
    what = f"shares of {shares[0]} and {shares[1]} in a channel of {UNIT}"
    done = False
    with ring.extreme(what):
        if together:
            pair = (
                ring.call("agree", channel, shares, expiry, first),
                ring.call("agree", channel, shares, expiry, second),
            )
            done = ring.move(what, "close_together", channel, shares, expiry, pair, first)
        else:
            signed = (ring.sign(state, first, channel), ring.sign(state, second, channel))
            done = ring.submit(what, state, signed, first, channel)
            if ring.adapter.one_sided:
                done = ring.submit(what, state, signed, second, channel) or done
    if done:
        ring.settle_collusion(channel)
        if (gained := ring.net(first, second) + ring.deposits[1]) > 0:
            ring.broken(OWN_MONEY, f"{what} paid {gained} more than was put in")


def _collusion_taken(ring: Ring) -> str:
    """Take out of a channel of the cheat's two accounts more than it holds."""
    ring.must_have("take_out")
    expiry = ring.now + ring.hour
    for total in (UNIT + 1, UNIT * 2, UNIT * 50):
        channel = ring.colluding(UNIT)
        pair = tuple(ring.call("permit", channel, ring.cheat, total, expiry, who) for who in (ring.cheat, ring.sybil))
        what = f"a withdrawal of {total} from a channel of {UNIT}"
        if ring.move(what, "take_out", channel, ring.cheat, total, expiry, pair, ring.cheat):
            ring.broken(OWN_MONEY, f"{what} is paid")
    return ring.judge(may_stick=True)


def _gift(ring: Ring) -> str:
    """Add to the honest party's deposit after both agreed to close together."""
    expiry = ring.now + ring.hour
    shares = ring.newest.shares
    signatures = agreed(ring, shares, expiry)
    ring.must_have("deposit")
    gift = UNIT // 7
    ring.move("a gift", "deposit", ring.channel, ring.honest, gift, ring.sybil)
    if not ring.move("the close together", "close_together", ring.channel, shares, expiry, signatures, ring.honest):
        ring.broken("a close that both parties signed cannot be spoilt", f"after a gift of {gift}: {ring.stopped[-1]}")
    return ring.judge()


def agreed(ring: Ring, shares: Pair, expiry: int) -> tuple[bytes, bytes]:
    """Return both parties' signatures under a close together."""
    mine = ring.call("agree", ring.channel, shares, expiry, ring.honest)
    return ring.ordered(mine, ring.call("agree", ring.channel, shares, expiry, ring.cheat))


def _together(ring: Ring) -> str:
    """Close together while a close runs, in the last second and after it; then once more."""
    expiry = ring.now + ring.hour
    shares = ring.newest.shares
    signatures = agreed(ring, shares, expiry)
    ring.wait_until(expiry)
    if not ring.move("the close together", "close_together", ring.channel, shares, expiry, signatures, ring.honest):
        ring.broken(COUNTS, f"a close together is refused in the last second of its signatures: {ring.stopped[-1]}")
    for _ in range(2):
        ring.move("a second close together", "close_together", ring.channel, shares, expiry, signatures, ring.cheat)
        ring.try_move("a second payout", "withdraw", ring.channel, ring.cheat, ring.cheat)
    return ring.judge()


def _expires(ring: Ring, method: str, *arguments: object) -> None:
    """Raise NotApplicable unless a signature depends on its expiry."""
    now = ring.now

    def signed(after: int) -> object:
        return ring.call(method, ring.channel, *arguments, now + after, ring.honest)

    if (first := signed(ring.hour)) != signed(ring.hour):
        raise NotApplicable("no two signatures are equal, so that nothing shows whether they expire")
    if first == signed(ring.hour + 1):
        raise NotApplicable("the contract's signatures do not expire")


def _together_late(ring: Ring) -> str:
    """Close together one second after the signatures' last one."""
    shares = ring.ordered(0, ring.total)
    expiry = ring.now + ring.hour
    signatures = agreed(ring, shares, expiry)
    _expires(ring, "agree", shares)
    ring.wait_until(expiry + 1)
    if ring.move("a late close together", "close_together", ring.channel, shares, expiry, signatures, ring.cheat):
        ring.broken(COUNTS, "a close together counts one second after the last one of its signatures")
    return ring.judge()


def _together_forged(ring: Ring) -> str:
    """Close together with what the honest party signed for something else, or did not sign."""
    expiry = ring.now + ring.hour
    for shares in (ring.ordered(0, ring.total), *(state.shares for state, _ in ring.signed)):
        own = ring.call("agree", ring.channel, shares, expiry, ring.cheat)
        for what, stand_in in stand_ins(ring, State(1, shares)):
            for until in (expiry, 1, 2, 2**64 - 1, 0):
                given = (ring.channel, shares, until, ring.ordered(stand_in, own), ring.cheat)
                with ring.extreme("an expiry"):
                    if ring.move(f"a close together with {what}", "close_together", *given):
                        return ring.judge()
    return ring.judge()


def _state_of_agreement(ring: Ring) -> str:
    """Submit as a state what the honest party signed as a close together that has expired."""
    shares = ring.ordered(0, ring.total)
    expiry = ring.now + 10
    mine = ring.call("agree", ring.channel, shares, expiry, ring.honest)
    theirs = ring.call("agree", ring.channel, shares, expiry, ring.cheat)
    ring.wait_until(expiry + 1)
    for version in (expiry, ring.newest.version + 1, 2**64 - 1, 2**32):
        state = State(version, shares)
        with ring.extreme(f"version {version}"):
            for own in (theirs, ring.sign(state, ring.cheat)):
                if ring.submit("an expired agreement as a state", state, ring.ordered(mine, own), ring.cheat):
                    return ring.judge()
    return ring.judge()


def _added(ring: Ring) -> str:
    """Add to the honest party's deposit, which it gets back beside what the newest state gives it."""
    ring.must_have("deposit")
    part, had = UNIT // 3, ring.purse.of(ring.honest)
    refused = ring.attempt("deposit", ring.channel, ring.honest, part, ring.honest)
    if refused:
        ring.broken("a deposit takes what was asked", f"a second deposit of {part} is refused: {refused}")
    if (paid := had - ring.purse.of(ring.honest)) != part:
        ring.broken("a deposit takes what was asked", f"a deposit of {part} took {paid}")
    ring.put_in += part
    ring.replay_all()
    return ring.judge(due=ring.entitled() + part)


def _added_late(ring: Ring) -> str:
    """Add to the cheat's deposit while a close runs, and after the settlement."""
    ring.must_have("deposit")
    if ring.stale is not None:
        ring.submit("a close with an old state", ring.stale, ring.signatures(ring.stale), ring.cheat)
    ring.move("a deposit while a close runs", "deposit", ring.channel, ring.cheat, UNIT, ring.cheat)
    ring.answer()
    ring.end(ring.channel, ring.honest)
    ring.move("a deposit after the settlement", "deposit", ring.channel, ring.cheat, UNIT, ring.cheat)
    return ring.judge(may_stick=True)


def _taken_out(ring: Ring) -> str:
    """Take out of an open channel what both permitted, twice, in the last second of the permission."""
    total, expiry = UNIT // 2, ring.now + ring.hour
    given = (ring.channel, ring.cheat, total, expiry, _permitted(ring, total, expiry), ring.cheat)
    for _ in range(3):
        ring.move("the same withdrawal again", "take_out", *given)
    total, expiry = UNIT, ring.now + ring.hour
    pair = _permitted(ring, total, expiry)
    ring.wait_until(expiry)
    if not ring.move("the withdrawal", "take_out", ring.channel, ring.cheat, total, expiry, pair, ring.cheat):
        ring.broken(COUNTS, f"a withdrawal is refused in the last second of its signatures: {ring.stopped[-1]}")
    for _ in range(3):
        ring.move("the same withdrawal again", "take_out", ring.channel, ring.cheat, total, expiry, pair, ring.cheat)
    return ring.judge()


def _permitted(ring: Ring, total: int, expiry: int) -> tuple[bytes, bytes]:
    mine = ring.call("permit", ring.channel, ring.cheat, total, expiry, ring.honest)
    return ring.ordered(mine, ring.call("permit", ring.channel, ring.cheat, total, expiry, ring.cheat))


def _taken_late(ring: Ring) -> str:
    """Take out one second after the permission's last one."""
    total, expiry = UNIT, ring.now + ring.hour
    pair = _permitted(ring, total, expiry)
    _expires(ring, "permit", ring.cheat, total)
    ring.wait_until(expiry + 1)
    if ring.move("a late withdrawal", "take_out", ring.channel, ring.cheat, total, expiry, pair, ring.cheat):
        ring.broken(COUNTS, "a withdrawal counts one second after the last one of its signatures")
    return ring.judge()


def _taken_forged(ring: Ring) -> str:
    """Take out what the honest party did not permit."""
    total, expiry = ring.total, ring.now + ring.hour
    own = ring.call("permit", ring.channel, ring.cheat, total, expiry, ring.cheat)
    for what, stand_in in stand_ins(ring, ring.newest):
        given = (ring.channel, ring.cheat, total, expiry, ring.ordered(stand_in, own), ring.cheat)
        with ring.extreme(what):
            if ring.move(f"a withdrawal with {what}", "take_out", *given):
                return ring.judge()
    return ring.judge()


def _taken_while_closing(ring: Ring) -> str:
    """Close with an old state that has little for the cheat, and take out what the newest one has for it."""
    poor = ring.agree(State(ring.newest.version + 1, ring.ordered(ring.total, 0)))
    ring.agree(State(ring.newest.version + 1, ring.ordered(0, ring.total)))
    total, expiry = ring.total // 2, ring.now + ring.hour
    pair = _permitted(ring, total, expiry)
    if not ring.submit("a close with an old state", poor, ring.signatures(poor), ring.cheat):
        raise NotApplicable(f"an old state cannot be submitted: {ring.stopped[-1]}")
    ring.move("a withdrawal while a close runs", "take_out", ring.channel, ring.cheat, total, expiry, pair, ring.cheat)
    return ring.judge(due=0, answers=False)


def _taken_ahead(ring: Ring) -> str:
    """Take out, and then close with an old state that the channel cannot pay any more; nobody answers."""
    total, expiry = ring.total // 2, ring.now + ring.hour
    poor = ring.agree(State(ring.newest.version + 1, ring.ordered(ring.total, 0)))
    ring.agree(State(ring.newest.version + 1, ring.ordered(0, ring.total)))
    pair = _permitted(ring, total, expiry)
    ring.move("the withdrawal", "take_out", ring.channel, ring.cheat, total, expiry, pair, ring.cheat)
    ring.submit("a close with an old state", poor, ring.signatures(poor), ring.cheat)
    ring.end(ring.channel, ring.cheat)
    return ring.judge(due=0)


def _initial(ring: Ring) -> str:
    """Close without a state: version 0, in which each party has its deposit."""
    own = State(0, ring.ordered(*ring.deposits))
    wrong = State(0, ring.ordered(0, ring.total))
    for state in (wrong, own):
        for signature in (b"", ring.sign(state, ring.cheat)):
            with ring.extreme("a close without signatures"):
                if ring.submit("a close with version 0", state, (signature, signature), ring.cheat):
                    return ring.judge()
    return ring.judge()


class _Uncounted(Ring):
    """A ring of contracts that may forget to take a deposit."""

    counts_deposits = False


def _free(stage: Stage) -> str:
    """Open a channel of the cheat's two accounts, and get more out of it than both have paid."""
    ring = _Uncounted(stage)
    try:
        # Others' money, from which is paid what nobody has put in. A contract that holds one channel has none.
        if ring.token is not None and ring.call("holder", ring.beside) == ring.holder:
            ring.token.transfer(ring.holder, 100 * UNIT, sender=ring.chain.accounts.judy)
        before, second = ring.net(ring.cheat, ring.sybil), 10 * UNIT * ring.adapter.both_ways
        deposits = (10 * UNIT, second)
        channel = ring.open(ring.adapter, (ring.cheat, ring.sybil), deposits)
        state = State(1, (0, sum(deposits)))
        signed = (ring.sign(state, ring.cheat, channel), ring.sign(state, ring.sybil, channel))
        for who in (ring.sybil, ring.cheat):
            ring.submit("a close of a channel of two deposits", state, signed, who, channel)
        ring.settle_collusion(channel)
        if (gained := ring.net(ring.cheat, ring.sybil) - before) > 0:
            ring.broken(OWN_MONEY, f"deposits of {deposits} cost {gained} less than they are worth")
        return f"deposits of {deposits} paid {sum(deposits) + min(0, gained)}"
    finally:
        ring.close()


_HUGE = tuple(f"erc20, the honest party is first, deposits of 2 to the {width}" for width in WIDTHS[1:-1])


def _huge(stage: Stage) -> str:
    """Deposit so much that a sum of deposits does not fit into the word that holds it."""
    width = int(stage.variant.rpartition(" ")[2])
    try:
        ring = Ring(stage, deposits=((1 << width) - 1, 10 * UNIT), wealth=1 << 250)
    except AdapterFailed as problem:  # other attacks open channels, too, so a bug is seen there
        if not isinstance(problem.problem, UNWRITABLE):
            raise
        raise NotApplicable(f"such a deposit cannot be written: {reason_of(problem)}") from problem
    try:
        with ring.extreme("a share of everything"):
            ring.agree(State(3, ring.ordered(ring.total, 0)))
        return ring.judge()
    finally:
        ring.close()


ATTACKS: tuple[Attack, ...] = (
    entry("overdrawn", "A state pays more than its channel holds.", _collusion),
    entry("overdrawn-together", "A close together pays more than its channel holds.", _collusion_together),
    entry("overdrawn-taken", "A withdrawal takes more than its channel holds.", _collusion_taken),
    Attack("free-deposit", "A deposit counts that nobody paid.", _free, BOTH_SEATS),
    Attack("huge-deposits", "Deposits overflow the word that holds them.", _huge, _HUGE),
    entry("gift", "A stranger's deposit spoils a close that both parties signed.", _gift),
    entry("close-together", "A close together does not count, or counts twice.", _together),
    entry("close-together-late", "A close together counts after its expiry.", _together_late),
    entry("close-together-forged", "A close together counts that one party did not sign.", _together_forged),
    entry("agreement-as-state", "A signature counts for another kind of message.", _state_of_agreement),
    entry("deposit", "A deposit takes or credits another sum than was asked.", _added),
    entry("deposit-late", "A deposit while a close runs, or after it, moves others' money.", _added_late),
    entry("take-out", "A withdrawal does not count, or counts twice.", _taken_out),
    entry("take-out-late", "A withdrawal counts after its expiry.", _taken_late),
    entry("take-out-forged", "A withdrawal counts that one party did not sign.", _taken_forged),
    entry("take-out-while-closing", "A withdrawal during a close locks the channel.", _taken_while_closing),
    entry("take-out-ahead", "A state that the channel cannot pay any more locks it.", _taken_ahead),
    entry("initial-state", "A close without a state takes what a newer one gives.", _initial),
)
