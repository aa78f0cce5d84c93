// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A receiver that goes on if its own work fails, also for a lack of gas
contract SwallowingReceiver {
    uint256[8] public done;

    /// @dev Spends some 180,000 gas.
    function work() external {
        for (uint256 i; i < done.length; ++i) {
            ++done[i];
        }
    }

    function run() external {
        try this.work() {} catch {}
    }
}

/// @title A sender that takes no ether, and calls what it is told to
contract RefusingSender {
    error Refused(uint256 value);
    error CallFailed(bytes reason);

    receive() external payable {
        revert Refused(msg.value);
    }

    function forward(address target, bytes calldata data) external payable returns (bytes memory) {
        (bool done, bytes memory answer) = target.call{value: msg.value}(data);
        if (!done) revert CallFailed(answer);
        return answer;
    }
}
