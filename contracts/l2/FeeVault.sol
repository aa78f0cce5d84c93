// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IL2ToL1MessagePasser} from "../interfaces/IL2ToL1MessagePasser.sol";
import {Predeploys} from "../libraries/Predeploys.sol";

/// @title Collects fees and sends them to their owner on L1: one is the coinbase of every L2 block, another one is paid the L1 data fees
contract FeeVault {
    event FeesLeft(address indexed recipient, uint256 amount);

    /// @notice The recipient on L1. Genesis writes slot 0.
    address public recipient;

    /// @notice Sends the collected fees to L1, in a message that pays the recipient. Anyone may call.
    function withdraw() external {
        uint256 amount = address(this).balance;
        emit FeesLeft(recipient, amount);
        IL2ToL1MessagePasser(Predeploys.PASSER).initiateWithdrawal{value: amount}(recipient, 0, "");
    }
}
