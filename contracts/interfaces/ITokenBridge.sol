// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPortal} from "./IPortal.sol";

/// @title ERC-20 tokens across the portal, L1's side
/// @notice Locks tokens here and has them minted on L2; pays them out when they were burnt there. An application of the
/// portal's messages, with no rights of its own.
interface ITokenBridge {
    event TokenDeposited(address indexed token, address indexed from, address indexed to, uint256 amount);
    event TokenReturned(address indexed token, address indexed to, uint256 amount);

    error NothingReceived(address token);
    error GasLimitTooLow(uint256 actual, uint256 minimum);
    error Reentered();
    error NotFromL2Bridge(address actual, address expected);
    error NotLocked(address token, uint256 actual, uint256 locked);

    /// @notice Takes `amount` of `token` from the caller, and mints on L2 what really arrived here.
    /// @dev Warning: `gasLimit` must do for the first deposit of a token, which deploys its contract on L2; a deposit that fails there
    /// leaves the tokens locked, hence the minimum. A token whose balances change by themselves is not for this bridge.
    /// @param to The owner on L2.
    /// @param gasLimit L2 gas, at least MIN_GAS, paid by burning gas of L1 as the delayed inbox says.
    function deposit(address token, address to, uint256 amount, uint64 gasLimit) external returns (uint256 index);

    /// @notice Pays out tokens; only in a message from L2's bridge.
    function release(address token, address to, uint256 amount) external;

    /// @notice The tokens of one kind that L2 has.
    function locked(address token) external view returns (uint256);

    function portal() external view returns (IPortal);
}
