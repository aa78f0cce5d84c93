// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title RLP over pointers into memory: items of bytes that were hashed, and encodings of new ones.
/// @dev These readers trust the bytes to be well formed, since they are preimages of hashes in honest tries. They write nothing. A
/// malformed preimage gives a wrong value only under a root that no honest machine holds. RlpReader reads untrusted RLP.
library RlpItems {
    /// @notice Where the payload of the item at `item` begins, and how long it is.
    function payload(uint256 item) internal pure returns (uint256 start, uint256 length) {
        // Cannot wrap: memory pointers, and lengths of at most 8 bytes.
        unchecked {
            uint256 prefix = _byteAt(item);
            if (prefix < 0x80) return (item, 1);
            if (prefix < 0xb8) return (item + 1, prefix - 0x80);
            if (prefix < 0xc0) return _long(item, prefix - 0xb7);
            if (prefix < 0xf8) return (item + 1, prefix - 0xc0);
            return _long(item, prefix - 0xf7);
        }
    }

    /// @notice Where the item after the one at `item` begins.
    function skip(uint256 item) internal pure returns (uint256) {
        // Cannot wrap: memory pointers and lengths.
        unchecked {
            uint256 prefix = _byteAt(item);
            // The three forms that a branch consists of come first.
            if (prefix < 0x80) return item + 1;
            if (prefix < 0xb8) return item + prefix - 0x7f;
            (uint256 start, uint256 length) = payload(item);
            return start + length;
        }
    }

    /// @notice The string at `item` as a number; at most 32 bytes.
    function toUint(uint256 item) internal pure returns (uint256 value) {
        (uint256 start, uint256 length) = payload(item);
        // Reads a word that begins at the payload and drops what follows the payload. A shift by 256 gives zero.
        assembly ("memory-safe") {
            value := shr(sub(256, mul(8, length)), mload(start))
        }
    }

    /// @notice The encoding of a string.
    function encode(bytes memory value) internal pure returns (bytes memory) {
        if (value.length == 1 && uint8(value[0]) < 0x80) return value;
        return bytes.concat(_header(0x80, value.length), value);
    }

    /// @notice The encoding of a number, which is that of its bytes without leading zeros.
    function encode(uint256 value) internal pure returns (bytes memory) {
        return encode(minimal(value));
    }

    /// @notice The encoding of a list whose items' encodings are joined in `items`.
    function encodeList(bytes memory items) internal pure returns (bytes memory) {
        return bytes.concat(_header(0xc0, items.length), items);
    }

    /// @notice The bytes of a number without leading zeros; none for zero.
    function minimal(uint256 value) internal pure returns (bytes memory result) {
        // Cannot wrap: at most 32 bytes.
        unchecked {
            uint256 length = 0;
            for (uint256 rest = value; rest != 0; rest >>= 8) {
                ++length;
            }
            result = new bytes(length);
            // Writes one word, of which `length` bytes count. Memory of a byte string is reserved in whole words.
            assembly ("memory-safe") {
                if length { mstore(add(result, 0x20), shl(sub(256, mul(8, length)), value)) }
            }
        }
    }

    /// @dev Header of a string (base 0x80) or list (base 0xc0).
    function _header(uint256 base, uint256 length) private pure returns (bytes memory) {
        if (length < 56) return abi.encodePacked(uint8(base + length));
        bytes memory digits = minimal(length);
        return abi.encodePacked(uint8(base + 55 + digits.length), digits);
    }

    function _long(uint256 item, uint256 digits) private pure returns (uint256 start, uint256 length) {
        // Reads the word behind the prefix and keeps its first `digits` bytes (1 to 8).
        assembly ("memory-safe") {
            length := shr(sub(256, mul(8, digits)), mload(add(item, 1)))
            start := add(add(item, 1), digits)
        }
    }

    function _byteAt(uint256 pointer) private pure returns (uint256 value) {
        // Reads only.
        assembly ("memory-safe") {
            value := byte(0, mload(pointer))
        }
    }
}
