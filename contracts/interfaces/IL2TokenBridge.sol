// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title ERC-20 tokens across the portal, L2's side; a predeploy
/// @notice Mints a token's twin for what L1's bridge has locked, and burns it to have the original paid out.
interface IL2TokenBridge {
    event TokenArrived(address indexed l1Token, address indexed from, address indexed to, uint256 amount);
    event TokenLeft(address indexed l1Token, address indexed from, address indexed to, uint256 amount);

    error NotFromL1Bridge(address actual, address expected);
    error NoTwin(address l1Token);

    /// @notice Mints; only in a message from L1's bridge. Deploys the twin if it is the token's first deposit.
    function arrive(address l1Token, uint8 decimals, address from, address to, uint256 amount) external;

    /// @notice Burns `amount` of the caller's and has `to` paid on L1.
    /// @return id The message that pays.
    function withdraw(address l1Token, address to, uint256 amount) external returns (bytes32 id);

    /// @notice The token's address on L2; zero while none was ever deposited.
    function twinOf(address l1Token) external view returns (address);

    /// @notice L1's bridge, as it stands on L1.
    function l1Bridge() external view returns (address);
}
