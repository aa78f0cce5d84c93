// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {WrappedEther} from "./WrappedEther.sol";

/// @title UnpaidDeposit
/// @notice Credits ether, and tokens. Broken: it takes a deposit of wrapped ether for one that `depositEther` has wrapped
/// on the way, and does not take the tokens.
contract UnpaidDeposit {
    WrappedEther public immutable wrapped;
    mapping(address owner => uint256) public credit;

    constructor(WrappedEther wrapped_) {
        wrapped = wrapped_;
    }

    /// @notice Wrap ether, and credit it.
    function depositEther() external payable {
        wrapped.deposit{value: msg.value}();
        credit[msg.sender] += msg.value;
    }

    /// @notice Credit wrapped ether that the sender has allowed this contract to take.
    function deposit(uint256 amount) external {
        take(amount);
        credit[msg.sender] += amount;
    }

    /// @notice Pay a credit in ether.
    function withdraw(uint256 amount) external {
        credit[msg.sender] -= amount;
        wrapped.withdraw(amount);
        (bool paid,) = msg.sender.call{value: amount}("");
        require(paid);
    }

    receive() external payable {}

    /// @dev Takes wrapped ether from the sender.
    function take(uint256 amount) internal virtual {}
}

/// @title UnpaidDepositMended
/// @notice Takes what it credits.
contract UnpaidDepositMended is UnpaidDeposit {
    constructor(WrappedEther wrapped_) UnpaidDeposit(wrapped_) {}

    /// @inheritdoc UnpaidDeposit
    function take(uint256 amount) internal override {
        wrapped.transferFrom(msg.sender, address(this), amount);
    }
}
