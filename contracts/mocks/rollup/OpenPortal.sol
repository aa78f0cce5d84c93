// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDelayedInbox} from "../../interfaces/IDelayedInbox.sol";
import {IPortal} from "../../interfaces/IPortal.sol";

/// @title A portal that makes deposits for any sender, backed by nothing, and tells of deposits that nobody made
contract OpenPortal {
    function queue(
        IDelayedInbox inbox,
        address sender,
        bool isCreation,
        address to,
        uint256 mint,
        uint256 value,
        uint64 gasLimit,
        bytes calldata data
    ) external {
        inbox.queueDeposit(sender, isCreation, to, mint, value, gasLimit, data);
        tell(sender, to, abi.encodePacked(mint, value, gasLimit, isCreation, data));
    }

    function tell(address sender, address to, bytes memory opaqueData) public {
        emit IPortal.TransactionDeposited(sender, to, 0, opaqueData);
    }
}
