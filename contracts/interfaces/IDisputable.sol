// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What dispute games need of the chain of assertions
/// @notice The chain of assertions holds each assertion and its bond. A game decides whether one of them stands.
interface IDisputable {
    /// @notice Takes a pending assertion into dispute. It cannot be confirmed until its game upholds it.
    /// Reverts unless the assertion is pending and its game was never opened.
    ///
    /// Warning: only the factory of games may call. The caller has checked nothing about the assertion.
    /// @return root machine hash that the assertion claims after its last input
    /// @return proposer who bonded the assertion
    /// @return until last second of the assertion's challenge period
    function openDispute(bytes32 assertionId) external returns (bytes32 root, address proposer, uint256 until);

    /// @notice What a game about an assertion decides on. It never changes, and everything but the proposer follows from the id.
    /// All zero if there is no such assertion.
    /// @return prestate machine hash before the assertion's first input: the root of its parent
    /// @return root machine hash that the assertion claims after its last input
    /// @return endBatch number of batches that the assertion covers since genesis
    /// @return proposer who bonded the assertion
    function subjectOf(bytes32 assertionId)
        external
        view
        returns (bytes32 prestate, bytes32 root, uint256 endBatch, address proposer);

    /// @notice Whether the assertion's parent is rejected. Then the assertion falls without a game.
    function parentRejected(bytes32 assertionId) external view returns (bool);

    /// @notice Rejects an assertion in dispute. Who gets the rest of its bond is settled later. Only the assertion's game may call.
    ///
    /// Warning: it never reverts for the game of an assertion whose parent is not rejected. Otherwise the game could not end.
    function rejectAssertion(bytes32 assertionId) external;

    /// @notice Burns the share of a rejected assertion's bond, and credits the rest to `winner`. Only the assertion's game may call, once.
    ///
    /// Warning: it never reverts for a game that has rejected its assertion before.
    function settleAssertion(bytes32 assertionId, address winner) external;

    /// @notice Releases an assertion from dispute for good. Rivals must still be rejected. Only the assertion's game may call.
    function upholdAssertion(bytes32 assertionId) external;

    /// @notice The bond of an assertion, and of the attack that opens its game, in wei; never changes.
    function bond() external view returns (uint256);

    /// @notice The challenge period, in seconds; never changes.
    function period() external view returns (uint64);

    /// @notice The part of every countered bond that is burnt, in ten-thousandths, from 1 to 9,999; never changes.
    function burntShare() external view returns (uint256);
}
