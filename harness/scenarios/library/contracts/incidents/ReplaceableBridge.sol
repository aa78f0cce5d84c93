// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title ReplaceableBridge
/// @notice An inbox that forwards deposits to a bridge. Broken: anybody may name another bridge, and gets the deposits that
/// come then.
contract ReplaceableBridge {
    /// @notice The inbox has its bridge.
    error AlreadyInitialized(address bridge);

    address payable public bridge;

    /// @notice Name the bridge.
    function initialize(address payable bridge_) external {
        check();
        bridge = bridge_;
    }

    /// @notice Deposit ether: it goes on to the bridge.
    function depositEther() external payable {
        (bool paid,) = bridge.call{value: msg.value}("");
        require(paid);
    }

    /// @dev Reverts unless the bridge may be named.
    function check() internal view virtual {}
}

/// @title ReplaceableBridgeMended
/// @notice Named once.
contract ReplaceableBridgeMended is ReplaceableBridge {
    /// @inheritdoc ReplaceableBridge
    function check() internal view override {
        if (bridge != address(0)) revert AlreadyInitialized(bridge);
    }
}
