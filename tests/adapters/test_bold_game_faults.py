"""Copies of BoLD's challenge manager with one line changed: the pack of games finds each."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.adapters.bold_game import BoldGame
from harness.adapters.choosing import Chosen
from harness.adapters.published import ARBITRUM
from harness.attack.attack import Verdict
from harness.attack.game.pack import PACK
from harness.attack.runner import run_pack
from tests.adapters.test_bold_faults import LIBRARIES, ROLLUP, Changed
from tests.support.published import EVERYTHING, changed_copy, home_of, sample

MANAGER, LIBRARY = "challengeV2/EdgeChallengeManager.sol", "challengeV2/libraries/EdgeChallengeManagerLib.sol"
EDGE = "challengeV2/libraries/ChallengeEdgeLib.sol"
COMPILED = {"challengeV2": "EdgeChallengeManager", "rollup": "RollupUserLogic"}
INCLUDED, PREFIXED = "MerkleTreeAccumulatorLib.verifyInclusionProof(", "MerkleTreeAccumulatorLib.verifyPrefixProof("
FAULTS = {
    "a step that ends anywhere": (
        LIBRARY, f"{INCLUDED}\n            store.edges[edgeId].endHistoryRoot,",
        f"if (false) {INCLUDED}\n            store.edges[edgeId].endHistoryRoot,",
    ),
    "a step from anywhere": (
        LIBRARY, f"{INCLUDED}\n            store.edges[edgeId].startHistoryRoot,",
        f"if (false) {INCLUDED}\n            store.edges[edgeId].startHistoryRoot,",
    ),
    "a step of two": (LIBRARY, "if (store.edges[edgeId].length() != 1) {", "if (false) {"),
    "a timer that a rival does not stop": (
        LIBRARY, "if (firstRival == UNRIVALED) {\n            return", "if (true) {\n            return"
    ),
    "a timer that a later rival starts again": (
        LIBRARY, "} else if (firstRival == UNRIVALED) {\n            store", "} else if (true) {\n            store"
    ),
    "time of somebody else's edge": (
        LIBRARY, "checkClaimIdLink(store, edgeId, claimingEdgeId, numBigStepLevel);", ""
    ),
    "the time of the better half": (LIBRARY, "lowerTimer < upperTimer ?", "lowerTimer > upperTimer ?"),
    "the time of the second assertion": (
        MANAGER, "if (isBlockLevel && assertionChain.isFirstChild(topEdge.claimId)) {", "if (isBlockLevel) {"
    ),
    "confirmed by time at once": (LIBRARY, "if (totalTimeUnrivaled < confirmationThresholdBlock) {", "if (false) {"),
    "confirmed by time a block early": (
        LIBRARY, "if (totalTimeUnrivaled < confirmationThresholdBlock) {",
        "if (totalTimeUnrivaled + 1 < confirmationThresholdBlock) {",
    ),
    "a half confirmed by time": (MANAGER, "if (!topEdge.isLayerZero()) {", "if (false) {"),
    "two rivals confirmed": (LIBRARY, "if (confirmedRivalId != bytes32(0)) {", "if (false) {"),
    "a bisection without its proof": (
        LIBRARY, f"{PREFIXED}\n                bisectionHistoryRoot,",
        f"if (false) {PREFIXED}\n                bisectionHistoryRoot,",
    ),
    "a bisection that needs no rival": (
        LIBRARY, "if (!hasRival(store, edgeId)) {\n            revert EdgeU", "if (false) {\n            revert EdgeU"
    ),
    "a claim that needs no rival": (LIBRARY, "return (hasRival(store, edgeId) && store", "return (store"),
    "an edge that ends elsewhere than its claim": (
        LIBRARY, f"{INCLUDED}\n                claimEdge.endHistoryRoot,",
        f"if (false) {INCLUDED}\n                claimEdge.endHistoryRoot,",
    ),
    "an edge that begins elsewhere than its claim": (
        LIBRARY, f"{INCLUDED}\n                claimEdge.startHistoryRoot,",
        f"if (false) {INCLUDED}\n                claimEdge.startHistoryRoot,",
    ),
    "an edge that does not end where it says": (
        LIBRARY, f"{INCLUDED}\n            args.endHistoryRoot,",
        f"if (false) {INCLUDED}\n            args.endHistoryRoot,",
    ),
    "an edge that does not begin where it says": (
        LIBRARY, f"{PREFIXED}\n            startHistoryRoot, 1,",
        f"if (false) {PREFIXED}\n            startHistoryRoot, 1,",
    ),
    "a proven step that does not count": (
        LIBRARY, "store.edges[edgeId].totalTimeUnrivaledCache = type(uint64).max;", ""
    ),
    "an edge twice": (LIBRARY, "if (store.edges[eId].exists()) {", "if (false) {"),
    "a refund twice": (EDGE, "if (edge.refunded == true) {", "if (false) {"),
    "a refund of a rival": (
        EDGE, "if (edge.status != EdgeStatus.Confirmed) {\n            revert EdgeNotC",
        "if (false) {\n            revert EdgeNotC",
    ),
    "a refund of an edge without a stake": (EDGE, "if (!isLayerZero(edge)) {", "if (false) {"),
    "a refund to whoever asks": (MANAGER, "st.safeTransfer(edge.staker, sa);", "st.safeTransfer(msg.sender, sa);"),
    "a refund of another level": (MANAGER, "uint256 sa = stakeAmounts[edge.level];", "uint256 sa = stakeAmounts[0];"),
    "the stake of another level": (MANAGER, "uint256 sa = stakeAmounts[args.level];", "uint256 sa = stakeAmounts[3];"),
    "the stake of a rival stays": (MANAGER, "edgeAdded.hasRival ? excess", "false ? excess"),
    "no stake": (MANAGER, "st.safeTransferFrom(msg.sender, receiver, sa);", ""),
    "a manager that is set up again": (MANAGER, "public initializer {", "public {"),
    "an assertion by somebody else's edge": (
        ROLLUP, 'require(winningEdge.claimId == assertionHash, "NOT_WINNER");', ""
    ),
    "an assertion without a grace period": (
        ROLLUP, "block.number >= winningEdge.confirmedAtBlock + challengeGracePeriodBlocks,", "true,"
    ),
    "no third rival": (
        LIBRARY, "// after we've stored the first rival we dont need to keep a record of any",
        "revert EdgeAlreadyExists(eId); //",
    ),
    "any history of an assertion": (
        MANAGER, "if (args.endHistoryRoot != claimStateData.assertionState.endHistoryRoot) {", "if (false) {"
    ),
}  # fmt: skip
"""A file of the package's sources, a place in it, and what takes its place in a copy."""

ENOUGH = (
    "further promises", "bonds that are none", "credit taken twice", "the longest game", "copied answers",
)  # fmt: skip
"""The attacks that find the faults."""


MENDED = (LIBRARY, "afterHash,\n            machineStep + 1,", "afterHash,\n            machineStep % 2 + 1,")
"""The original looks for the state behind a step at the number of the machine's step. Of these edges, which have two
steps, the state is at the height where the step's edge ends."""


def chosen(target: Path, file: str, old: str, new: str) -> Chosen:
    places = ", ".join(f'"{prefix}={home_of(each)}/"' for prefix, each in LIBRARIES.items())
    folder = Path(file).parts[0]
    settings = f'contracts = "{folder}"\nlibraries = []\nremappings = [{places}]'
    root = changed_copy(home_of(ARBITRUM) / "src", target, file, old, new, settings)
    return Chosen("bold", BoldGame, Changed(root, root / folder, COMPILED[folder]))


@pytest.mark.parametrize("fault", sample(FAULTS))
def test_the_pack_finds_a_changed_line(tmp_path: Path, fault: str) -> None:
    *_, last = run_pack(PACK, chosen(tmp_path / "copy", *FAULTS[fault]), only=ENOUGH, first_only=True)
    assert last.verdict is Verdict.FOUND, str(last)


def test_the_pack_holds_where_every_step_can_be_proven(tmp_path: Path) -> None:
    outcomes = run_pack(PACK, chosen(tmp_path / "copy", *MENDED), only=() if EVERYTHING else ("a false root",))
    assert [each for each in outcomes if each.verdict in (Verdict.FOUND, Verdict.FAILED)] == []
    assert next(each for each in outcomes if each.attack == "a false root").verdict is Verdict.HELD
