// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPortal} from "./IPortal.sol";

/// @title The L1 side of the bridge for ERC-20 tokens
/// @notice Locks tokens here and has them minted on L2. Pays them out once L2 has burnt them. The bridge is an application of the
/// portal's messages, and has no rights of its own.
interface ITokenBridge {
    event TokenDeposited(address indexed token, address indexed from, address indexed to, uint256 amount);
    event TokenReturned(address indexed token, address indexed to, uint256 amount);

    error NothingReceived(address token);
    error GasLimitTooLow(uint256 actual, uint256 minimum);
    error Reentered();
    error NotFromL2Bridge(address actual, address expected);
    error NotLocked(address token, uint256 actual, uint256 locked);

    /// @notice Takes `amount` of `token` from the caller, and mints on L2 what really arrived here.
    /// @dev Warning: the first deposit of a token deploys its contract on L2, and `gasLimit` must cover that. A deposit that fails there
    /// leaves the tokens locked, hence the minimum. Do not use this bridge for a token whose balances change by themselves.
    /// @param to The owner on L2.
    /// @param gasLimit L2 gas, at least MIN_GAS. The caller pays by burning gas of L1, as the delayed inbox states.
    function deposit(address token, address to, uint256 amount, uint64 gasLimit) external;

    /// @notice Pays out tokens. Only a message from L2's bridge may call.
    function release(address token, address to, uint256 amount) external;

    /// @notice The amount of `token` that is on L2.
    function locked(address token) external view returns (uint256);

    /// @notice The least L2 gas of a deposit.
    function MIN_GAS() external view returns (uint64);

    function portal() external view returns (IPortal);
}
