// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {State} from "../types/Machine.sol";
import {Witness} from "../types/Witness.sol";
import {Accounts} from "./Accounts.sol";
import {Delegation} from "./Delegation.sol";
import {Forks} from "./Forks.sol";
import {Pool} from "./NodePool.sol";
import {Witnesses} from "./Witnesses.sol";

/// @title Finds the code that a call runs.
library Callee {
    /// @notice The hash of the code at `target`. A precompile has the hash of no code: called, it runs in a frame of its own kind, and as a
    /// delegate it does not run.
    function codeHash(Pool memory pool, State memory state, address target) internal pure returns (bytes32) {
        if (Forks.isPrecompile(state.fork, target)) return Accounts.EMPTY_CODE;
        return Accounts.read(pool, state.machine.stateRoot, target).codeHash;
    }

    /// @notice Whether the code with this hash is a designator, and whom it names. Before Prague it is code as any other.
    /// @dev A hash does not tell, so the code is opened whole.
    function delegate(Witness calldata opened, bytes32 hash, uint256 fork)
        internal
        pure
        returns (bool isDelegated, address who)
    {
        (isDelegated, who) = Delegation.read(Witnesses.openData(opened, hash));
        isDelegated = isDelegated && fork >= Forks.PRAGUE;
    }
}
