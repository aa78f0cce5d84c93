// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IApp} from "../interfaces/IApp.sol";

/// @title A shared counter as a game
/// @notice Players add 1, 2 or 3 in turn. Who reaches 21 takes the pot. The data is the count, one byte. A move is the byte added.
contract CountingRace is IApp {
    uint8 public constant TARGET = 21;
    uint8 public constant LARGEST_STEP = 3;

    /// @inheritdoc IApp
    function initial() external pure returns (bytes memory) {
        return hex"00";
    }

    /// @inheritdoc IApp
    function play(bytes calldata data, uint64, bytes calldata move) external pure returns (bytes memory) {
        uint8 count = read(data);
        uint8 step = move.length == 1 ? uint8(move[0]) : 0;
        if (step == 0 || step > LARGEST_STEP || step > TARGET - count) revert IllegalMove(move, data);
        return abi.encodePacked(count + step);
    }

    /// @inheritdoc IApp
    function outcome(bytes calldata data, uint64 turn) external pure returns (bool over, uint16 shareA) {
        if (read(data) != TARGET) return (false, 0);
        // The player who is not to move made the last step.
        return (true, turn & 1 == 1 ? 10_000 : 0);
    }

    function read(bytes calldata data) private pure returns (uint8 count) {
        if (data.length != 1) revert MalformedData(data.length, 1);
        count = uint8(data[0]);
        if (count > TARGET) revert MalformedData(count, TARGET);
    }
}
