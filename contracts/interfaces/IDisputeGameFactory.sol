// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputable} from "./IDisputable.sol";
import {IDisputeGame} from "./IDisputeGame.sol";
import {ClaimId} from "../types/DisputeTypes.sol";

/// @title Opens the one game that an assertion can have, and takes every move in it
/// @notice A move puts a bond at stake, so it comes through here, where two things are sure that the game itself cannot see to: that
/// there is a game (a bond sent to a clone which a reorg took away would be lost), and that L1 is still the one on which
/// the mover decided. For this each move names a block that the mover has seen, of the last 256.
///
/// Warning: name the newest block that the decision rests on, not an older one: what a reorg above it changes is not checked.
interface IDisputeGameFactory {
    /// @param assertionId what is disputed
    /// @param game a clone of the implementation of that moment, whose rules it keeps
    /// @param opener who attacked the assertion's root first
    event GameOpened(bytes32 indexed assertionId, address indexed game, address indexed opener);
    /// @param at when games become clones of it
    event ImplementationSet(address indexed actual, address indexed previous, uint256 at);

    error AlreadyDisputed(bytes32 assertionId, address game);
    error NotOwner(address actual, address expected);
    /// @notice The implementation belongs to another factory.
    error WrongFactory(address actual, address expected);
    /// @notice The implementation plays for another chain of assertions than the one of this factory's earlier games.
    error WrongAssertions(address actual, address expected);
    error NoImplementation();
    error CloneFailed(bytes32 assertionId);
    error NoGame(bytes32 assertionId);

    /// @notice Opens the game of an assertion with the first attack on its root, bonded by the value sent. A game without an
    /// attack would hold up an honest assertion for nothing but gas.
    /// @param value the machine that the caller claims in the middle of the trace
    /// @param l1Hash hash of L1's block `l1Block`
    function open(bytes32 assertionId, bytes32 value, uint256 l1Block, bytes32 l1Hash)
        external
        payable
        returns (IDisputeGame game);

    /// @notice Claims that the state of `parent` is wrong, bonded by the value sent.
    /// @param value the machine in the middle of the range left of it
    function attack(bytes32 assertionId, ClaimId parent, bytes32 value, uint256 l1Block, bytes32 l1Hash)
        external
        payable
        returns (ClaimId);

    /// @notice Claims that the state of `parent` is right, and the next state that its mover denies wrong; bonded by the value sent.
    /// @param value the machine in the middle of the range right of it
    function defend(bytes32 assertionId, ClaimId parent, bytes32 value, uint256 l1Block, bytes32 l1Hash)
        external
        payable
        returns (ClaimId);

    /// @notice Sets what games are clones of from `delay` on; at once if there was nothing before. What was set and is still to come is
    /// replaced. Games that are open keep their rules.
    function setImplementation(IDisputeGame wanted) external;

    /// @notice What games are, or are to be, clones of from `nextAt` on.
    function next() external view returns (IDisputeGame);

    /// @notice Second from which on games are clones of `next`.
    function nextAt() external view returns (uint48);

    /// @notice Seconds from setting an implementation until games are clones of it: one more than a challenge period and the longest game of
    /// now together; 0 while there is none.
    function delay() external view returns (uint256);

    /// @notice The assertion's game; zero while it has none.
    function gameOf(bytes32 assertionId) external view returns (address);

    /// @notice What games opened now are clones of; zero if there is nothing.
    function implementation() external view returns (IDisputeGame);

    function assertions() external view returns (IDisputable);

    function owner() external view returns (address);
}
