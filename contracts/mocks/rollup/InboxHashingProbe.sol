// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {InboxHashing} from "../../libraries/InboxHashing.sol";
import {OptimismHashing} from "../../libraries/OptimismHashing.sol";
import {Predeploys} from "../../libraries/Predeploys.sol";
import {Batch} from "../../types/Batch.sol";

/// @title The rollup's hashes, for the vectors that both sides read
contract InboxHashingProbe {
    function batch(uint256 index, Batch calldata record) external pure returns (bytes32) {
        return InboxHashing.batch(index, record);
    }

    function delayed(
        uint256 index,
        uint256 kind,
        address sender,
        uint256 l1Block,
        uint256 l1Timestamp,
        uint256 gasLimit,
        bytes calldata payload
    ) external pure returns (bytes32) {
        return InboxHashing.delayed(index, kind, sender, l1Block, l1Timestamp, gasLimit, keccak256(payload));
    }

    function assertion(bytes32 parent, uint256 end, bytes32 root, uint256 attempt) external pure returns (bytes32) {
        return InboxHashing.assertion(parent, end, root, attempt);
    }

    function withdrawal(
        uint256 nonce,
        address sender,
        address target,
        uint256 value,
        uint256 gasLimit,
        bytes calldata data
    ) external pure returns (bytes32) {
        return OptimismHashing.withdrawal(nonce, sender, target, value, gasLimit, data);
    }

    function outputRoot(bytes32 version, bytes32 stateRoot, bytes32 passerStorageRoot, bytes32 blockHash)
        external
        pure
        returns (bytes32)
    {
        return OptimismHashing.outputRoot(version, stateRoot, passerStorageRoot, blockHash);
    }

    function sentSlot(bytes32 withdrawalHash) external pure returns (bytes32) {
        return OptimismHashing.sentSlot(withdrawalHash);
    }

    function opaque(uint256 mint, uint256 value, uint64 gasLimit, bool isCreation, bytes calldata data)
        external
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(mint, value, gasLimit, isCreation, data);
    }

    function deposit(bool isCreation, address to, uint256 mint, uint256 value, uint64 gasLimit, bytes calldata data)
        external
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(isCreation, to, mint, value, gasLimit, data);
    }

    function aliased(address l1Address) external pure returns (address) {
        return Predeploys.aliased(l1Address);
    }
}
