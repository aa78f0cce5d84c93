// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Frame} from "../types/Machine.sol";
import {Hashing} from "./Hashing.sol";
import {Witnesses} from "./Witnesses.sol";

/// @title The stack of a frame: a chain of hashes, the top outermost.
library StackChain {
    uint256 internal constant LIMIT = 1024;

    /// @notice Opens and removes the `count` topmost items of a frame. Its stack holds at least as many.
    /// @param opening the hash of the rest of the stack, then the items, the deepest first.
    /// @return operands the items, the topmost first.
    function pop(Frame memory frame, bytes32[] calldata opening, uint256 count)
        internal
        pure
        returns (uint256[] memory operands)
    {
        if (count == 0) return operands;
        if (opening.length != count + 1) revert Witnesses.WrongLength("stack", opening.length, count + 1);
        operands = new uint256[](count);
        bytes32 rest = opening[0];
        bytes32 chain = rest;
        // Cannot wrap: `count` is at most 17, and the caller has compared it with the stack's size.
        unchecked {
            for (uint256 i = 1; i <= count; ++i) {
                chain = Hashing.hashPair(Hashing.STACK, chain, opening[i]);
                operands[count - i] = uint256(opening[i]);
            }
            if (chain != frame.stack) revert Witnesses.WrongOpening("stack", chain, frame.stack);
            frame.stackSize -= count;
        }
        frame.stack = rest;
    }

    /// @notice Adds an item. The caller has checked that the stack stays within its limit.
    function push(Frame memory frame, uint256 item) internal pure {
        frame.stack = Hashing.hashPair(Hashing.STACK, frame.stack, bytes32(item));
        // Cannot wrap: the stack's size is at most LIMIT.
        unchecked {
            ++frame.stackSize;
        }
    }
}
