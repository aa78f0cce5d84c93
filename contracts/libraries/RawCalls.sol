// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Calls whose answer is read only if it is wanted.
/// @dev Solidity copies the data of a low-level call once more, and whatever the callee returns, which costs the caller gas that it did not plan for.
library RawCalls {
    /// @notice Calls `target` with all gas that may be given. What it returns is not copied; `returned` has it until the next call.
    function call(address target, uint256 value, bytes memory data) internal returns (bool done) {
        // Assembly, so that the data are not copied again, and what a successful callee returns is not copied at all.
        assembly ("memory-safe") {
            done := call(gas(), target, value, add(data, 0x20), mload(data), 0, 0)
        }
    }

    /// @notice What the last call returned, or reverted with.
    function returned() internal pure returns (bytes memory data) {
        // Assembly, since no other way has it after `call`. Allocates whole words.
        assembly ("memory-safe") {
            data := mload(0x40)
            mstore(data, returndatasize())
            returndatacopy(add(data, 0x20), 0, returndatasize())
            mstore(0x40, and(add(add(data, returndatasize()), 0x3f), not(0x1f)))
        }
    }
}
