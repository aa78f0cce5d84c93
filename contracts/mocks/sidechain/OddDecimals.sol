// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PlainToken} from "../channel/HostileTokens.sol";

/// @title A token that answers any number of decimals, also one that no uint8 holds
contract OddDecimals is PlainToken {
    uint256 public immutable decimals;

    constructor(uint256 decimals_) {
        decimals = decimals_;
    }
}
