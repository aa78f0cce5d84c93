// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ending, State} from "../types/Machine.sol";

/// @title The end of a frame: from its result to its parent, or to the end of the transaction.
interface IFrameEnd {
    /// @notice Ends the frame of `state`.
    /// @param ending SUCCESS, REVERT or HALT.
    /// @param output the bytes returned or reverted with; ignored after a halt.
    /// @param witness `parent` opens the parent's frame, `write` the parent's memory where output is written, `nodes` the created account.
    /// @return next has the parent's frame, or no frame and phase END.
    function end(State memory state, Ending ending, bytes memory output, bytes calldata witness)
        external
        view
        returns (State memory next);
}
