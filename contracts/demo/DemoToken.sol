// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Erc20} from "./Erc20.sol";

/// @title A token of fixed supply, which its deployer gets
contract DemoToken is Erc20 {
    constructor(string memory name_, string memory symbol_, uint256 supply) Erc20(name_, symbol_, 18) {
        _mint(msg.sender, supply);
    }
}
