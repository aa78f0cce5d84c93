// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Machine, Transaction} from "../types/Machine.sol";

/// @title The step behind an input that has opened a block.
interface IBlockOpening {
    /// @notice Writes what the block tells into L2's state.
    /// @return next is idle if the input executes nothing. Otherwise it holds the hash of its transaction.
    function step(Machine memory machine, Transaction memory transaction, bytes calldata witness)
        external
        view
        returns (Machine memory next);
}
