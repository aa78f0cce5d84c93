// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {WrappedEther} from "./WrappedEther.sol";

/// @title FalseToken
/// @notice Wrapped ether that says false where others revert.
contract FalseToken is WrappedEther {
    /// @notice Send tokens, if the owner has them and has allowed it; say whether that was done.
    function move(address from, address to, uint256 amount) external returns (bool) {
        if (allowance[from][msg.sender] < amount || balanceOf[from] < amount) return false;
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        return true;
    }
}

/// @title UncheckedTransfer
/// @notice Credits tokens of a kind that answers false. Broken: it does not look at the answer.
contract UncheckedTransfer {
    /// @notice The token said no.
    error NotMoved(uint256 amount);

    FalseToken public immutable token;
    mapping(address owner => uint256) public credit;

    constructor(FalseToken token_) {
        token = token_;
    }

    /// @notice Credit tokens that the sender has allowed this contract to take.
    function deposit(uint256 amount) external {
        judge(token.move(msg.sender, address(this), amount), amount);
        credit[msg.sender] += amount;
    }

    /// @notice Pay a credit in ether.
    function withdraw(uint256 amount) external {
        credit[msg.sender] -= amount;
        token.withdraw(amount);
        (bool paid,) = msg.sender.call{value: amount}("");
        require(paid);
    }

    receive() external payable {}

    /// @dev Reverts unless the tokens were moved.
    function judge(bool moved, uint256 amount) internal pure virtual {}
}

/// @title UncheckedTransferMended
/// @notice Looks at the answer.
contract UncheckedTransferMended is UncheckedTransfer {
    constructor(FalseToken token_) UncheckedTransfer(token_) {}

    /// @inheritdoc UncheckedTransfer
    function judge(bool moved, uint256 amount) internal pure override {
        if (!moved) revert NotMoved(amount);
    }
}
