// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HASH, MAX_SIZE, MIX_AND_NONCE, MIX_HASH, NONCE, QbftHeader, SEAT, WIDTH} from "./QbftHeader.sol";

/// @title Headers as nearly all are, read for a third of the gas
/// @notice A usual header has the form that `QbftHeaders.read` demands, and besides: three validators at least, a seal, no vote, round 0, extra
/// data from 259 bytes on, a base fee below 2^248, no blobs. Any other one is left to `QbftHeaders`, which also says what is wrong with it.
/// @dev Assembly, because a branch for each item costs as much as the rest of reading it: here the differences from what is expected are
/// joined, and looked at once. Each block reads memory only. All arithmetic is unchecked: pointers into memory, and lengths of at most two
/// bytes. Each position ascends, and the last one must be the end, which so bounds all of them.
library UsualQbftHeaders {
    /// @dev The least first byte of a number, by how many bytes it has: a lone byte below 0x80 stands for itself.
    uint256 private constant LEAST_FIRST = 0x0080010101010101010101010101010101010101010101010101010101010101;
    /// @dev A number of so many bytes at most is in one word with its prefix.
    uint256 private constant IN_A_WORD = 31;
    /// @dev Extra data of fewer bytes have a list with a shorter prefix.
    uint256 private constant LEAST_EXTRA = 259;
    /// @dev What extra data of no bytes would begin with: a string of two bytes of length, a list of three bytes less, the vanity's prefix.
    uint256 private constant BEGINNING = 0xb90000f90000a0 - (3 << 8);
    /// @dev What each byte of theirs adds to that.
    uint256 private constant GROWTH = 0x100000100;
    /// @dev No vote, and round 0.
    uint256 private constant FIRST_ROUND = 0xc080;
    /// @dev Two numbers that are zero, and the beacon root's prefix.
    uint256 private constant NO_BLOBS = 0x8080a0;

    /// @notice Reads a header from its number on, at `at`. Gives whether it is a usual one; if not, what it wrote into `header` means nothing.
    function read(QbftHeader memory header, uint256 at, uint256 end) internal pure returns (bool isUsual) {
        unchecked {
            uint256 extra;
            uint256 differs;
            (header.number, header.timestamp, extra, differs) = _numbers(at);
            header.extra = extra;
            header.inner = extra + 6;
            (uint256 validators, uint256 behind, uint256 differ) = _list(extra + 6 + HASH);
            differs |= differ;
            uint256 length = behind - validators;
            uint256 size = length / SEAT;
            header.validators = validators;
            header.size = size;
            header.roundItem = behind + 1;
            header.sealsItem = behind + 2;
            (header.seals, at, differ) = _list(behind + 2);
            header.sealsEnd = at;
            header.behindExtra = at;
            bytes32 set;
            assembly ("memory-safe") {
                set := keccak256(validators, length)
                differs := or(differs, or(differ, xor(mul(size, SEAT), length)))
                differs := or(differs, or(gt(size, MAX_SIZE), xor(shr(240, mload(behind)), FIRST_ROUND)))
                // The first seven bytes of the extra data, of which the second and third are the length.
                let word := mload(extra)
                length := and(shr(232, word), 0xffff)
                differs := or(differs, xor(shr(200, word), add(BEGINNING, mul(length, GROWTH))))
                differs := or(differs, or(lt(length, LEAST_EXTRA), xor(add(add(extra, 3), length), at)))
            }
            header.set = set;
            return differs | _rest(at, end) == 0;
        }
    }

    /// @dev The number, the gas limit, the gas used, and the timestamp. The number and the base fee may be of one byte that stands for itself.
    function _numbers(uint256 at) private pure returns (uint256 height, uint256 time, uint256 next, uint256 differs) {
        assembly ("memory-safe") {
            let word := mload(at)
            height := byte(0, word)
            next := add(at, 1)
            differs := iszero(height)
            if gt(height, 0x7f) {
                let length := sub(height, 0x80)
                height := shr(sub(256, shl(3, length)), shl(8, word))
                next := add(next, length)
                differs := or(gt(length, WIDTH), lt(byte(1, word), byte(length, LEAST_FIRST)))
            }
            // A byte below 0x80 gives a length above all others.
            word := mload(next)
            let length := sub(byte(0, word), 0x80)
            differs := or(differs, or(gt(length, WIDTH), lt(byte(1, word), byte(length, LEAST_FIRST))))
            next := add(add(next, 1), length)
            word := mload(next)
            length := sub(byte(0, word), 0x80)
            differs := or(differs, or(gt(length, WIDTH), lt(byte(1, word), byte(length, LEAST_FIRST))))
            next := add(add(next, 1), length)
            word := mload(next)
            length := sub(byte(0, word), 0x80)
            differs := or(differs, or(gt(length, WIDTH), lt(byte(1, word), byte(length, LEAST_FIRST))))
            time := shr(sub(256, shl(3, length)), shl(8, word))
            next := add(add(next, 1), length)
        }
    }

    /// @dev Where a list with one or two bytes of length begins and ends: one byte is for those from 56 on, two are for those from 256 on.
    function _list(uint256 at) private pure returns (uint256 start, uint256 end, uint256 differs) {
        assembly ("memory-safe") {
            let word := mload(at)
            let isLong := eq(byte(0, word), 0xf9)
            let length := shr(sub(248, shl(3, isLong)), shl(8, word))
            start := add(at, add(isLong, 2))
            end := add(start, length)
            differs := or(xor(byte(0, word), add(isLong, 0xf8)), lt(length, add(mul(isLong, 200), 56)))
        }
    }

    /// @dev The mix hash, the nonce, and what follows them up to the end.
    function _rest(uint256 at, uint256 end) private pure returns (uint256 differs) {
        assembly ("memory-safe") {
            differs := xor(byte(0, mload(at)), 0xa0)
            differs := or(differs, xor(mload(add(at, 1)), MIX_HASH))
            differs := or(differs, xor(shr(184, mload(add(at, HASH))), NONCE))
            at := add(at, MIX_AND_NONCE)
            let word := mload(at)
            let prefix := byte(0, word)
            at := add(at, 1)
            switch gt(prefix, 0x7f)
            case 0 { differs := or(differs, iszero(prefix)) }
            default {
                let length := sub(prefix, 0x80)
                differs := or(differs, or(gt(length, IN_A_WORD), lt(byte(1, word), byte(length, LEAST_FIRST))))
                at := add(at, length)
            }
            differs := or(differs, xor(byte(0, mload(at)), 0xa0))
            differs := or(differs, xor(shr(232, mload(add(at, HASH))), NO_BLOBS))
            at := add(at, 68)
            // From Prague on, the requests.
            if xor(at, end) {
                differs := or(differs, xor(byte(0, mload(at)), 0xa0))
                at := add(at, HASH)
            }
            differs := or(differs, xor(at, end))
        }
    }
}
