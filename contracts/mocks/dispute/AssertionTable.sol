// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputable} from "../../interfaces/IDisputable.sol";
import {IDisputeGameFactory} from "../../interfaces/IDisputeGameFactory.sol";

/// @title Assertions that tests write down by hand, to test games without a rollup
contract AssertionTable is IDisputable {
    enum Status {
        None,
        Pending,
        Disputed,
        Upheld,
        Rejected
    }

    struct Entry {
        bytes32 prestate;
        bytes32 root;
        uint256 endBatch;
        address proposer;
        uint256 bond;
        Status status;
        bool orphaned;
        address winner;
    }

    error NotDisputable(bytes32 assertionId, Status actual);
    error NotTheGame(address actual, address expected);
    error AlreadySettled(bytes32 assertionId, address winner);

    IDisputeGameFactory public immutable games;
    /// @inheritdoc IDisputable
    uint256 public immutable bond;
    /// @inheritdoc IDisputable
    uint256 public immutable burntShare;
    /// @inheritdoc IDisputable
    uint64 public constant period = 7 days;
    mapping(bytes32 assertionId => Entry) public entries;
    mapping(bytes32 assertionId => uint256) public until;

    constructor(IDisputeGameFactory games_, uint256 bond_, uint256 burntShare_) {
        (games, bond, burntShare) = (games_, bond_, burntShare_);
    }

    function assert_(bytes32 assertionId, bytes32 prestate, bytes32 root, uint256 endBatch) external payable {
        entries[assertionId] = Entry(prestate, root, endBatch, msg.sender, msg.value, Status.Pending, false, address(0));
    }

    /// @notice Sets the end of an assertion's challenge period; it is long ago unless set.
    function setUntil(bytes32 assertionId, uint256 time) external {
        until[assertionId] = time;
    }

    /// @notice Declares the parent of this assertion rejected.
    function orphan(bytes32 assertionId) external {
        entries[assertionId].orphaned = true;
    }

    /// @inheritdoc IDisputable
    function openDispute(bytes32 assertionId) external returns (bytes32, address, uint256) {
        if (msg.sender != address(games)) revert NotTheGame(msg.sender, address(games));
        Entry storage entry = entries[assertionId];
        if (entry.status != Status.Pending) revert NotDisputable(assertionId, entry.status);
        entry.status = Status.Disputed;
        return (entry.root, entry.proposer, until[assertionId]);
    }

    /// @inheritdoc IDisputable
    function subjectOf(bytes32 assertionId) external view returns (bytes32, bytes32, uint256, address) {
        Entry storage entry = entries[assertionId];
        return (entry.prestate, entry.root, entry.endBatch, entry.proposer);
    }

    /// @inheritdoc IDisputable
    function parentRejected(bytes32 assertionId) external view returns (bool) {
        return entries[assertionId].orphaned;
    }

    /// @inheritdoc IDisputable
    function rejectAssertion(bytes32 assertionId) external {
        _decided(assertionId).status = Status.Rejected;
    }

    /// @inheritdoc IDisputable
    function settleAssertion(bytes32 assertionId, address winner) external {
        Entry storage entry = entries[assertionId];
        _onlyGame(assertionId);
        if (entry.status != Status.Rejected) revert NotDisputable(assertionId, entry.status);
        if (entry.winner != address(0)) revert AlreadySettled(assertionId, entry.winner);
        entry.winner = winner;
    }

    /// @inheritdoc IDisputable
    function upholdAssertion(bytes32 assertionId) external {
        _decided(assertionId).status = Status.Upheld;
    }

    function _decided(bytes32 assertionId) private view returns (Entry storage entry) {
        entry = entries[assertionId];
        _onlyGame(assertionId);
        if (entry.status != Status.Disputed) revert NotDisputable(assertionId, entry.status);
    }

    function _onlyGame(bytes32 assertionId) private view {
        address game = games.gameOf(assertionId);
        if (msg.sender != game) revert NotTheGame(msg.sender, game);
    }
}
