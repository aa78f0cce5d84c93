// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Machine, Transaction} from "../types/Machine.sol";

/// @title The steps of a transaction after its last opcode.
interface ITransactionEnd {
    /// @notice Pays refund and fees, pays the L1 data fee, or deletes one destroyed account, depending on the phase.
    /// @return next is idle, or holds the hash of its transaction.
    function step(Machine memory machine, Transaction memory transaction, bytes calldata witness)
        external
        view
        returns (Machine memory next);
}
