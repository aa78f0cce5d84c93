// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMessageBridge} from "./interfaces/IMessageBridge.sol";

/// @title What both ends of a bridge have in common
abstract contract MessageBridge is IMessageBridge {
    /// @inheritdoc IMessageBridge
    mapping(bytes32 id => uint256) public sent;
    /// @inheritdoc IMessageBridge
    mapping(bytes32 id => uint256) public received;
    uint256 internal nonce;

    /// @dev The chain and the address of the other end.
    uint256 public immutable remoteChain;
    address public immutable remote;

    address internal transient running;
    bytes32 internal transient runningId;

    constructor(uint256 remoteChain_, address remote_) {
        remoteChain = remoteChain_;
        remote = remote_;
    }

    /// @inheritdoc IMessageBridge
    function send(address to, uint256 deadline, bytes calldata data) external payable returns (bytes32 id) {
        _checkDeadline(deadline);
        Message memory message = Message(nonce++, msg.sender, to, msg.value, deadline, data);
        id = _id(message, true);
        sent[id] = 1;
        emit MessageSent(id, message);
    }

    /// @inheritdoc IMessageBridge
    function idOf(Message calldata message, bool isSent) external view returns (bytes32) {
        return _id(message, isSent);
    }

    /// @inheritdoc IMessageBridge
    function currentSender() external view returns (address) {
        if (runningId == 0) revert NothingRuns();
        return running;
    }

    /// @dev INVARIANT: no two chains, ends or directions share an id, so a message runs on one chain only.
    function _id(Message memory message, bool isSent) internal view returns (bytes32) {
        return isSent
            ? keccak256(abi.encode(block.chainid, this, remoteChain, remote, message))
            : keccak256(abi.encode(remoteChain, remote, block.chainid, this, message));
    }

    /// @dev Reverts for a deadline that the other end does not take.
    function _checkDeadline(uint256 deadline) internal view virtual;

    /// @dev Runs a message that has been shown to be sent. Reverts if its call does, so that anybody may try again.
    function _run(bytes32 id, Message memory message) internal {
        if (runningId != 0) revert Reentered(runningId);
        if (received[id] != 0) revert AlreadyReceived(id);
        if (message.to == address(this)) revert CallsBridge(message.to);
        received[id] = 1;
        emit MessageReceived(id);
        (running, runningId) = (message.sender, id);
        (bool done, bytes memory returned) = message.to.call{value: message.value}(message.data);
        if (!done) revert CallFailed(id, returned);
        runningId = 0;
    }
}
