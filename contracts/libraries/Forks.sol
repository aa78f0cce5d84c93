// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Witnesses} from "./Witnesses.sol";

/// @title The forks of L2, as ENV and BATCH name them. A later one has all rules of those before it, unless it changes them.
library Forks {
    uint256 internal constant CANCUN = 0;
    uint256 internal constant PRAGUE = 1;
    uint256 internal constant OSAKA = 2;
    /// @dev The last one that this prover knows.
    uint256 internal constant NEWEST = OSAKA;

    /// @dev Of a step whose witness does not open the environment, as most steps need none of it.
    uint256 internal constant UNOPENED = type(uint256).max;

    /// @notice The fork of a step that depends on it.
    /// @dev INVARIANT: a witness that leaves the environment out proves nothing about such a step; no fork is taken for granted.
    function opened(uint256 fork) internal pure returns (uint256) {
        if (fork == UNOPENED) revert Witnesses.WrongLength("env", 0, Witnesses.ENV_WORDS);
        return fork;
    }
}
