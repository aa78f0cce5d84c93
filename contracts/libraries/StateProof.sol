// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {NodePool} from "./NodePool.sol";
import {Patricia} from "./Patricia.sol";
import {RlpItems} from "./RlpItems.sol";

/// @title Reads a state whose root is known, from the nodes that lead there
library StateProof {
    /// @dev Bytes of a storage root, which RLP must encode as a whole word.
    uint256 internal constant WORD = 32;

    error NoAccount(address account, bytes32 stateRoot);
    error MalformedAccount(address account);

    /// @notice The root of an account's storage.
    /// @dev Reverts if a node is missing, or if there is no such account.
    function storageRoot(bytes[] calldata nodes, bytes32 stateRoot, address account)
        internal
        pure
        returns (bytes32 root)
    {
        bytes memory found = Patricia.get(NodePool.load(nodes), stateRoot, keccak256(abi.encodePacked(account)));
        if (found.length == 0) revert NoAccount(account, stateRoot);
        // The third item of [nonce, balance, storageRoot, codeHash].
        uint256 pointer;
        // Reads nothing: the bytes begin behind the length.
        assembly ("memory-safe") {
            pointer := add(found, 0x20)
        }
        (uint256 item,) = RlpItems.payload(pointer);
        (uint256 start, uint256 length) = RlpItems.payload(RlpItems.skip(RlpItems.skip(item)));
        if (length != WORD) revert MalformedAccount(account);
        // Reads the word whose place and length were just checked.
        assembly ("memory-safe") {
            root := mload(start)
        }
    }

    /// @notice The RLP of a storage slot's value: the minimal big-endian number, as an RLP string; no bytes if the slot is zero.
    /// @dev Reverts if a node is missing.
    function slotValue(bytes[] calldata nodes, bytes32 root, bytes32 slot) internal pure returns (bytes memory) {
        return Patricia.get(NodePool.load(nodes), root, keccak256(abi.encodePacked(slot)));
    }
}
