// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Who is told of tokens that came over a bridge
interface ITokenReceiver {
    /// @notice Tokens have arrived, with data of their sender. If this reverts, they have not.
    /// @dev Warning: whoever calls this is believed only if it is a port that the receiver knows.
    /// @param from who sent them at the other end.
    function onTokens(address token, address from, uint256 amount, bytes calldata data) external;
}
