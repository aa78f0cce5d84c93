// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PlainToken} from "./HostileTokens.sol";

/// @notice Moves the money of every transfer, and denies those to one account.
contract DenyingToken is PlainToken {
    address public denied;

    function deny(address account) external {
        denied = account;
    }

    function transfer(address to, uint256 amount) external override returns (bool) {
        move(msg.sender, to, amount);
        return to != denied;
    }
}
