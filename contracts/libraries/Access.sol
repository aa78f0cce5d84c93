// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {State} from "../types/Machine.sol";
import {Metering} from "./Metering.sol";
import {Pool} from "./NodePool.sol";
import {Scratch} from "./Scratch.sol";

/// @title The cost of touching an address (EIP-2929).
library Access {
    uint256 internal constant COLD_ACCOUNT_GAS = 2600;
    uint256 internal constant COLD_SLOT_GAS = 2100;
    uint256 internal constant WARM_GAS = 100;

    /// @notice Warms an address and charges for the access.
    function chargeAccount(Pool memory pool, State memory state, address who) internal pure {
        bool wasCold = Scratch.warm(pool, state.transaction, state.fork, who);
        Metering.charge(state.frame, wasCold ? COLD_ACCOUNT_GAS : WARM_GAS);
    }

    /// @notice The address in a stack item, whose upper 12 bytes the EVM ignores.
    function toAddress(uint256 item) internal pure returns (address) {
        return address(uint160(item));
    }
}
