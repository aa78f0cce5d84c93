// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOpcodeFamily} from "../interfaces/IOpcodeFamily.sol";
import {Hashing} from "../libraries/Hashing.sol";
import {MemoryTree} from "../libraries/MemoryTree.sol";
import {Metering} from "../libraries/Metering.sol";
import {Witnesses} from "../libraries/Witnesses.sol";
import {Ending, Frame, State} from "../types/Machine.sol";

/// @title LOG0 to LOG4.
contract LogFamily is IOpcodeFamily {
    uint256 private constant LOG_GAS = 375;
    uint256 private constant TOPIC_GAS = 375;
    uint256 private constant BYTE_GAS = 8;

    /// @inheritdoc IOpcodeFamily
    function step(uint256 opcode, State memory state, uint256[] memory operands, bytes calldata witness)
        external
        pure
        returns (State memory, uint256[] memory results, Ending ending, bytes memory output)
    {
        uint256 topics = opcode - 0xa0;
        Frame memory frame = state.frame;
        (uint256 offset, uint256 size) = (operands[0], operands[1]);
        Metering.chargeRange(frame, offset, size);
        Metering.charge(frame, LOG_GAS + TOPIC_GAS * topics + BYTE_GAS * size);
        bytes memory data;
        if (size != 0) data = MemoryTree.read(frame.memoryRoot, offset, size, Witnesses.decode(witness).read);

        bytes32[] memory words = new bytes32[](4 + topics);
        words[0] = state.transaction.logs;
        words[1] = bytes32(uint256(uint160(frame.self)));
        words[2] = keccak256(data);
        words[3] = bytes32(topics);
        for (uint256 i = 0; i < topics; ++i) {
            words[4 + i] = bytes32(operands[2 + i]);
        }
        state.transaction.logs = Hashing.hashWords(Hashing.LOG, words);
        return (state, results, ending, output);
    }
}
