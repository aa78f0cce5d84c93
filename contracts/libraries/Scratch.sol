// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Transaction} from "../types/Machine.sol";
import {Forks} from "./Forks.sol";
import {Hashing} from "./Hashing.sol";
import {Pool} from "./NodePool.sol";
import {Patricia} from "./Patricia.sol";
import {RlpItems} from "./RlpItems.sol";

/// @title What lasts for one transaction: warm addresses and slots, created accounts, original values, transient storage.
library Scratch {
    uint256 private constant ADDRESS = 1;
    uint256 private constant SLOT = 2;
    uint256 private constant TRANSIENT = 3;

    /// @dev Bits of an address's entry.
    uint256 private constant WARM = 1;
    uint256 private constant CREATED = 2;

    /// @notice Warms an address. Returns whether it was cold.
    function warm(Pool memory pool, Transaction memory transaction, uint256 fork, address who)
        internal
        pure
        returns (bool wasCold)
    {
        if (Forks.isPrecompile(fork, who)) return false;
        return _mark(pool, transaction, who, WARM);
    }

    function markCreated(Pool memory pool, Transaction memory transaction, address who) internal pure {
        _mark(pool, transaction, who, CREATED);
    }

    function isCreated(Pool memory pool, Transaction memory transaction, address who) internal pure returns (bool) {
        return _flags(Patricia.get(pool, transaction.scratchRoot, _key(ADDRESS, who, 0))) & CREATED != 0;
    }

    /// @notice The original value of a slot, if it is warm.
    function readSlot(Pool memory pool, Transaction memory transaction, address who, uint256 slot)
        internal
        pure
        returns (bool isWarm, uint256 original)
    {
        bytes memory value = Patricia.get(pool, transaction.scratchRoot, _key(SLOT, who, slot));
        if (value.length != 0) return (true, _tail(value));
    }

    /// @notice Warms a cold slot. Its value `current` becomes its original value.
    function warmSlot(Pool memory pool, Transaction memory transaction, address who, uint256 slot, uint256 current)
        internal
        pure
    {
        bytes memory value = bytes.concat(hex"01", RlpItems.minimal(current));
        transaction.scratchRoot = Patricia.set(pool, transaction.scratchRoot, _key(SLOT, who, slot), value);
    }

    function readTransient(Pool memory pool, Transaction memory transaction, address who, uint256 slot)
        internal
        pure
        returns (uint256)
    {
        return uint256(_word(Patricia.get(pool, transaction.scratchRoot, _key(TRANSIENT, who, slot))));
    }

    function writeTransient(Pool memory pool, Transaction memory transaction, address who, uint256 slot, uint256 value)
        internal
        pure
    {
        transaction.scratchRoot =
            Patricia.set(pool, transaction.scratchRoot, _key(TRANSIENT, who, slot), RlpItems.minimal(value));
    }

    function _mark(Pool memory pool, Transaction memory transaction, address who, uint256 flag)
        private
        pure
        returns (bool wasUnmarked)
    {
        bytes32 key = _key(ADDRESS, who, 0);
        uint256 flags = _flags(Patricia.get(pool, transaction.scratchRoot, key));
        if (flags & flag != 0) return false;
        // The cast keeps the value: flags are below 4.
        bytes memory value = abi.encodePacked(uint8(flags | flag));
        transaction.scratchRoot = Patricia.set(pool, transaction.scratchRoot, key, value);
        return true;
    }

    function _flags(bytes memory value) private pure returns (uint256) {
        return value.length == 0 ? 0 : uint8(value[0]);
    }

    /// @dev The number in the bytes after the first.
    function _tail(bytes memory value) private pure returns (uint256 result) {
        // Reads the word behind the first byte and drops what follows the string. A shift by 256 gives zero.
        assembly ("memory-safe") {
            result := shr(sub(264, mul(8, mload(value))), mload(add(value, 0x21)))
        }
    }

    /// @dev The number in the whole string.
    function _word(bytes memory value) private pure returns (uint256 result) {
        // As above.
        assembly ("memory-safe") {
            result := shr(sub(256, mul(8, mload(value))), mload(add(value, 0x20)))
        }
    }

    function _key(uint256 kind, address who, uint256 slot) private pure returns (bytes32) {
        return keccak256(abi.encode(Hashing.SCRATCH, kind, who, slot));
    }
}
