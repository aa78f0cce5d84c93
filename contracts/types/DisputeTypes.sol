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
/// A claim there is about the machine after (index + 1) * 2^(maxDepth - depth) steps: the state at the right end of its range.
type Position is uint64;

using {samePosition as ==} for Position global;

function samePosition(Position a, Position b) pure returns (bool) {
    return Position.unwrap(a) == Position.unwrap(b);
}

/// @notice How a claim answers its parent.
enum Side {
    None, // the root, which answers nothing
    Attack, // the parent's state is wrong
    Defend // the parent's state is right, and the next state, which its mover denies, is wrong
}

enum Outcome {
    Undecided,
    Upheld, // the assertion stands
    Rejected, // the assertion is wrong, and the rest of its bond goes to whoever countered it
    Void // the parent assertion was rejected, and bonds go back
}

/// @notice One claim in storage: five words. The assertion has the root's value and claimant, so its words 0 to 2 are not stored.
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
    /// second at which it was made; zero: there is no such claim
    uint40 time;
    /// seconds that its own side had used of its clock on this path when it was made
    uint32 elapsed;
    /// number of answers that its parent had before it
    uint32 number;
    /// number of its answers
    uint32 children;
    /// number of its answers that are not resolved
    uint32 openChildren;
    Side side;
    /// whether it is decided: it stands, or it is countered
    bool resolved;
    /// whether its bond was credited or refunded
    bool settled;
    /// who has countered it so far, and gets the rest of its bond when it is settled. Zero: nobody
    address counter;
    uint32 counterNumber;
    Side counterSide;
}

/// @notice The rules of a game. They never change.
struct Rules {
    /// depth of the tree: 2^maxDepth trace indices
    uint8 maxDepth;
    /// seconds that one side has on any path
    uint40 maxClock;
    /// least number of seconds that a move leaves its side to answer the next answer
    uint40 extension;
    /// the same if that answer is a leaf, which only a one-step proof answers
    uint40 stepExtension;
    /// highest gas price, in wei, at which a bond still pays for countering and resolving its claim
    uint96 gasPriceCap;
}
