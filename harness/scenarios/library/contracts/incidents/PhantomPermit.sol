// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {WrappedEther} from "./WrappedEther.sol";

/// @title PhantomPermit
/// @notice A router that takes wrapped ether by a signed permit. Broken: the token has no `permit`, and its fallback
/// accepts the call, so that nobody's signature is checked; who once allowed the router is robbed.
contract PhantomPermit {
    /// @notice The permit changed nothing.
    error NoPermit(address owner);

    WrappedEther public immutable token;
    mapping(address owner => uint256) public credit;

    constructor(WrappedEther token_) {
        token = token_;
    }

    /// @notice Take `from`'s tokens by a signature, and credit them to `to` on the other chain.
    function swapOut(address from, address to, uint256 amount, bytes calldata signature) external {
        (bool permitted,) = address(token).call(
            abi.encodeWithSignature("permit(address,address,uint256,bytes)", from, address(this), amount, signature)
        );
        require(permitted);
        confirm(from);
        token.transferFrom(from, address(this), amount);
        credit[to] += amount;
    }

    /// @notice Pay a credit out in ether; this stands for the other chain.
    function cashOut() external {
        uint256 amount = credit[msg.sender];
        credit[msg.sender] = 0;
        token.withdraw(amount);
        (bool paid,) = msg.sender.call{value: amount}("");
        require(paid);
    }

    receive() external payable {}

    /// @dev Reverts unless the owner has permitted it.
    function confirm(address from) internal view virtual {}
}

/// @title PhantomPermitMended
/// @notice A token without `permit` is taken from the sender alone.
contract PhantomPermitMended is PhantomPermit {
    constructor(WrappedEther token_) PhantomPermit(token_) {}

    /// @inheritdoc PhantomPermit
    function confirm(address from) internal view override {
        if (from != msg.sender) revert NoPermit(from);
    }
}
