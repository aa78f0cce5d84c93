// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMessageBridge} from "./IMessageBridge.sol";

/// @title Tokens over a bridge: locked where they are at home, minted as twins where they are not
/// @notice Both ends of a bridge have one, so that tokens of either chain go over it and come back.
/// @dev Whom it trusts: its bridge, and that the other end's port is this contract too.
interface ITokenPort {
    event TokenSent(address indexed token, address indexed from, address to, uint256 amount);
    event TokenArrived(address indexed token, address indexed from, address to, uint256 amount);
    event TokenReturned(address indexed token, address indexed from, uint256 amount);

    error NotFromRemote(address actual, address expected);
    error NothingReceived(address token);
    error NotLocked(address token, uint256 amount, uint256 locked);
    error NotSentHere(bytes32 id);
    error NotRefunded(bytes32 id);
    error AlreadyReturned(bytes32 id);
    error Reentered();

    /// @notice Sends tokens of the caller. What arrives here counts, which is less than `amount` if the token takes a fee.
    /// @param gas what the call at the other end must have at least. 0 will do, unless a receiver swallows its own failures.
    /// @param data if there are any, `to` is an `ITokenReceiver`, and is called with them.
    function send(address token, address to, uint256 amount, uint256 deadline, uint256 gas, bytes calldata data)
        external
        returns (bytes32 id);

    /// @notice Mints a twin of a token of the other chain. Only the other port calls it, over the bridge.
    function arrive(address token, uint8 decimals, address from, address to, uint256 amount, bytes calldata data)
        external;

    /// @notice Pays out a token of this chain. Only the other port calls it, over the bridge.
    function release(address token, address from, address to, uint256 amount, bytes calldata data) external;

    /// @notice Gives back the tokens of a message that the bridge has refunded.
    function reclaim(IMessageBridge.Message calldata message) external;

    function bridge() external view returns (IMessageBridge);

    /// @notice The port at the other end.
    function remote() external view returns (address);

    function locked(address token) external view returns (uint256);

    function twinOf(address remoteToken) external view returns (address);

    function homeOf(address twin) external view returns (address);
}
