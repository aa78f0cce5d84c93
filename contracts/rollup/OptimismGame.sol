// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssertionChain} from "../interfaces/IAssertionChain.sol";
import {IOptimismGame} from "../interfaces/IOptimismGame.sol";
import {Clones} from "../libraries/Clones.sol";
import {GameStatus} from "../types/OptimismTypes.sol";

/// @title An assertion as a game of the OP Stack
/// @dev Each opened assertion has a clone of this contract. A clone carries three words: the assertion's id, the OP Stack's root, the number of the L2 block.
contract OptimismGame is IOptimismGame {
    /// @dev The first four bytes of keccak256("rollup-harness/opcode").
    uint32 internal constant GAME_TYPE = uint32(bytes4(keccak256("rollup-harness/opcode")));

    /// @inheritdoc IOptimismGame
    IAssertionChain public immutable assertions;

    constructor(IAssertionChain assertions_) {
        assertions = assertions_;
    }

    /// @inheritdoc IOptimismGame
    function status() external view returns (GameStatus) {
        IAssertionChain.Status actual = assertions.statusOf(assertionId());
        if (actual == IAssertionChain.Status.Confirmed) return GameStatus.DEFENDER_WINS;
        return actual == IAssertionChain.Status.Rejected ? GameStatus.CHALLENGER_WINS : GameStatus.IN_PROGRESS;
    }

    /// @inheritdoc IOptimismGame
    function assertionId() public view returns (bytes32) {
        return Clones.word(0);
    }

    /// @inheritdoc IOptimismGame
    function rootClaim() public view returns (bytes32) {
        return Clones.word(1);
    }

    /// @inheritdoc IOptimismGame
    function l2BlockNumber() public view returns (uint256) {
        return uint256(Clones.word(2));
    }

    /// @inheritdoc IOptimismGame
    function l2SequenceNumber() external view returns (uint256) {
        return l2BlockNumber();
    }

    /// @inheritdoc IOptimismGame
    function extraData() public view returns (bytes memory) {
        return abi.encode(l2BlockNumber());
    }

    /// @inheritdoc IOptimismGame
    function gameType() public pure returns (uint32) {
        return GAME_TYPE;
    }

    /// @inheritdoc IOptimismGame
    function gameData() external view returns (uint32, bytes32, bytes memory) {
        return (gameType(), rootClaim(), extraData());
    }

    /// @inheritdoc IOptimismGame
    function createdAt() external view returns (uint64) {
        return assertions.assertion(assertionId()).createdAt;
    }

    /// @inheritdoc IOptimismGame
    function resolvedAt() external view returns (uint64) {
        return assertions.assertion(assertionId()).decidedAt;
    }

    /// @inheritdoc IOptimismGame
    function maxClockDuration() external view returns (uint64) {
        return assertions.period() + 1;
    }

    /// @inheritdoc IOptimismGame
    function gameCreator() external view returns (address) {
        return assertions.assertion(assertionId()).proposer;
    }

    /// @inheritdoc IOptimismGame
    function wasRespectedGameTypeWhenCreated() external pure returns (bool) {
        return true;
    }
}
