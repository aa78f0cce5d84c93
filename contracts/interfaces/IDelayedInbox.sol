// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a prover reads of the queue of messages from L1.
interface IDelayedInbox {
    /// @notice The DELAYED hash (contracts/SPEC.md) of the message queued at `index`; zero while there is none.
    function messageHash(uint256 index) external view returns (bytes32);
}
