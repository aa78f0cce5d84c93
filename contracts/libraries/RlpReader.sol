// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev A place in a sequence of RLP items in memory. `failed` is set for good once an item is not canonical, or not of the kind that was
/// asked for. Whatever is read after that is meaningless.
struct Reader {
    uint256 cursor;
    uint256 end;
    bool failed;
}

/// @title Reads RLP that anyone may have written. It must be canonical; otherwise the reader fails without a revert.
library RlpReader {
    /// @notice A reader of the items inside of a list. The list must fill `data` from `offset` on.
    function ofList(bytes memory data, uint256 offset) internal pure returns (Reader memory inner) {
        Reader memory outer;
        uint256 start;
        // Reads nothing: the bytes begin behind the length.
        assembly ("memory-safe") {
            start := add(data, 0x20)
        }
        outer.cursor = start + offset;
        outer.end = start + data.length;
        inner = readList(outer);
        if (outer.failed || !isAtEnd(outer)) inner.failed = true;
    }

    function isAtEnd(Reader memory reader) internal pure returns (bool) {
        return reader.cursor == reader.end;
    }

    /// @notice A reader of the items of the next item, a list.
    function readList(Reader memory reader) internal pure returns (Reader memory inner) {
        enterList(reader, inner);
    }

    /// @notice Makes `inner` read the items of the next item, a list. In a loop this saves the memory of one reader for each turn.
    function enterList(Reader memory reader, Reader memory inner) internal pure {
        (bool isList, uint256 start, uint256 length) = _next(reader);
        if (!isList) reader.failed = true;
        inner.cursor = start;
        inner.end = start + length;
        inner.failed = reader.failed;
    }

    /// @notice Where the next string begins, and how long it is.
    function readString(Reader memory reader) internal pure returns (uint256 start, uint256 length) {
        bool isList;
        (isList, start, length) = _next(reader);
        if (isList) reader.failed = true;
    }

    /// @notice The next string as a number without leading zeros, below `limit`. A `limit` of 0 means 2^256.
    function readUint(Reader memory reader, uint256 limit) internal pure returns (uint256 value) {
        (uint256 start, uint256 length) = readString(reader);
        if (reader.failed || length > 32) {
            reader.failed = true;
            return 0;
        }
        // Reads a word that begins at the string and drops what follows the string. A shift by 256 gives zero.
        assembly ("memory-safe") {
            value := shr(sub(256, mul(8, length)), mload(start))
        }
        // A number of `length` bytes without a leading zero does not fit into one byte less.
        if (length != 0 && value >> (8 * (length - 1)) == 0) reader.failed = true;
        if (limit != 0 && value >= limit) reader.failed = true;
    }

    /// @notice Where the next string begins. It must have `length` bytes.
    function readFixed(Reader memory reader, uint256 length) internal pure returns (uint256 start) {
        uint256 actual;
        (start, actual) = readString(reader);
        if (actual != length) reader.failed = true;
    }

    function _next(Reader memory reader) private pure returns (bool isList, uint256 start, uint256 length) {
        uint256 cursor = reader.cursor;
        if (reader.failed || cursor >= reader.end) {
            reader.failed = true;
            return (false, cursor, 0);
        }
        // Cannot wrap: memory pointers, and lengths that are compared with what is left before they are added.
        unchecked {
            uint256 available = reader.end - cursor;
            uint256 prefix = _word(cursor) >> 248;
            if (prefix < 0x80) {
                reader.cursor = cursor + 1;
                return (false, cursor, 1);
            }
            isList = prefix >= 0xc0;
            uint256 size = prefix - (isList ? 0xc0 : 0x80);
            uint256 header = 1;
            length = size;
            if (size > 55) {
                uint256 digits = size - 55;
                header += digits;
                length = _word(cursor + 1) >> (256 - 8 * digits);
                // Canonical: no leading zero, and too long for the short form.
                if (length < 56 || length >> (8 * (digits - 1)) == 0) reader.failed = true;
            }
            if (header > available || length > available - header) reader.failed = true;
            start = cursor + header;
            // Canonical: a single byte below 0x80 stands for itself.
            if (!isList && length == 1 && _word(start) >> 248 < 0x80) reader.failed = true;
            if (reader.failed) return (isList, cursor, 0);
            reader.cursor = start + length;
        }
    }

    function _word(uint256 pointer) private pure returns (uint256 word) {
        // Reads only. The callers drop what follows the item.
        assembly ("memory-safe") {
            word := mload(pointer)
        }
    }
}
