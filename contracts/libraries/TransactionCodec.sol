// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Forks} from "./Forks.sol";
import {Hashing} from "./Hashing.sol";
import {RlpItems} from "./RlpItems.sol";
import {Reader, RlpReader} from "./RlpReader.sol";

/// @dev A signed transaction of type 0, 1, 2 or 4, and the gas that its lists cost.
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
    /// The chain of authorisations, then of the access list, the first one of each outermost, and the gas that they cost.
    bytes32 pending;
    uint256 pendingGas;
    bytes32 signingHash;
    uint256 parity;
    uint256 r;
    uint256 s;
    /// Whether it is a legacy transaction that is valid on any chain.
    bool isUnprotected;
    /// What it pays for its bytes on L1, in wei.
    uint256 dataFee;
}

/// @title Reads Ethereum's transactions from their bytes.
library TransactionCodec {
    using RlpReader for Reader;

    uint256 internal constant MAX_SIZE = 50_000;
    /// @dev The type of a transaction with authorisations (EIP-7702).
    uint256 internal constant SET_CODE = 4;

    uint256 private constant ADDRESS_GAS = 2400;
    uint256 private constant SLOT_GAS = 1900;
    /// @dev EIP-7702: as if the authority were a new account.
    uint256 private constant AUTHORIZATION_GAS = 25_000;
    uint256 private constant CREATION_GAS = 32_000;
    uint256 private constant BASE_GAS = 21_000;
    /// @dev EIP-7623: a zero byte is one token.
    uint256 private constant FLOOR_TOKEN_GAS = 10;
    uint256 private constant BYTE_TOKENS = 4;
    uint256 private constant INITCODE_WORD_GAS = 2;
    uint256 private constant ZERO_BYTE_GAS = 4;
    uint256 private constant BYTE_GAS = 16;

    /// @dev The shortest entry of an access list has 21 bytes: an address with its prefix.
    uint256 private constant MIN_ENTRY_SIZE = 21;
    /// @dev The shortest authorisation: an address with its prefix, five numbers below 128, and the prefix of the list.
    uint256 private constant MIN_AUTHORIZATION_SIZE = 27;
    uint256 private constant AUTHORIZATION_WORDS = 7;
    uint256 private constant U8_LIMIT = 1 << 8;

    /// @dev secp256k1's order, and the largest s of a signature that is not malleable.
    uint256 private constant CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint256 private constant MAX_S = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    uint256 private constant U64_LIMIT = 1 << 64;

    /// @notice Decodes a transaction of at most MAX_SIZE bytes. `valid` tells whether the bytes are a transaction.
    function decode(bytes memory raw) internal pure returns (bool valid, SignedTransaction memory signed) {
        if (raw.length == 0) return (false, signed);
        uint256 kind = uint8(raw[0]);
        if (kind >= 0xc0) return _decodeLegacy(raw);
        if (kind != 1 && kind != 2 && kind != SET_CODE) return (false, signed);
        Reader memory reader = RlpReader.ofList(raw, 1);
        uint256 start = reader.cursor;
        signed.chainId = reader.readUint(0);
        signed.nonce = reader.readUint(U64_LIMIT);
        signed.maxPriorityFee = reader.readUint(0);
        signed.maxFee = kind == 1 ? signed.maxPriorityFee : reader.readUint(0);
        _readPayload(reader, signed);
        _readAccessList(reader, signed);
        if (kind == SET_CODE) _readAuthorizations(reader, signed);
        bytes memory unsigned = _slice(start, reader.cursor);
        signed.parity = reader.readUint(2);
        _readSignature(reader, signed);
        signed.signingHash = keccak256(bytes.concat(raw[0], RlpItems.encodeList(unsigned)));
        return (!reader.failed, signed);
    }

    /// @notice The signer; zero if the signature is invalid.
    /// @dev The caller ensures that the gas suffices for ecrecover, whose failure would look like a bad signature.
    function recover(SignedTransaction memory signed) internal pure returns (address) {
        return recover(signed.signingHash, signed.parity, signed.r, signed.s);
    }

    /// @notice The signer of a hash; zero if the signature is invalid.
    /// @dev As above.
    function recover(bytes32 digest, uint256 parity, uint256 r, uint256 s) internal pure returns (address) {
        if (parity > 1 || r == 0 || r >= CURVE_ORDER || s == 0 || s > MAX_S) return address(0);
        // The cast keeps the value: parity is 0 or 1.
        return ecrecover(digest, uint8(27 + parity), bytes32(r), bytes32(s));
    }

    /// @notice The least gas that a transaction uses, whatever it does (EIP-7623); nothing before Prague.
    function floorGas(uint256 fork, bytes memory data) internal pure returns (uint256) {
        if (fork < Forks.PRAGUE) return 0;
        uint256 zeros = _countZeros(data);
        return BASE_GAS + FLOOR_TOKEN_GAS * (zeros + BYTE_TOKENS * (data.length - zeros));
    }

    /// @notice What a transaction costs before it runs, without its access list.
    function intrinsicGas(bytes memory data, bool isCreation) internal pure returns (uint256) {
        uint256 cost = BASE_GAS + bytesGas(data);
        if (isCreation) cost += CREATION_GAS + INITCODE_WORD_GAS * ((data.length + 31) / 32);
        return cost;
    }

    /// @notice What bytes cost as calldata (EIP-2028).
    function bytesGas(bytes memory data) internal pure returns (uint256) {
        uint256 zeros = _countZeros(data);
        return ZERO_BYTE_GAS * zeros + BYTE_GAS * (data.length - zeros);
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
            signed.pendingGas += ADDRESS_GAS;
            while (!slots.failed && !slots.isAtEnd()) {
                uint256 slot = slots.readFixed(32);
                if (!slots.failed) entries[count++] = slot << 128 | who;
                signed.pendingGas += SLOT_GAS;
            }
            list.failed = pair.failed || slots.failed;
        }
        if (list.failed) reader.failed = true;
        else signed.pending = _chain(entries, count);
    }

    /// @dev Reads the authorisations forwards. Builds their chain backwards over that of the access list, so that its outermost entry is the
    /// first. A transaction without authorisations, or one that creates a contract, is invalid.
    function _readAuthorizations(Reader memory reader, SignedTransaction memory signed) private pure {
        Reader memory list = reader.readList();
        if (list.failed) return;
        bytes32[][] memory entries = new bytes32[][]((list.end - list.cursor) / MIN_AUTHORIZATION_SIZE + 1);
        uint256 count = 0;
        Reader memory tuple;
        while (!list.failed && !list.isAtEnd()) {
            list.enterList(tuple);
            bytes32[] memory words = new bytes32[](AUTHORIZATION_WORDS);
            words[1] = bytes32(tuple.readUint(0));
            words[2] = bytes32(_word(tuple.readFixed(20)) >> 96);
            words[3] = bytes32(tuple.readUint(U64_LIMIT));
            words[4] = bytes32(tuple.readUint(U8_LIMIT));
            words[5] = bytes32(tuple.readUint(0));
            words[6] = bytes32(tuple.readUint(0));
            list.failed = tuple.failed || !tuple.isAtEnd();
            if (!list.failed) entries[count++] = words;
            signed.pendingGas += AUTHORIZATION_GAS;
        }
        if (list.failed || count == 0 || signed.isCreation) reader.failed = true;
        bytes32 chain = signed.pending;
        while (count != 0) {
            entries[--count][0] = chain;
            chain = Hashing.hashWords(Hashing.AUTHORIZATION, entries[count]);
        }
        signed.pending = chain;
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
