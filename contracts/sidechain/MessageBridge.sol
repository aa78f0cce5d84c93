// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RawCalls} from "../libraries/RawCalls.sol";
import {IMessageBridge} from "./interfaces/IMessageBridge.sol";

/// @title What both ends of a bridge have in common
abstract contract MessageBridge is IMessageBridge {
    // An end may be on a rollup, whose transactions have 2^23 gas and 50,000 bytes. Of both, enough is left for a proof of twelve branches in
    // each trie, or the signatures of a quorum of 255, which is on a chain of 2^24 gas.
    uint256 internal constant MAX_GAS = 6_000_000;
    uint256 internal constant MAX_DATA = 32_768;
    /// @dev Cost of a call with value to an account that does not exist yet, before the callee's own gas.
    uint256 internal constant CALL_COST = 40_000;

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
    function send(address to, uint256 deadline, uint256 gas, bytes calldata data)
        external
        payable
        returns (bytes32 id)
    {
        // INVARIANT: the other end refuses no message for its gas, its data or its target. Whether the call itself succeeds is the callee's matter.
        if (gas > MAX_GAS) revert TooMuchGas(gas, MAX_GAS);
        // This chain may make data in memory, for less gas than the other end's calldata cost.
        if (data.length > MAX_DATA) revert TooMuchData(data.length, MAX_DATA);
        if (to == remote) revert CallsBridge(to);
        _leave(msg.value, deadline);
        Message memory message = Message(nonce++, msg.sender, to, msg.value, deadline, gas, data);
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

    /// @dev Reverts for ether that cannot arrive at the other end, and for a deadline that it does not take.
    function _leave(uint256 value, uint256 deadline) internal virtual;

    /// @dev Runs a message that has been shown to be sent. Reverts if its call does, so that anybody may try again.
    function _run(bytes32 id, Message memory message) internal {
        if (runningId != 0) revert Reentered(runningId);
        if (received[id] != 0) revert AlreadyReceived(id);
        if (message.to == address(this)) revert CallsBridge(message.to);
        received[id] = 1;
        emit MessageReceived(id);
        (running, runningId) = (message.sender, id);
        // INVARIANT: the call really has its gas. The data are in memory already, so nothing but the call comes after this check.
        uint256 expected = (message.gas + CALL_COST) * 64 / 63;
        if (gasleft() < expected) revert TooLittleGas(gasleft(), expected);
        if (!RawCalls.call(message.to, message.value, message.data)) revert CallFailed(id, RawCalls.returned());
        runningId = 0;
    }
}
