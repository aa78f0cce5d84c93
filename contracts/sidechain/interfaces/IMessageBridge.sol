// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title One end of a bridge between two chains: ether and calls go from either end to the other
/// @notice A message that was sent at one end runs at most once at the other. Its id binds both chains and both ends.
/// @dev Warning: only the end that believes proofs refunds. A message from the other end whose call always fails stays there for ever.
interface IMessageBridge {
    /// @notice A message. Who sent it is known at the other end while it runs, by `currentSender`.
    struct Message {
        uint256 nonce;
        address sender;
        address to;
        uint256 value;
        /// The last second at which it may run at the other end, where that end has deadlines; else 0.
        uint256 deadline;
        /// The gas that its call must have at least. Who runs it chooses how much gas there is: a callee that swallows a lack of gas needs
        /// this, or anybody can use up its message without effect.
        uint256 gas;
        bytes data;
    }

    event MessageSent(bytes32 indexed id, Message message);
    event MessageReceived(bytes32 indexed id);

    error AlreadyReceived(bytes32 id);
    /// @notice The call of a message failed, with what it returned. Anybody may try again.
    error CallFailed(bytes32 id, bytes returned);
    /// @notice No message may call the bridge itself: neither is one sent to the other end, nor is one run that is for this end.
    error CallsBridge(address to);
    /// @notice A deadline must be later than `earliest` and at most `latest`; 0 where both are 0.
    error WrongDeadline(uint256 actual, uint256 earliest, uint256 latest);
    /// @notice The message asks for more gas than `maximum`, which a transaction of the other chain can surely give.
    error TooMuchGas(uint256 actual, uint256 maximum);
    /// @notice The message has more bytes of data than `maximum`, which a transaction of the other chain can surely bring. What a port or a
    /// router wraps around the data of its caller counts.
    error TooMuchData(uint256 actual, uint256 maximum);
    /// @notice There is too little gas left for the call of the message.
    error TooLittleGas(uint256 actual, uint256 expected);
    error NothingRuns();
    error Reentered(bytes32 id);

    /// @notice Sends a message with the ether that comes along. Refuses what the other end would never run: too much gas, too much data, and
    /// the other end itself as target.
    /// @param gas what its call must have at least.
    function send(address to, uint256 deadline, uint256 gas, bytes calldata data) external payable returns (bytes32 id);

    /// @notice The id of a message that is sent here, or one that arrives here.
    function idOf(Message calldata message, bool isSent) external view returns (bytes32);

    /// @notice Who sent the message that is running. Reverts if none is.
    function currentSender() external view returns (address);

    /// @notice 1 for a message that was sent here. The mapping is in slot 0, so that a proof finds it.
    function sent(bytes32 id) external view returns (uint256);

    /// @notice 1 for a message that has run here. The mapping is in slot 1.
    function received(bytes32 id) external view returns (uint256);
}
