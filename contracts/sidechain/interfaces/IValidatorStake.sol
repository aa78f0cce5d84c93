// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What validators of a sidechain lose if they seal two blocks in one round
/// @notice Once its owner leaves, a stake stays locked for longer than the trusting period of its light client, so that who lied can still pay.
/// @dev Whom it trusts: its light client, which names culprits by their own seals. It lies on one named chain; other light clients of the
/// sidechain have no stake to take. Who was slashed may stake again, and counts again: who is a validator, the sidechain decides.
/// Warning: a set that does not change is trusted for as long as headers come. Evidence that is shown after a stake was taken still freezes the
/// client, and costs its owner nothing.
interface IValidatorStake {
    event Staked(address indexed validator, uint256 total);
    event Leaving(address indexed validator, uint256 from);
    event Withdrawn(address indexed validator, address to, uint256 amount);
    event Slashed(address indexed validator, address indexed reporter, uint256 reward, uint256 burnt);

    error BelowMinimum(uint256 actual, uint256 minimum);
    error NotLeaving(address validator);
    error AlreadyLeaving(address validator, uint256 from);
    error StillLocked(uint256 actual, uint256 from);
    error NotClient(address actual, address expected);
    error PaymentFailed(address to, uint256 amount);
    error LockTooShort(uint256 actual, uint256 period);

    /// @notice Adds to the caller's stake, and takes back that it leaves.
    function stake() external payable;

    /// @notice Leaves: the caller counts no more, and may take its stake once it is not accountable any more.
    function leave() external;

    /// @notice Pays the stake of a caller that has left.
    function withdraw(address to) external;

    /// @notice Takes the whole stake of each culprit: a tenth for the reporter, the rest is burnt. Only the light client calls it.
    function slash(address[] calldata culprits, address reporter) external;

    /// @notice How many of these count: they have the minimum, and do not leave.
    function countOf(address[] calldata validators) external view returns (uint256);

    function stakeOf(address validator) external view returns (uint256);

    /// @notice When a stake that leaves may be taken, in seconds; 0 if it does not leave.
    function freeFrom(address validator) external view returns (uint256);

    function minimum() external view returns (uint256);

    function client() external view returns (address);
}
