// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMessenger} from "../interfaces/IMessenger.sol";
import {Predeploys} from "../libraries/Predeploys.sol";

/// @title Coinbase of every L2 block: collects the priority fees and sends them to their owner on L1
contract FeeVault {
    event FeesLeft(address indexed recipient, uint256 amount);

    /// @notice The recipient on L1. Genesis writes slot 0.
    address public recipient;

    /// @notice Sends the collected fees to L1. Anyone may call.
    /// @return id The message that pays.
    function withdraw() external returns (bytes32 id) {
        uint256 amount = address(this).balance;
        emit FeesLeft(recipient, amount);
        return IMessenger(Predeploys.MESSENGER).sendMessage{value: amount}(recipient, 0, "");
    }
}
