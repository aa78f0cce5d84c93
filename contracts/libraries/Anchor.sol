// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Binds a transaction to the history of L1 that it was decided on
/// @notice Whoever puts a bond at stake names a recent block of L1 that its decision took into account. After a reorg that removes the
/// block, the transaction reverts, in whatever order it is mined again. So nobody loses a bond on facts that changed.
library Anchor {
    /// @param actual the hash that the caller gave for its block
    /// @param expected the hash on this L1; zero if the block is not one of the last 256
    error AnotherL1(bytes32 actual, bytes32 expected);

    /// @notice Reverts unless `l1Hash` is the hash of block `l1Block`, one of the last 256.
    function check(uint256 l1Block, bytes32 l1Hash) internal view {
        bytes32 expected = blockhash(l1Block);
        if (l1Hash == 0 || l1Hash != expected) revert AnotherL1(l1Hash, expected);
    }
}
