// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title OpenInitializer
/// @notice A vault behind a proxy, whose owner is set by a function in place of a constructor. Broken: anybody may call it
/// again.
contract OpenInitializer {
    /// @notice Only the owner may do this.
    error NotOwner(address actual, address expected);
    /// @notice The vault has its owner.
    error AlreadyInitialized(address owner);

    address public owner;

    /// @notice Set the owner.
    function initialize(address owner_) external {
        check();
        owner = owner_;
    }

    /// @notice Lock ether.
    function deposit() external payable {}

    /// @notice Send ether out.
    function release(address payable to, uint256 amount) external {
        if (msg.sender != owner) revert NotOwner(msg.sender, owner);
        (bool paid,) = to.call{value: amount}("");
        require(paid);
    }

    /// @notice Reverts unless the vault may be initialized.
    function check() public view virtual {}
}

/// @title OpenInitializerMended
/// @notice Initialized once.
contract OpenInitializerMended is OpenInitializer {
    /// @inheritdoc OpenInitializer
    function check() public view override {
        if (owner != address(0)) revert AlreadyInitialized(owner);
    }
}
