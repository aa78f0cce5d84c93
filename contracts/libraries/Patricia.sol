// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Pool, NodePool} from "./NodePool.sol";
import {RlpItems} from "./RlpItems.sol";

/// @title Ethereum's Merkle Patricia trie with keys of 32 bytes, over the nodes of a pool: read, insert, update and delete.
/// @dev All keys have 64 nibbles. So no key is a prefix of another, and a branch holds no value. A path is a number and a count of
/// nibbles.
library Patricia {
    using NodePool for Pool;

    /// @notice A node has neither 2 nor 17 items, or a child is no reference.
    error MalformedNode(uint256 level);

    /// @dev keccak256(rlp(b"")), the root of the trie that holds nothing.
    bytes32 internal constant EMPTY_ROOT = 0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421;

    uint256 private constant NIBBLES = 64;
    /// @dev Marks a step of a trail through an extension. A branch's children are 0 to 15.
    uint256 private constant EXTENSION = 16;
    /// @dev The RLP of a branch without children: a list of 17 empty strings.
    bytes private constant EMPTY_BRANCH = hex"d18080808080808080808080808080808080";

    /// @dev A leaf or an extension, taken apart.
    struct Short {
        bool isLeaf;
        uint256 path;
        uint256 length;
        /// Where its second item begins and ends in memory. The item is the value, or the reference to the child.
        uint256 item;
        uint256 end;
    }

    /// @dev The way from the root to a key.
    struct Trail {
        /// The nodes passed, root first, and the child taken in each. `levels` of them are set.
        uint256[NIBBLES] nodes;
        uint256[NIBBLES] children;
        uint256 levels;
        /// Nibbles of the key that the trail has used.
        uint256 depth;
        /// The leaf or extension at which the trail ends; 0 if a branch has no such child, or if the trie is empty.
        uint256 last;
        bool found;
    }

    /// @notice The value of `key`; no bytes if the trie does not hold it.
    function get(Pool memory pool, bytes32 root, bytes32 key) internal pure returns (bytes memory value) {
        Trail memory trail = _walk(pool, root, uint256(key));
        if (!trail.found) return value;
        (uint256 start, uint256 length) = RlpItems.payload(_short(trail.last).item);
        return _slice(start, start + length);
    }

    /// @notice The root after `key` was given `value`. A value without bytes deletes the key.
    function set(Pool memory pool, bytes32 root, bytes32 key, bytes memory value) internal pure returns (bytes32) {
        Trail memory trail = _walk(pool, root, uint256(key));
        bytes memory node;
        if (value.length == 0) {
            if (!trail.found) return root;
        } else {
            node = _insert(pool, trail, uint256(key), RlpItems.encode(value));
        }
        node = _climb(pool, trail, node);
        return node.length == 0 ? EMPTY_ROOT : pool.add(node);
    }

    /// @dev Follows the key from the root as far as the trie has nodes for it.
    function _walk(Pool memory pool, bytes32 root, uint256 key) private pure returns (Trail memory trail) {
        if (root == EMPTY_ROOT) return trail;
        uint256 node = pool.find(root);
        // Cannot wrap: at most 64 levels, and at most 64 nibbles of depth, which every way through ensures.
        unchecked {
            while (true) {
                uint256 child;
                if (_isShort(node)) {
                    Short memory short = _short(node);
                    uint256 rest = NIBBLES - trail.depth;
                    bool matches = short.length <= rest && _nibbles(key, trail.depth, short.length) == short.path;
                    if (short.isLeaf && short.length != rest) revert MalformedNode(trail.levels);
                    if (!matches || short.isLeaf) {
                        trail.last = node;
                        trail.found = matches;
                        return trail;
                    }
                    if (short.length == rest || short.length == 0) revert MalformedNode(trail.levels);
                    _append(trail, node, EXTENSION, short.length);
                    child = short.item;
                } else {
                    if (trail.depth == NIBBLES) revert MalformedNode(trail.levels);
                    uint256 nibble = _nibbles(key, trail.depth, 1);
                    child = _child(node, nibble);
                    _append(trail, node, nibble, 1);
                    if (_byteAt(child) == 0x80) return trail;
                }
                node = _resolve(pool, child, trail.levels);
            }
        }
    }

    /// @dev The node that replaces the end of a trail when `encoded`, the RLP of a value, is inserted there.
    function _insert(Pool memory pool, Trail memory trail, uint256 key, bytes memory encoded)
        private
        pure
        returns (bytes memory)
    {
        // Cannot wrap: counts of nibbles, of which `shared` is the smallest.
        unchecked {
            uint256 rest = NIBBLES - trail.depth;
            uint256 path = _nibbles(key, trail.depth, rest);
            if (trail.last == 0 || trail.found) return _encodeShort(true, path, rest, encoded);

            Short memory old = _short(trail.last);
            uint256 shared = 0;
            while (_nibbles(key, trail.depth + shared, 1) == (old.path >> (4 * (old.length - shared - 1))) & 0xf) {
                ++shared;
            }

            uint256 left = old.length - shared - 1;
            bytes memory item = _slice(old.item, old.end);
            if (old.isLeaf || left != 0) {
                item = _reference(pool, _encodeShort(old.isLeaf, old.path & _mask(left), left, item));
            }
            bytes memory branch = _replaceChild(_pointer(EMPTY_BRANCH), (old.path >> (4 * left)) & 0xf, item);
            left = rest - shared - 1;
            bytes memory leaf = _encodeShort(true, path & _mask(left), left, encoded);
            branch = _replaceChild(_pointer(branch), (path >> (4 * left)) & 0xf, _reference(pool, leaf));
            if (shared == 0) return branch;
            return _encodeShort(false, path >> (4 * (rest - shared)), shared, _reference(pool, branch));
        }
    }

    /// @dev Rebuilds the nodes of a trail, from `node`, its new last node, up to the root. No bytes mean no node.
    function _climb(Pool memory pool, Trail memory trail, bytes memory node) private pure returns (bytes memory) {
        // Cannot wrap: counts down the levels of the trail; paths of a trie of 64 nibbles join to at most 64 nibbles.
        unchecked {
            for (uint256 level = trail.levels; level != 0;) {
                uint256 parent = trail.nodes[--level];
                uint256 child = trail.children[level];
                if (child == EXTENSION) {
                    Short memory above = _short(parent);
                    node = _isShort(_pointer(node))
                        ? _join(above.path, above.length, _pointer(node))
                        : _encodeShort(false, above.path, above.length, _reference(pool, node));
                } else if (node.length != 0) {
                    node = _replaceChild(parent, child, _reference(pool, node));
                } else {
                    node = _collapse(pool, _replaceChild(parent, child, hex"80"), level);
                }
            }
        }
        return node;
    }

    /// @dev A branch that has lost a child. If two or more children are left, it is the branch itself. Otherwise it is the last child with
    /// the branch's nibble in front of its path.
    function _collapse(Pool memory pool, bytes memory branch, uint256 level) private pure returns (bytes memory) {
        uint256 pointer = _pointer(branch);
        (uint256 item,) = RlpItems.payload(pointer);
        uint256 only = 0;
        uint256 nibble = 0;
        // Cannot wrap: 16 children.
        unchecked {
            for (uint256 i = 0; i < 16; ++i) {
                if (_byteAt(item) != 0x80) {
                    if (only != 0) return branch;
                    only = item;
                    nibble = i;
                }
                item = RlpItems.skip(item);
            }
        }
        if (only == 0) revert MalformedNode(level);
        uint256 child = _resolve(pool, only, level);
        if (_isShort(child)) return _join(nibble, 1, child);
        return _encodeShort(false, nibble, 1, _slice(only, RlpItems.skip(only)));
    }

    /// @dev The leaf or extension `node` with `length` nibbles in front of its path.
    function _join(uint256 path, uint256 length, uint256 node) private pure returns (bytes memory) {
        Short memory below = _short(node);
        // Cannot wrap: paths of a trie of 64 nibbles join to at most 64 nibbles.
        unchecked {
            return _encodeShort(
                below.isLeaf,
                path << (4 * below.length) | below.path,
                length + below.length,
                _slice(below.item, below.end)
            );
        }
    }

    function _append(Trail memory trail, uint256 node, uint256 child, uint256 length) private pure {
        uint256 level = trail.levels;
        if (level == NIBBLES) revert MalformedNode(level);
        trail.nodes[level] = node;
        trail.children[level] = child;
        // Cannot wrap: at most 64 levels of at most 64 nibbles.
        unchecked {
            trail.levels = level + 1;
            trail.depth += length;
        }
    }

    /// @dev Where the referenced node begins: in the reference itself, or in the pool.
    function _resolve(Pool memory pool, uint256 item, uint256 level) private pure returns (uint256) {
        if (_isEmbedded(item)) return item;
        if (_byteAt(item) != 0xa0) revert MalformedNode(level);
        bytes32 hash;
        // Reads the 32 bytes behind the prefix.
        assembly ("memory-safe") {
            hash := mload(add(item, 1))
        }
        return pool.find(hash);
    }

    /// @dev The reference that a parent holds to a node: the node itself if it is shorter than a hash, otherwise its hash.
    function _reference(Pool memory pool, bytes memory node) private pure returns (bytes memory) {
        return node.length < 32 ? node : abi.encodePacked(bytes1(0xa0), pool.add(node));
    }

    function _isEmbedded(uint256 item) private pure returns (bool) {
        return _byteAt(item) >= 0xc0;
    }

    /// @dev Whether a node has 2 items. Every other node has 17.
    function _isShort(uint256 node) private pure returns (bool) {
        (uint256 item, uint256 length) = RlpItems.payload(node);
        return RlpItems.skip(RlpItems.skip(item)) == item + length;
    }

    function _child(uint256 branch, uint256 nibble) private pure returns (uint256 item) {
        (item,) = RlpItems.payload(branch);
        // Cannot wrap: at most 15.
        unchecked {
            for (; nibble != 0; --nibble) {
                item = RlpItems.skip(item);
            }
        }
    }

    function _short(uint256 node) private pure returns (Short memory short) {
        (uint256 item, uint256 length) = RlpItems.payload(node);
        // Cannot wrap: memory pointers. The path's length is checked to be at most 64 nibbles.
        unchecked {
            short.end = item + length;
            short.item = RlpItems.skip(item);
            (uint256 start, uint256 size) = RlpItems.payload(item);
            if (size == 0 || size > 33) revert MalformedNode(0);
            uint256 flags = _byteAt(start);
            uint256 bits = 8 * (size - 1);
            uint256 path;
            // Reads the bytes behind the flags; a shift by 256 gives zero.
            assembly ("memory-safe") {
                path := shr(sub(256, bits), mload(add(start, 1)))
            }
            short.isLeaf = flags & 0x20 != 0;
            short.path = path;
            short.length = bits / 4;
            if (flags & 0x10 != 0) {
                short.path |= (flags & 0xf) << bits;
                ++short.length;
            }
            if (short.length > NIBBLES) revert MalformedNode(0);
        }
    }

    /// @dev A leaf or extension with a path of `length` nibbles and a second item that is already encoded.
    function _encodeShort(bool isLeaf, uint256 path, uint256 length, bytes memory item)
        private
        pure
        returns (bytes memory)
    {
        // Cannot wrap: at most 64 nibbles.
        unchecked {
            uint256 flags = isLeaf ? 0x20 : 0;
            uint256 size = length / 2;
            if (length & 1 == 1) flags |= 0x10 | (path >> (8 * size)) & 0xf;
            bytes memory hexPrefix = new bytes(size + 1);
            // Writes the flags and the last `size` bytes of the path. A string of up to 33 bytes has two words reserved, and one of up to 31
            // bytes has one. So the word that begins behind the flags may pass the string's end, and is written to scratch space first.
            assembly ("memory-safe") {
                mstore8(add(hexPrefix, 0x20), flags)
                mstore(0, path)
                mcopy(add(hexPrefix, 0x21), sub(0x20, size), size)
            }
            return RlpItems.encodeList(bytes.concat(RlpItems.encode(hexPrefix), item));
        }
    }

    /// @dev The branch at `node` with another reference as its child.
    function _replaceChild(uint256 node, uint256 nibble, bytes memory item) private pure returns (bytes memory) {
        (uint256 start, uint256 length) = RlpItems.payload(node);
        uint256 from = _child(node, nibble);
        uint256 to = RlpItems.skip(from);
        return RlpItems.encodeList(bytes.concat(_slice(start, from), item, _slice(to, start + length)));
    }

    /// @dev `count` nibbles of a key, after its first `depth` nibbles.
    function _nibbles(uint256 key, uint256 depth, uint256 count) private pure returns (uint256) {
        // Cannot wrap: depth + count is at most 64; a shift by 256 gives zero.
        unchecked {
            return key << (4 * depth) >> (256 - 4 * count);
        }
    }

    /// @dev Keeps the last `count` nibbles of a path.
    function _mask(uint256 count) private pure returns (uint256) {
        // Cannot wrap, except for 64 nibbles: then all bits are kept.
        unchecked {
            return (1 << (4 * count)) - 1;
        }
    }

    function _slice(uint256 from, uint256 to) private pure returns (bytes memory result) {
        // Allocates whole words for a copy of memory that lies before the free memory pointer.
        assembly ("memory-safe") {
            let length := sub(to, from)
            result := mload(0x40)
            mstore(result, length)
            mcopy(add(result, 0x20), from, length)
            mstore(0x40, and(add(add(result, length), 0x3f), not(0x1f)))
        }
    }

    function _pointer(bytes memory data) private pure returns (uint256 pointer) {
        // Reads nothing: the bytes begin behind the length.
        assembly ("memory-safe") {
            pointer := add(data, 0x20)
        }
    }

    function _byteAt(uint256 pointer) private pure returns (uint256 value) {
        // Reads only.
        assembly ("memory-safe") {
            value := byte(0, mload(pointer))
        }
    }
}
