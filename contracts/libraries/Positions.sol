// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Position, Side} from "../types/DisputeTypes.sol";

/// @title Arithmetic of positions in the tree of a dispute game
library Positions {
    Position internal constant ROOT = Position.wrap(1);

    /// @notice Levels below the root.
    function depth(Position position) internal pure returns (uint8 result) {
        uint64 raw = Position.unwrap(position);
        // Unchecked: a 64-bit number is halved to zero at most 63 times after its leading bit.
        unchecked {
            if (raw >> 32 != 0) (raw, result) = (raw >> 32, 32);
            if (raw >> 16 != 0) (raw, result) = (raw >> 16, result + 16);
            if (raw >> 8 != 0) (raw, result) = (raw >> 8, result + 8);
            if (raw >> 4 != 0) (raw, result) = (raw >> 4, result + 4);
            if (raw >> 2 != 0) (raw, result) = (raw >> 2, result + 2);
            if (raw >> 1 != 0) ++result;
        }
    }

    /// @notice The position of an answer: the middle of the range left of the claim, or of the range right of it.
    function answer(Position position, Side side) internal pure returns (Position) {
        uint64 raw = Position.unwrap(position);
        return Position.wrap(side == Side.Attack ? raw * 2 : raw * 2 + 2);
    }

    /// @notice The number of steps after which the claimed machine is reached.
    function state(Position position, uint8 maxDepth) internal pure returns (uint64) {
        uint8 level = depth(position);
        uint64 index = Position.unwrap(position) - (uint64(1) << level);
        return (index + 1) << (maxDepth - level);
    }
}
