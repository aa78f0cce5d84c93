// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Halt, IOpcodeFamily} from "../interfaces/IOpcodeFamily.sol";
import {MemoryTree} from "../libraries/MemoryTree.sol";
import {Metering} from "../libraries/Metering.sol";
import {Witnesses} from "../libraries/Witnesses.sol";
import {Ending, Frame, State} from "../types/Machine.sol";
import {Witness} from "../types/Witness.sol";

/// @title Stack, memory, jumps, KECCAK256, and the opcodes that return: STOP, RETURN, REVERT.
contract FlowFamily is IOpcodeFamily {
    uint256 private constant KECCAK_WORD_GAS = 6;
    uint256 private constant JUMPDEST = 0x5b;

    /// @inheritdoc IOpcodeFamily
    function step(uint256 opcode, State memory state, uint256[] memory operands, bytes calldata witness)
        external
        pure
        returns (State memory, uint256[] memory results, Ending ending, bytes memory output)
    {
        Witness calldata opened = Witnesses.decode(witness);
        Frame memory frame = state.frame;
        if (opcode == 0x00) {
            ending = Ending.SUCCESS;
        } else if (opcode >= 0x5f && opcode <= 0x9f) {
            results = _stack(opcode, frame, operands, opened.code);
        } else if (opcode == 0xf3 || opcode == 0xfd) {
            ending = opcode == 0xf3 ? Ending.SUCCESS : Ending.REVERT;
            Metering.chargeRange(frame, operands[0], operands[1]);
            output = _read(frame, operands[0], operands[1], opened.read);
        } else if (opcode == 0x20) {
            results = _keccak(frame, operands[0], operands[1], opened.read);
        } else if (opcode >= 0x51 && opcode <= 0x53) {
            results = _memory(opcode, frame, operands, opened);
        } else {
            results = _flow(opcode, frame, operands, opened.code);
        }
        return (state, results, ending, output);
    }

    /// @dev PUSH0 to PUSH32, DUP1 to DUP16, SWAP1 to SWAP16.
    function _stack(uint256 opcode, Frame memory frame, uint256[] memory operands, bytes calldata code)
        private
        pure
        returns (uint256[] memory results)
    {
        if (opcode <= 0x7f) {
            results = new uint256[](1);
            uint256 size = opcode - 0x5f;
            results[0] = _immediate(code, frame.pc, size);
            frame.pc += size;
            return results;
        }
        uint256 count = operands.length;
        bool duplicates = opcode <= 0x8f;
        results = new uint256[](duplicates ? count + 1 : count);
        for (uint256 i = 0; i < count; ++i) {
            results[i] = operands[count - 1 - i];
        }
        if (duplicates) {
            results[count] = operands[count - 1];
        } else {
            (results[0], results[count - 1]) = (results[count - 1], results[0]);
        }
    }

    /// @dev `size` bytes of code at `pc`. Zeros follow the code.
    function _immediate(bytes calldata code, uint256 pc, uint256 size) private pure returns (uint256 value) {
        if (size == 0 || pc >= code.length) return 0;
        uint256 held = code.length - pc < size ? code.length - pc : size;
        value = uint256(bytes32(code[pc:pc + held])) >> (256 - 8 * size);
    }

    /// @dev POP, JUMP, JUMPI, PC, MSIZE, GAS, JUMPDEST.
    function _flow(uint256 opcode, Frame memory frame, uint256[] memory operands, bytes calldata code)
        private
        pure
        returns (uint256[] memory results)
    {
        if (opcode == 0x56) {
            frame.pc = _destination(code, operands[0]);
        } else if (opcode == 0x57) {
            if (operands[1] != 0) frame.pc = _destination(code, operands[0]);
        } else if (opcode >= 0x58 && opcode <= 0x5a) {
            results = new uint256[](1);
            if (opcode == 0x58) results[0] = frame.pc - 1;
            else if (opcode == 0x59) results[0] = frame.memorySize * 32;
            else results[0] = frame.gas;
        }
    }

    /// @dev Halts unless there is a JUMPDEST at `target` that is not inside of a PUSH's immediate.
    function _destination(bytes calldata code, uint256 target) private pure returns (uint256) {
        if (target >= code.length || uint8(code[target]) != JUMPDEST) revert Halt();
        uint256 cursor = 0;
        // In assembly because it visits up to 49,152 instructions in one step. Reads only. `target` is inside of the code, so `cursor`
        // stays below target + 33 and no sum wraps.
        assembly ("memory-safe") {
            for {} lt(cursor, target) {} {
                let offset := sub(byte(0, calldataload(add(code.offset, cursor))), 0x5f)
                // PUSH1 to PUSH32 are 1 to 32 here. Smaller opcodes have wrapped.
                cursor := add(add(cursor, 1), mul(offset, lt(offset, 33)))
            }
        }
        if (cursor != target) revert Halt();
        return target;
    }

    /// @dev MLOAD, MSTORE, MSTORE8.
    function _memory(uint256 opcode, Frame memory frame, uint256[] memory operands, Witness calldata opened)
        private
        pure
        returns (uint256[] memory results)
    {
        uint256 offset = operands[0];
        Metering.chargeRange(frame, offset, opcode == 0x53 ? 1 : 32);
        if (opcode == 0x51) {
            results = new uint256[](1);
            results[0] = MemoryTree.readWord(frame.memoryRoot, offset, opened.read);
            return results;
        }
        // The cast takes the lowest byte, as MSTORE8 does.
        bytes memory data = opcode == 0x53 ? abi.encodePacked(uint8(operands[1])) : abi.encode(operands[1]);
        frame.memoryRoot = MemoryTree.write(frame.memoryRoot, offset, data, opened.write);
    }

    function _keccak(Frame memory frame, uint256 offset, uint256 size, bytes32[] calldata opening)
        private
        pure
        returns (uint256[] memory results)
    {
        Metering.chargeRange(frame, offset, size);
        Metering.charge(frame, KECCAK_WORD_GAS * Metering.wordsOf(size));
        results = new uint256[](1);
        results[0] = uint256(keccak256(_read(frame, offset, size, opening)));
    }

    /// @dev The bytes of a range that was charged for. An empty range is not opened, nor is a range before a halt.
    function _read(Frame memory frame, uint256 offset, uint256 size, bytes32[] calldata opening)
        private
        pure
        returns (bytes memory data)
    {
        if (size != 0) data = MemoryTree.read(frame.memoryRoot, offset, size, opening);
    }
}
