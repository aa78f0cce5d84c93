// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a prover reads of the contract that orders batches.
interface ISequencerInbox {
    /// @notice The BATCH hash (contracts/SPEC.md) of the batch posted at `index`; zero while there is none.
    function batchHash(uint256 index) external view returns (bytes32);
}
