// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMessageBridge} from "../../sidechain/interfaces/IMessageBridge.sol";
import {IRoutedReceiver} from "../../sidechain/interfaces/IRouter.sol";

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

/// @title A receiver that believes one router over one bridge, and remembers what it was sent last
contract RoutedReceiver is IRoutedReceiver {
    error NotRouted(address caller, address sender);

    IMessageBridge public immutable bridge;
    address public immutable router;
    bytes32 public origin;
    address public sender;
    bytes public data;
    uint256 public value;

    constructor(IMessageBridge bridge_, address router_) {
        (bridge, router) = (bridge_, router_);
    }

    function onRouted(bytes32 from, address sender_, bytes calldata data_) external payable {
        if (msg.sender != address(bridge)) revert NotRouted(msg.sender, address(0));
        if (bridge.currentSender() != router) revert NotRouted(msg.sender, bridge.currentSender());
        (origin, sender, data, value) = (from, sender_, data_, msg.value);
    }
}
