// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title CodelessToken
/// @notice Credits deposits of tokens, and of ether under the address zero. Broken: a call to an address without code
/// succeeds, so that a token deposit of the address zero costs nothing and is credited as ether.
contract CodelessToken {
    /// @notice The token took nothing.
    error NotTransferred(address token);

    mapping(address token => mapping(address owner => uint256)) public credit;

    /// @notice Deposit ether.
    function depositEther() external payable {
        credit[address(0)][msg.sender] += msg.value;
    }

    /// @notice Deposit a token.
    function deposit(address token, uint256 amount) external {
        take(token, amount);
        credit[token][msg.sender] += amount;
    }

    /// @notice Take ether out.
    function withdrawEther(uint256 amount) external {
        credit[address(0)][msg.sender] -= amount;
        (bool paid,) = msg.sender.call{value: amount}("");
        require(paid);
    }

    /// @dev Takes a token from the sender, who has approved it.
    function take(address token, uint256 amount) internal virtual {
        (bool done,) = token.call(
            abi.encodeWithSignature("transferFrom(address,address,uint256)", msg.sender, address(this), amount)
        );
        if (!done) revert NotTransferred(token);
    }
}

/// @title CodelessTokenMended
/// @notice A token has code.
contract CodelessTokenMended is CodelessToken {
    /// @inheritdoc CodelessToken
    function take(address token, uint256 amount) internal override {
        if (token.code.length == 0) revert NotTransferred(token);
        super.take(token, amount);
    }
}
