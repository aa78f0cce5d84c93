// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A delayed inbox, or a sequencer inbox, that holds whatever a test puts there, also what the real one refuses.
contract AnyMessages {
    bytes32[] internal hashes;

    function add(bytes32 hash) external {
        hashes.push(hash);
    }

    function messageHash(uint256 index) external view returns (bytes32) {
        return hashes[index];
    }

    function batchHash(uint256 index) external view returns (bytes32) {
        return hashes[index];
    }

    function messageCount() external view returns (uint256) {
        return hashes.length;
    }
}
