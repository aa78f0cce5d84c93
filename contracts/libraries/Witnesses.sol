// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Environment, Frame, Machine, Transaction} from "../types/Machine.sol";
import {Witness} from "../types/Witness.sol";
import {Hashing} from "./Hashing.sol";

/// @title Opens the parts of the machine that a witness holds, checks them against their hashes, and hashes them again.
library Witnesses {
    /// @notice The bytes are not the encoding of a witness.
    error MalformedWitness(uint256 length);
    /// @notice A field of the witness does not open its hash.
    error WrongOpening(bytes32 field, bytes32 actual, bytes32 expected);
    /// @notice The step reads another number of items than this field of the witness has.
    error WrongLength(bytes32 field, uint256 actual, uint256 expected);

    uint256 private constant FIELDS = 14;
    /// @dev A bit for each field that is a byte string: code (6), data (7), nodes (13). The other fields are arrays of words.
    uint256 private constant BYTES_FIELDS = 1 << 6 | 1 << 7 | 1 << 13;
    uint256 private constant MACHINE_WORDS = 11;
    uint256 internal constant ENV_WORDS = 19;
    uint256 private constant TX_WORDS = 13;
    uint256 private constant FRAME_WORDS = 26;

    /// @notice The witness inside abi.encode(Witness), without a copy, after a check that all of its fields lie inside of the bytes.
    /// @dev INVARIANT: whoever gets these bytes reads the same fields, wherever they are in its calldata. Solidity takes a field's offset as
    /// a signed number, and checks only the calldata's end. So one contract could read another field than the next if it lay before or
    /// behind the witness. That matters for the code: only the entry checks its hash, and the families read it too.
    function decodeUntrusted(bytes calldata encoded) internal pure returns (Witness calldata witness) {
        witness = decode(encoded);
        // Cannot wrap: decode() has checked for FIELDS + 1 words. Every number is compared with what is left before it is used.
        unchecked {
            uint256 available = encoded.length - 64;
            for (uint256 field = 0; field < FIELDS; ++field) {
                uint256 offset;
                uint256 length;
                bool isInside;
                // Reads the field's offset, relative to the struct. If that is inside of the bytes, reads the length at that place.
                assembly ("memory-safe") {
                    let start := add(encoded.offset, 0x20)
                    offset := calldataload(add(start, mul(field, 0x20)))
                    isInside := iszero(gt(offset, available))
                    if isInside { length := calldataload(add(start, offset)) }
                }
                uint256 left = available - offset;
                uint256 limit = (BYTES_FIELDS >> field) & 1 == 1 ? left : left / 32;
                if (!isInside || length > limit) revert MalformedWitness(encoded.length);
            }
        }
    }

    /// @notice The witness inside abi.encode(Witness), without a copy. For a caller that checks the content of every field that it reads, or
    /// that got the bytes from a caller of decodeUntrusted.
    function decode(bytes calldata encoded) internal pure returns (Witness calldata witness) {
        if (encoded.length < (FIELDS + 1) * 32 || uint256(bytes32(encoded[:32])) != 32) {
            revert MalformedWitness(encoded.length);
        }
        // The struct begins where its offset word, just checked, says.
        assembly ("memory-safe") {
            witness := add(encoded.offset, 0x20)
        }
    }

    function openMachine(Witness calldata witness, bytes32 expected) internal pure returns (Machine memory machine) {
        _load("machine", witness.machine, _pointer(machine), MACHINE_WORDS, Hashing.MACHINE, expected);
    }

    function openEnvironment(Witness calldata witness, bytes32 expected)
        internal
        pure
        returns (Environment memory env)
    {
        uint256 pointer;
        // A struct of value types is a pointer to its words.
        assembly ("memory-safe") {
            pointer := env
        }
        _load("env", witness.env, pointer, ENV_WORDS, Hashing.ENV, expected);
    }

    function openTransaction(Witness calldata witness, bytes32 expected)
        internal
        pure
        returns (Transaction memory transaction)
    {
        _load("tx", witness.transaction, _pointer(transaction), TX_WORDS, Hashing.TX, expected);
    }

    function openFrame(Witness calldata witness, bytes32 expected) internal pure returns (Frame memory frame) {
        _load("frame", witness.frame, _pointer(frame), FRAME_WORDS, Hashing.FRAME, expected);
    }

    function openParent(Witness calldata witness, bytes32 expected) internal pure returns (Frame memory parent) {
        _load("parent", witness.parent, _pointer(parent), FRAME_WORDS, Hashing.FRAME, expected);
    }

    /// @notice The witness's one byte string, in memory. Reverts unless its hash is `expected`.
    function openData(Witness calldata witness, bytes32 expected) internal pure returns (bytes memory data) {
        data = witness.data;
        bytes32 actual = keccak256(data);
        if (actual != expected) revert WrongOpening("data", actual, expected);
    }

    /// @notice Reverts unless these words are the outermost entry of a chain.
    function checkChain(uint256 tag, bytes32[] calldata chain, uint256 count, bytes32 expected) internal pure {
        if (chain.length != count) revert WrongLength("chain", chain.length, count);
        bytes32 actual = Hashing.hashWords(tag, chain);
        if (actual != expected) revert WrongOpening("chain", actual, expected);
    }

    function hash(Machine memory machine) internal pure returns (bytes32) {
        return _hash(_pointer(machine), MACHINE_WORDS, Hashing.MACHINE);
    }

    function hash(Environment memory env) internal pure returns (bytes32) {
        uint256 pointer;
        // A struct of value types is a pointer to its words.
        assembly ("memory-safe") {
            pointer := env
        }
        return _hash(pointer, ENV_WORDS, Hashing.ENV);
    }

    function hash(Transaction memory transaction) internal pure returns (bytes32) {
        return _hash(_pointer(transaction), TX_WORDS, Hashing.TX);
    }

    function hash(Frame memory frame) internal pure returns (bytes32) {
        return _hash(_pointer(frame), FRAME_WORDS, Hashing.FRAME);
    }

    function _pointer(Machine memory machine) private pure returns (uint256 pointer) {
        // A struct of value types is a pointer to its words.
        assembly ("memory-safe") {
            pointer := machine
        }
    }

    function _pointer(Transaction memory transaction) private pure returns (uint256 pointer) {
        // A struct of value types is a pointer to its words.
        assembly ("memory-safe") {
            pointer := transaction
        }
    }

    function _pointer(Frame memory frame) private pure returns (uint256 pointer) {
        // A struct of value types is a pointer to its words.
        assembly ("memory-safe") {
            pointer := frame
        }
    }

    /// @dev Copies words into the struct at `target`. The addresses among them are clean: the preimage of an honest hash holds clean words.
    function _load(
        bytes32 field,
        bytes32[] calldata words,
        uint256 target,
        uint256 count,
        uint256 tag,
        bytes32 expected
    ) private pure {
        if (words.length != count) revert WrongLength(field, words.length, count);
        // Writes the `count` words that the caller's struct consists of.
        assembly ("memory-safe") {
            calldatacopy(target, words.offset, mul(count, 0x20))
        }
        bytes32 actual = _hash(target, count, tag);
        if (actual != expected) revert WrongOpening(field, actual, expected);
    }

    function _hash(uint256 source, uint256 count, uint256 tag) private pure returns (bytes32 result) {
        // Builds the preimage behind the free memory pointer and does not move it, since the preimage is not needed again.
        assembly ("memory-safe") {
            let preimage := mload(0x40)
            mstore(preimage, tag)
            mcopy(add(preimage, 0x20), source, mul(count, 0x20))
            result := keccak256(preimage, mul(add(count, 1), 0x20))
        }
    }
}
