// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOpcodeFamily} from "../interfaces/IOpcodeFamily.sol";
import {Metering} from "../libraries/Metering.sol";
import {Opcodes} from "../libraries/Opcodes.sol";
import {Ending, State} from "../types/Machine.sol";

/// @title 0x01 to 0x0b and 0x10 to 0x1e: arithmetic, comparison and bits.
contract ArithmeticFamily is IOpcodeFamily {
    /// @dev EIP-160: for each byte of EXP's exponent.
    uint256 private constant EXP_BYTE_GAS = 50;

    /// @inheritdoc IOpcodeFamily
    function step(uint256 opcode, State memory state, uint256[] memory operands, bytes calldata)
        external
        pure
        returns (State memory, uint256[] memory results, Ending ending, bytes memory output)
    {
        uint256 a = operands[0];
        uint256 b = operands.length > 1 ? operands[1] : 0;
        results = new uint256[](1);
        if (opcode == 0x08 || opcode == 0x09) {
            results[0] = _modular(opcode, a, b, operands[2]);
        } else if (opcode < 0x0a) {
            results[0] = _arithmetic(opcode, a, b);
        } else if (opcode == 0x0a) {
            Metering.charge(state.frame, EXP_BYTE_GAS * _byteLength(b));
            // EXP wraps in the EVM. Checked arithmetic would revert.
            unchecked {
                results[0] = a ** b;
            }
        } else if (opcode == Opcodes.CLZ) {
            results[0] = 256 - _bitLength(a);
        } else {
            results[0] = _bits(opcode, a, b);
        }
        return (state, results, ending, output);
    }

    /// @dev ADD, MUL, SUB, DIV, SDIV, MOD, SMOD, each by the opcode itself: Solidity's operators would treat its corner cases (wrapping,
    /// division by zero, division of the least number) as errors. All blocks read and write only the stack.
    function _arithmetic(uint256 opcode, uint256 a, uint256 b) private pure returns (uint256 result) {
        assembly ("memory-safe") {
            switch opcode
            case 0x01 { result := add(a, b) }
            case 0x02 { result := mul(a, b) }
            case 0x03 { result := sub(a, b) }
            case 0x04 { result := div(a, b) }
            case 0x05 { result := sdiv(a, b) }
            case 0x06 { result := mod(a, b) }
            default { result := smod(a, b) }
        }
    }

    /// @dev ADDMOD, MULMOD, each by the opcode itself, as above.
    function _modular(uint256 opcode, uint256 a, uint256 b, uint256 modulus) private pure returns (uint256 result) {
        assembly ("memory-safe") {
            switch opcode
            case 0x08 { result := addmod(a, b, modulus) }
            default { result := mulmod(a, b, modulus) }
        }
    }

    /// @dev SIGNEXTEND, comparisons, bitwise operations and shifts, each by the opcode itself, as above.
    function _bits(uint256 opcode, uint256 a, uint256 b) private pure returns (uint256 result) {
        assembly ("memory-safe") {
            switch opcode
            case 0x0b { result := signextend(a, b) }
            case 0x10 { result := lt(a, b) }
            case 0x11 { result := gt(a, b) }
            case 0x12 { result := slt(a, b) }
            case 0x13 { result := sgt(a, b) }
            case 0x14 { result := eq(a, b) }
            case 0x15 { result := iszero(a) }
            case 0x16 { result := and(a, b) }
            case 0x17 { result := or(a, b) }
            case 0x18 { result := xor(a, b) }
            case 0x19 { result := not(a) }
            case 0x1a { result := byte(a, b) }
            case 0x1b { result := shl(a, b) }
            case 0x1c { result := shr(a, b) }
            default { result := sar(a, b) }
        }
    }

    /// @dev CLZ cannot be the opcode itself here, as the others are: it must be provable on an L1 that does not have it.
    function _bitLength(uint256 value) private pure returns (uint256 length) {
        for (uint256 half = 128; half != 0; half /= 2) {
            if (value >> half != 0) {
                value >>= half;
                length += half;
            }
        }
        return length + value;
    }

    function _byteLength(uint256 value) private pure returns (uint256 length) {
        for (; value != 0; value >>= 8) {
            ++length;
        }
    }
}
