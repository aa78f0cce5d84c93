// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IL2ToL1MessagePasser} from "../interfaces/IL2ToL1MessagePasser.sol";
import {OptimismHashing} from "../libraries/OptimismHashing.sol";

/// @title Message passer
contract L2ToL1MessagePasser is IL2ToL1MessagePasser {
    /// @inheritdoc IL2ToL1MessagePasser
    uint16 public constant MESSAGE_VERSION = uint16(OptimismHashing.MESSAGE_VERSION);
    /// @inheritdoc IL2ToL1MessagePasser
    string public constant version = "1.1.0";
    /// @dev Gas limit of the message that a plain transfer of ether to this contract sends.
    uint256 internal constant RECEIVE_GAS = 100_000;

    /// @inheritdoc IL2ToL1MessagePasser
    /// @dev INVARIANT: slot 0. The portal checks proofs of the slot keccak256(hash, 0).
    mapping(bytes32 withdrawalHash => bool) public sentMessages;
    /// @dev Slot 1.
    uint240 internal next;

    /// @dev Ether that arrives without data is a withdrawal to the sender's own address on L1.
    receive() external payable {
        _pass(msg.sender, RECEIVE_GAS, _nothing());
    }

    /// @inheritdoc IL2ToL1MessagePasser
    function initiateWithdrawal(address target, uint256 gasLimit, bytes calldata data) external payable {
        _pass(target, gasLimit, data);
    }

    function _pass(address target, uint256 gasLimit, bytes calldata data) private {
        uint256 nonce = messageNonce();
        bytes32 hash = OptimismHashing.withdrawal(nonce, msg.sender, target, msg.value, gasLimit, data);
        sentMessages[hash] = true;
        emit MessagePassed(nonce, msg.sender, target, msg.value, gasLimit, data, hash);
        ++next;
    }

    function _nothing() private pure returns (bytes calldata) {
        return msg.data[:0];
    }

    /// @inheritdoc IL2ToL1MessagePasser
    function burn() external {
        uint256 amount = address(this).balance;
        new Burner{value: amount}();
        emit WithdrawerBalanceBurnt(amount);
    }

    /// @inheritdoc IL2ToL1MessagePasser
    function messageNonce() public view returns (uint256) {
        return OptimismHashing.MESSAGE_VERSION << 240 | next;
    }
}

/// @title Takes ether out of L2: an account that was created in this transaction ends with its balance (EIP-6780)
contract Burner {
    constructor() payable {
        selfdestruct(payable(address(this)));
    }
}
