// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// What the tests of time ask: when a transaction ran, and when a call runs.
contract Clock {
    /// Time of the last transaction.
    uint256 public at;

    function tick() external {
        at = block.timestamp;
    }

    function time() external view returns (uint256) {
        return block.timestamp;
    }

    function open(uint256 due) external {
        require(block.timestamp >= due, "too early");
        at = block.timestamp;
    }
}
