// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssertionChain} from "../interfaces/IAssertionChain.sol";
import {IOptimismGame} from "../interfaces/IOptimismGame.sol";
import {IOptimismRoots} from "../interfaces/IOptimismRoots.sol";
import {Clones} from "../libraries/Clones.sol";
import {Hashing} from "../libraries/Hashing.sol";
import {OptimismHashing} from "../libraries/OptimismHashing.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {StateProof} from "../libraries/StateProof.sol";
import {GameStatus} from "../types/OptimismTypes.sol";
import {OptimismGame} from "./OptimismGame.sol";

/// @title Assertions as games of the OP Stack
contract OptimismRoots is IOptimismRoots {
    /// @dev Places in the words of MACHINE and ENV.
    uint256 internal constant STATE_ROOT = 0;
    uint256 internal constant ENVIRONMENT = 7;
    uint256 internal constant RING = 8;
    uint256 internal constant NUMBER = 0;

    /// @inheritdoc IOptimismRoots
    IAssertionChain public immutable assertions;
    /// @inheritdoc IOptimismRoots
    uint32 public immutable respectedGameType;
    address internal immutable model;

    /// @inheritdoc IOptimismRoots
    mapping(bytes32 id => IOptimismGame) public gameOf;
    /// @dev One more than the index.
    mapping(bytes32 id => uint256) internal places;
    /// @dev Each as the OP Stack packs it: gameType(4), timestamp(8), address(20).
    bytes32[] internal games;

    constructor(IAssertionChain assertions_) {
        assertions = assertions_;
        OptimismGame made = new OptimismGame(assertions_);
        respectedGameType = made.gameType();
        model = address(made);
    }

    /// @inheritdoc IOptimismRoots
    function open(bytes32 id, bytes32[] calldata machine, bytes32[] calldata env, bytes[] calldata nodes)
        external
        returns (IOptimismGame game)
    {
        IAssertionChain.Assertion memory made = assertions.assertion(id);
        if (made.status == IAssertionChain.Status.Unknown) revert UnknownAssertion(id);
        if (made.status == IAssertionChain.Status.Rejected) revert AssertionRejected(id);
        if (address(gameOf[id]) != address(0)) revert AlreadyOpened(id, address(gameOf[id]));
        // INVARIANT: what is kept for an assertion is in the machine that it names. The hashes bind the number of words too.
        bytes32 actual = Hashing.hashWords(Hashing.MACHINE, machine);
        if (actual != made.root) revert WrongMachine(actual, made.root);
        actual = Hashing.hashWords(Hashing.ENV, env);
        if (actual != machine[ENVIRONMENT]) revert WrongEnvironment(actual, machine[ENVIRONMENT]);
        bytes32 root = _root(machine, nodes);
        game = IOptimismGame(Clones.create(model, abi.encode(id, root, env[NUMBER]), id));
        gameOf[id] = game;
        games.push(bytes32(_pack(made.createdAt, game)));
        places[id] = games.length;
        emit DisputeGameCreated(address(game), respectedGameType, root);
    }

    function _root(bytes32[] calldata machine, bytes[] calldata nodes) private pure returns (bytes32) {
        bytes32 stateRoot = machine[STATE_ROOT];
        bytes32 passer = StateProof.storageRoot(nodes, stateRoot, Predeploys.PASSER);
        // The machine is idle between two batches, so its block closes as it is.
        bytes32 blockHash = keccak256(abi.encode(Hashing.BLOCK, machine[ENVIRONMENT], stateRoot, machine[RING]));
        return OptimismHashing.outputRoot(OptimismHashing.ROOT_VERSION, stateRoot, passer, blockHash);
    }

    function _pack(uint64 timestamp, IOptimismGame game) private view returns (uint256) {
        return uint256(respectedGameType) << 224 | uint256(timestamp) << 160 | uint160(address(game));
    }

    /// @inheritdoc IOptimismRoots
    function indexOf(bytes32 id) external view returns (uint256) {
        uint256 place = places[id];
        if (place == 0) revert NotOpened(id);
        return place - 1;
    }

    /// @inheritdoc IOptimismRoots
    function gameCount() external view returns (uint256) {
        return games.length;
    }

    /// @inheritdoc IOptimismRoots
    function gameAtIndex(uint256 index) external view returns (uint32, uint64, IOptimismGame) {
        if (index >= games.length) revert NoSuchGame(index, games.length);
        return _unpack(games[index]);
    }

    /// @dev The casts cut the three parts out.
    function _unpack(bytes32 packed) private pure returns (uint32, uint64, IOptimismGame) {
        uint256 word = uint256(packed);
        return (uint32(word >> 224), uint64(word >> 160), IOptimismGame(address(uint160(word))));
    }

    /// @inheritdoc IOptimismRoots
    function findLatestGames(uint32 gameType, uint256 start, uint256 count)
        external
        view
        returns (GameSearchResult[] memory found)
    {
        if (gameType != respectedGameType || start >= games.length) return found;
        uint256 length = count < start + 1 ? count : start + 1;
        found = new GameSearchResult[](length);
        for (uint256 i; i < length; ++i) {
            bytes32 packed = games[start - i];
            (, uint64 timestamp, IOptimismGame game) = _unpack(packed);
            found[i] = GameSearchResult(start - i, packed, timestamp, game.rootClaim(), game.extraData());
        }
    }

    /// @inheritdoc IOptimismRoots
    function disputeGameFactory() external view returns (address) {
        return address(this);
    }

    /// @inheritdoc IOptimismRoots
    function anchors(uint32 gameType) external view returns (bytes32 root, uint256 l2BlockNumber) {
        if (gameType == respectedGameType) return getAnchorRoot();
    }

    /// @inheritdoc IOptimismRoots
    function getAnchorRoot() public view returns (bytes32 root, uint256 l2BlockNumber) {
        bytes32 id = assertions.latestConfirmed();
        while (id != 0 && address(gameOf[id]) == address(0)) {
            id = assertions.assertion(id).parent;
        }
        if (id != 0) return (gameOf[id].rootClaim(), gameOf[id].l2BlockNumber());
    }

    /// @inheritdoc IOptimismRoots
    function isGameRegistered(IOptimismGame game) public view returns (bool) {
        // Low-level, since what is no game may revert, or answer with anything.
        (bool done, bytes memory answer) = address(game).staticcall(abi.encodeCall(IOptimismGame.assertionId, ()));
        return done && answer.length == 32 && address(gameOf[bytes32(answer)]) == address(game);
    }

    /// @inheritdoc IOptimismRoots
    function isGameProper(IOptimismGame game) external view returns (bool) {
        return isGameRegistered(game);
    }

    /// @inheritdoc IOptimismRoots
    function isGameRespected(IOptimismGame game) external view returns (bool) {
        return isGameRegistered(game);
    }

    /// @inheritdoc IOptimismRoots
    function isGameFinalized(IOptimismGame game) external view returns (bool) {
        return isGameRegistered(game) && game.status() != GameStatus.IN_PROGRESS;
    }

    /// @inheritdoc IOptimismRoots
    function isGameClaimValid(IOptimismGame game) external view returns (bool) {
        return isGameRegistered(game) && game.status() == GameStatus.DEFENDER_WINS;
    }
}
