// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The OP Stack's hashes
/// @dev The words of each are those of `abi.encode`, without a tag.
library OptimismHashing {
    /// @dev Version of a message in its nonce.
    uint256 internal constant MESSAGE_VERSION = 1;
    /// @dev Version of an output root.
    bytes32 internal constant ROOT_VERSION = 0;

    /// @notice The hash of a message from L2: of `abi.encode` of its six members.
    function withdrawal(
        uint256 nonce,
        address sender,
        address target,
        uint256 value,
        uint256 gasLimit,
        bytes calldata data
    ) internal pure returns (bytes32 hash) {
        // Solidity would allocate a copy, behind which an event with the same bytes needs another one. On L2 no memory range begins
        // above 49,152 bytes. What is written beyond the free pointer may be overwritten.
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, nonce)
            mstore(add(free, 0x20), shr(96, shl(96, sender)))
            mstore(add(free, 0x40), shr(96, shl(96, target)))
            mstore(add(free, 0x60), value)
            mstore(add(free, 0x80), gasLimit)
            mstore(add(free, 0xa0), 0xc0)
            mstore(add(free, 0xc0), data.length)
            let padded := and(add(data.length, 0x1f), not(0x1f))
            // The last word ends in zeros, whatever was there.
            if padded { mstore(add(add(free, 0xc0), padded), 0) }
            calldatacopy(add(free, 0xe0), data.offset, data.length)
            hash := keccak256(free, add(0xe0, padded))
        }
    }

    /// @notice The root that commits to a state of L2, to the storage of its message passer, and to the block.
    function outputRoot(bytes32 version, bytes32 stateRoot, bytes32 passerStorageRoot, bytes32 blockHash)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(version, stateRoot, passerStorageRoot, blockHash));
    }

    /// @notice The passer's storage slot that says whether a message was sent.
    function sentSlot(bytes32 withdrawalHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(withdrawalHash, uint256(0)));
    }
}
