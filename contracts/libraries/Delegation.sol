// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RlpItems} from "./RlpItems.sol";
import {TransactionCodec} from "./TransactionCodec.sol";

/// @title Accounts that run the code of another one (EIP-7702).
library Delegation {
    /// @dev A designator is this and the delegate's address. No code begins like this otherwise (EIP-3541).
    bytes3 private constant PREFIX = 0xef0100;
    uint256 internal constant SIZE = 23;
    /// @dev What an authority signs begins with it.
    bytes1 private constant MAGIC = 0x05;

    /// @notice Whether code is a designator, and the delegate that it names.
    function read(bytes memory code) internal pure returns (bool isDesignator, address delegate) {
        if (code.length != SIZE) return (false, delegate);
        uint256 word;
        // Reads the word that the code begins in; what lies behind its 23 bytes is dropped.
        assembly ("memory-safe") {
            word := mload(add(code, 0x20))
        }
        // The cast takes the 20 bytes behind the prefix.
        return (bytes3(bytes32(word)) == PREFIX, address(uint160(word >> 72)));
    }

    /// @notice The hash of the designator of a delegate.
    function codeHash(address delegate) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(PREFIX, delegate));
    }

    /// @notice The account that signed an authorisation; zero if the signature is invalid.
    /// @dev The caller ensures that the gas suffices for ecrecover, whose failure would look like a bad signature.
    function authority(uint256 chainId, address delegate, uint256 nonce, uint256 parity, uint256 r, uint256 s)
        internal
        pure
        returns (address)
    {
        bytes memory items = bytes.concat(RlpItems.encode(chainId), hex"94", bytes20(delegate), RlpItems.encode(nonce));
        bytes32 digest = keccak256(bytes.concat(MAGIC, RlpItems.encodeList(items)));
        return TransactionCodec.recover(digest, parity, r, s);
    }
}
