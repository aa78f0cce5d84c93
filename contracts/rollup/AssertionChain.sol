// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssertionChain} from "../interfaces/IAssertionChain.sol";
import {IDisputable} from "../interfaces/IDisputable.sol";
import {IDisputeGameFactory} from "../interfaces/IDisputeGameFactory.sol";
import {ISequencerInbox} from "../interfaces/ISequencerInbox.sol";
import {Anchor} from "../libraries/Anchor.sol";
import {InboxHashing} from "../libraries/InboxHashing.sol";

/// @title Assertion chain
contract AssertionChain is IAssertionChain {
    uint256 internal constant MAX_RANGE = 64;
    /// @dev A lower bond would make delay cheap.
    uint256 internal constant LOWEST_BOND = 0.1 ether;
    /// @dev A claim of a game stores 96 bits of its bond, and the first attack has this bond.
    uint256 internal constant HIGHEST_BOND = type(uint96).max;
    /// @dev `burntShare` is a part of this.
    uint256 internal constant WHOLE = 10_000;

    /// @inheritdoc IAssertionChain
    ISequencerInbox public immutable inbox;
    /// @inheritdoc IAssertionChain
    address public immutable disputes;
    /// @inheritdoc IAssertionChain
    bytes32 public immutable genesis;
    /// @inheritdoc IDisputable
    uint256 public immutable bond;
    /// @inheritdoc IDisputable
    uint256 public immutable burntShare;
    /// @inheritdoc IDisputable
    uint64 public immutable period;

    /// @inheritdoc IAssertionChain
    bytes32 public latestConfirmed;
    /// @inheritdoc IAssertionChain
    mapping(address account => uint256) public credit;
    mapping(bytes32 id => Assertion) internal assertions;
    /// @dev How often a root was rejected on a parent; the key is the id of its attempt 0.
    mapping(bytes32 firstId => uint256) internal rejections;
    /// @inheritdoc IAssertionChain
    uint256 public burnt;

    constructor(
        ISequencerInbox inbox_,
        address disputes_,
        bytes32 genesisRoot,
        uint256 bond_,
        uint256 burntShare_,
        uint64 period_
    ) {
        if (genesisRoot == 0) revert ZeroRoot();
        if (bond_ < LOWEST_BOND) revert WrongParameter("bond", bond_, LOWEST_BOND);
        if (bond_ > HIGHEST_BOND) revert WrongParameter("bond", bond_, HIGHEST_BOND);
        // INVARIANT: whoever counters its own claim loses something, and whoever counters another's earns something.
        if (burntShare_ == 0) revert WrongParameter("burntShare", burntShare_, 1);
        if (burntShare_ >= WHOLE) revert WrongParameter("burntShare", burntShare_, WHOLE - 1);
        if (period_ == 0) revert WrongParameter("period", period_, 1);
        inbox = inbox_;
        disputes = disputes_;
        bond = bond_;
        burntShare = burntShare_;
        period = period_;
        genesis = InboxHashing.assertion(0, 0, genesisRoot, 0);
        latestConfirmed = genesis;
        Assertion storage first = assertions[genesis];
        first.root = genesisRoot;
        first.createdAt = uint64(block.timestamp);
        decide(first, Status.Confirmed);
    }

    /// @inheritdoc IAssertionChain
    function propose(bytes32 parentId, bytes32 root, uint256 attempt, uint256 l1Block, bytes32 l1Hash)
        external
        payable
        returns (bytes32 id)
    {
        if (msg.value != bond) revert WrongBond(msg.value, bond);
        if (root == 0) revert ZeroRoot();
        Anchor.check(l1Block, l1Hash);
        Assertion storage parent = assertions[parentId];
        if (parent.status == Status.Unknown) revert UnknownAssertion(parentId);
        if (parent.status == Status.Rejected) revert ParentRejected(parentId);
        uint256 end = endAfter(parent);
        uint256 posted = inbox.batchCount();
        // INVARIANT: nobody can assert what L1 does not yet decide.
        if (end > posted) revert NothingToAssert(posted, end);
        uint256 rejected = rejections[InboxHashing.assertion(parentId, end, root, 0)];
        // INVARIANT: an id is never bonded twice. A rejected attempt keeps its game and its children.
        if (attempt != rejected) revert WrongAttempt(attempt, rejected);
        id = InboxHashing.assertion(parentId, end, root, attempt);
        if (assertions[id].status != Status.Unknown) revert AssertionExists(id);
        if (parent.liveChildren == 0) {
            parent.firstChildAt = uint64(block.timestamp);
        } else if (block.timestamp > parent.firstChildAt + period) {
            revert TooLateForRival(block.timestamp, parent.firstChildAt + period);
        }
        ++parent.liveChildren;
        Assertion storage made = assertions[id];
        made.parent = parentId;
        made.root = root;
        made.end = uint64(end);
        made.batches = uint64(posted);
        made.createdAt = uint64(block.timestamp);
        made.status = Status.Pending;
        made.proposer = msg.sender;
        emit Asserted(id, parentId, msg.sender, root, uint64(end), uint64(posted));
    }

    /// @inheritdoc IAssertionChain
    function confirm(bytes32 id) external {
        Assertion storage made = pending(id);
        Assertion storage parent = assertions[made.parent];
        if (parent.status != Status.Confirmed) revert ParentNotConfirmed(made.parent, parent.status);
        uint256 over = uint256(made.createdAt) + period;
        if (block.timestamp <= over) revert PeriodNotOver(block.timestamp, over + 1);
        if (made.disputed) revert InDispute(id);
        if (parent.liveChildren != 1) revert UndecidedRivals(parent.liveChildren, 1);
        // INVARIANT: a parent has at most one confirmed child. No other child is alive, and the window for rivals, which opened no
        // later than this child, has closed.
        decide(made, Status.Confirmed);
        latestConfirmed = id;
        credit[made.proposer] += bond;
        emit Confirmed(id, made.root, made.end);
    }

    /// @inheritdoc IDisputable
    function openDispute(bytes32 id) external returns (bytes32 root, address proposer, uint256 until) {
        if (msg.sender != disputes) revert NotDisputes(msg.sender, disputes);
        Assertion storage made = pending(id);
        if (made.disputed) revert AlreadyInDispute(id);
        if (!disputable(id)) revert NotDisputable(id);
        made.disputed = true;
        emit Disputed(id);
        return (made.root, made.proposer, uint256(made.createdAt) + period);
    }

    /// @inheritdoc IDisputable
    function subjectOf(bytes32 id)
        external
        view
        returns (bytes32 prestate, bytes32 root, uint256 endBatch, address proposer)
    {
        Assertion storage made = assertions[id];
        return (assertions[made.parent].root, made.root, made.end, made.proposer);
    }

    /// @inheritdoc IDisputable
    function rejectAssertion(bytes32 id) external {
        checkGame(id);
        reject(pending(id), id);
    }

    /// @inheritdoc IDisputable
    function settleAssertion(bytes32 id, address winner) external {
        checkGame(id);
        Assertion storage made = assertions[id];
        if (made.status != Status.Rejected) revert NotRejected(id, made.status);
        if (made.beneficiary != address(0)) revert AlreadySettled(id, made.beneficiary);
        settle(made, id, winner);
    }

    /// @inheritdoc IDisputable
    function upholdAssertion(bytes32 id) external {
        checkGame(id);
        pending(id).disputed = false;
        emit Upheld(id);
    }

    /// @inheritdoc IDisputable
    function parentRejected(bytes32 id) external view returns (bool) {
        return assertions[assertions[id].parent].status == Status.Rejected;
    }

    function checkGame(bytes32 id) internal view {
        address game = disputes == address(0) ? address(0) : IDisputeGameFactory(disputes).gameOf(id);
        if (msg.sender != game) revert NotGameOf(id, msg.sender, game);
    }

    /// @inheritdoc IAssertionChain
    function rejectChild(bytes32 id) external {
        Assertion storage made = pending(id);
        Assertion storage parent = assertions[made.parent];
        if (parent.status != Status.Rejected) revert ParentNotRejected(made.parent, parent.status);
        if (parent.beneficiary == address(0)) revert NotSettled(made.parent);
        reject(made, id);
        settle(made, id, parent.beneficiary);
    }

    function reject(Assertion storage made, bytes32 id) internal {
        decide(made, Status.Rejected);
        made.disputed = false;
        --assertions[made.parent].liveChildren;
        ++rejections[InboxHashing.assertion(made.parent, made.end, made.root, 0)];
        emit Rejected(id);
    }

    function settle(Assertion storage made, bytes32 id, address beneficiary) internal {
        uint256 lost = bond * burntShare / WHOLE;
        made.beneficiary = beneficiary;
        burnt += lost;
        credit[beneficiary] += bond - lost;
        emit Settled(id, beneficiary, bond - lost, lost);
    }

    /// @inheritdoc IAssertionChain
    function withdraw(address payable to) external returns (uint256 amount) {
        amount = credit[msg.sender];
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        credit[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        (bool paid,) = to.call{value: amount}("");
        if (!paid) revert WithdrawalRefused(to, amount);
    }

    /// @inheritdoc IAssertionChain
    function assertion(bytes32 id) external view returns (Assertion memory) {
        return assertions[id];
    }

    /// @inheritdoc IAssertionChain
    function childEnd(bytes32 parentId) external view returns (uint256) {
        Assertion storage parent = assertions[parentId];
        if (parent.status == Status.Unknown) revert UnknownAssertion(parentId);
        return endAfter(parent);
    }

    /// @inheritdoc IAssertionChain
    function attemptOf(bytes32 parentId, bytes32 root) external view returns (uint256) {
        Assertion storage parent = assertions[parentId];
        if (parent.status == Status.Unknown) revert UnknownAssertion(parentId);
        return rejections[InboxHashing.assertion(parentId, endAfter(parent), root, 0)];
    }

    /// @inheritdoc IAssertionChain
    function disputable(bytes32 id) public view returns (bool) {
        Assertion storage made = assertions[id];
        if (made.status != Status.Pending) return false;
        return block.timestamp <= uint256(made.createdAt) + period || assertions[made.parent].liveChildren > 1;
    }

    /// @inheritdoc IAssertionChain
    function statusOf(bytes32 id) external view returns (Status) {
        return assertions[id].status;
    }

    function decide(Assertion storage made, Status status) internal {
        // The cast keeps the value: 2^48 seconds are 8 million years.
        (made.status, made.decidedAt) = (status, uint48(block.timestamp));
    }

    function pending(bytes32 id) internal view returns (Assertion storage made) {
        made = assertions[id];
        if (made.status == Status.Unknown) revert UnknownAssertion(id);
        if (made.status != Status.Pending) revert NotPending(id, made.status);
    }

    function endAfter(Assertion storage parent) internal view returns (uint256) {
        uint256 end = uint256(parent.end) + 1;
        if (parent.batches > end) end = parent.batches;
        uint256 farthest = uint256(parent.end) + MAX_RANGE;
        return end < farthest ? end : farthest;
    }
}
