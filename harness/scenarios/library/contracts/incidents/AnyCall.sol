// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title AnyCall
/// @notice Swaps on the way to a bridge by calling whatever exchange the user names. Broken: the named contract may be a
/// token that others have allowed this one to spend.
contract AnyCall {
    /// @notice The target is no exchange.
    error NoExchange(address target);

    mapping(address target => bool) public isExchange;

    constructor(address exchange) {
        isExchange[exchange] = true;
    }

    /// @notice Call an exchange.
    function swap(address target, bytes calldata data) external {
        check(target);
        (bool done,) = target.call(data);
        require(done);
    }

    /// @dev Reverts unless the target may be called.
    function check(address target) internal view virtual {}
}

/// @title AnyCallMended
/// @notice Calls listed exchanges alone.
contract AnyCallMended is AnyCall {
    constructor(address exchange) AnyCall(exchange) {}

    /// @inheritdoc AnyCall
    function check(address target) internal view override {
        if (!isExchange[target]) revert NoExchange(target);
    }
}
