// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputable} from "./IDisputable.sol";
import {IDisputeGame} from "./IDisputeGame.sol";
import {ClaimId} from "../types/DisputeTypes.sol";

/// @title Opens the one game that an assertion can have, and takes every move in it
/// @notice A move puts a bond at stake, so it goes through the factory. The factory makes sure of two things that the game itself cannot
/// check. First, there is a game: a bond sent to a clone that a reorg removed would be lost. Second, L1 is still the one on which the
/// mover decided: each move names a block of the last 256 that the mover has seen.
///
/// Warning: name the newest block that the decision depends on. Changes by a reorg above the named block are not noticed.
interface IDisputeGameFactory {
    /// @param assertionId the disputed assertion
    /// @param game a clone of the implementation at that moment; it keeps those rules
    /// @param opener who first attacked the assertion's root
    event GameOpened(bytes32 indexed assertionId, address indexed game, address indexed opener);
    /// @param at second from which on games become clones of it
    event ImplementationSet(address indexed actual, address indexed previous, uint256 at);

    error AlreadyDisputed(bytes32 assertionId, address game);
    error NotOwner(address actual, address expected);
    /// @notice The implementation belongs to another factory.
    error WrongFactory(address actual, address expected);
    /// @notice The implementation decides about another chain of assertions than this factory's earlier games.
    error WrongAssertions(address actual, address expected);
    /// @notice The implementation's prover does not know a fork that the one before knows, so that L2 may have it.
    error ForkForgotten(uint256 actual, uint256 expected);
    error NoImplementation();
    error NoGame(bytes32 assertionId);

    /// @notice Opens the game of an assertion with the first attack on its root. The value sent is the attack's bond. A game without an
    /// attack would delay an honest assertion at the cost of gas alone.
    /// @param value the machine's hash that the caller claims in the middle of the trace
    /// @param l1Hash hash of L1's block `l1Block`
    function open(bytes32 assertionId, bytes32 value, uint256 l1Block, bytes32 l1Hash)
        external
        payable
        returns (IDisputeGame game);

    /// @notice Claims that the state of `parent` is wrong. The value sent is the bond.
    /// @param value the machine's hash in the middle of the range left of it
    function attack(bytes32 assertionId, ClaimId parent, bytes32 value, uint256 l1Block, bytes32 l1Hash)
        external
        payable
        returns (ClaimId);

    /// @notice Claims that the state of `parent` is right, and that the next state, which its mover denies, is wrong. The value sent is
    /// the bond.
    /// @param value the machine's hash in the middle of the range right of it
    function defend(bytes32 assertionId, ClaimId parent, bytes32 value, uint256 l1Block, bytes32 l1Hash)
        external
        payable
        returns (ClaimId);

    /// @notice Sets what games become clones of after `delay`, or at once if there was no implementation. Replaces an implementation that
    /// was set and has not taken effect. Open games keep their rules.
    function setImplementation(IDisputeGame wanted) external;

    /// @notice The implementation that games are clones of from `nextAt` on.
    function next() external view returns (IDisputeGame);

    /// @notice Second from which on games are clones of `next`.
    function nextAt() external view returns (uint48);

    /// @notice Seconds from setting an implementation until games are clones of it: a challenge period, the longest game under the current
    /// rules, and one second. 0 while there is no implementation.
    function delay() external view returns (uint256);

    /// @notice The assertion's game; zero if it has none.
    function gameOf(bytes32 assertionId) external view returns (address);

    /// @notice What a game opened now is a clone of; zero if there is no implementation.
    function implementation() external view returns (IDisputeGame);

    function assertions() external view returns (IDisputable);

    function owner() external view returns (address);
}
