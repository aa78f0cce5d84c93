// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A number that anyone may raise, up to a limit, and that only its owner may set back.
/// @dev The demo and the tests of the chain deploy it.
contract Counter {
    /// @notice The number was raised to `value` by `by`.
    event Incremented(address indexed by, uint256 value);

    /// @notice Only the owner may do this.
    error NotOwner(address actual, address expected);

    /// @notice The number would pass its limit.
    error AboveLimit(uint256 actual, uint256 limit);

    /// @notice Who deployed the contract.
    address public immutable owner;

    /// @notice The largest number.
    uint256 public immutable limit;

    /// @notice The number now.
    uint256 public number;

    /// @notice Time of the last change, in seconds; 0 before the first.
    uint256 public changedAt;

    constructor(uint256 limit_) {
        owner = msg.sender;
        limit = limit_;
    }

    /// @notice Raise the number by one.
    function increment() external {
        _set(number + 1);
        emit Incremented(msg.sender, number);
    }

    /// @notice Set the number back to zero.
    function reset() external {
        if (msg.sender != owner) revert NotOwner(msg.sender, owner);
        _set(0);
    }

    function _set(uint256 value) internal {
        if (value > limit) revert AboveLimit(value, limit);
        number = value;
        changedAt = block.timestamp;
    }
}
