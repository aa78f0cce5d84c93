// SPDX-License-Identifier: MIT
pragma solidity 0.8.28;

import {ERC20} from "@oz/token/ERC20/ERC20.sol";

contract Coin is ERC20 {
    constructor(uint256 supply) ERC20("Coin", "COIN") {
        _mint(msg.sender, supply);
    }
}
