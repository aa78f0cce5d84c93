// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title AliasedExit
/// @notice Pays leaves of a tree with two leaves, each once. Broken: the proof uses the index's low bit alone, and what
/// is spent is remembered by the whole index, so that 0, 2, 4 ... are one leaf with many names.
contract AliasedExit {
    /// @notice The leaves do not hash to the root.
    error WrongProof(bytes32 actual, bytes32 expected);
    /// @notice The leaf was paid before.
    error AlreadySpent(uint256 index);

    bytes32 public root;
    mapping(uint256 index => bool) public isSpent;

    /// @notice Commit to what the two owners have, and lock ether.
    function commit(address first, uint256 amount, address second, uint256 rest) external payable {
        root = keccak256(abi.encode(leaf(first, amount), leaf(second, rest)));
    }

    /// @notice Pay the leaf at `index`, whose sibling is what `other` has.
    function exit(uint256 index, address payable owner, uint256 amount, address other, uint256 rest) external {
        bytes32 mine = leaf(owner, amount);
        bytes32 sibling = leaf(other, rest);
        bytes32 found = index % 2 == 0 ? keccak256(abi.encode(mine, sibling)) : keccak256(abi.encode(sibling, mine));
        if (found != root) revert WrongProof(found, root);
        uint256 place = canonical(index);
        if (isSpent[place]) revert AlreadySpent(place);
        isSpent[place] = true;
        (bool paid,) = owner.call{value: amount}("");
        require(paid);
    }

    /// @notice The hash of what an owner has.
    function leaf(address owner, uint256 amount) public pure returns (bytes32) {
        return keccak256(abi.encode(owner, amount));
    }

    /// @notice The name under which a leaf is remembered.
    function canonical(uint256 index) public pure virtual returns (uint256) {
        return index;
    }
}

/// @title AliasedExitMended
/// @notice A leaf has one name.
contract AliasedExitMended is AliasedExit {
    /// @inheritdoc AliasedExit
    function canonical(uint256 index) public pure override returns (uint256) {
        return index % 2;
    }
}
