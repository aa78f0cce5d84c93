// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {State} from "../types/Machine.sol";
import {Witness} from "../types/Witness.sol";
import {Accounts} from "./Accounts.sol";
import {Forks} from "./Forks.sol";
import {Pool} from "./NodePool.sol";
import {Witnesses} from "./Witnesses.sol";

/// @title Finds the code that a call runs.
library Callee {
    /// @notice The hash of the code at `target`. A precompile has the hash of no code, since it runs in a frame of its own kind.
    function codeHash(Pool memory pool, State memory state, address target) internal pure returns (bytes32) {
        if (Forks.isPrecompile(state.fork, target)) return Accounts.EMPTY_CODE;
        return Accounts.read(pool, state.machine.stateRoot, target).codeHash;
    }

    /// @notice The hash of the code that a call runs if `hash` is the code hash of its target.
    function look(Witness calldata opened, bytes32 hash) internal pure returns (bytes32) {
        return keccak256(Witnesses.openData(opened, hash));
    }
}
