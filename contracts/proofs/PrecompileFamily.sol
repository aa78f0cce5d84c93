// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Halt, IOpcodeFamily} from "../interfaces/IOpcodeFamily.sol";
import {Forks} from "../libraries/Forks.sol";
import {L1Precompiles} from "../libraries/L1Precompiles.sol";
import {Metering} from "../libraries/Metering.sol";
import {P256} from "../libraries/P256.sol";
import {PrecompileGas} from "../libraries/PrecompileGas.sol";
import {Witnesses} from "../libraries/Witnesses.sol";
import {Ending, Frame, State} from "../types/Machine.sol";

/// @title The only step of a precompile's frame. L1's precompiles compute the result; P256VERIFY, which not every L1 has, is computed here.
contract PrecompileFamily is IOpcodeFamily {
    /// @notice The transaction has too little gas to forward what the precompile needs.
    error GasTooLow(uint256 actual, uint256 expected);

    /// @dev Gas for the call itself and for what follows it here.
    uint256 private constant RESERVE = 20_000;

    /// @inheritdoc IOpcodeFamily
    function step(uint256, State memory state, uint256[] memory results, bytes calldata witness)
        external
        view
        returns (State memory, uint256[] memory, Ending ending, bytes memory output)
    {
        Frame memory frame = state.frame;
        bytes memory input = Witnesses.openData(Witnesses.decode(witness), frame.calldataHash);
        uint256 fork = Forks.opened(state.fork);
        uint256 precompile = uint256(frame.codeHash);
        uint256 cost = PrecompileGas.cost(fork, precompile, input);
        Metering.charge(frame, cost);
        if (precompile == Forks.P256VERIFY) {
            return (state, results, Ending.SUCCESS, P256.verify(input) ? abi.encode(1) : output);
        }
        output = _onL1(fork, precompile, input, cost);
        return (state, results, Ending.SUCCESS, output);
    }

    /// @dev L1's result, or a halt. INVARIANT: a halt is the precompile's own failure by the rules of L2's fork, never one of L1's rules.
    function _onL1(uint256 fork, uint256 precompile, bytes memory input, uint256 cost)
        private
        view
        returns (bytes memory output)
    {
        // A call forwards at most 63/64 of the gas left, even if it asks for more. With less than `cost` it would fail for lack of gas.
        // `cost` is at most the frame's gas.
        uint256 available = gasleft();
        uint256 needed = cost + cost / 63 + RESERVE;
        if (available < needed) revert GasTooLow(available, needed);
        // MODEXP fails for lack of gas alone. It gets all there is, so that an L1 with Osaka's prices proves what it can of earlier forks.
        bool isModexp = precompile == L1Precompiles.MODEXP;
        bool success;
        (success, output) = L1Precompiles.run(precompile, input, isModexp ? available : cost);
        // Where L1 has no such precompile, the call is one of an empty account. BLS12-381 has an output whenever it succeeds.
        bool isMissing = success && output.length == 0 && precompile >= L1Precompiles.G1_ADD;
        if (isMissing || (isModexp && !success)) revert L1Precompiles.L1CannotProve(fork, precompile, cost, 0, 1);
        if (!success) revert Halt();
    }
}
