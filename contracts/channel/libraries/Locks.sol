// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannel} from "../interfaces/IPaymentChannel.sol";

/// @title Commitments to hashlocked payments
/// @notice A binary Merkle tree whose empty subtrees, of any height, are zero. An empty leaf replaces a decided lock. So the root
/// itself says which locks are left, and none can be decided twice.
library Locks {
    /// @dev keccak256("rollup-harness/channel/hashlock")
    bytes32 internal constant HASHLOCK_TAG = 0x223b016b9c556f9ea7be9741c387d9e450e4b2f90d33b15513e19ee52f3f66a4;
    /// @dev keccak256("rollup-harness/channel/lock")
    bytes32 internal constant LEAF_TAG = 0x4743fad5b22461fc7d82b74f3846ea4a80855add24faf794c499767bd90a726c;
    /// @dev keccak256("rollup-harness/channel/lock-node")
    bytes32 internal constant NODE_TAG = 0x313065be3a99b869bba6f4c3ae5bc94d7da27ad2ee804d803e57748cb7a2e7e0;
    /// @dev keccak256("rollup-harness/channel/lock-pool")
    bytes32 internal constant POOL_TAG = 0x8d0f5692f2ef575f216c211b2ebef860e51174c5e488458d4f4f34c0e0c83ade;

    error IndexOutOfTree(uint256 index, uint256 leaves);

    /// @notice The hashlock that `preimage` opens.
    function hashlock(bytes32 preimage) internal pure returns (bytes32) {
        return keccak256(abi.encode(HASHLOCK_TAG, preimage));
    }

    function leaf(IPaymentChannel.Lock calldata lock) internal pure returns (bytes32) {
        return keccak256(abi.encode(LEAF_TAG, lock.hashlock, lock.amount, lock.expiry, lock.payer));
    }

    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        // INVARIANT: zero is only an empty subtree. No leaf or node hashes to zero.
        return left | right == 0 ? bytes32(0) : keccak256(abi.encode(NODE_TAG, left, right));
    }

    /// @notice The root with `lockLeaf` at `index`, and the root after that leaf is emptied.
    function removal(bytes32 lockLeaf, uint256 index, bytes32[] calldata proof)
        internal
        pure
        returns (bytes32 root, bytes32 remaining)
    {
        // INVARIANT: one leaf has one index, so bits above the tree's height must be clear.
        if (index >> proof.length != 0) revert IndexOutOfTree(index, 1 << proof.length);
        root = lockLeaf;
        for (uint256 i; i < proof.length; ++i) {
            bytes32 sibling = proof[i];
            if ((index >> i) & 1 == 0) {
                root = node(root, sibling);
                remaining = node(remaining, sibling);
            } else {
                root = node(sibling, root);
                remaining = node(sibling, remaining);
            }
        }
    }

    /// @notice The commitment of a settled channel to its locks; zero if nothing is left.
    function pool(bytes32 root, uint256 amount) internal pure returns (bytes32) {
        return root == 0 || amount == 0 ? bytes32(0) : keccak256(abi.encode(POOL_TAG, root, amount));
    }
}
