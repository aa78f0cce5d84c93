// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Halt, IOpcodeFamily} from "../interfaces/IOpcodeFamily.sol";
import {Forks} from "../libraries/Forks.sol";
import {Metering} from "../libraries/Metering.sol";
import {PrecompileGas} from "../libraries/PrecompileGas.sol";
import {Witnesses} from "../libraries/Witnesses.sol";
import {Ending, Frame, State} from "../types/Machine.sol";

/// @title The only step of a precompile's frame. L1's precompiles compute the result.
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
        uint256 precompile = uint256(frame.codeHash);
        uint256 cost = PrecompileGas.cost(Forks.opened(state.fork), precompile, input);
        Metering.charge(frame, cost);
        // INVARIANT: a failure of the call below is the precompile's own. A call forwards at most 63/64 of the gas left, even if it
        // asks for more. With less than `cost` it would fail for lack of gas. `cost` is at most the frame's gas.
        uint256 available = gasleft();
        uint256 needed = cost + cost / 63 + RESERVE;
        if (available < needed) revert GasTooLow(available, needed);
        bool success;
        // Solidity's call would copy the input between the check above and the call. Allocates the output in whole words.
        assembly ("memory-safe") {
            success := staticcall(cost, precompile, add(input, 0x20), mload(input), 0, 0)
            output := mload(0x40)
            let size := mul(success, returndatasize())
            mstore(output, size)
            returndatacopy(add(output, 0x20), 0, size)
            mstore(0x40, and(add(add(output, size), 0x3f), not(0x1f)))
        }
        if (!success) revert Halt();
        return (state, results, Ending.SUCCESS, output);
    }
}
