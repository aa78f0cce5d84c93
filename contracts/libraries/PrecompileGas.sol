// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The costs of precompiles 1 to 10 under Cancun.
library PrecompileGas {
    /// @dev More gas than any frame has.
    uint256 internal constant TOO_MUCH = type(uint128).max;

    uint256 private constant BLAKE2F_INPUT = 213;
    uint256 private constant PAIR_SIZE = 192;

    function cost(uint256 number, bytes memory input) internal pure returns (uint256) {
        uint256 words = (input.length + 31) / 32;
        if (number == 1) return 3000;
        if (number == 2) return 60 + 12 * words;
        if (number == 3) return 600 + 120 * words;
        if (number == 4) return 15 + 3 * words;
        if (number == 5) return _modexp(input);
        if (number == 6) return 150;
        if (number == 7) return 6000;
        if (number == 8) return 45_000 + 34_000 * (input.length / PAIR_SIZE);
        // EIP-152: one gas per round. An input of another length fails at any price.
        if (number == 9) return input.length == BLAKE2F_INPUT ? _word(input, 0) >> 224 : 0;
        return 50_000;
    }

    /// @dev EIP-2565.
    function _modexp(bytes memory input) private pure returns (uint256) {
        uint256 baseSize = _word(input, 0);
        uint256 exponentSize = _word(input, 32);
        uint256 size = _word(input, 64);
        if (size < baseSize) size = baseSize;
        if (size == 0) return 200;
        // Beyond these sizes the price is above 2^60, and the products below would overflow.
        if (size > type(uint40).max || exponentSize > type(uint64).max) return TOO_MUCH;

        uint256 headSize = exponentSize < 32 ? exponentSize : 32;
        uint256 head = _word(input, 96 + baseSize) >> (256 - 8 * headSize);
        uint256 iterations = 8 * (exponentSize - headSize);
        while (head > 1) {
            head >>= 1;
            ++iterations;
        }
        if (iterations == 0) iterations = 1;
        uint256 words = (size + 7) / 8;
        uint256 price = words * words * iterations / 3;
        return price < 200 ? 200 : price;
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
