// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputable} from "./IDisputable.sol";
import {IDisputeGame} from "./IDisputeGame.sol";

/// @title Opens the one game that an assertion can have
interface IDisputeGameFactory {
    /// @param assertionId what is disputed
    /// @param game a clone of the implementation of that moment, whose rules it keeps
    /// @param opener who attacked the assertion's root first
    event GameOpened(bytes32 indexed assertionId, address indexed game, address indexed opener);
    event ImplementationSet(address indexed actual, address indexed previous);

    error AlreadyDisputed(bytes32 assertionId, address game);
    error NotOwner(address actual, address expected);
    /// @notice The implementation belongs to another factory.
    error WrongFactory(address actual, address expected);
    /// @notice The implementation plays for another chain of assertions than the one of this factory's earlier games.
    error WrongAssertions(address actual, address expected);
    error NoImplementation();
    error CloneFailed(bytes32 assertionId);

    /// @notice Opens the game of an assertion with the first attack on its root, bonded by the value sent. A game without an
    /// attack would hold up an honest assertion for nothing but gas.
    /// @param value the machine that the caller claims in the middle of the trace
    function open(bytes32 assertionId, bytes32 value) external payable returns (IDisputeGame game);

    /// @notice Sets what later games are clones of. Games that are open keep their rules.
    function setImplementation(IDisputeGame implementation) external;

    /// @notice The assertion's game; zero while it has none.
    function gameOf(bytes32 assertionId) external view returns (address);

    function implementation() external view returns (IDisputeGame);

    function assertions() external view returns (IDisputable);

    function owner() external view returns (address);
}
