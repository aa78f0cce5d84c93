// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputable} from "../../interfaces/IDisputable.sol";

/// @title Factory and game of every assertion in one, whose word decides
contract Judge {
    function gameOf(bytes32) external view returns (address) {
        return address(this);
    }

    function open(IDisputable chain, bytes32 id) external {
        chain.openDispute(id);
    }

    function reject(IDisputable chain, bytes32 id, address winner) external {
        chain.rejectAssertion(id);
        chain.settleAssertion(id, winner);
    }

    function rejectOnly(IDisputable chain, bytes32 id) external {
        chain.rejectAssertion(id);
    }

    function settle(IDisputable chain, bytes32 id, address winner) external {
        chain.settleAssertion(id, winner);
    }

    function uphold(IDisputable chain, bytes32 id) external {
        chain.upholdAssertion(id);
    }
}
