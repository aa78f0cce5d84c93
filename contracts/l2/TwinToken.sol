// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Erc20} from "../demo/Erc20.sol";

/// @title An L1 token on L2. Only its bridge mints and burns
contract TwinToken is Erc20 {
    error NotBridge(address actual, address expected);

    address public immutable l1Token;
    address public immutable bridge;

    constructor(address l1Token_, uint8 decimals_) Erc20("Token of L1", "L1T", decimals_) {
        l1Token = l1Token_;
        bridge = msg.sender;
    }

    modifier onlyBridge() {
        if (msg.sender != bridge) revert NotBridge(msg.sender, bridge);
        _;
    }

    function mint(address to, uint256 amount) external onlyBridge {
        _mint(to, amount);
    }

    function burn(address from, uint256 amount) external onlyBridge {
        _burn(from, amount);
    }
}
