// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Erc20} from "../demo/Erc20.sol";

/// @title Ether as a token, for a chain whose ether a bridge does not carry
contract WrappedEther is Erc20 {
    error PaymentFailed(address to, uint256 amount);

    constructor() Erc20("Wrapped ether", "WETH", 18) {}

    /// @notice Mints a token for each wei that comes along.
    function deposit() external payable {
        _mint(msg.sender, msg.value);
    }

    /// @notice Burns tokens of the caller, and pays as many wei.
    function withdraw(uint256 amount) external {
        _burn(msg.sender, amount);
        (bool done,) = msg.sender.call{value: amount}("");
        if (!done) revert PaymentFailed(msg.sender, amount);
    }
}
