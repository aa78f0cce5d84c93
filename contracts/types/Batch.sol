// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev The record of a batch: the words of BATCH behind its index (contracts/SPEC.md). All are whole words, so that it is hashed in place.
struct Batch {
    bytes32 dataHash;
    uint256 length;
    uint256 minTimestamp;
    uint256 maxTimestamp;
    uint256 l1Block;
    uint256 delayedCount;
    uint256 fork;
    uint256 l1BaseFee;
    uint256 l1Timestamp;
    bytes32 l1ParentHash;
    uint256 l1BlobBaseFee;
}
