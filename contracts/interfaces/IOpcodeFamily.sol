// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ending, State} from "../types/Machine.sol";

/// @dev The running frame halts exceptionally. Families and libraries revert with it, and only the entry catches it. As the EVM demands,
/// the opcode's changes are forgotten.
error Halt();

/// @title The opcodes of one kind.
/// @dev The entry has opened machine, transaction, frame, stack and code of the witness. It has checked for underflow, overflow and
/// static violations. It has popped the operands, charged the static gas, and moved the program counter.
interface IOpcodeFamily {
    /// @notice Runs one opcode.
    /// @param opcode the opcode's byte; 0 in a frame of a precompile.
    /// @param state the opened state, as described above. Warning: its `fork` is Forks.UNOPENED, above every fork, if the witness leaves the
    /// environment out. Read it by Forks.opened, which reverts then.
    /// @param operands the popped items, the top of the stack first.
    /// @param witness abi.encode(Witness), the same that the entry opened.
    /// @return next the state afterwards. If the opcode opens a frame, this is the new frame's.
    /// @return results the items to push on the frame, in the order of pushing.
    /// @return ending whether and how the frame ends.
    /// @return output what the frame returns to its parent if it ends.
    function step(uint256 opcode, State memory state, uint256[] memory operands, bytes calldata witness)
        external
        view
        returns (State memory next, uint256[] memory results, Ending ending, bytes memory output);
}
