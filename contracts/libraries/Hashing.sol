// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The one tagged hash of this project: H(TAG, w1, ..., wn) = keccak256(word(TAG) || w1 || ... || wn).
/// @dev harness/primitives/hashing.py mirrors it. contracts/SPEC.md lists the tags and their words.
library Hashing {
    uint256 internal constant MACHINE = 1;
    uint256 internal constant ENV = 2;
    uint256 internal constant TX = 3;
    uint256 internal constant FRAME = 4;
    uint256 internal constant STACK = 5;
    uint256 internal constant MEMORY = 6;
    uint256 internal constant RING = 7;
    uint256 internal constant LOG = 8;
    uint256 internal constant DESTROYED = 9;
    uint256 internal constant ACCESS = 10;
    uint256 internal constant SCRATCH = 11;
    uint256 internal constant BLOCK = 12;
    uint256 internal constant RANDAO = 13;
    uint256 internal constant BATCH = 14;
    uint256 internal constant DELAYED = 15;
    uint256 internal constant ASSERTION = 16;
    uint256 internal constant CLAIM = 18;
    uint256 internal constant AUTHORIZATION = 19;

    /// @notice H(tag, words...) over any number of words.
    function hashWords(uint256 tag, bytes32[] memory words) internal pure returns (bytes32 result) {
        // The array's length word stands right before its items. It holds the tag while the preimage is hashed in place.
        // Memory-safe: writes only the length word, and restores it.
        assembly ("memory-safe") {
            let length := mload(words)
            mstore(words, tag)
            result := keccak256(words, mul(add(length, 1), 0x20))
            mstore(words, length)
        }
    }

    /// @notice H(tag, a, b), the node of every binary tree and chain.
    function hashPair(uint256 tag, bytes32 a, bytes32 b) internal pure returns (bytes32 result) {
        // Writes only behind the free memory pointer and does not move it, since the preimage is not needed again.
        assembly ("memory-safe") {
            let preimage := mload(0x40)
            mstore(preimage, tag)
            mstore(add(preimage, 0x20), a)
            mstore(add(preimage, 0x40), b)
            result := keccak256(preimage, 0x60)
        }
    }
}
