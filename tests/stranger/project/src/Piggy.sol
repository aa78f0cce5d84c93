// SPDX-License-Identifier: MIT
pragma solidity 0.8.28;

import {Coin} from "./Coin.sol";

/// Keeps coins until a given time.
contract Piggy {
    error StillLocked(uint256 actual, uint256 opensAt);

    Coin public immutable coin;
    uint256 public immutable opensAt;

    constructor(Coin coin_, uint256 opensAt_) {
        coin = coin_;
        opensAt = opensAt_;
    }

    function take(uint256 amount) external {
        if (block.timestamp < opensAt) revert StillLocked(block.timestamp, opensAt);
        _pay(msg.sender, amount);
    }

    function _pay(address to, uint256 amount) internal {
        coin.transfer(to, amount);
    }
}
