// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Content address of a claim: H(CLAIM, game, parent, side, value). The root's parent is zero.
type ClaimId is bytes32;

/// @notice A node of the binary tree over trace indices, as the generalized index 2^depth + index; the root is 1.
///
/// | bits below the leading one | meaning                                              |
/// |----------------------------|------------------------------------------------------|
/// | depth of them              | index of the node among those of its depth, from 0   |
///
/// A claim there is a claim on the machine after (index + 1) * 2^(maxDepth - depth) steps: the state at the right end of its range.
type Position is uint64;

using {samePosition as ==} for Position global;

function samePosition(Position a, Position b) pure returns (bool) {
    return Position.unwrap(a) == Position.unwrap(b);
}

/// @notice How a claim answers its parent.
enum Side {
    None, // the root: it answers nothing
    Attack, // the parent's state is wrong
    Defend // the parent's state is right, and the next one that its mover denies is wrong
}

enum Outcome {
    Undecided,
    Upheld, // the assertion stands
    Rejected, // the assertion is wrong, and what is left of its bond goes to whoever countered it
    Void // the parent assertion was rejected: bonds go back
}

/// @notice One claim as it is stored: five words. The root's value and claimant are the assertion's, and words 0 to 2 of it are not stored.
///
/// | word | bytes                                                                                                         |
/// |------|---------------------------------------------------------------------------------------------------------------|
/// | 0    | value                                                                                                         |
/// | 1    | claimant (20), bond (12)                                                                                      |
/// | 2    | parent                                                                                                        |
/// | 3    | position (8), time (5), elapsed (4), number (4), children (4), open children (4), side, resolved, settled (1) |
/// | 4    | counter (20), its number (4), its side (1); written when a child resolves uncountered, or by a step           |
struct Claim {
    bytes32 value;
    address claimant;
    uint96 bond;
    /// zero for the root
    ClaimId parent;
    Position position;
    /// when it was made; zero: there is no such claim
    uint40 time;
    /// what its own side had used of its clock on this path when it was made
    uint32 elapsed;
    /// how many answers its parent had before it
    uint32 number;
    /// answers that it has
    uint32 children;
    /// those of them that are not resolved yet
    uint32 openChildren;
    Side side;
    /// whether it is decided that it stands, or that it is countered
    bool resolved;
    /// whether its bond has been credited, or refunded
    bool settled;
    /// who countered it, so far; what is left of the bond goes there once it is settled. Zero: nobody did
    address counter;
    uint32 counterNumber;
    Side counterSide;
}

/// @notice The rules of a game; fixed for its lifetime.
struct Rules {
    /// depth of the tree: 2^maxDepth trace indices
    uint8 maxDepth;
    /// seconds that one side has on any path
    uint40 maxClock;
    /// seconds that are left, at the least, to answer the answer to a move
    uint40 extension;
    /// the same where the answer is a leaf, and answering it is a one-step proof
    uint40 stepExtension;
    /// wei per gas up to which a bond pays for countering and resolving its claim
    uint96 gasPriceCap;
}
