// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Machine, Transaction} from "../types/Machine.sol";

/// @title The steps of a transaction between its input and its first opcode.
interface ITransactionPreparation {
    /// @notice Looks at the sender's code, takes an authorisation, warms an entry of the access list, or opens the top frame, depending on the
    /// phase.
    /// @return next is idle if L2 skips the transaction after all. Otherwise it holds the hashes of its transaction and its frame.
    function step(Machine memory machine, Transaction memory transaction, bytes calldata witness)
        external
        view
        returns (Machine memory next);
}
