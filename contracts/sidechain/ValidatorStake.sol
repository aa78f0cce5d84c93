// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IValidatorStake} from "./interfaces/IValidatorStake.sol";

/// @title Stakes of a sidechain's validators
contract ValidatorStake is IValidatorStake {
    /// @dev The share of a stake that a reporter gets. Most is burnt, or a culprit would report itself and lose nothing.
    uint256 internal constant REWARD_DIVISOR = 10;
    address internal constant BURNER = 0x000000000000000000000000000000000000dEaD;

    /// @inheritdoc IValidatorStake
    address public immutable client;
    /// @inheritdoc IValidatorStake
    uint256 public immutable minimum;
    /// @dev How long a stake stays when its owner leaves, in seconds.
    uint256 public immutable lock;

    /// @inheritdoc IValidatorStake
    mapping(address validator => uint256) public stakeOf;
    /// @inheritdoc IValidatorStake
    mapping(address validator => uint256) public freeFrom;

    /// @param client_ the light client, which may be deployed later.
    /// @param trustingPeriod how long that client trusts a set, in seconds.
    constructor(address client_, uint256 minimum_, uint256 lock_, uint256 trustingPeriod) {
        // INVARIANT: who lied while it counted can be made to pay for longer than the trusting period after it left.
        if (lock_ <= trustingPeriod) revert LockTooShort(lock_, trustingPeriod);
        (client, minimum, lock) = (client_, minimum_, lock_);
    }

    /// @inheritdoc IValidatorStake
    function stake() external payable {
        uint256 total = stakeOf[msg.sender] + msg.value;
        if (total < minimum) revert BelowMinimum(total, minimum);
        stakeOf[msg.sender] = total;
        freeFrom[msg.sender] = 0;
        emit Staked(msg.sender, total);
    }

    /// @inheritdoc IValidatorStake
    function leave() external {
        if (stakeOf[msg.sender] == 0) revert BelowMinimum(0, minimum);
        if (freeFrom[msg.sender] != 0) revert AlreadyLeaving(msg.sender, freeFrom[msg.sender]);
        freeFrom[msg.sender] = block.timestamp + lock;
        emit Leaving(msg.sender, freeFrom[msg.sender]);
    }

    /// @inheritdoc IValidatorStake
    function withdraw(address to) external {
        uint256 from = freeFrom[msg.sender];
        if (from == 0) revert NotLeaving(msg.sender);
        if (block.timestamp < from) revert StillLocked(block.timestamp, from);
        uint256 amount = stakeOf[msg.sender];
        (stakeOf[msg.sender], freeFrom[msg.sender]) = (0, 0);
        emit Withdrawn(msg.sender, to, amount);
        _pay(to, amount);
    }

    /// @inheritdoc IValidatorStake
    function slash(address[] calldata culprits, address reporter) external {
        if (msg.sender != client) revert NotClient(msg.sender, client);
        uint256 rewards = 0;
        uint256 burnt = 0;
        for (uint256 i; i < culprits.length; ++i) {
            uint256 amount = stakeOf[culprits[i]];
            stakeOf[culprits[i]] = 0;
            uint256 reward = amount / REWARD_DIVISOR;
            rewards += reward;
            burnt += amount - reward;
            emit Slashed(culprits[i], reporter, reward, amount - reward);
        }
        _pay(BURNER, burnt);
        _pay(reporter, rewards);
    }

    /// @inheritdoc IValidatorStake
    function countOf(address[] calldata validators) external view returns (uint256 count) {
        for (uint256 i; i < validators.length; ++i) {
            if (stakeOf[validators[i]] >= minimum && freeFrom[validators[i]] == 0) ++count;
        }
    }

    function _pay(address to, uint256 amount) internal {
        (bool done,) = to.call{value: amount}("");
        if (!done) revert PaymentFailed(to, amount);
    }
}
