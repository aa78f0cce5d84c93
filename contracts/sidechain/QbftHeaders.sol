// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HASH, MAX_SIZE, MIX_AND_NONCE, MIX_HASH, NONCE, QbftHeader, SEAL, SEAT, WIDTH} from "./QbftHeader.sol";
import {UsualQbftHeaders} from "./UsualQbftHeaders.sol";

/// @title Headers of QBFT, as Besu writes them
/// @notice The extra data are the RLP of [vanity, validators, vote, round, seals]. A seal signs the hash of the header without its seals. A
/// block's hash leaves the round out too. In both, what is left out is empty.
/// @dev A header has the items of Cancun, or of Prague: 20 or 21. Each must have its size and its one form, whoever sealed it: so every
/// reader of headers takes the same ones. All arithmetic is unchecked: pointers into memory, and lengths of at most two bytes.
library QbftHeaders {
    /// @notice The bytes at `offset` of the header, or of joined validators, are not what the protocol has there.
    error MalformedHeader(uint256 offset, uint256 actual, uint256 expected);
    /// @notice What stands at an offset ends at another one than it must.
    error WrongEnd(uint256 actual, uint256 expected);
    /// @notice The number or length `actual` at `offset` has a shorter form: this one is for those from `minimum` on.
    error NotShortest(uint256 offset, uint256 actual, uint256 minimum);
    /// @notice The number at `offset` has more bytes than it may have.
    error NumberTooLong(uint256 offset, uint256 actual, uint256 maximum);
    error HeaderTooShort(uint256 actual, uint256 minimum);
    error HeaderTooLong(uint256 actual, uint256 maximum);
    error WrongMixHash(bytes32 actual, bytes32 expected);
    error WrongSize(uint256 actual, uint256 maximum);
    /// @notice Validators must be in ascending order, so that each is there once.
    error NotAscending(address actual, address previous);
    error WrongSeatCount(uint256 actual, uint256 seals);
    /// @notice A seat, or a bit of `actual`, is none of the `size` seats.
    error NoSuchSeat(uint256 actual, uint256 size);
    error NotSealedBy(address actual, address expected);
    error HighS(uint256 actual, uint256 maximum);

    /// @dev The seat of somebody who has none.
    uint256 internal constant NONE = 255;
    /// @dev With at most so many bytes, a length has two bytes in RLP.
    uint256 internal constant MAX_LENGTH = 65_535;
    /// @dev secp256k1n / 2. A higher s is the malleable twin of a lower one.
    uint256 internal constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    /// @dev The prefix of a seal.
    uint256 private constant SEAL_PREFIX = 0xb841;

    // The items before the number have fixed lengths: parent hash, ommers hash, coinbase, three roots, bloom, difficulty.
    uint256 private constant STATE_ROOT = 87;
    uint256 private constant BLOOM = 186;
    uint256 private constant DIFFICULTY = 445;
    uint256 private constant MINIMUM = 450;
    /// @dev Three numbers and two roots behind the nonce. One item less is always shorter.
    uint256 private constant LEAST_REST = 69;
    /// @dev How many bytes the base fee and rounds have at most.
    uint256 private constant FEE_WIDTH = 32;
    uint256 private constant ROUND_WIDTH = 4;

    /// @notice Copies a header into memory, for `read`.
    function copy(bytes calldata header) internal pure returns (bytes memory raw) {
        // Solidity's own copying costs 200 gas more, to check a length again. The free pointer stays a multiple of a word. What is behind the last
        // byte is not cleared: only `read` may meet it, which then refuses the header. So the evidence of a refusal may show it, nothing else.
        assembly ("memory-safe") {
            raw := mload(0x40)
            mstore(raw, header.length)
            calldatacopy(add(raw, 0x20), header.offset, header.length)
            mstore(0x40, and(add(add(raw, header.length), 0x3f), not(0x1f)))
        }
    }

    /// @notice Reads a header. Its validators are joined addresses; `checkSet` says whether they are a set.
    /// @param header where it is written, all zeros before. No return value, which Solidity would fill with zeros in each function that it passes.
    function read(bytes memory raw, QbftHeader memory header) internal pure {
        if (raw.length > MAX_LENGTH) revert HeaderTooLong(raw.length, MAX_LENGTH);
        unchecked {
            uint256 start = _start(raw);
            uint256 at = start + 3;
            uint256 end = start + raw.length;
            if (raw.length < MINIMUM) revert HeaderTooShort(raw.length, MINIMUM);
            // A header has the bloom, so that its length has two bytes.
            uint256 prefix = 0xf90000 + raw.length - 3;
            if (_word(start) >> 232 != prefix) revert MalformedHeader(0, _word(start) >> 232, prefix);
            header.raw = raw;
            if (!_hasFixedItems(at)) _findWrong(raw, at);
            at += DIFFICULTY + 1;
            if (UsualQbftHeaders.read(header, at, end)) return;
            (header.number, at) = _number(raw, at, WIDTH);
            // The gas limit and the gas used.
            (, at) = _number(raw, at, WIDTH);
            (, at) = _number(raw, at, WIDTH);
            (header.timestamp, at) = _number(raw, at, WIDTH);
            header.extra = at;
            uint256 behind;
            (at, behind) = _open(raw, at, 0x80);
            header.behindExtra = behind;
            _expect(raw, behind, _byte(behind), 0xa0);
            _expect(raw, behind + HASH, _word(behind + HASH) >> 184, NONCE);
            if (bytes32(_word(behind + 1)) != MIX_HASH) revert WrongMixHash(bytes32(_word(behind + 1)), MIX_HASH);
            _readExtra(raw, header, at, behind);
            _checkRest(raw, behind + MIX_AND_NONCE, end);
        }
    }

    /// @notice The root of the state behind the block.
    function stateRoot(QbftHeader memory header) internal pure returns (bytes32) {
        unchecked {
            return bytes32(_word(_start(header.raw) + 3 + STATE_ROOT + 1));
        }
    }

    /// @notice The vanity, which is the chain's domain.
    function vanity(QbftHeader memory header) internal pure returns (bytes32) {
        unchecked {
            return bytes32(_word(header.inner + 1));
        }
    }

    /// @dev What follows the nonce: base fee, withdrawals root, blob gas used, excess blob gas, beacon root, and from Prague on the requests.
    function _checkRest(bytes memory raw, uint256 at, uint256 end) private pure {
        unchecked {
            if (at + LEAST_REST > end) revert WrongEnd(end - _start(raw), at + LEAST_REST - _start(raw));
            (, at) = _number(raw, at, FEE_WIDTH);
            _expect(raw, at, _byte(at), 0xa0);
            (, at) = _number(raw, at + HASH, WIDTH);
            (, at) = _number(raw, at, WIDTH);
            _expect(raw, at, _byte(at), 0xa0);
            at += HASH;
            if (at != end) {
                _expect(raw, at, _byte(at), 0xa0);
                at += HASH;
            }
            _expectEnd(raw, at, end);
        }
    }

    /// @dev Whether all items of a fixed length have the prefixes of their lengths, and the difficulty is 1.
    function _hasFixedItems(uint256 at) private pure returns (bool isRight) {
        // Reads only. The differences from what is expected are joined.
        assembly ("memory-safe") {
            let differs := xor(byte(0, mload(at)), 0xa0)
            differs := or(differs, xor(byte(0, mload(add(at, 33))), 0xa0))
            differs := or(differs, xor(byte(0, mload(add(at, 66))), 0x94))
            differs := or(differs, xor(byte(0, mload(add(at, STATE_ROOT))), 0xa0))
            differs := or(differs, xor(byte(0, mload(add(at, 120))), 0xa0))
            differs := or(differs, xor(byte(0, mload(add(at, 153))), 0xa0))
            differs := or(differs, xor(shr(232, mload(add(at, BLOOM))), 0xb90100))
            differs := or(differs, xor(byte(0, mload(add(at, DIFFICULTY))), 1))
            isRight := iszero(differs)
        }
    }

    /// @dev Says which item of a fixed length is wrong.
    function _findWrong(bytes memory raw, uint256 at) private pure {
        unchecked {
            _expect(raw, at, _byte(at), 0xa0);
            _expect(raw, at + 33, _byte(at + 33), 0xa0);
            _expect(raw, at + 66, _byte(at + 66), 0x94);
            _expect(raw, at + STATE_ROOT, _byte(at + STATE_ROOT), 0xa0);
            _expect(raw, at + 120, _byte(at + 120), 0xa0);
            _expect(raw, at + 153, _byte(at + 153), 0xa0);
            _expect(raw, at + BLOOM, _word(at + BLOOM) >> 232, 0xb90100);
            _expect(raw, at + DIFFICULTY, _byte(at + DIFFICULTY), 1);
        }
    }

    /// @dev The items of the extra data follow each other without a gap, so that the last one's end bounds all of them.
    function _readExtra(bytes memory raw, QbftHeader memory header, uint256 at, uint256 end) private pure {
        unchecked {
            uint256 behind;
            (at, behind) = _open(raw, at, 0xc0);
            header.inner = at;
            _expectEnd(raw, behind, end);
            _expect(raw, at, _byte(at), 0xa0);
            (at, behind) = _open(raw, at + HASH, 0xc0);
            header.validators = at;
            uint256 length = behind - at;
            uint256 size = length / SEAT;
            if (size == 0 || size > MAX_SIZE) revert WrongSize(size, MAX_SIZE);
            _expect(raw, at, length, size * SEAT);
            header.size = size;
            header.set = _hash(at, length);
            (at, behind) = _open(raw, behind, 0xc0);
            if (at != behind) _checkVote(raw, at, behind);
            at = behind;
            header.roundItem = at;
            (header.round, at) = _number(raw, at, ROUND_WIDTH);
            header.sealsItem = at;
            (header.seals, at) = _open(raw, at, 0xc0);
            header.sealsEnd = at;
            _expectEnd(raw, at, end);
        }
    }

    /// @dev A vote is a candidate, and either 0xff to add it or nothing to drop it.
    function _checkVote(bytes memory raw, uint256 at, uint256 end) private pure {
        unchecked {
            _expect(raw, at, _byte(at), 0x94);
            at += SEAT;
            if (_byte(at) == 0x80) return _expectEnd(raw, at + 1, end);
            _expect(raw, at, _word(at) >> 240, 0x81ff);
            _expectEnd(raw, at + 2, end);
        }
    }

    /// @notice Reverts unless each seal is that of the validator at its seat. Gives how many there are.
    /// @param seats the seats of those who sealed, one bit each. The seals must be in the order of the seats, so no validator has two.
    function checkSeals(QbftHeader memory header, uint256 seats) internal view returns (uint256 count) {
        unchecked {
            bytes32 signed = digest(header);
            uint256 at = header.seals;
            uint256 end = header.sealsEnd;
            count = (end - at) / SEAL;
            if (seats >> header.size != 0) revert NoSuchSeat(seats, header.size);
            uint256 place = header.validators;
            while (at < end) {
                if (seats & 1 != 0) {
                    address expected = validatorAt(place, 0);
                    address signer = _signer(signed, at);
                    if (signer != expected) _refuseSeal(header.raw, at, signer, expected);
                    at += SEAL;
                } else if (seats == 0) {
                    revert WrongSeatCount((at - header.seals) / SEAL, count);
                }
                seats >>= 1;
                place += SEAT;
            }
            _expectEnd(header.raw, at, end);
            if (seats != 0) revert WrongSeatCount(count + 1, count);
        }
    }

    /// @dev Says what is wrong with a seal.
    function _refuseSeal(bytes memory raw, uint256 at, address signer, address expected) private pure {
        unchecked {
            _expect(raw, at, _word(at) >> 240, SEAL_PREFIX);
            uint256 s = _word(at + 34);
            if (s > HALF_ORDER) revert HighS(s, HALF_ORDER);
            revert NotSealedBy(signer, expected);
        }
    }

    /// @notice Who made each seal, in order, by seats that were checked.
    function signers(QbftHeader memory header, uint256 seats) internal pure returns (address[] memory found) {
        unchecked {
            found = new address[]((header.sealsEnd - header.seals) / SEAL);
            uint256 count = 0;
            for (uint256 seat; count < found.length; ++seat) {
                if (seats >> seat & 1 != 0) found[count++] = validatorAt(header.validators, seat);
            }
        }
    }

    /// @notice Reverts unless joined addresses are a set: each is one, and they ascend.
    function checkSet(uint256 validators, uint256 size) internal pure {
        unchecked {
            address previous = address(0);
            for (uint256 seat; seat < size; ++seat) {
                uint256 prefix = _byte(validators + SEAT * seat);
                if (prefix != 0x94) revert MalformedHeader(SEAT * seat, prefix, 0x94);
                address validator = validatorAt(validators, seat);
                if (validator <= previous) revert NotAscending(validator, previous);
                previous = validator;
            }
        }
    }

    /// @notice The address at a seat of joined addresses.
    function validatorAt(uint256 validators, uint256 seat) internal pure returns (address) {
        unchecked {
            return address(uint160(_word(validators + SEAT * seat + 1) >> 96));
        }
    }

    /// @notice What a validator seals.
    function digest(QbftHeader memory header) internal pure returns (bytes32) {
        unchecked {
            return _hashWith(header, header.sealsItem - header.inner, 0xc0, 1);
        }
    }

    /// @notice The block's hash.
    function hashOf(QbftHeader memory header) internal pure returns (bytes32) {
        unchecked {
            return _hashWith(header, header.roundItem - header.inner, 0x80c0, 2);
        }
    }

    /// @notice How many of so many validators must seal: two thirds, rounded up.
    function quorum(uint256 size) internal pure returns (uint256) {
        // No overflow: a set has 255 validators at most.
        unchecked {
            return (2 * size + 2) / 3;
        }
    }

    /// @dev The hash of a header whose extra data hold their first `kept` bytes, and `tail` behind them.
    function _hashWith(QbftHeader memory header, uint256 kept, uint256 tail, uint256 tailLength)
        private
        pure
        returns (bytes32 hash)
    {
        unchecked {
            uint256 list = kept + tailLength;
            (uint256 listPrefix, uint256 listSize) = _prefix(0xc0, list);
            (uint256 textPrefix, uint256 textSize) = _prefix(0x80, list + listSize);
            uint256 first = _start(header.raw) + 3;
            uint256 before = header.extra - first;
            uint256 inner = header.inner;
            uint256 behindExtra = header.behindExtra;
            uint256 behind = _start(header.raw) + header.raw.length - behindExtra;
            // Builds the header behind the free pointer and leaves the pointer: nothing of it is needed after the hash. A header has the bloom,
            // so that its own length always takes two bytes; `read` bounds it. A word that passes its part's end is written over by the next.
            assembly ("memory-safe") {
                let start := mload(0x40)
                let at := add(start, 3)
                mcopy(at, first, before)
                at := add(at, before)
                mstore(at, shl(sub(256, mul(8, textSize)), textPrefix))
                at := add(at, textSize)
                mstore(at, shl(sub(256, mul(8, listSize)), listPrefix))
                at := add(at, listSize)
                mcopy(at, inner, kept)
                at := add(at, kept)
                mstore(at, shl(sub(256, mul(8, tailLength)), tail))
                at := add(at, tailLength)
                mcopy(at, behindExtra, behind)
                let total := sub(add(at, behind), add(start, 3))
                mstore8(start, 0xf9)
                mstore8(add(start, 1), shr(8, total))
                mstore8(add(start, 2), total)
                hash := keccak256(start, add(total, 3))
            }
        }
    }

    /// @dev The prefix of a string (base 0x80) or list (base 0xc0), and how many bytes it has.
    function _prefix(uint256 base, uint256 length) private pure returns (uint256 prefix, uint256 size) {
        unchecked {
            if (length < 56) return (base + length, 1);
            return length < 256 ? ((base + 56) << 8 | length, 2) : ((base + 57) << 16 | length, 3);
        }
    }

    /// @dev Where the payload of a string (base 0x80) or list (base 0xc0) begins and ends. Its length must be in the shortest form.
    function _open(bytes memory raw, uint256 at, uint256 base) private pure returns (uint256 start, uint256 end) {
        unchecked {
            uint256 word = _word(at);
            uint256 length = (word >> 248) - base;
            if (length < 56) return (at + 1, at + 1 + length);
            uint256 minimum = 256;
            uint256 size = 3;
            if (length == 56) {
                (length, minimum, size) = (uint8(word >> 240), 56, 2);
            } else {
                // Another kind of item, or a longer one than any.
                if (length != 57) revert MalformedHeader(at - _start(raw), word >> 248, base + 57);
                length = uint16(word >> 232);
            }
            if (length < minimum) revert NotShortest(at - _start(raw), length, minimum);
            return (at + size, at + size + length);
        }
    }

    /// @dev A number of at most `width` bytes in its shortest form, and where the next item begins.
    function _number(bytes memory raw, uint256 at, uint256 width) private pure returns (uint256 value, uint256 next) {
        uint256 length;
        uint256 minimum = 1;
        // Reads only. A byte from 1 to 0x7f stands for itself; else it is 0x80 and the length. A shift by 256 or more gives zero. `minimum`
        // is the least number that has this form: 0x80 for one byte, else a one behind as many zeros as there are bits in the lower bytes.
        assembly ("memory-safe") {
            next := add(at, 1)
            value := byte(0, mload(at))
            if gt(value, 0x7f) {
                length := sub(value, 0x80)
                let bits := shl(3, length)
                value := shr(sub(256, bits), mload(next))
                minimum := shl(add(sub(bits, 8), mul(7, eq(length, 1))), 1)
                next := add(next, length)
            }
        }
        if (length > width) revert NumberTooLong(at - _start(raw), length, width);
        if (value < minimum) revert NotShortest(at - _start(raw), value, minimum);
    }

    /// @dev Who made the seal at `at`; 0 if nobody did, or it has another prefix or a high s.
    function _signer(bytes32 signed, uint256 at) private view returns (address signer) {
        // Calls the precompile behind the free pointer, which it leaves. It takes v as 27 or 28. A failure returns nothing, so that the word
        // that was cleared stays: INVARIANT: zero is no validator, since a set ascends from above zero.
        assembly ("memory-safe") {
            let question := mload(0x40)
            mstore(question, signed)
            mstore(add(question, 0x20), add(byte(0, mload(add(at, 66))), 27))
            mcopy(add(question, 0x40), add(at, 2), 0x40)
            mstore(0, 0)
            pop(staticcall(gas(), 1, question, 0x80, 0, 0x20))
            signer := mload(0)
            if or(xor(shr(240, mload(at)), SEAL_PREFIX), gt(mload(add(at, 34)), HALF_ORDER)) { signer := 0 }
        }
    }

    function _expect(bytes memory raw, uint256 at, uint256 actual, uint256 expected) private pure {
        if (actual != expected) revert MalformedHeader(at - _start(raw), actual, expected);
    }

    function _expectEnd(bytes memory raw, uint256 actual, uint256 expected) private pure {
        if (actual != expected) revert WrongEnd(actual - _start(raw), expected - _start(raw));
    }

    function _start(bytes memory raw) private pure returns (uint256 start) {
        // Reads nothing: the bytes begin behind the length.
        assembly ("memory-safe") {
            start := add(raw, 0x20)
        }
    }

    function _word(uint256 pointer) private pure returns (uint256 word) {
        // Reads only.
        assembly ("memory-safe") {
            word := mload(pointer)
        }
    }

    function _byte(uint256 pointer) private pure returns (uint256 value) {
        // Reads only.
        assembly ("memory-safe") {
            value := byte(0, mload(pointer))
        }
    }

    function _hash(uint256 start, uint256 length) private pure returns (bytes32 hash) {
        // Reads only.
        assembly ("memory-safe") {
            hash := keccak256(start, length)
        }
    }
}
