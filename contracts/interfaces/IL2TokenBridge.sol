// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The L2 side of the bridge for ERC-20 tokens; a predeploy
/// @notice Mints a token's twin for what L1's bridge has locked. Burns the twin to have the original paid out.
interface IL2TokenBridge {
    event TokenArrived(address indexed l1Token, address indexed from, address indexed to, uint256 amount);
    event TokenLeft(address indexed l1Token, address indexed from, address indexed to, uint256 amount);

    error NotFromL1Bridge(address actual, address expected);
    error NoTwin(address l1Token);

    /// @notice Mints tokens. Only a message from L1's bridge may call. The first deposit of a token deploys its twin.
    function arrive(address l1Token, uint8 decimals, address from, address to, uint256 amount) external;

    /// @notice Burns `amount` of the caller's tokens, and sends the message that pays `to` on L1.
    function withdraw(address l1Token, address to, uint256 amount) external;

    /// @notice The token's address on L2; zero if the token was never deposited.
    function twinOf(address l1Token) external view returns (address);

    /// @notice The address of L1's bridge on L1.
    function l1Bridge() external view returns (address);
}
