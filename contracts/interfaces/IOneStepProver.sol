// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title One step of the provable machine, decided on L1.
interface IOneStepProver {
    /// @notice The hash of the machine one step after the machine whose hash is `preHash`.
    /// @dev A pure function of its arguments and of the inboxes up to `endBatch`. Reverts if a part of the witness that the step reads does
    /// not open its hash, or if the gas does not suffice: a revert says nothing about the step.
    /// @param preHash MACHINE hash of the prestate.
    /// @param traceIndex input index << 24 | step; an idle machine takes its next input at a multiple of 2^24 only.
    /// @param endBatch the first batch that the machine does not read.
    /// @param witness abi.encode(Witness), openings of the prestate.
    /// Warning: `traceIndex` and `endBatch` must come from the game, never from who calls it.
    function verify(bytes32 preHash, uint256 traceIndex, uint256 endBatch, bytes calldata witness)
        external
        view
        returns (bytes32 postHash);
}
