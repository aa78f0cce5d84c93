// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title ZeroRootBridge
/// @notice Pays messages that were proven under a root it trusts. Broken: a message that was never proven has the root
/// zero, and an upgrade may make zero a root to trust.
contract ZeroRootBridge {
    /// @notice The message was proven under no root that is trusted.
    error NotProven(bytes32 message, bytes32 root);
    /// @notice The message was paid before.
    error AlreadyProcessed(bytes32 message);

    mapping(bytes32 root => bool) public isTrusted;
    mapping(bytes32 message => bytes32) public rootOf;
    mapping(bytes32 message => bool) public isProcessed;

    /// @param trusted The newest root of the other chain; a fresh one has none, and passes zero.
    constructor(bytes32 trusted) {
        isTrusted[trusted] = true;
    }

    /// @notice Lock ether for the other chain.
    function deposit() external payable {}

    /// @notice Pay a message of the other chain.
    function process(address payable to, uint256 amount, uint256 nonce) external {
        bytes32 message = keccak256(abi.encode(to, amount, nonce));
        if (!accepts(rootOf[message])) revert NotProven(message, rootOf[message]);
        if (isProcessed[message]) revert AlreadyProcessed(message);
        isProcessed[message] = true;
        (bool paid,) = to.call{value: amount}("");
        require(paid);
    }

    /// @notice Whether messages proven under a root are paid.
    function accepts(bytes32 root) public view virtual returns (bool) {
        return isTrusted[root];
    }
}

/// @title ZeroRootBridgeMended
/// @notice Zero is never a root.
contract ZeroRootBridgeMended is ZeroRootBridge {
    constructor(bytes32 trusted) ZeroRootBridge(trusted) {}

    /// @inheritdoc ZeroRootBridge
    function accepts(bytes32 root) public view override returns (bool) {
        return root != 0 && isTrusted[root];
    }
}
