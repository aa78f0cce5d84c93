// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title One step of the provable machine, decided on L1.
interface IOneStepProver {
    /// @notice The hash of the machine one step after the machine whose hash is `preHash`.
    /// @dev A pure function of its arguments and of the inboxes up to `endBatch`. Reverts if a part of the witness that the step reads does
    /// not open its hash, or if the gas does not suffice. A revert says nothing about the step.
    /// @param preHash MACHINE hash of the prestate.
    /// @param traceIndex input index << 24 | step. An idle machine takes its next input only at a multiple of 2^24.
    /// @param endBatch the first batch that the machine does not read.
    /// @param witness abi.encode(Witness), openings of the prestate.
    /// Warning: `traceIndex` and `endBatch` must come from the game, never from its caller.
    function verify(bytes32 preHash, uint256 traceIndex, uint256 endBatch, bytes calldata witness)
        external
        view
        returns (bytes32 postHash);

    /// @notice The last fork whose steps this prover knows; it knows those before, too. The numbers are those of ENV.
    function newestFork() external view returns (uint256);
}
