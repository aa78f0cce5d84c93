// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashing} from "./Hashing.sol";
import {Witnesses} from "./Witnesses.sol";

/// @title The ring of block hashes: a binary tree of 256 leaves. Leaf `number mod 256` belongs to block `number`.
library RingTree {
    uint256 private constant LEVELS = 8;

    /// @notice The leaf of block `number`.
    /// @param opening the leaf, then its siblings from the leaf's level upward.
    function read(bytes32 root, uint256 number, bytes32[] calldata opening) internal pure returns (bytes32) {
        if (opening.length != LEVELS + 1) revert Witnesses.WrongLength("ring", opening.length, LEVELS + 1);
        bytes32 actual = _fold(opening[0], number, opening);
        if (actual != root) revert Witnesses.WrongOpening("ring", actual, root);
        return opening[0];
    }

    /// @notice The root after the leaf of block `number` was given the value `leaf`.
    function write(bytes32 root, uint256 number, bytes32 leaf, bytes32[] calldata opening)
        internal
        pure
        returns (bytes32)
    {
        read(root, number, opening);
        return _fold(leaf, number, opening);
    }

    function _fold(bytes32 node, uint256 index, bytes32[] calldata opening) private pure returns (bytes32) {
        for (uint256 level = 1; level <= LEVELS; ++level) {
            node = index & 1 == 1
                ? Hashing.hashPair(Hashing.RING, opening[level], node)
                : Hashing.hashPair(Hashing.RING, node, opening[level]);
            index >>= 1;
        }
        return node;
    }
}
