// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GameStatus} from "../types/OptimismTypes.sol";
import {IAssertionChain} from "./IAssertionChain.sol";

/// @title An assertion, as a dispute game of the OP Stack
/// @notice Says what the OP Stack's clients and contracts ask of a game. It is no game: `IDisputeGame` is.
interface IOptimismGame {
    /// @notice The OP Stack's output root of the asserted state.
    function rootClaim() external view returns (bytes32);

    /// @notice The words of `l2BlockNumber`.
    function extraData() external view returns (bytes memory);

    /// @notice The L2 block whose state was asserted.
    function l2BlockNumber() external view returns (uint256);

    /// @notice The same, by its newer name.
    function l2SequenceNumber() external view returns (uint256);

    function gameType() external view returns (uint32);

    function gameData() external view returns (uint32 gameType, bytes32 rootClaim, bytes memory extraData);

    function status() external view returns (GameStatus);

    /// @notice When the state was asserted, in seconds.
    function createdAt() external view returns (uint64);

    /// @notice When the assertion was confirmed or rejected, in seconds; zero before.
    function resolvedAt() external view returns (uint64);

    /// @notice The challenge period and a second: after that an assertion is confirmed if nobody disputes it.
    function maxClockDuration() external view returns (uint64);

    /// @notice Who asserted the state.
    function gameCreator() external view returns (address);

    function wasRespectedGameTypeWhenCreated() external view returns (bool);

    /// @notice The assertion's id.
    function assertionId() external view returns (bytes32);

    function assertions() external view returns (IAssertionChain);
}
