// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Forks} from "./Forks.sol";

/// @title The costs of precompiles in each fork.
library PrecompileGas {
    /// @dev More gas than any frame has.
    uint256 internal constant TOO_MUCH = type(uint128).max;

    uint256 private constant BLAKE2F_INPUT = 213;
    uint256 private constant PAIR_SIZE = 192;
    /// @dev EIP-7823: bytes of each operand of MODEXP.
    uint256 private constant MAX_OPERAND = 1024;

    /// @dev EIP-2537: thousandths of the price of a product, 2 bytes for each number of products from 1 to 128; more have the last.
    bytes private constant G1_DISCOUNTS = hex"03e803b50350031d02fc02ee02e202d802cf02c802c102ba02b402af02aa02a5"
        hex"02a1029d029902950292028e028b0288028502820280027d027b027802760273"
        hex"0271026f026d026b026902670265026302610260025e025c025b025902570256"
        hex"0254025302510250024f024d024c024a02490248024602450244024302410240"
        hex"023f023e023d023c023a0239023802370236023502340233023202310230022f"
        hex"022e022d022c022b022a02290228022702260225022402230223022202210220"
        hex"021f021e021d021c021c021b021a021902180218021702160215021402140213"
        hex"0212021102100210020f020e020d020d020c020b020a020a0209020802080207";
    bytes private constant G2_DISCOUNTS = hex"03e803e8039b037403570340032c031c030e030202f702ed02e402dc02d402cd"
        hex"02c702c002bb02b502b002ab02a702a2029e029a02970293028f028c02890286"
        hex"02830280027d027a0278027502730270026e026c026a0267026502630261025f"
        hex"025e025c025a025802560255025302510250024e024d024b024a024802470246"
        hex"0244024302420240023f023e023d023b023a0239023802370236023502330232"
        hex"02310230022f022e022d022c022b022a02290228022802270226022502240223"
        hex"0222022102210220021f021e021d021d021c021b021a02190219021802170217"
        hex"0216021502140214021302120212021102100210020f020e020e020d020c020c";

    /// @notice The price of an input. An input of a wrong length has any price: it fails all the same.
    function cost(uint256 fork, uint256 number, bytes memory input) internal pure returns (uint256) {
        uint256 words = (input.length + 31) / 32;
        if (number == 1) return 3000;
        if (number == 2) return 60 + 12 * words;
        if (number == 3) return 600 + 120 * words;
        if (number == 4) return 15 + 3 * words;
        if (number == 5) return _modexp(fork, input);
        if (number == 6) return 150;
        if (number == 7) return 6000;
        if (number == 8) return 45_000 + 34_000 * (input.length / PAIR_SIZE);
        // EIP-152: a gas per round.
        if (number == 9) return input.length == BLAKE2F_INPUT ? _word(input, 0) >> 224 : 0;
        if (number == 10) return 50_000;
        return number == Forks.P256VERIFY ? 6900 : _bls12(number, input.length);
    }

    /// @dev EIP-2537.
    function _bls12(uint256 number, uint256 length) private pure returns (uint256) {
        if (number == 0x0b) return 375;
        if (number == 0x0c) return _products(length / 160, 12_000, G1_DISCOUNTS);
        if (number == 0x0d) return 600;
        if (number == 0x0e) return _products(length / 288, 22_500, G2_DISCOUNTS);
        if (number == 0x0f) return 37_700 + 32_600 * (length / 384);
        return number == 0x10 ? 5500 : 23_800;
    }

    function _products(uint256 count, uint256 each, bytes memory discounts) private pure returns (uint256) {
        if (count == 0) return 0;
        uint256 at = count < 128 ? count : 128;
        uint256 discount;
        // Reads the 2 bytes of an entry; the table has 128 of them.
        assembly ("memory-safe") {
            discount := shr(240, mload(add(add(discounts, 0x1e), mul(at, 2))))
        }
        return count * each * discount / 1000;
    }

    /// @dev EIP-2565; since Osaka EIP-7883, with EIP-7823's bound of the operands.
    function _modexp(uint256 fork, bytes memory input) private pure returns (uint256) {
        uint256 baseSize = _word(input, 0);
        uint256 exponentSize = _word(input, 32);
        uint256 size = _word(input, 64);
        if (size < baseSize) size = baseSize;
        if (fork >= Forks.OSAKA) {
            if (size > MAX_OPERAND || exponentSize > MAX_OPERAND) return TOO_MUCH;
            uint256 complexity = size <= 32 ? 16 : 2 * _squared(size);
            return _max(500, complexity * _iterations(input, baseSize, exponentSize, 16));
        }
        if (size == 0) return 200;
        // Beyond these sizes the price is above 2^60, and the numbers below would overflow.
        if (size > type(uint40).max || exponentSize > type(uint64).max) return TOO_MUCH;
        return _max(200, _squared(size) * _iterations(input, baseSize, exponentSize, 8) / 3);
    }

    /// @dev At least 1. Each byte of the exponent behind its first 32 counts as `each` bits.
    function _iterations(bytes memory input, uint256 baseSize, uint256 exponentSize, uint256 each)
        private
        pure
        returns (uint256 iterations)
    {
        uint256 headSize = exponentSize < 32 ? exponentSize : 32;
        uint256 head = _word(input, 96 + baseSize) >> (256 - 8 * headSize);
        iterations = each * (exponentSize - headSize);
        while (head > 1) {
            head >>= 1;
            ++iterations;
        }
        if (iterations == 0) iterations = 1;
    }

    /// @dev The square of how many 8 bytes hold `size` bytes.
    function _squared(uint256 size) private pure returns (uint256) {
        uint256 words = (size + 7) / 8;
        return words * words;
    }

    function _max(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a : b;
    }

    /// @dev The word at `offset`. Zeros follow the input's end.
    function _word(bytes memory input, uint256 offset) private pure returns (uint256 word) {
        if (offset >= input.length) return 0;
        // Reads a word that begins inside of the input. The bytes behind its end are dropped below.
        assembly ("memory-safe") {
            word := mload(add(add(input, 0x20), offset))
        }
        uint256 held = input.length - offset;
        if (held >= 32) return word;
        uint256 surplus = 8 * (32 - held);
        return (word >> surplus) << surplus;
    }
}
