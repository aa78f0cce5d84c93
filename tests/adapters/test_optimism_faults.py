"""Copies of Optimism's dispute games and bridge with one line changed: the packs find each."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.adapters.choosing import Chosen, choose
from harness.adapters.optimism_bridge import OptimismBridge
from harness.adapters.optimism_game import OptimismGame
from harness.adapters.published import OPTIMISM, Published
from harness.attack.attack import Pack, Verdict
from harness.attack.bridge.pack import PACK as BRIDGES
from harness.attack.game.pack import PACK as GAMES
from harness.attack.runner import run_pack
from tests.support.published import beside, changed_file, home_of, sample

GAME, FACTORY = "src/dispute/FaultDisputeGame.sol", "src/dispute/DisputeGameFactory.sol"
PORTAL = "src/L1/OptimismPortal2.sol"
WETH, REGISTRY = "src/dispute/weth/DelayedWETH.sol", "src/dispute/AnchorStateRegistry.sol"
FAULTS = {
    "a bond too little": (
        GAME, "if (getRequiredBond(nextPosition) != msg.value)", "if (getRequiredBond(nextPosition) < msg.value)"
    ),
    "a move after its clock": (
        GAME, "if (nextDuration.raw() == MAX_CLOCK_DURATION.raw()) revert ClockTimeExceeded();", ""
    ),
    "a claim resolved early": (
        GAME, "if (challengeClockDuration.raw() < MAX_CLOCK_DURATION.raw()) revert ClockNotExpired();", ""
    ),
    "a claim resolved before its answers": (
        GAME, "if (!resolvedSubgames[challengeIndex]) revert OutOfOrderResolution();", ""
    ),
    "a claim resolved twice": (GAME, "if (resolvedSubgames[_claimIndex]) revert ClaimAlreadyResolved();", ""),
    "a step twice": (GAME, "if (parent.counteredBy != address(0)) revert DuplicateStep();", ""),
    "a step that counters nothing": (GAME, "if (parentPostAgree == validStep) revert ValidStep();", ""),
    "a step from anywhere": (
        GAME, "if (keccak256(_stateData) << 8 != preStateClaim.raw() << 8) revert InvalidPrestate();", ""
    ),
    "a claim twice": (GAME, "if (claims[claimHash]) revert ClaimAlreadyExists();", ""),
    "no extension": (
        GAME, "if (nextDuration.raw() > MAX_CLOCK_DURATION.raw() - CLOCK_EXTENSION.raw()) {", "if (false) {"
    ),
    "the bond back though countered": (
        GAME, "_distributeBond(countered == address(0) ? subgameRootClaim.claimant : countered, subgameRootClaim);",
        "_distributeBond(subgameRootClaim.claimant, subgameRootClaim);"
    ),
    "the latest answer wins": (
        GAME, "checkpoint.leftmostPosition.raw() > claim.position.raw()",
        "checkpoint.leftmostPosition.raw() >= claim.position.raw()"
    ),
    "a program's end defended": (
        GAME, "(_challengeIndex == 0 || nextPositionDepth == SPLIT_DEPTH + 2) && !_isAttack",
        "_challengeIndex == 0 && !_isAttack"
    ),
    "a program that ends as it likes": (
        GAME, "_verifyExecBisectionRoot(_claim, _challengeIndex, parentPos, _isAttack);", ""
    ),
    "one prestate of all": (
        GAME, "(stepPos.indexAtDepth() % (1 << (MAX_GAME_DEPTH - SPLIT_DEPTH))) == 0", "stepPos.indexAtDepth() == 0"
    ),
    "a clock of its own": (
        GAME, "parentClock = claimData[subgameRootClaim.parentIndex].clock;", "parentClock = subgameRootClaim.clock;"
    ),
    "credit that stays": (GAME, "credit[_recipient] = 0;", ""),
    "a game begun twice": (GAME, "if (initialized) revert AlreadyInitialized();", ""),
    "any number of a block": (GAME, "if (blockNumber == l2BlockNumber()) revert BlockNumberMatches();", ""),
    "any header": (GAME, "if (keccak256(_headerRLP) != _outputRootProof.latestBlockhash)", "if (false)"),
    "a root for any bond": (FACTORY, "if (msg.value != initBonds[_gameType]) revert IncorrectBondAmount();", ""),
    "a root with two games": (FACTORY, "if (GameId.unwrap(_disputeGames[uuid]) != bytes32(0))", "if (false)"),
    "credit at once": (
        WETH, 'require(wd.timestamp + DELAY_SECONDS <= block.timestamp, "DelayedWETH: withdrawal delay not met");', ""
    ),
    "a rejected anchor": (REGISTRY, "if (game.status() != GameStatus.DEFENDER_WINS) {", "if (false) {"),
}  # fmt: skip
"""A file of the package, a place in it, and what takes its place in a copy."""

BRIDGE_FAULTS = {
    "a message executed twice": (PORTAL, "finalizedWithdrawals[withdrawalHash] = true;", ""),
    "a message to the portal": (PORTAL, "_tx.target != address(this), \"", "true, \""),
    "any root": (PORTAL, "outputRoot.raw() == Hashing.hashOutputRootProof(_outputRootProof),", "true,"),
    "any storage": (
        PORTAL, "SecureMerkleTrie.verifyInclusionProof({", "true || SecureMerkleTrie.verifyInclusionProof({"
    ),
    "a proof in a rejected root": (PORTAL, "gameProxy.status() != GameStatus.CHALLENGER_WINS,", "true,"),
    "a root that waits": (
        PORTAL, "disputeGameProxy.status() == GameStatus.DEFENDER_WINS,",
        "disputeGameProxy.status() != GameStatus.CHALLENGER_WINS,",
    ),
    "a message within a message": (PORTAL, "l2Sender == Constants.DEFAULT_L2_SENDER, \"", "true, \""),
    "a sender that stays": (
        PORTAL, "l2Sender = Constants.DEFAULT_L2_SENDER;\n\n        // All withdrawals", "// All withdrawals"
    ),
    "a proof that matures a second early": (
        PORTAL, "block.timestamp - provenWithdrawal.timestamp > PROOF_MATURITY_DELAY_SECONDS,",
        "block.timestamp - provenWithdrawal.timestamp >= PROOF_MATURITY_DELAY_SECONDS,"
    ),
    "an air gap a second short": (
        PORTAL, "disputeGameProxy.resolvedAt().raw() > DISPUTE_GAME_FINALITY_DELAY_SECONDS",
        "disputeGameProxy.resolvedAt().raw() >= DISPUTE_GAME_FINALITY_DELAY_SECONDS"
    ),
    "a game on the blacklist": (PORTAL, "!disputeGameBlacklist[disputeGameProxy], \"", "true, \""),
    "a game of another type, proven": (
        PORTAL,
        "gameType.raw() == respectedGameType.raw(), \"OptimismPortal: invalid game type\");\n\n        // Verify",
        "true, \"\");\n\n        // Verify"
    ),
    "a game older than the type": (PORTAL, "createdAt >= respectedGameTypeUpdatedAt,", "true,"),
    "a bridge that is never paused": (PORTAL, "if (paused()) revert CallPaused();", ""),
    "a type by anybody": (
        PORTAL, "if (msg.sender != guardian()) revert Unauthorized();\n        respectedGameType =",
        "respectedGameType ="
    ),
    "a contract's deposit under its own name": (PORTAL, "if (msg.sender != tx.origin) {", "if (false) {"),
    "a message with too little gas": (
        PORTAL, "SafeCall.callWithMinGas(_tx.target, _tx.gasLimit, _tx.value, _tx.data)",
        "SafeCall.call(_tx.target, gasleft(), _tx.value, _tx.data)"
    ),
}  # fmt: skip

ENOUGH = (
    "moves that are none", "bonds that are none", "further promises", "strangers call guarded functions",
    "parents first", "a bond before its time", "leaves on both sides", "credit taken twice", "a contract is paid",
    "two answers stand", "a true root", "an ally burns the clock", "a boundary of a clock",
)  # fmt: skip
"""The attacks that find the faults of games."""
KNOWN = {"a delegated account", "a refused message"}
"""What the original bridge has."""

LIBRARIES = {
    "@solady/": Published("npm", "solady", "0.0.168", "src"),
    "@rari-capital/solmate/src/": Published("npm", "solady", "0.0.168", "src"),
    "@openzeppelin/contracts/": Published("npm", "@openzeppelin/contracts", "4.7.3", ""),
    "@openzeppelin/contracts-upgradeable/": Published("npm", "@openzeppelin/contracts-upgradeable", "4.7.3", ""),
}
"""What the package's sources import, and npm's copy of it; npm has no solmate with the one function that is used."""


def chosen(pack: Pack, root: Path) -> Chosen:
    word = beside(root / "changed", OptimismGame if pack is GAMES else OptimismBridge)
    return choose(pack.kind, word, pack.built_in, pack.protocol, root=root)


def copy_of(target: Path, file: str, old: str, new: str) -> Path:
    """Copy a file of the package with one fault; all that it imports lies in the package and in its libraries."""
    home = home_of(OPTIMISM)
    places = {"src/": home / "src"} | {prefix: home_of(each) / each.artifacts for prefix, each in LIBRARIES.items()}
    remappings = ", ".join(f'"{prefix}={place}/"' for prefix, place in places.items())
    settings = f'contracts = "changed"\nlibraries = []\nremappings = [{remappings}]'
    return changed_file(home / file, target, "changed", old, new, settings)


@pytest.mark.parametrize("fault", sample(FAULTS))
def test_the_pack_of_games_finds_a_changed_line(tmp_path: Path, fault: str) -> None:
    root = copy_of(tmp_path / "copy", *FAULTS[fault])
    *_, last = run_pack(GAMES, chosen(GAMES, root), only=ENOUGH, first_only=True)
    assert last.verdict is Verdict.FOUND, str(last)


@pytest.mark.parametrize("fault", sample(BRIDGE_FAULTS))
def test_the_pack_of_bridges_finds_a_changed_line(tmp_path: Path, fault: str) -> None:
    root = copy_of(tmp_path / "copy", *BRIDGE_FAULTS[fault])
    names = [each.name for each in BRIDGES.attacks if each.name not in KNOWN]
    *_, last = run_pack(BRIDGES, chosen(BRIDGES, root), only=names, first_only=True)
    assert last.verdict is Verdict.FOUND, str(last)
