// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Halt} from "../interfaces/IOpcodeFamily.sol";
import {Frame} from "../types/Machine.sol";

/// @title Charges a frame for gas, or halts it.
library Metering {
    /// @dev L2's bound on the size of a range operand. It is EIP-3860's bound of initcode.
    uint256 internal constant MAX_RANGE = 49_152;
    /// @dev Words of the memory tree. No range can need all of them: the frame runs out of gas first.
    uint256 internal constant MAX_MEMORY_WORDS = 1 << 24;

    /// @notice Takes `amount` from the frame's gas; halts if it has less.
    function charge(Frame memory frame, uint256 amount) internal pure {
        if (frame.gas < amount) revert Halt();
        // Cannot wrap: compared above.
        unchecked {
            frame.gas -= amount;
        }
    }

    /// @notice Checks the bound of a range that is read or written, and charges for it. Its offset needs no bound: an opening has
    /// the range's words and one path or two, wherever the range begins.
    function chargeRange(Frame memory frame, uint256 offset, uint256 size) internal pure {
        if (size > MAX_RANGE) revert Halt();
        chargeWindow(frame, offset, size);
    }

    /// @notice Grows memory over a range of any offset and size, and charges for the growth.
    function chargeWindow(Frame memory frame, uint256 offset, uint256 size) internal pure {
        if (size == 0) return;
        uint256 limit = MAX_MEMORY_WORDS * 32;
        if (offset >= limit || size >= limit) revert Halt();
        // Cannot wrap: both numbers are below 2^29, so every product here is below 2^60.
        unchecked {
            uint256 words = (offset + size + 31) / 32;
            if (words >= MAX_MEMORY_WORDS) revert Halt();
            uint256 before = frame.memorySize;
            if (words <= before) return;
            frame.memorySize = words;
            charge(frame, 3 * (words - before) + words * words / 512 - before * before / 512);
        }
    }

    /// @notice Words that hold `size` bytes. `size` is at most 2^32, or was charged for.
    function wordsOf(uint256 size) internal pure returns (uint256) {
        return (size + 31) / 32;
    }
}
