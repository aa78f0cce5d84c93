"""Attacks with states: old ones, forged ones, and ones of other channels, contracts and chains."""

from __future__ import annotations

from harness.adapters.channel import Channel, State
from harness.adapters.errors import NotApplicable
from harness.attack.attack import Attack
from harness.attack.channel.entries import entry
from harness.attack.channel.forging import altered, stand_ins
from harness.attack.channel.ring import Ring
from harness.attack.forging import twin


def stale_of(ring: Ring) -> State:
    """Return the old state; raises NotApplicable if the contract has no way to answer one."""
    if ring.stale is None:
        raise NotApplicable(
            "an older state is no better for the cheat, or the first one that is submitted ends the channel"
        )
    return ring.stale


def _stale(ring: Ring) -> str:
    """Close with an old state, which the honest party answers."""
    stale = stale_of(ring)
    ring.submit("a close with an old state", stale, ring.signatures(stale), ring.cheat)
    return ring.judge()


def _back(ring: Ring) -> str:
    """Answer the honest close with an older state in the last second, from both of the cheat's accounts."""
    stale = stale_of(ring)
    ring.answer()
    ring.wait_for_deadline(ring.channel)
    for sender in (ring.sybil, ring.cheat):
        ring.try_submit("an older state as an answer", stale, ring.signatures(stale), sender, answers=False)
    return ring.judge(answers=False)


def _middle(ring: Ring) -> str:
    """Close with the oldest of three states, and replace the honest answer by the one between in the last second."""
    stale = stale_of(ring)
    middle = ring.agree(ring.state(3, 5))
    ring.agree(ring.state(4, 8))
    ring.submit("a close with the oldest state", stale, ring.signatures(stale), ring.cheat)
    ring.answer()
    ring.wait_for_deadline(ring.channel)
    for state in (middle, stale):
        for sender in (ring.sybil, ring.cheat):
            ring.try_submit("an older state after the answer", state, ring.signatures(state), sender, answers=False)
    return ring.judge(answers=False)


def _repeated(ring: Ring) -> str:
    """Answer the honest close with the state that it posted."""
    stale_of(ring)
    ring.answer()
    for sender in (ring.sybil, ring.cheat):
        ring.submit("the posted state once more", ring.newest, ring.signatures(ring.newest), sender)
    return ring.judge()


def _repeated_odd(ring: Ring) -> str:
    """Do so with a state of an odd version, whose proposer may be the other party."""
    stale_of(ring)
    ring.agree(ring.state(3, 8))
    return _repeated(ring)


def _shown_again(ring: Ring) -> str:
    """Show the states that both signed one after the other, and again, before the honest party does anything."""
    ring.agree(State(ring.newest.version + 1, ring.newest.shares))
    for _ in range(2):
        for state, pair in ring.signed:
            for sender in (ring.cheat, ring.sybil):
                ring.submit(f"version {state.version} once more", state, pair, sender)
    return ring.judge()


def _rival(ring: Ring) -> str:
    """Replace the posted state in the last second by another one of its version, which both signed, too."""
    stale_of(ring)
    if ring.adapter.one_sided:
        raise NotApplicable("each party counts its own versions")
    first = ring.newest
    rival = ring.agree(ring.state(first.version, 1))
    ring.newest = first
    ring.answer()
    ring.wait_for_deadline(ring.channel)
    ring.submit("a rival state of the posted version", rival, ring.signatures(rival), ring.cheat)
    return ring.judge(answers=False)


def _withheld(version: int) -> str:
    return f"a proposal of version {version} that the cheat kept back"


def _kept_back(ring: Ring) -> str:
    """Answer the honest close with a later proposal of the honest party that the cheat never acknowledged.

    Where either party may propose, a contract that punishes old closes cannot tell whose proposal it was.
    """
    ring.must_have("proposer")
    stale_of(ring)
    ring.answer()
    own = 0 if ring.is_first else 1
    for version in (3, 4):
        if ring.call("proposer", ring.channel, version) not in (own, None):
            continue
        proposal = ring.state(version, 8)
        ring.proposals.append(proposal)
        both = ring.ordered(ring.sign(proposal, ring.honest), ring.sign(proposal, ring.cheat))
        if ring.submit(_withheld(version), proposal, both, ring.cheat):
            break
    return ring.judge()


def _forged(ring: Ring, senders: tuple[str, ...], answers: bool) -> str:
    if answers:
        stale_of(ring)
        ring.answer()
    forged = ring.state(ring.newest.version + 1, 0)
    own = ring.sign(forged, ring.cheat)
    for what, stand_in in stand_ins(ring, forged):
        for sender in senders:
            who = getattr(ring, sender)
            for pair in (ring.ordered(stand_in, own), (stand_in, stand_in)):
                with ring.extreme(what):
                    ring.try_submit(f"a forged state with {what}", forged, pair, who)
    return ring.judge()


def _forged_close(ring: Ring) -> str:
    return _forged(ring, ("cheat", "sybil"), answers=False)


def _forged_answer(ring: Ring) -> str:
    return _forged(ring, ("cheat", "sybil"), answers=True)


def _altered(ring: Ring) -> str:
    """Alter each field of a signed state in turn; the cheat signs the altered state, the honest party's stays."""
    known = ring.newest if ring.stale is None else ring.stale
    mine, theirs = ring.of_role(ring.signatures(known))
    for what, state in altered(ring, known):
        with ring.extreme(what):
            for own in (ring.sign(state, ring.cheat), theirs):
                ring.try_submit(f"a signed state with {what}", state, ring.ordered(mine, own), ring.cheat)
    return ring.judge()


def _altered_answer(ring: Ring) -> str:
    """Do so as an answer to the honest close."""
    stale = stale_of(ring)
    ring.answer()
    for known in (ring.newest, stale):
        mine, theirs = ring.of_role(ring.signatures(known))
        for what, state in altered(ring, known):
            with ring.extreme(what):
                for own in (ring.sign(state, ring.cheat), theirs):
                    ring.try_submit(f"a signed state with {what}", state, ring.ordered(mine, own), ring.cheat)
    return ring.judge()


def _swapped(ring: Ring) -> str:
    """Exchange shares, signatures or both, so that each party signs for the other."""
    pair = ring.signatures(ring.newest)
    mirrored = State(ring.newest.version, (ring.newest.shares[1], ring.newest.shares[0]))
    fresh = ring.ordered(ring.of_role(pair)[0], ring.sign(mirrored, ring.cheat))
    for state, signatures in ((mirrored, pair), (mirrored, (pair[1], pair[0])), (mirrored, fresh)):
        for sender in (ring.cheat, ring.sybil):
            if ring.submit("a state with the shares exchanged", state, signatures, sender):
                return ring.judge()
    return ring.judge()


def _malleable(ring: Ring) -> str:
    """Answer with the malleable twins of signatures, which a strict contract refuses."""
    if not ring.adapter.strict_signatures:
        raise NotApplicable("the contract does not promise to refuse the twins of signatures")
    mine, theirs = ring.of_role(ring.signatures(ring.newest))
    if ring.submit("the twin of a signature", ring.newest, ring.ordered(twin(mine), theirs), ring.cheat):
        ring.broken("a signature counts in one form only", "the honest signature counts with a high s, too")
    return ring.judge()


# -- of other channels


def _replayed(ring: Ring, channel: object, tenths: int, what: str) -> str:
    """Use a state that the honest party signed for another channel of the two."""
    versions = (ring.newest.version, ring.newest.version + 1, 1_000)
    for version in versions:
        state = ring.state(version, tenths)
        mine = ring.agree_on(channel, state)
        for own in (ring.sign(state, ring.cheat, channel), ring.sign(state, ring.cheat)):
            if ring.submit(what, state, ring.ordered(mine, own), ring.cheat):
                return ring.judge()
    return ring.judge()


def _other_channel(ring: Ring) -> str:
    """Replay a state of a second channel of the same parties, in which the honest party paid everything."""
    other = ring.open_another()
    return _replayed(ring, other, 0, "a state of another channel")


def _other_partner(ring: Ring) -> str:
    """Replay a state of a channel with the cheat's second account."""
    other = ring.open_another(partner=ring.sybil)
    return _replayed(ring, other, 0, "a state of a channel with somebody else")


def _reopened(ring: Ring) -> str:
    """Replay a state of a former channel of the same parties in its successor."""
    last = ring.agree(ring.state(ring.newest.version + 1, 0))
    signatures, former = ring.signatures(last), ring.channel
    ring.finish()
    ring.begin()
    for sender in (ring.cheat, ring.sybil):
        ring.submit("a state of the former channel", last, signatures, sender)
        ring.submit("a close of the former channel", last, signatures, sender, former)
    return ring.judge()


def _replay_from(ring: Ring, adapter: Channel, channel: object, what: str) -> str:
    for version in (ring.newest.version, ring.newest.version + 1):
        state = ring.state(version, 0)
        mine = ring.sign(state, ring.honest, channel, adapter)
        for own in (ring.sign(state, ring.cheat, channel, adapter), ring.sign(state, ring.cheat)):
            if ring.submit(what, state, ring.ordered(mine, own), ring.cheat):
                return ring.judge()
    return ring.judge()


def _other_contract(ring: Ring) -> str:
    """Replay a state of a channel of the same parties on another contract of the same code."""
    adapter, channel = ring.double(ring.ordered(*ring.deposits), ring.beside_deposits)
    return _replay_from(ring, adapter, channel, "a state of another contract")


def _other_chain(ring: Ring) -> str:
    """Replay a state of the same channel of the same contract on a chain of another id."""
    with ring.stage.other_chain() as chain:
        adapter, channel = ring.mirror(chain, ring.ordered(*ring.deposits), ring.beside_deposits)
        return _replay_from(ring, adapter, channel, "a state of another chain")


ATTACKS: tuple[Attack, ...] = (
    entry("stale-close", "A close with an old state stands although the other party answers.", _stale),
    entry("older-answer", "An older state replaces a newer one.", _back),
    entry("middle-answer", "An older state replaces the answer to a close with a still older one.", _middle),
    entry("repeated-answer", "The posted state, sent again, changes something.", _repeated),
    entry("repeated-odd-answer", "The posted state of another proposer changes something.", _repeated_odd),
    entry("shown-again", "A state counts each time that it is shown.", _shown_again),
    entry("same-version", "A rival state of the posted version replaces it.", _rival),
    entry("withheld-proposal", "A proposal that the cheat kept back costs its honest author.", _kept_back),
    entry("forged-close", "A close counts that the other party never signed.", _forged_close),
    entry("forged-answer", "An answer counts that one party never signed.", _forged_answer),
    entry("altered-close", "A signature covers less than the state that it stands under.", _altered),
    entry("altered-answer", "A signature covers less than the answer that it stands under.", _altered_answer),
    entry("exchanged", "Shares or signatures count for the other party.", _swapped),
    entry("malleable-signature", "A signature counts in two forms.", _malleable),
    entry("cross-channel", "A state of one channel counts in another one of the same parties.", _other_channel),
    entry("cross-partner", "A state of a channel with one party counts against another.", _other_partner),
    entry("reopened", "A state of a former channel counts in its successor.", _reopened),
    entry("cross-contract", "A state of one contract counts in another.", _other_contract),
    entry("cross-chain", "A state of one chain counts on another.", _other_chain),
)
