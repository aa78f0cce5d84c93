// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Pool} from "./NodePool.sol";
import {Patricia} from "./Patricia.sol";
import {RlpItems} from "./RlpItems.sol";

/// @dev An account of the state trie. An account that the trie does not hold has no nonce, balance, storage and code.
struct Account {
    uint256 nonce;
    uint256 balance;
    bytes32 storageRoot;
    bytes32 codeHash;
}

/// @title Accounts and their storage in Ethereum's state trie.
library Accounts {
    /// @dev keccak256(""), the code hash of an account without code.
    bytes32 internal constant EMPTY_CODE = 0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470;

    function read(Pool memory pool, bytes32 stateRoot, address who) internal pure returns (Account memory account) {
        bytes memory value = Patricia.get(pool, stateRoot, _key(who));
        if (value.length == 0) return Account(0, 0, Patricia.EMPTY_ROOT, EMPTY_CODE);
        (uint256 item,) = RlpItems.payload(_pointer(value));
        account.nonce = RlpItems.toUint(item);
        item = RlpItems.skip(item);
        account.balance = RlpItems.toUint(item);
        item = RlpItems.skip(item);
        account.storageRoot = bytes32(RlpItems.toUint(item));
        item = RlpItems.skip(item);
        account.codeHash = bytes32(RlpItems.toUint(item));
    }

    /// @notice The state root after `who` was written. An empty account is deleted (EIP-161).
    function write(Pool memory pool, bytes32 stateRoot, address who, Account memory account)
        internal
        pure
        returns (bytes32)
    {
        if (isEmpty(account)) return remove(pool, stateRoot, who);
        bytes memory items = bytes.concat(
            RlpItems.encode(account.nonce),
            RlpItems.encode(account.balance),
            hex"a0",
            account.storageRoot,
            hex"a0",
            account.codeHash
        );
        return Patricia.set(pool, stateRoot, _key(who), RlpItems.encodeList(items));
    }

    /// @notice The state root without `who`.
    function remove(Pool memory pool, bytes32 stateRoot, address who) internal pure returns (bytes32) {
        return Patricia.set(pool, stateRoot, _key(who), "");
    }

    /// @notice The state root after `who` was written as it is: an empty account is deleted, another one does not change.
    function touch(Pool memory pool, bytes32 stateRoot, address who) internal pure returns (bytes32) {
        return isEmpty(read(pool, stateRoot, who)) ? remove(pool, stateRoot, who) : stateRoot;
    }

    /// @notice The state root after `amount`, which may be zero, was added to the balance of `who`.
    /// @dev No sum of balances reaches 2^256: ether only moves, and what was locked on L1 is minted.
    function credit(Pool memory pool, bytes32 stateRoot, address who, uint256 amount) internal pure returns (bytes32) {
        if (amount == 0) return touch(pool, stateRoot, who);
        Account memory account = read(pool, stateRoot, who);
        account.balance += amount;
        return write(pool, stateRoot, who, account);
    }

    /// @notice The state root after `amount` was taken from the balance of `who`, which covers it.
    function debit(Pool memory pool, bytes32 stateRoot, address who, uint256 amount) internal pure returns (bytes32) {
        Account memory account = read(pool, stateRoot, who);
        account.balance -= amount;
        return write(pool, stateRoot, who, account);
    }

    /// @notice The state root after `amount` moved from one account to another. Both are written. The balance of `from` covers it.
    function transfer(Pool memory pool, bytes32 stateRoot, address from, address to, uint256 amount)
        internal
        pure
        returns (bytes32)
    {
        if (amount != 0 && from != to) stateRoot = debit(pool, stateRoot, from, amount);
        return credit(pool, stateRoot, to, from == to ? 0 : amount);
    }

    function readSlot(Pool memory pool, bytes32 storageRoot, uint256 slot) internal pure returns (uint256) {
        bytes memory value = Patricia.get(pool, storageRoot, keccak256(abi.encode(slot)));
        return value.length == 0 ? 0 : RlpItems.toUint(_pointer(value));
    }

    /// @notice The storage root after `slot` was given `value`; zero deletes it.
    function writeSlot(Pool memory pool, bytes32 storageRoot, uint256 slot, uint256 value)
        internal
        pure
        returns (bytes32)
    {
        bytes memory encoded = value == 0 ? bytes("") : RlpItems.encode(value);
        return Patricia.set(pool, storageRoot, keccak256(abi.encode(slot)), encoded);
    }

    /// @notice Whether the account has no nonce, balance and code (EIP-161): then it is the same as no account.
    function isEmpty(Account memory account) internal pure returns (bool) {
        return account.nonce == 0 && account.balance == 0 && account.codeHash == EMPTY_CODE;
    }

    function _key(address who) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(who));
    }

    function _pointer(bytes memory data) private pure returns (uint256 pointer) {
        // Reads nothing: the bytes begin behind the length.
        assembly ("memory-safe") {
            pointer := add(data, 0x20)
        }
    }
}
