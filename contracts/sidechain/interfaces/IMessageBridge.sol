// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title One end of a bridge between two chains: ether and calls go from either end to the other
/// @notice A message that was sent at one end runs once at the other, or is refunded. Its id binds both chains and both ends.
interface IMessageBridge {
    /// @notice A message. Who sent it is known at the other end while it runs, by `currentSender`.
    struct Message {
        uint256 nonce;
        address sender;
        address to;
        uint256 value;
        /// The last second at which it may run at the other end, where that end has deadlines; else 0.
        uint256 deadline;
        bytes data;
    }

    event MessageSent(bytes32 indexed id, Message message);
    event MessageReceived(bytes32 indexed id);

    error AlreadyReceived(bytes32 id);
    /// @notice The call of a message failed, with what it returned. Anybody may try again.
    error CallFailed(bytes32 id, bytes returned);
    /// @notice No message may call the bridge itself.
    error CallsBridge(address to);
    /// @notice A deadline must be later than `earliest` and at most `latest`; 0 where both are 0.
    error WrongDeadline(uint256 actual, uint256 earliest, uint256 latest);
    error NothingRuns();
    error Reentered(bytes32 id);

    /// @notice Sends a message with the ether that comes along.
    function send(address to, uint256 deadline, bytes calldata data) external payable returns (bytes32 id);

    /// @notice The id of a message that is sent here, or one that arrives here.
    function idOf(Message calldata message, bool isSent) external view returns (bytes32);

    /// @notice Who sent the message that is running. Reverts if none is.
    function currentSender() external view returns (address);

    /// @notice 1 for a message that was sent here. The mapping is in slot 0, so that a proof finds it.
    function sent(bytes32 id) external view returns (uint256);

    /// @notice 1 for a message that has run here. The mapping is in slot 1.
    function received(bytes32 id) external view returns (uint256);
}
