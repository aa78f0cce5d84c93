// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Witness} from "../types/Witness.sol";
import {Witnesses} from "./Witnesses.sol";

/// @title The forks of L2, as ENV and BATCH name them. A later one has all rules of those before it, unless it changes them.
library Forks {
    /// @notice This prover has no rules of the fork.
    error UnknownFork(uint256 actual, uint256 newest);

    uint256 internal constant CANCUN = 0;
    uint256 internal constant PRAGUE = 1;
    uint256 internal constant OSAKA = 2;
    /// @dev The last one that this prover knows.
    uint256 internal constant NEWEST = OSAKA;

    /// @dev EIP-7951.
    uint256 internal constant P256VERIFY = 0x100;
    uint256 private constant LAST_OF_CANCUN = 10;
    /// @dev EIP-2537: BLS12-381 from 11 on.
    uint256 private constant LAST_OF_PRAGUE = 17;

    /// @dev Of a step whose witness does not open the environment, as most steps need none of it.
    uint256 internal constant UNOPENED = type(uint256).max;

    /// @notice The fork, if the witness opens the environment: most steps are the same in every fork, and are spared its words.
    function look(Witness calldata witness, bytes32 env) internal pure returns (uint256) {
        return witness.env.length == 0 ? UNOPENED : Witnesses.openEnvironment(witness, env).fork;
    }

    /// @notice The fork of a step that depends on it.
    /// @dev INVARIANT: a witness that leaves the environment out proves nothing about such a step; no fork is taken for granted.
    function opened(uint256 fork) internal pure returns (uint256) {
        if (fork == UNOPENED) revert Witnesses.WrongLength("env", 0, Witnesses.ENV_WORDS);
        return fork;
    }

    /// @notice Precompiles are warm, and run in a frame of their own kind. Only for the addresses that forks differ in is the fork asked.
    function isPrecompile(uint256 fork, address who) internal pure returns (bool) {
        uint256 number = uint160(who);
        if (number == 0 || number > P256VERIFY) return false;
        if (number <= LAST_OF_CANCUN) return true;
        if (number <= LAST_OF_PRAGUE) return opened(fork) >= PRAGUE;
        return number == P256VERIFY && opened(fork) >= OSAKA;
    }
}
