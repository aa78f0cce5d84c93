"""NitroAdjudicator as npm publishes it: a life, the channel pack, and copies with one line changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.adapters.channel import State
from harness.adapters.choosing import Chosen, choose
from harness.adapters.nitro_protocol import DURATION, NitroProtocol
from harness.adapters.published import STATE_CHANNELS
from harness.attack.attack import Verdict
from harness.attack.channel.pack import PACK
from harness.attack.runner import run_pack
from harness.chain import ether, open_chain
from harness.errors import Reverted
from tests.support.published import EVERYTHING, beside, changed_copy, home_of, sample

FAULTS = {
    "a state that one party signed": (
        "ForceMove.sol",
        "if (signer != participants[i]) {",
        "if (signer != participants[i] && i == nParticipants) {",
    ),
    "a payout of somebody else's share": (
        "MultiAssetHolder.sol",
        "_transferAsset(asset, _bytes32ToAddress(destination), payouts[j]);",
        "_transferAsset(asset, _bytes32ToAddress(destination), payouts[0]);",
    ),
}
"""Files and lines of the contracts, and what takes their place in a copy."""


KNOWN = {"cross-contract", "false-token", "false-token-to-one"}
"""What the pack finds in the original: a channel's id does not name the adjudicator, and nobody looks at what a token's
transfer returns.
"""


ENOUGH = ("honest-life", "stale-close", "older-answer", "forged-close", "forged-answer")
"""The attacks that the suite plays; `harness attack channel nitro-protocol` plays all."""


@pytest.fixture(scope="module")
def home() -> Path:
    return home_of(STATE_CHANNELS)


def chosen(root: Path, word: str = "nitro-protocol") -> Chosen:
    return choose("channel", word, PACK.built_in, PACK.protocol, root=root)


def test_a_channel_lives_and_pays_both_parties(home: Path, tmp_path: Path) -> None:
    with open_chain() as chain:
        alice, bob, carol = chain.accounts.alice, chain.accounts.bob, chain.accounts.carol
        nitro = NitroProtocol(chain, chosen(tmp_path).contracts)
        nitro.deploy()
        channel = nitro.open((alice, bob), (ether(6), ether(4)))
        assert chain.balance(nitro.adjudicator) == ether(10)

        states = [State(version, (ether(mine), ether(10 - mine))) for version, mine in ((1, 2), (2, 7))]
        signed = [(nitro.sign(channel, each, alice), nitro.sign(channel, each, bob)) for each in states]
        nitro.submit(channel, states[0], signed[0], bob)
        nitro.submit(channel, states[1], signed[1], alice)
        with pytest.raises(Reverted, match="not finalized"):
            nitro.settle(channel, carol)
        chain.warp(DURATION)
        before = [chain.balance(who) for who in (alice, bob)]
        nitro.settle(channel, carol)
        assert [chain.balance(who) for who in (alice, bob)] == [before[0] + ether(7), before[1] + ether(3)]
        assert chain.balance(nitro.adjudicator) == 0


def test_the_pack_holds_against_what_statechannels_published(home: Path, tmp_path: Path) -> None:
    outcomes = run_pack(PACK, chosen(tmp_path), only=() if EVERYTHING else (*ENOUGH, *KNOWN))
    assert {each.attack for each in outcomes if each.verdict is Verdict.FOUND} == KNOWN
    held = {each.attack for each in outcomes if each.verdict is Verdict.HELD}
    assert set(ENOUGH) <= held


@pytest.mark.parametrize("fault", sample(FAULTS))
def test_the_pack_finds_a_changed_line(home: Path, tmp_path: Path, fault: str) -> None:
    remappings = f'remappings = ["@openzeppelin/={home.parents[1]}/@openzeppelin/"]'
    root = changed_copy(home / "contracts", tmp_path / "copy", *FAULTS[fault], f'contracts = "."\n{remappings}')
    *_, last = run_pack(
        PACK, chosen(root, beside(root, NitroProtocol)), only=("honest-life", "forged-close"), first_only=True
    )
    assert last.verdict is Verdict.FOUND, str(last)
