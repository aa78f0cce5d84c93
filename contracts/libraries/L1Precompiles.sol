// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Forks} from "./Forks.sol";
import {PrecompileGas} from "./PrecompileGas.sol";

/// @title The precompiles of the L1 that this runs on: what the prover calls, and whether they suffice for a fork of L2
library L1Precompiles {
    /// @notice L1 does not compute a precompile as a fork of L2 needs it: called with `gas`, it returned `actual` bytes. `expected` is the
    /// size of its output, or at least 1 where the input tells the size.
    error L1CannotProve(uint256 fork, uint256 precompile, uint256 gas, uint256 actual, uint256 expected);

    uint256 internal constant MODEXP = 5;
    uint256 internal constant G1_ADD = 0x0b;

    /// @notice Calls a precompile with `forwarded` gas. The output of a failure is empty.
    function run(uint256 precompile, bytes memory input, uint256 forwarded)
        internal
        view
        returns (bool success, bytes memory output)
    {
        // Solidity's call would copy the input after its caller has measured the gas left. Allocates the output in whole words.
        assembly ("memory-safe") {
            success := staticcall(forwarded, precompile, add(input, 0x20), mload(input), 0, 0)
            output := mload(0x40)
            let size := mul(success, returndatasize())
            mstore(output, size)
            returndatacopy(add(output, 0x20), 0, size)
            mstore(0x40, and(add(add(output, size), 0x3f), not(0x1f)))
        }
    }

    /// @notice Reverts unless this L1 computes each precompile whose rules differ between forks, for the fork's price at most.
    /// @dev The prover computes P256VERIFY itself. The other precompiles are the same on every L1 from Prague on.
    function check(uint256 fork) internal view {
        // An L1 of Osaka has EIP-7823's bound of the operands and EIP-7883's prices. What L2 allows before Osaka fails there above the bound,
        // and can cost 94 times more below it. An L1 of Prague proves Osaka's MODEXP: it has no bound, and charges no more.
        uint256 longest = fork < Forks.OSAKA ? 1025 : 1024;
        _demand(fork, MODEXP, abi.encode(longest, 0, 1), 1);
        if (fork < Forks.PRAGUE) return;
        // Zeros are points at infinity, and the field's zero.
        _demand(fork, G1_ADD, new bytes(256), 128);
        _demand(fork, 0x0c, new bytes(160), 128);
        _demand(fork, 0x0d, new bytes(512), 256);
        _demand(fork, 0x0e, new bytes(288), 256);
        _demand(fork, 0x0f, new bytes(384), 32);
        _demand(fork, 0x10, new bytes(64), 128);
        _demand(fork, 0x11, new bytes(128), 256);
    }

    /// @dev An address without a precompile answers with success and without output, so the output's size is what tells.
    function _demand(uint256 fork, uint256 precompile, bytes memory input, uint256 expected) private view {
        uint256 cost = PrecompileGas.cost(fork, precompile, input);
        (, bytes memory output) = run(precompile, input, cost);
        if (output.length != expected) revert L1CannotProve(fork, precompile, cost, output.length, expected);
    }
}
