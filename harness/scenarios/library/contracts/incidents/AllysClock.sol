// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title AllysClock
/// @notice A defender answers attacks within a time limit; whoever exceeds it loses the stake to the attacker.
/// @dev The fault: the time of all answers is added up in one clock, though the attacks run side by side. An ally of the
/// attacker burns it with attacks that mean nothing.
contract AllysClock {
    error InTime(uint256 used, uint256 limit);
    error Answered(uint256 attack);

    uint256 public constant LIMIT = 84 hours;
    address public immutable attacker;
    address public defender;
    uint256[] public begun;
    mapping(uint256 => bool) public isAnswered;
    mapping(uint256 => uint256) internal usedBy;

    constructor(address attacker_) {
        attacker = attacker_;
    }

    function defend() external payable {
        defender = msg.sender;
    }

    function attack() external payable {
        begun.push(block.timestamp);
    }

    function path(uint256) internal pure virtual returns (uint256) {
        return 0;
    }

    function used(uint256 attack_) public view returns (uint256) {
        uint256 running = isAnswered[attack_] ? 0 : block.timestamp - begun[attack_];
        return usedBy[path(attack_)] + running;
    }

    function answer(uint256 attack_) external {
        if (isAnswered[attack_]) revert Answered(attack_);
        usedBy[path(attack_)] = used(attack_);
        isAnswered[attack_] = true;
    }

    function claimTimeout(uint256 attack_) external {
        if (used(attack_) <= LIMIT) revert InTime(used(attack_), LIMIT);
        payable(attacker).transfer(address(this).balance);
    }
}

/// @title AllysClockMended
/// @notice Each path has a clock of its own.
contract AllysClockMended is AllysClock {
    constructor(address attacker_) AllysClock(attacker_) {}

    function path(uint256 attack_) internal pure override returns (uint256) {
        return attack_;
    }
}
