// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOneStepProver} from "../../interfaces/IOneStepProver.sol";

/// @title A machine that counts, to test games without an EVM in them
/// @notice The machine is a number, its hash keccak256 of it as a word, and one step adds trace index + end batch + 1: so a proof for another index
/// or end is a proof of something else. The witness is the number.
contract CountingProver is IOneStepProver {
    error WrongPrestate(bytes32 actual, bytes32 expected);

    /// @inheritdoc IOneStepProver
    uint256 public immutable newestFork;

    constructor(uint256 newestFork_) {
        newestFork = newestFork_;
    }

    /// @inheritdoc IOneStepProver
    function verify(bytes32 preHash, uint256 traceIndex, uint256 endBatch, bytes calldata witness)
        external
        pure
        returns (bytes32)
    {
        uint256 number = abi.decode(witness, (uint256));
        bytes32 actual = keccak256(abi.encode(number));
        if (actual != preHash) revert WrongPrestate(actual, preHash);
        return keccak256(abi.encode(number + traceIndex + endBatch + 1));
    }
}
