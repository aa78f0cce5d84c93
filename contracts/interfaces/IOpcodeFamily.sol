// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ending, State} from "../types/Machine.sol";

/// @dev The running frame halts exceptionally. Reverted with by families and libraries, caught by the entry alone: whatever the opcode
/// had changed is forgotten, as the rules of the EVM demand.
error Halt();

/// @title The opcodes of one kind.
/// @dev The entry has opened machine, transaction, frame, stack and code of the witness; has checked for underflow, overflow and a
/// violation of a static call; has popped the operands, charged the static gas and moved the program counter.
interface IOpcodeFamily {
    /// @notice Runs one opcode.
    /// @param opcode the opcode's byte; 0 in a frame of a precompile.
    /// @param state the opened state, as described above.
    /// @param operands what was popped, the top of the stack first.
    /// @param witness abi.encode(Witness), the same that the entry opened.
    /// @return next the state afterwards. Its frame is a new one if the opcode opened one.
    /// @return results what is to be pushed on the frame, in the order of pushing.
    /// @return ending whether and how the frame ends.
    /// @return output what the frame returns to its parent if it ends.
    function step(uint256 opcode, State memory state, uint256[] memory operands, bytes calldata witness)
        external
        view
        returns (State memory next, uint256[] memory results, Ending ending, bytes memory output);
}
