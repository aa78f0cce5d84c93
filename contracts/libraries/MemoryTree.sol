// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashing} from "./Hashing.sol";
import {Witnesses} from "./Witnesses.sol";

/// @title Ranges of a frame's memory: a binary Merkle tree of 2^24 words that always has its full depth.
/// @dev Ranges are given in bytes and are not empty. Callers have charged for them, which bounds them to the tree.
library MemoryTree {
    uint256 internal constant LEVELS = 24;

    /// @dev Root of a memory that holds only zeros: Z(0) = 0, Z(k+1) = H(MEMORY, Z(k), Z(k)), Z(24).
    bytes32 internal constant ZERO_ROOT = 0x7ad6db9c827e9f093ba2805b284a1b37ed49fc09c88b2ed98e0e7c673c80bbd4;

    /// @dev The nodes beside a range, by level. A level has a left one if the range's left end is odd there, and a right one if the right
    /// end is even.
    struct Outside {
        bytes32[LEVELS] left;
        bytes32[LEVELS] right;
    }

    /// @notice The bytes [offset, offset + size), size > 0, of the memory whose root is `root`.
    /// @param opening the words that hold the range, then the nodes outside of it, level by level, left before right.
    function read(bytes32 root, uint256 offset, uint256 size, bytes32[] calldata opening)
        internal
        pure
        returns (bytes memory data)
    {
        uint256 low = offset / 32;
        uint256 high = (offset + size - 1) / 32;
        uint256 count = high - low + 1;
        if (opening.length < count) revert Witnesses.WrongLength("read", opening.length, count);
        uint256 buffer = _buffer(count);
        // Fills `count` of the words that were reserved behind the buffer's spare one.
        assembly ("memory-safe") {
            calldatacopy(add(buffer, 0x20), opening.offset, mul(count, 0x20))
        }
        // The range is copied out before hashing overwrites the words.
        data = new bytes(size);
        assembly ("memory-safe") {
            mcopy(add(data, 0x20), add(add(buffer, 0x20), mod(offset, 0x20)), size)
        }
        bytes32 actual = _root(buffer, low, high, _readOutside(low, high, opening, count));
        if (actual != root) revert Witnesses.WrongOpening("read", actual, root);
    }

    /// @notice The word at `offset`, which need not be aligned.
    function readWord(bytes32 root, uint256 offset, bytes32[] calldata opening) internal pure returns (uint256) {
        return uint256(bytes32(read(root, offset, 32, opening)));
    }

    /// @notice The root after `data`, not empty, was written at `offset` to the memory whose root is `root`.
    /// @param opening the old first word and the old last word (one word if they are the same), then the siblings of their paths.
    function write(bytes32 root, uint256 offset, bytes memory data, bytes32[] calldata opening)
        internal
        pure
        returns (bytes32)
    {
        uint256 low = offset / 32;
        uint256 high = (offset + data.length - 1) / 32;
        Outside memory outside = _writeOutside(root, low, high, opening);
        uint256 buffer = _buffer(high - low + 1);
        bytes32 first = opening[0];
        bytes32 last = opening[low == high ? 0 : 1];
        // Writes only the words that were reserved behind the buffer's spare one. The last word is written before the first: if they
        // are the same word, both hold the same.
        assembly ("memory-safe") {
            let words := add(buffer, 0x20)
            mstore(add(words, mul(sub(high, low), 0x20)), last)
            mstore(words, first)
            mcopy(add(words, mod(offset, 0x20)), add(data, 0x20), mload(data))
        }
        return _root(buffer, low, high, outside);
    }

    /// @dev Memory for one spare word, `count` words, and another spare one.
    function _buffer(uint256 count) private pure returns (uint256 buffer) {
        // Allocates; nothing is written.
        assembly ("memory-safe") {
            buffer := mload(0x40)
            mstore(0x40, add(buffer, mul(add(count, 2), 0x20)))
        }
    }

    function _readOutside(uint256 low, uint256 high, bytes32[] calldata opening, uint256 next)
        private
        pure
        returns (Outside memory outside)
    {
        // Cannot wrap: counters of at most 24 levels and as many words as the opening has.
        unchecked {
            for (uint256 level = 0; level < LEVELS; ++level) {
                if (low & 1 == 1) outside.left[level] = opening[next++];
                if (high & 1 == 0) outside.right[level] = opening[next++];
                low >>= 1;
                high >>= 1;
            }
        }
        if (next != opening.length) revert Witnesses.WrongLength("read", opening.length, next);
    }

    /// @dev Proves the two paths against the old root. A sibling on the inner side of a path lies inside of the range and is not kept.
    function _writeOutside(bytes32 root, uint256 low, uint256 high, bytes32[] calldata opening)
        private
        pure
        returns (Outside memory outside)
    {
        uint256 next = low == high ? 1 : 2;
        bytes32 left = opening[0];
        bytes32 right = opening[next - 1];
        // Cannot wrap: counters of at most 24 levels and as many words as the opening has.
        unchecked {
            for (uint256 level = 0; level < LEVELS; ++level) {
                if (low == high) {
                    bytes32 sibling = opening[next++];
                    left = right = _parent(low, left, sibling);
                    outside.left[level] = outside.right[level] = sibling;
                } else if (low ^ 1 == high) {
                    left = right = Hashing.hashPair(Hashing.MEMORY, left, right);
                } else {
                    outside.left[level] = opening[next++];
                    outside.right[level] = opening[next++];
                    left = _parent(low, left, outside.left[level]);
                    right = _parent(high, right, outside.right[level]);
                }
                low >>= 1;
                high >>= 1;
            }
        }
        if (left != root) revert Witnesses.WrongOpening("write", left, root);
        if (next != opening.length) revert Witnesses.WrongLength("write", opening.length, next);
    }

    function _parent(uint256 index, bytes32 node, bytes32 sibling) private pure returns (bytes32) {
        return index & 1 == 1
            ? Hashing.hashPair(Hashing.MEMORY, sibling, node)
            : Hashing.hashPair(Hashing.MEMORY, node, sibling);
    }

    /// @dev Root of the tree over the words behind the spare word at `buffer`. Destroys the buffer.
    function _root(uint256 buffer, uint256 low, uint256 high, Outside memory outside)
        private
        pure
        returns (bytes32 root)
    {
        uint256 tag = Hashing.MEMORY;
        // In assembly because a range has up to 1,537 words. Reads and writes only the buffer, `outside`, and 96 bytes behind the free
        // memory pointer for the preimage. A level's parents overwrite its nodes. Parent i is written to place 1 + i of the buffer after
        // nodes up to 2i + 1 were read, so no unread node is lost.
        assembly ("memory-safe") {
            let preimage := mload(0x40)
            mstore(preimage, tag)
            let base := add(buffer, 0x20)
            for { let level := 0 } lt(level, 0x300) { level := add(level, 0x20) } {
                let from := base
                let to := add(base, mul(sub(high, low), 0x20))
                if and(low, 1) {
                    from := buffer
                    mstore(from, mload(add(mload(outside), level)))
                }
                if iszero(and(high, 1)) {
                    to := add(to, 0x20)
                    mstore(to, mload(add(mload(add(outside, 0x20)), level)))
                }
                let target := base
                for {} lt(from, to) { from := add(from, 0x40) } {
                    mcopy(add(preimage, 0x20), from, 0x40)
                    mstore(target, keccak256(preimage, 0x60))
                    target := add(target, 0x20)
                }
                low := shr(1, low)
                high := shr(1, high)
            }
            root := mload(base)
        }
    }
}
