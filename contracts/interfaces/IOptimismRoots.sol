// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssertionChain} from "./IAssertionChain.sol";
import {IOptimismGame} from "./IOptimismGame.sol";

/// @title Assertions in the OP Stack's terms, with the ABI of its DisputeGameFactory and AnchorStateRegistry
/// @notice An assertion names the hash of this project's machine. The OP Stack's clients prove against another root:
/// keccak256(version, state root, storage root of the message passer, block hash). `open` shows the one inside of the other, once for each
/// assertion, and keeps the second with the number of its L2 block. Anyone may call it.
interface IOptimismRoots {
    /// @param metadata gameType(4), timestamp(8), address(20).
    struct GameSearchResult {
        uint256 index;
        bytes32 metadata;
        uint64 timestamp;
        bytes32 rootClaim;
        bytes extraData;
    }

    event DisputeGameCreated(address indexed disputeProxy, uint32 indexed gameType, bytes32 indexed rootClaim);

    error UnknownAssertion(bytes32 id);
    /// @notice A rejected assertion stands for nothing. Open one that is pending or confirmed.
    error AssertionRejected(bytes32 id);
    error AlreadyOpened(bytes32 id, address game);
    /// @notice Nothing stands for this id yet. `open` the assertion first.
    error NotOpened(bytes32 id);
    /// @notice The words are not those of the machine that the assertion names.
    error WrongMachine(bytes32 actual, bytes32 expected);
    /// @notice The words are not those of the machine's environment.
    error WrongEnvironment(bytes32 actual, bytes32 expected);
    error NoSuchGame(uint256 index, uint256 count);

    /// @notice Opens an assertion that is pending or confirmed.
    /// @param machine The words behind its output root.
    /// @param env The words of the machine's environment.
    /// @param nodes Patricia nodes from the machine's state root to the message passer's account.
    /// @return game What stands for the assertion from now on.
    function open(bytes32 id, bytes32[] calldata machine, bytes32[] calldata env, bytes[] calldata nodes)
        external
        returns (IOptimismGame game);

    /// @notice What stands for an assertion; zero if it was not opened.
    function gameOf(bytes32 id) external view returns (IOptimismGame);

    /// @notice The index of an opened assertion; reverts if it was not opened.
    function indexOf(bytes32 id) external view returns (uint256);

    function gameCount() external view returns (uint256);

    /// @notice What was opened as the index-th one; the timestamp says when its state was asserted, in seconds.
    /// @dev Warning: games stand in the order in which they were opened, so timestamps and L2 blocks may descend. Anyone may open old
    /// assertions, about 220,000 gas each. A client that reads only the last games (viem: 100) then misses newer states until one of
    /// these is the last one opened. It moves no funds: a proof names its game.
    function gameAtIndex(uint256 index) external view returns (uint32 gameType, uint64 timestamp, IOptimismGame proxy);

    /// @notice The last `count` games from index `start` downwards; none if `start` is beyond the last one, or of another type.
    function findLatestGames(uint32 gameType, uint256 start, uint256 count)
        external
        view
        returns (GameSearchResult[] memory);

    /// @notice The only type there is.
    function respectedGameType() external view returns (uint32);

    /// @notice This contract.
    function disputeGameFactory() external view returns (address);

    /// @notice Root and L2 block of the newest confirmed assertion that was opened; zeros if there is none.
    /// @dev Warning: it walks back over the confirmed assertions that nobody has opened, about 15,000 gas each. If a node's cap of gas does
    /// not suffice, open a newer assertion.
    function anchors(uint32 gameType) external view returns (bytes32 root, uint256 l2BlockNumber);

    /// @notice The same for the only type.
    function getAnchorRoot() external view returns (bytes32 root, uint256 l2BlockNumber);

    /// @notice Whether this contract made the game; false for any other address.
    function isGameRegistered(IOptimismGame game) external view returns (bool);

    /// @notice Whether it is registered: nothing is blacklisted or retired.
    function isGameProper(IOptimismGame game) external view returns (bool);

    /// @notice Whether it is registered: there is one type.
    function isGameRespected(IOptimismGame game) external view returns (bool);

    /// @notice Whether its assertion was confirmed or rejected.
    function isGameFinalized(IOptimismGame game) external view returns (bool);

    /// @notice Whether its assertion was confirmed.
    function isGameClaimValid(IOptimismGame game) external view returns (bool);

    function assertions() external view returns (IAssertionChain);
}
