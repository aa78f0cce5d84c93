// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Loop
/// @notice Multiplies as often as it is told, so that a transaction has as many opcodes as a scenario needs.
contract Loop {
    /// @notice A spin of no turns.
    error NoTurns();

    uint256 public product = 1;

    /// @notice Multiply the product `turns` times, each time by the next odd number, without a check for overflow.
    function spin(uint256 turns) external {
        if (turns == 0) revert NoTurns();
        uint256 result = product;
        for (uint256 turn = 0; turn < turns; turn++) {
            // The low 256 bits of the product are all that is wanted.
            unchecked {
                result = result * (2 * turn + 1);
            }
        }
        product = result;
    }
}
