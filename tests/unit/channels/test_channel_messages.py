"""Signed messages of channels against eth-account, and the locks' tree against a second one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.chain.values.accounts import well_known_accounts
from harness.channels.errors import BadChannelSignature, UnknownLock
from harness.channels.locks import EMPTY, LockTree, hashlock_of, leaf, node, root_of
from harness.channels.messages import HALF_ORDER, ORDER, Domain, Messages, Signer, Verifier, recover
from harness.channels.types import ETHER, ChannelState, CloseTogether, Lock, Side, Terms, Withdrawal

ALICE, BOB = well_known_accounts()[0], well_known_accounts()[1]
TERMS = Terms(ETHER, BOB.address, ALICE.address, 3, 3_600)
MESSAGES = Messages.of(Domain(900, "0x" + 40 * "1"), TERMS)
AMOUNTS = st.integers(0, 2**128 - 1)


@given(
    st.builds(
        ChannelState, st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS,
        st.binary(min_size=32, max_size=32),
    )
)  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_wallets_sign_states_as_typed_data_to_the_same_bytes(state: ChannelState) -> None:
    assert ALICE.sign_typed_data(*MESSAGES.typed_state(state)) == Signer(ALICE.private_key).sign(MESSAGES.state(state))


def test_every_message_has_a_digest_of_its_own() -> None:
    other = Messages(MESSAGES.domain, MESSAGES.channel, 4)
    digests = {
        MESSAGES.state(ChannelState(1)),
        MESSAGES.state(ChannelState(1, 1)),
        other.state(ChannelState(1)),
        replace(MESSAGES, domain=Domain(901, MESSAGES.domain.contract)).state(ChannelState(1)),
        replace(MESSAGES, domain=Domain(900, ALICE.address)).state(ChannelState(1)),
        MESSAGES.withdrawal(Withdrawal(Side.A, 1, 2)),
        MESSAGES.withdrawal(Withdrawal(Side.B, 1, 2)),
        MESSAGES.close_together(CloseTogether(0, 1, 2)),
        MESSAGES.app_state(1, b""),
    }
    assert len(digests) == 9


def test_signatures_are_low_and_checked() -> None:
    digest = MESSAGES.state(ChannelState(1))
    signature = Signer(ALICE.private_key).sign(digest)
    assert int.from_bytes(signature[32:64], "big") <= HALF_ORDER
    assert recover(digest, signature) == ALICE.address
    verifier = Verifier(ALICE.address)
    verifier.check(digest, signature)
    verifier.check(digest, signature)
    with pytest.raises(BadChannelSignature) as refusal:
        verifier.check(digest, Signer(BOB.private_key).sign(digest))
    assert (refusal.value.actual, refusal.value.expected) == (BOB.address, ALICE.address)


def test_malformed_signatures_are_refused() -> None:
    digest = MESSAGES.state(ChannelState(1))
    good = Signer(ALICE.private_key).sign(digest)
    high = ORDER - int.from_bytes(good[32:64], "big")
    bad = (
        b"", good[:64], good + b"\x00", good[:64] + b"\x00", bytes(64) + b"\x1b", b"\xff" * 32 + good[32:],
        good[:32] + high.to_bytes(32, "big") + bytes([55 - good[64]]),
    )  # fmt: skip
    for signature in bad:
        with pytest.raises(BadChannelSignature):
            Verifier(ALICE.address).check(digest, signature)


def second_root(leaves: list[bytes]) -> bytes:
    """The lock root once more, by halving instead of level by level."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node(second_root(leaves[:half]), second_root(leaves[half:] + [EMPTY] * (2 * half - len(leaves))))


LOCKS = st.lists(
    st.builds(Lock, st.binary(min_size=32, max_size=32), st.integers(1, 99), st.integers(0, 99), st.sampled_from(Side)),
    min_size=1,
    max_size=20,
    unique=True,
)


@given(LOCKS, st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_the_lock_tree_proves_and_removes_in_any_order(locks: list[Lock], random: object) -> None:
    assert root_of(locks) == second_root([leaf(lock) for lock in locks])
    tree = LockTree(locks)
    order = list(locks)
    random.shuffle(order)  # type: ignore[attr-defined]
    for lock in order:
        index, proof = tree.prove(lock)
        root, emptied = leaf(lock), EMPTY
        for height, sibling in enumerate(proof):
            is_right = index >> height & 1
            root = node(sibling, root) if is_right else node(root, sibling)
            emptied = node(sibling, emptied) if is_right else node(emptied, sibling)
        assert root == tree.root
        tree.remove(lock)
        assert tree.root == emptied
        with pytest.raises(UnknownLock):
            tree.prove(lock)
    assert (tree.root, tree.pool) == (EMPTY, 0)


def test_hashlocks_are_tagged() -> None:
    assert hashlock_of(b"\x01" * 32) != hashlock_of(b"\x02" * 32)


def test_no_locks_have_the_empty_root() -> None:
    assert root_of([]) == EMPTY
