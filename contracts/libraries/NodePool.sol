// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev Nodes of Patricia tries by their hash: the witness's nodes, and those that this step has made.
struct Pool {
    /// Where the newest entry is in memory; 0 if there is no entry.
    uint256 head;
}

/// @title The nodes that a step can reach.
/// @dev An entry in memory is the next entry's place, the hash, the length and the bytes. The newest entries come first, since a step
/// often looks up what it has just made.
library NodePool {
    /// @notice Joined nodes must be a sequence of RLP lists. No list at this place ends inside of the bytes.
    error MalformedNodes(uint256 offset, uint256 length);
    /// @notice The step needs a node that the witness does not hold.
    error MissingNode(bytes32 hash);

    /// @notice A pool of separate nodes.
    function load(bytes[] calldata nodes) internal pure returns (Pool memory pool) {
        // Cannot wrap: an index into calldata.
        unchecked {
            for (uint256 i = 0; i < nodes.length; ++i) {
                _append(pool, nodes[i]);
            }
        }
    }

    /// @notice A pool of joined nodes. Each is an RLP list, whose prefix gives its length.
    function loadJoined(bytes calldata nodes) internal pure returns (Pool memory pool) {
        uint256 offset = 0;
        // Cannot wrap: a node's length is compared with what is left before it is added.
        unchecked {
            while (offset < nodes.length) {
                uint256 length = _length(nodes[offset:]);
                if (length == 0 || length > nodes.length - offset) revert MalformedNodes(offset, nodes.length);
                _append(pool, nodes[offset:offset + length]);
                offset += length;
            }
        }
    }

    /// @notice Adds a node and gives its hash.
    function add(Pool memory pool, bytes memory node) internal pure returns (bytes32 hash) {
        uint256 entry;
        // Allocates the entry in whole words, rounded up.
        assembly ("memory-safe") {
            let length := mload(node)
            entry := mload(0x40)
            mcopy(add(entry, 0x40), node, add(length, 0x20))
            mstore(0x40, and(add(add(entry, length), 0x7f), not(0x1f)))
        }
        return _link(pool, entry);
    }

    /// @notice Where the RLP of the node with this hash begins in memory.
    function find(Pool memory pool, bytes32 hash) internal pure returns (uint256 node) {
        // Follows the entries from the newest; reads only.
        assembly ("memory-safe") {
            let entry := mload(pool)
            for {} entry {} {
                if eq(mload(add(entry, 0x20)), hash) {
                    node := add(entry, 0x60)
                    break
                }
                entry := mload(entry)
            }
        }
        if (node == 0) revert MissingNode(hash);
    }

    /// @dev Bytes of the list at the beginning, its prefix included; 0 if there is no list, or one too long for a node.
    function _length(bytes calldata data) private pure returns (uint256) {
        // Bytes past the end read as zeros, or as whatever follows. The caller compares the length with the end.
        uint256 head;
        assembly ("memory-safe") {
            head := shr(232, calldataload(data.offset))
        }
        // Cannot wrap: three bytes.
        unchecked {
            uint256 prefix = head >> 16;
            if (prefix < 0xc0) return 0;
            if (prefix < 0xf8) return prefix - 0xbf;
            if (prefix == 0xf8) return ((head >> 8) & 0xff) + 2;
            return prefix == 0xf9 ? (head & 0xffff) + 3 : 0;
        }
    }

    function _append(Pool memory pool, bytes calldata node) private pure {
        uint256 entry;
        // Allocates the entry in whole words, rounded up. _link writes the first two words of its head.
        assembly ("memory-safe") {
            entry := mload(0x40)
            mstore(add(entry, 0x40), node.length)
            calldatacopy(add(entry, 0x60), node.offset, node.length)
            mstore(0x40, and(add(add(entry, node.length), 0x7f), not(0x1f)))
        }
        _link(pool, entry);
    }

    /// @dev Hashes the bytes of an entry and puts it first.
    function _link(Pool memory pool, uint256 entry) private pure returns (bytes32 hash) {
        // Writes the first two words of the entry, which is the caller's, and the pool's only word.
        assembly ("memory-safe") {
            hash := keccak256(add(entry, 0x60), mload(add(entry, 0x40)))
            mstore(entry, mload(pool))
            mstore(add(entry, 0x20), hash)
            mstore(pool, entry)
        }
    }
}
