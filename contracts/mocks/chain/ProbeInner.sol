// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// What ChainProbe creates and calls, so that a trace has a second contract in it.
contract ProbeInner {
    uint256 public count;

    error InnerFailed(uint256 actual, uint256 expected);

    constructor(uint256 first) {
        count = first;
    }

    function increment() external {
        count += 1;
    }

    function failWithError(uint256 actual) external {
        count += 1;
        revert InnerFailed(actual, 7);
    }
}
