// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Hashing} from "./Hashing.sol";
import {RlpItems} from "./RlpItems.sol";
import {Reader, RlpReader} from "./RlpReader.sol";

/// @dev A signed transaction of type 0, 1 or 2, and the gas that its access list costs.
struct SignedTransaction {
    uint256 chainId;
    uint256 nonce;
    uint256 maxPriorityFee;
    uint256 maxFee;
    uint256 gasLimit;
    bool isCreation;
    address to;
    uint256 value;
    bytes data;
    /// The access chain, the first entry outermost, and the gas that the entries cost.
    bytes32 access;
    uint256 accessGas;
    bytes32 signingHash;
    uint256 parity;
    uint256 r;
    uint256 s;
    /// Whether it is a legacy transaction that is valid on any chain.
    bool isUnprotected;
}

/// @title Reads Ethereum's transactions from their bytes.
library TransactionCodec {
    using RlpReader for Reader;

    uint256 internal constant MAX_SIZE = 50_000;

    uint256 private constant ADDRESS_GAS = 2400;
    uint256 private constant SLOT_GAS = 1900;
    uint256 private constant CREATION_GAS = 32_000;
    uint256 private constant BASE_GAS = 21_000;
    uint256 private constant INITCODE_WORD_GAS = 2;
    uint256 private constant ZERO_BYTE_GAS = 4;
    uint256 private constant BYTE_GAS = 16;

    /// @dev The shortest entry of an access list has 21 bytes: an address with its prefix.
    uint256 private constant MIN_ENTRY_SIZE = 21;

    /// @dev secp256k1's order, and the largest s of a signature that is not malleable.
    uint256 private constant CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint256 private constant MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    uint256 private constant U64_LIMIT = 1 << 64;

    /// @notice Decodes a transaction of at most MAX_SIZE bytes. `valid` tells whether the bytes are a transaction.
    function decode(bytes memory raw) internal pure returns (bool valid, SignedTransaction memory signed) {
        if (raw.length == 0) return (false, signed);
        uint256 kind = uint8(raw[0]);
        if (kind >= 0xc0) return _decodeLegacy(raw);
        if (kind != 1 && kind != 2) return (false, signed);
        Reader memory reader = RlpReader.ofList(raw, 1);
        uint256 start = reader.cursor;
        signed.chainId = reader.readUint(0);
        signed.nonce = reader.readUint(U64_LIMIT);
        signed.maxPriorityFee = reader.readUint(0);
        signed.maxFee = kind == 2 ? reader.readUint(0) : signed.maxPriorityFee;
        _readPayload(reader, signed);
        _readAccessList(reader, signed);
        bytes memory unsigned = _slice(start, reader.cursor);
        signed.parity = reader.readUint(2);
        _readSignature(reader, signed);
        signed.signingHash = keccak256(bytes.concat(raw[0], RlpItems.encodeList(unsigned)));
        return (!reader.failed, signed);
    }

    /// @notice The signer; zero if the signature is invalid.
    /// @dev The caller ensures that the gas suffices for ecrecover, whose failure would look like a bad signature.
    function recover(SignedTransaction memory signed) internal pure returns (address) {
        if (signed.r == 0 || signed.r >= CURVE_ORDER || signed.s == 0 || signed.s > MAX_S) return address(0);
        // The cast keeps the value: parity is 0 or 1.
        return ecrecover(signed.signingHash, uint8(27 + signed.parity), bytes32(signed.r), bytes32(signed.s));
    }

    /// @notice What a transaction costs before it runs, without its access list.
    function intrinsicGas(bytes memory data, bool isCreation) internal pure returns (uint256) {
        uint256 zeros = _countZeros(data);
        uint256 cost = BASE_GAS + ZERO_BYTE_GAS * zeros + BYTE_GAS * (data.length - zeros);
        if (isCreation) cost += CREATION_GAS + INITCODE_WORD_GAS * ((data.length + 31) / 32);
        return cost;
    }

    function _decodeLegacy(bytes memory raw) private pure returns (bool valid, SignedTransaction memory signed) {
        Reader memory reader = RlpReader.ofList(raw, 0);
        uint256 start = reader.cursor;
        signed.nonce = reader.readUint(U64_LIMIT);
        signed.maxFee = signed.maxPriorityFee = reader.readUint(0);
        _readPayload(reader, signed);
        bytes memory unsigned = _slice(start, reader.cursor);
        uint256 v = reader.readUint(0);
        _readSignature(reader, signed);
        if (v == 27 || v == 28) {
            signed.isUnprotected = true;
            signed.parity = v - 27;
        } else if (v >= 35) {
            // EIP-155: v = 35 + 2 * chain id + parity, and the chain id is signed with two empty strings.
            signed.chainId = (v - 35) / 2;
            signed.parity = (v - 35) % 2;
            unsigned = bytes.concat(unsigned, RlpItems.encode(signed.chainId), hex"8080");
        } else {
            reader.failed = true;
        }
        signed.signingHash = keccak256(RlpItems.encodeList(unsigned));
        return (!reader.failed, signed);
    }

    /// @dev Reads gas limit, target, value and data, which have this order in every type.
    function _readPayload(Reader memory reader, SignedTransaction memory signed) private pure {
        signed.gasLimit = reader.readUint(U64_LIMIT);
        (uint256 start, uint256 length) = reader.readString();
        signed.isCreation = length == 0;
        if (length == 20) signed.to = address(uint160(_word(start) >> 96));
        else if (length != 0) reader.failed = true;
        signed.value = reader.readUint(0);
        (start, length) = reader.readString();
        signed.data = _slice(start, start + length);
    }

    function _readSignature(Reader memory reader, SignedTransaction memory signed) private pure {
        signed.r = reader.readUint(0);
        signed.s = reader.readUint(0);
        if (!reader.isAtEnd()) reader.failed = true;
    }

    /// @dev Reads the list forwards, and builds its chain backwards, since the first entry is the outermost.
    function _readAccessList(Reader memory reader, SignedTransaction memory signed) private pure {
        Reader memory list = reader.readList();
        if (list.failed) return;
        // An entry holds where its address is in memory. A slot's entry also holds, above 128 bits, where the slot is.
        uint256[] memory entries = new uint256[]((list.end - list.cursor) / MIN_ENTRY_SIZE + 1);
        uint256 count = 0;
        Reader memory pair;
        Reader memory slots;
        while (!list.failed && !list.isAtEnd()) {
            list.enterList(pair);
            uint256 who = pair.readFixed(20);
            pair.enterList(slots);
            if (!pair.isAtEnd()) pair.failed = true;
            if (!pair.failed) entries[count++] = who;
            signed.accessGas += ADDRESS_GAS;
            while (!slots.failed && !slots.isAtEnd()) {
                uint256 slot = slots.readFixed(32);
                if (!slots.failed) entries[count++] = slot << 128 | who;
                signed.accessGas += SLOT_GAS;
            }
            list.failed = pair.failed || slots.failed;
        }
        if (list.failed) reader.failed = true;
        else signed.access = _chain(entries, count);
    }

    function _chain(uint256[] memory entries, uint256 count) private pure returns (bytes32 chain) {
        bytes32[] memory words = new bytes32[](4);
        while (count != 0) {
            uint256 entry = entries[--count];
            uint256 slot = entry >> 128;
            words[0] = chain;
            words[1] = bytes32(_word(uint128(entry)) >> 96);
            words[2] = bytes32(uint256(slot == 0 ? 0 : 1));
            words[3] = slot == 0 ? bytes32(0) : bytes32(_word(slot));
            chain = Hashing.hashWords(Hashing.ACCESS, words);
        }
    }

    /// @dev Counts the zero bytes of `data`, a word at a time.
    function _countZeros(bytes memory data) private pure returns (uint256 zeros) {
        uint256 sevens = type(uint256).max / 0xff * 0x7f;
        uint256 ones = type(uint256).max / 0xff;
        // Cannot wrap, except for the product. Only its uppermost byte counts: the sum of the 32 bytes, at most 32. Adding 0x7f to the
        // lower seven bits of a byte sets its highest bit exactly if one of them is set, and carries nothing over to the next byte.
        unchecked {
            uint256 nonZeros = 0;
            for (uint256 i = 0; i < data.length; i += 32) {
                uint256 word;
                assembly ("memory-safe") {
                    // Reads the word at byte `i`.
                    word := mload(add(add(data, 0x20), i))
                }
                if (data.length - i < 32) word &= ~(type(uint256).max >> (8 * (data.length - i)));
                uint256 flags = (((word & sevens) + sevens | word) >> 7) & ones;
                nonZeros += flags * ones >> 248;
            }
            return data.length - nonZeros;
        }
    }

    function _slice(uint256 from, uint256 to) private pure returns (bytes memory result) {
        // Allocates whole words for a copy of memory that lies before the free memory pointer. After a failure `to` may be before
        // `from`; then the copy is empty.
        assembly ("memory-safe") {
            let length := mul(sub(to, from), gt(to, from))
            result := mload(0x40)
            mstore(result, length)
            mcopy(add(result, 0x20), from, length)
            mstore(0x40, and(add(add(result, length), 0x3f), not(0x1f)))
        }
    }

    function _word(uint256 pointer) private pure returns (uint256 word) {
        // Reads only.
        assembly ("memory-safe") {
            word := mload(pointer)
        }
    }
}
