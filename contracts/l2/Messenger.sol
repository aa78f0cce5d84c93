// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMessenger} from "../interfaces/IMessenger.sol";
import {InboxHashing} from "../libraries/InboxHashing.sol";

/// @title Messenger
contract Messenger is IMessenger {
    /// @inheritdoc IMessenger
    /// @dev INVARIANT: slot 0. The portal proves keccak256(id, 0).
    mapping(bytes32 id => bool) public sent;
    /// @inheritdoc IMessenger
    uint256 public nonce;

    /// @inheritdoc IMessenger
    function sendMessage(address target, uint64 gasLimit, bytes calldata data) external payable returns (bytes32 id) {
        uint256 current = nonce++;
        id = InboxHashing.withdrawal(current, msg.sender, target, msg.value, gasLimit, keccak256(data));
        sent[id] = true;
        emit MessageSent(id, msg.sender, target, current, msg.value, gasLimit, data);
    }
}
