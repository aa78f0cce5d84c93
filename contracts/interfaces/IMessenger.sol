// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Messages from L2 to L1; a predeploy of L2
/// @notice Stores the hash of each message in the mapping at slot 0. L1's portal demands a proof of that entry.
interface IMessenger {
    event MessageSent(
        bytes32 indexed id,
        address indexed sender,
        address indexed target,
        uint256 nonce,
        uint256 value,
        uint64 gasLimit,
        bytes data
    );

    /// @notice Asks L1's portal to call `target` with the value of this call, once the state after it is confirmed and somebody brings the
    /// proof. The value leaves L2: it stays in this contract for ever.
    /// @dev Warning: a call that fails on L1 may be tried again, but nothing returns to L2.
    /// @param gasLimit The least gas that the call on L1 gets.
    /// @return id H(WITHDRAWAL, ...)
    function sendMessage(address target, uint64 gasLimit, bytes calldata data) external payable returns (bytes32 id);

    function sent(bytes32 id) external view returns (bool);

    /// @notice The nonce of the next message.
    function nonce() external view returns (uint256);
}
