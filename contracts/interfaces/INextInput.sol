// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Machine} from "../types/Machine.sol";

/// @title The step that takes an idle machine's next input: it opens a batch, or takes an item or a delayed message.
interface INextInput {
    /// @notice The machine after its next input: idle again, or at the start of a transaction.
    function step(Machine memory machine, bytes calldata witness) external view returns (Machine memory next);
}
