// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title HubLocks
/// @notice Hashlocked payments over a hub: the start pays the hub, and the hub pays the end, with one secret.
/// @dev The fault: a hub may forward a payment that expires with the one that it gets. Start and end, who are one, open
/// the hub's payment in the last second; then the hub comes too late for its own.
contract HubLocks {
    struct Lock {
        address payer;
        address payee;
        uint256 amount;
        bytes32 hash;
        uint256 expiry;
    }

    error Expired(uint256 time, uint256 expiry);
    error NotYet(uint256 time, uint256 expiry);
    error WrongSecret();
    error NoMargin(uint256 expiry, uint256 latest);
    error NotThePayee(address sender);

    Lock[] public locks;

    function lock(address payee, bytes32 hash, uint256 time) external payable {
        locks.push(Lock(msg.sender, payee, msg.value, hash, block.timestamp + time));
    }

    function margin() internal pure virtual returns (uint256) {
        return 0;
    }

    function forward(uint256 incoming, address payee, uint256 before) external payable {
        Lock memory first = locks[incoming];
        if (msg.sender != first.payee) revert NotThePayee(msg.sender);
        uint256 expiry = first.expiry - before;
        if (expiry + margin() > first.expiry) revert NoMargin(expiry, first.expiry - margin());
        locks.push(Lock(msg.sender, payee, msg.value, first.hash, expiry));
    }

    function open(uint256 number, bytes32 secret) external {
        Lock memory opened = locks[number];
        if (keccak256(abi.encode(secret)) != opened.hash) revert WrongSecret();
        if (block.timestamp > opened.expiry) revert Expired(block.timestamp, opened.expiry);
        delete locks[number];
        payable(opened.payee).transfer(opened.amount);
    }

    function refund(uint256 number) external {
        Lock memory over = locks[number];
        if (block.timestamp <= over.expiry) revert NotYet(block.timestamp, over.expiry);
        delete locks[number];
        payable(over.payer).transfer(over.amount);
    }
}

/// @title HubLocksMended
/// @notice What a hub forwards expires a day before what it gets, so that it can open its own in time.
contract HubLocksMended is HubLocks {
    function margin() internal pure override returns (uint256) {
        return 1 days;
    }
}
