// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Batch} from "../types/Batch.sol";
import {Hashing} from "./Hashing.sol";

/// @title The tagged hashes of what the rollup's contracts store
library InboxHashing {
    /// @notice keccak256 of ``data``, without allocating memory.
    function bytesOf(bytes calldata data) internal pure returns (bytes32 dataHash) {
        // Solidity's keccak256 allocates a copy, and an event with the same bytes would allocate a second one behind it. An L1
        // that is itself an L2 has memory for one. What is written beyond the free pointer may be overwritten.
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, data.offset, data.length)
            dataHash := keccak256(free, data.length)
        }
    }

    /// @notice H(BATCH, index, the words of its record).
    function batch(uint256 index, Batch memory record) internal pure returns (bytes32) {
        return keccak256(abi.encode(Hashing.BATCH, index, record));
    }

    /// @notice H(DELAYED, index, kind, sender, l1Block, l1Timestamp, gasLimit, hash of payload).
    function delayed(
        uint256 index,
        uint256 kind,
        address sender,
        uint256 l1Block,
        uint256 l1Timestamp,
        uint256 gasLimit,
        bytes32 payloadHash
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(Hashing.DELAYED, index, kind, sender, l1Block, l1Timestamp, gasLimit, payloadHash));
    }

    /// @notice H(ASSERTION, parent, end, root, attempt).
    function assertion(bytes32 parent, uint256 end, bytes32 root, uint256 attempt) internal pure returns (bytes32) {
        return keccak256(abi.encode(Hashing.ASSERTION, parent, end, root, attempt));
    }
}
