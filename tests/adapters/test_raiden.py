"""Raiden's TokenNetwork as PyPI publishes it: a life, the channel pack, and copies with one line changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.adapters.channel import State
from harness.adapters.choosing import Chosen, choose
from harness.adapters.published import RAIDEN
from harness.adapters.raiden import TIMEOUT, Raiden
from harness.attack.attack import Verdict
from harness.attack.channel.pack import PACK
from harness.attack.runner import run_pack
from harness.chain import open_chain
from harness.errors import Reverted
from tests.support.published import EVERYTHING, beside, changed_copy, home_of, sample

NETWORK = "raiden/TokenNetwork.sol"
FAULTS = {
    "a settlement that pays the other way round": (
        "channel.participants[participant2];\n\n        require(\n            verifyBalanceHashData(participant1_state",
        "channel.participants[participant1];\n\n        require(\n            verifyBalanceHashData(participant1_state",
    ),
    "a close that is booked for the wrong party": (
        "recovered_non_closing_participant_address,\n                nonce,",
        "closing_participant,\n                nonce,",
    ),
    "an answer that is not kept": (
        "updateBalanceProofData(channel, closing_participant, nonce, balance_hash);",
        "nonce;",
    ),
    "a settlement that keeps one share": (
        "if (participant2_settlement.transferred_amount > 0) {",
        "if (participant2_settlement.transferred_amount > 1 ether) {",
    ),
    "an answer with a forged proof": (
        'require(closing_participant == recovered_closing_participant, "TN/update: invalid closing sig");',
        "",
    ),
    "a settlement ahead of its time": (
        'require(settleable_after[channel_identifier] < block.timestamp, "TN/settle: settlement timeout");',
        "",
    ),
    "a settlement by any totals": (
        "if (participant.balance_hash == 0 &&",
        "if (participant.balance_hash != keccak256(hex'00') ||",
    ),
}
"""Lines of TokenNetwork, and what takes their place in a copy."""


ENOUGH = ("honest-life", "stale-close", "forged-answer", "settle-early", "settle-by-another-state")
"""The attacks that find these faults, and that the suite plays; `harness attack channel raiden` plays all."""

KNOWN = {"gift"}
"""What the pack finds in the original: anybody can add to a deposit, and a close together must give away
all deposits."""


@pytest.fixture(scope="module")
def sources() -> Path:
    return home_of(RAIDEN) / "data/source"


def chosen(root: Path | None, word: str = "raiden") -> Chosen:
    return choose("channel", word, PACK.built_in, PACK.protocol, root=root)


def test_a_channel_lives_and_pays_both_parties(sources: Path, tmp_path: Path) -> None:
    with open_chain() as chain:
        alice, bob = chain.accounts.alice, chain.accounts.bob
        raiden = Raiden(chain, chosen(tmp_path).contracts)
        raiden.token = raiden.create("PlainToken")
        for who in (alice, bob):
            raiden.token.mint(who, 100, sender=alice)
        raiden.deploy()
        raiden.approve(raiden.network, alice, bob)

        channel = raiden.open((alice, bob), (60, 40))
        assert raiden.token.balanceOf(raiden.network) == 100
        states = [State(version, shares) for version, shares in ((1, (50, 50)), (2, (70, 30)))]
        signed = [(raiden.sign(channel, each, alice), raiden.sign(channel, each, bob)) for each in states]
        raiden.submit(channel, states[0], signed[0], bob)
        raiden.submit(channel, states[1], signed[1], alice)
        with pytest.raises(Reverted, match="settlement timeout"):
            raiden.settle(channel, alice)
        chain.warp(TIMEOUT + 1)
        raiden.settle(channel, alice)
        # Bob showed that Alice sent 10, Alice that Bob sent 20.
        assert [raiden.token.balanceOf(who) for who in (alice, bob)] == [40 + 70, 60 + 30]
        assert raiden.token.balanceOf(raiden.network) == 0


def test_the_pack_holds_against_what_raiden_published(sources: Path, tmp_path: Path) -> None:
    outcomes = run_pack(PACK, chosen(tmp_path), only=() if EVERYTHING else (*ENOUGH, *KNOWN))
    assert {each.attack for each in outcomes if each.verdict is Verdict.FOUND} == KNOWN
    held = {each.attack for each in outcomes if each.verdict is Verdict.HELD}
    assert set(ENOUGH) <= held


@pytest.mark.parametrize("fault", sample(FAULTS))
def test_the_pack_finds_a_changed_line(sources: Path, tmp_path: Path, fault: str) -> None:
    root = changed_copy(sources, tmp_path / "copy", NETWORK, *FAULTS[fault], 'contracts = "raiden"\nlibraries = []')
    *_, last = run_pack(PACK, chosen(root, beside(root / "raiden", Raiden)), only=ENOUGH, first_only=True)
    assert last.verdict is Verdict.FOUND, str(last)
