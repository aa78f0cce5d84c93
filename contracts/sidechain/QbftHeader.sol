// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev A header, and where its parts begin and end in memory.
struct QbftHeader {
    bytes raw;
    uint256 number;
    uint256 timestamp;
    uint256 round;
    /// keccak256 of its validators' RLP, joined.
    bytes32 set;
    /// How many validators it has, and the first of them.
    uint256 size;
    uint256 validators;
    // The extra data with their prefix, and what follows them.
    uint256 extra;
    uint256 behindExtra;
    // The first item of the extra data; their round; their seals, with the prefix; the first seal; the end of the seals.
    uint256 inner;
    uint256 roundItem;
    uint256 sealsItem;
    uint256 seals;
    uint256 sealsEnd;
}

// What both readers of headers know of their form. A reader in assembly can use no constants but these.

/// @dev The mix hash of each QBFT block.
bytes32 constant MIX_HASH = 0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365;
/// @dev A set has at most so many validators: a place among them is one byte, of which 255 means none.
uint256 constant MAX_SIZE = 255;
/// @dev A hash in RLP; a mix hash and a nonce; an address; a seal.
uint256 constant HASH = 33;
uint256 constant MIX_AND_NONCE = 42;
uint256 constant SEAT = 21;
uint256 constant SEAL = 67;
/// @dev The prefix of a nonce, and the nonce.
uint256 constant NONCE = 0x88 << 64;
/// @dev How many bytes numbers of the header have at most.
uint256 constant WIDTH = 8;
