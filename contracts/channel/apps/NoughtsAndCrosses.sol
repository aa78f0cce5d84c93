// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IApp} from "../interfaces/IApp.sol";

/// @title Noughts and crosses
/// @notice A plays crosses and begins. Three in a row take the pot; a full board shares it.
///
/// | bytes | field   |                                     |
/// |-------|---------|-------------------------------------|
/// | 0-1   | crosses | bit i set: a cross in cell i (0-8)  |
/// | 2-3   | noughts | bit i set: a nought in cell i       |
///
/// Cells run along the rows from the top left. A move is one byte, the cell.
contract NoughtsAndCrosses is IApp {
    uint16 private constant FULL = 0x1ff;

    /// @inheritdoc IApp
    function initial() external pure returns (bytes memory) {
        return hex"00000000";
    }

    /// @inheritdoc IApp
    function play(bytes calldata data, uint64 turn, bytes calldata move) external pure returns (bytes memory) {
        (uint16 crosses, uint16 noughts) = read(data);
        if (move.length != 1 || uint8(move[0]) > 8) revert IllegalMove(move, data);
        uint16 cell = uint16(1) << uint8(move[0]);
        if ((crosses | noughts) & cell != 0 || wins(crosses) || wins(noughts)) revert IllegalMove(move, data);
        return turn & 1 == 0 ? abi.encodePacked(crosses | cell, noughts) : abi.encodePacked(crosses, noughts | cell);
    }

    /// @inheritdoc IApp
    function outcome(bytes calldata data, uint64) external pure returns (bool over, uint16 shareA) {
        (uint16 crosses, uint16 noughts) = read(data);
        if (wins(crosses)) return (true, 10_000);
        if (wins(noughts)) return (true, 0);
        if (crosses | noughts == FULL) return (true, 5_000);
    }

    function read(bytes calldata data) private pure returns (uint16, uint16) {
        if (data.length != 4) revert MalformedData(data.length, 4);
        return (uint16(bytes2(data[:2])), uint16(bytes2(data[2:])));
    }

    function wins(uint16 cells) private pure returns (bool) {
        // One nine-bit mask per line: three rows, three columns, two diagonals.
        uint16[8] memory lines = [uint16(0x007), 0x038, 0x1c0, 0x049, 0x092, 0x124, 0x111, 0x054];
        for (uint256 i; i < 8; ++i) {
            if (cells & lines[i] == lines[i]) return true;
        }
        return false;
    }
}
