// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Messages from L2 to L1; a predeploy of L2 with the OP Stack's ABI, hashes and storage
/// @notice Stores each message's hash in the mapping in slot 0. L1's portal is given proofs of that mapping.
interface IL2ToL1MessagePasser {
    event MessagePassed(
        uint256 indexed nonce,
        address indexed sender,
        address indexed target,
        uint256 value,
        uint256 gasLimit,
        bytes data,
        bytes32 withdrawalHash
    );
    event WithdrawerBalanceBurnt(uint256 indexed amount);

    /// @notice Asks L1's portal to call `target` with the value of this call, once the message is proven against a state that is confirmed.
    /// The value stays in this contract for ever: it has left L2.
    /// @dev Warning: nothing ever returns to L2. What becomes of a message whose call on L1 fails, the portal states.
    /// @param gasLimit The least gas that the call on L1 gets.
    function initiateWithdrawal(address target, uint256 gasLimit, bytes calldata data) external payable;

    /// @notice Destroys the ether in this contract: that of messages, which has left L2. Anyone may call.
    function burn() external;

    function sentMessages(bytes32 withdrawalHash) external view returns (bool);

    /// @notice The nonce of the next message, with the version of messages in its upper two bytes.
    function messageNonce() external view returns (uint256);

    function MESSAGE_VERSION() external view returns (uint16);

    /// @notice The version of the OP Stack's contract whose ABI this is.
    function version() external view returns (string memory);
}
