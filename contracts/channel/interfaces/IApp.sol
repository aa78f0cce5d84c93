// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Rules of a turn-taking application of two players
/// @notice A moves on even turns, B on odd ones. All functions are pure, and only the adjudicator holds state.
/// Warning: `initial` and `outcome` get 4,000,000 gas each and may answer with up to 65,536 bytes. Beyond that, they count as silent.
interface IApp {
    error IllegalMove(bytes move, bytes data);
    error MalformedData(uint256 actual, uint256 expected);

    /// @notice The data of turn 0.
    function initial() external pure returns (bytes memory data);

    /// @notice The data after the mover of `turn` has made `move`. Reverts with IllegalMove if the move is not legal.
    function play(bytes calldata data, uint64 turn, bytes calldata move) external pure returns (bytes memory next);

    /// @notice Whether the game is over, and then A's share of the pot in 1/10,000.
    function outcome(bytes calldata data, uint64 turn) external pure returns (bool over, uint16 shareA);
}
