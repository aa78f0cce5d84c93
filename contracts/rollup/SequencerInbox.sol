// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDelayedInbox} from "../interfaces/IDelayedInbox.sol";
import {IDisputeGameFactory} from "../interfaces/IDisputeGameFactory.sol";
import {ISequencerInbox} from "../interfaces/ISequencerInbox.sol";
import {Forks} from "../libraries/Forks.sol";
import {InboxHashing} from "../libraries/InboxHashing.sol";
import {L1Precompiles} from "../libraries/L1Precompiles.sol";
import {Batch} from "../types/Batch.sol";

/// @title Sequencer inbox
contract SequencerInbox is ISequencerInbox {
    uint256 internal constant MAX_BATCH_BYTES = 96 * 1024;
    uint256 internal constant MAX_DELAYED_PER_BATCH = 511;
    uint256 internal constant MAX_TRANSACTION_GAS = 2 ** 23;
    /// @dev keccak256("")
    bytes32 internal constant EMPTY_HASH = 0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470;

    /// @inheritdoc ISequencerInbox
    address public immutable sequencer;
    /// @inheritdoc ISequencerInbox
    IDelayedInbox public immutable delayedInbox;
    /// @inheritdoc ISequencerInbox
    uint64 public immutable window;
    /// @inheritdoc ISequencerInbox
    uint64 public immutable lead;
    /// @inheritdoc ISequencerInbox
    uint256 public immutable l2ChainId;
    /// @inheritdoc ISequencerInbox
    uint256 public immutable l2BaseFee;
    /// @inheritdoc ISequencerInbox
    uint32 public immutable baseFeeScalar;
    /// @inheritdoc ISequencerInbox
    uint32 public immutable blobBaseFeeScalar;
    /// @inheritdoc ISequencerInbox
    uint256 public immutable gasPerBlock;
    /// @inheritdoc ISequencerInbox
    uint256 public immutable gasCap;
    /// @inheritdoc ISequencerInbox
    uint256 public immutable firstFork;
    /// @inheritdoc ISequencerInbox
    IDisputeGameFactory public immutable disputes;

    /// @dev An entry of the schedule of forks.
    struct Upgrade {
        uint64 fork;
        uint64 time;
    }

    bytes32[] internal hashes;
    /// @dev Strictly ascending in both, so that there are fewer entries than forks.
    Upgrade[] internal upgrades;
    /// @inheritdoc ISequencerInbox
    uint256 public delayedCount;

    constructor(
        IDelayedInbox delayedInbox_,
        address sequencer_,
        uint64 window_,
        uint64 lead_,
        uint256 l2ChainId_,
        uint256 l2BaseFee_,
        uint32 baseFeeScalar_,
        uint32 blobBaseFeeScalar_,
        uint256 gasPerBlock_,
        uint256 gasCap_,
        uint256 firstFork_,
        IDisputeGameFactory disputes_
    ) {
        if (window_ == 0) revert WrongParameter("window", window_, 1);
        // INVARIANT: a batch's times are below 2^64, as the event tells them; else no reader could know its record.
        if (lead_ > type(uint64).max / 2) revert WrongParameter("lead", lead_, type(uint64).max / 2);
        // INVARIANT: the gas that one L1 block adds covers any one transaction, so none waits for more than one block.
        if (gasPerBlock_ < MAX_TRANSACTION_GAS) {
            revert WrongParameter("gasPerBlock", gasPerBlock_, MAX_TRANSACTION_GAS);
        }
        if (gasCap_ < gasPerBlock_) revert WrongParameter("gasCap", gasCap_, gasPerBlock_);
        if (gasCap_ > type(uint64).max) revert WrongParameter("gasCap", gasCap_, type(uint64).max);
        if (firstFork_ > Forks.NEWEST) revert WrongParameter("firstFork", firstFork_, Forks.NEWEST);
        L1Precompiles.check(firstFork_);
        delayedInbox = delayedInbox_;
        sequencer = sequencer_;
        window = window_;
        lead = lead_;
        l2ChainId = l2ChainId_;
        l2BaseFee = l2BaseFee_;
        baseFeeScalar = baseFeeScalar_;
        blobBaseFeeScalar = blobBaseFeeScalar_;
        gasPerBlock = gasPerBlock_;
        gasCap = gasCap_;
        firstFork = firstFork_;
        disputes = disputes_;
    }

    /// @inheritdoc ISequencerInbox
    function postBatch(uint256 index, uint256 delayedBefore, uint256 delayedCount_, bytes calldata data) external {
        if (msg.sender != sequencer) revert NotSequencer(msg.sender, sequencer);
        if (index != hashes.length) revert WrongBatchIndex(index, hashes.length);
        if (delayedBefore != delayedCount) revert WrongDelayedCount(delayedBefore, delayedCount);
        if (data.length > MAX_BATCH_BYTES) revert BatchTooLong(data.length, MAX_BATCH_BYTES);
        if (delayedCount_ < delayedBefore) revert DelayedCountGoesBack(delayedCount_, delayedBefore);
        uint256 earliest = block.timestamp > window ? block.timestamp - window : 0;
        Batch memory batch = record(delayedCount_, earliest, block.timestamp + lead);
        batch.dataHash = InboxHashing.bytesOf(data);
        batch.length = data.length;
        append(batch, false, data);
    }

    /// @inheritdoc ISequencerInbox
    function forceInclude(uint256 delayedCount_, IDelayedInbox.Record calldata last) external {
        if (delayedCount_ <= delayedCount) revert NothingToForce(delayedCount_, delayedCount + 1);
        bytes32 claimed = InboxHashing.delayed(
            delayedCount_ - 1, last.kind, last.sender, last.l1Block, last.l1Timestamp, last.gasLimit, last.payloadHash
        );
        bytes32 known = delayedInbox.messageHash(delayedCount_ - 1);
        if (claimed != known) revert WrongDelayedMessage(claimed, known);
        uint256 opens = uint256(last.l1Timestamp) + window;
        if (block.timestamp < opens) revert TooEarlyToForce(block.timestamp, opens);
        // L2's time follows L1's here: nobody sequences the batch, so nobody chooses a time.
        Batch memory batch = record(delayedCount_, block.timestamp, block.timestamp);
        batch.dataHash = EMPTY_HASH;
        append(batch, true, msg.data[:0]);
    }

    /// @dev The record of a batch without data, and what L1 is as it is posted.
    function record(uint256 delayedCount_, uint256 minTimestamp, uint256 maxTimestamp)
        internal
        view
        returns (Batch memory batch)
    {
        batch.minTimestamp = minTimestamp;
        batch.maxTimestamp = maxTimestamp;
        batch.l1Block = block.number;
        batch.delayedCount = delayedCount_;
        batch.fork = forkAt(block.timestamp);
        batch.l1BaseFee = block.basefee;
        batch.l1Timestamp = block.timestamp;
        batch.l1ParentHash = blockhash(block.number - 1);
        batch.l1BlobBaseFee = block.blobbasefee;
    }

    function append(Batch memory batch, bool forced, bytes calldata data) internal {
        uint256 added = batch.delayedCount - delayedCount;
        if (added > MAX_DELAYED_PER_BATCH) revert TooManyDelayedMessages(added, MAX_DELAYED_PER_BATCH);
        uint256 available = delayedInbox.messageCount();
        // INVARIANT: every message that a batch counts exists. Otherwise no proof of the batch would be possible.
        if (batch.delayedCount > available) revert DelayedMessageMissing(batch.delayedCount, available);
        uint256 index = hashes.length;
        hashes.push(InboxHashing.batch(index, batch));
        delayedCount = batch.delayedCount;
        // The casts keep the values: times, block numbers, and counts of what storage holds are below 2^64, and so are forks.
        emit BatchPosted(
            index,
            uint64(batch.minTimestamp),
            uint64(batch.maxTimestamp),
            uint64(batch.l1Block),
            uint64(batch.delayedCount),
            uint64(batch.fork),
            batch.l1BaseFee,
            uint64(batch.l1Timestamp),
            batch.l1ParentHash,
            batch.l1BlobBaseFee,
            forced,
            data
        );
    }

    /// @inheritdoc ISequencerInbox
    function schedule(uint256 fork, uint256 time) external {
        address owner = address(disputes) == address(0) ? address(0) : disputes.owner();
        if (msg.sender != owner) revert NotOwner(msg.sender, owner);
        uint256 count = upgrades.length;
        (uint256 last, uint256 lastTime) = (firstFork, 0);
        if (count != 0) (last, lastTime) = (upgrades[count - 1].fork, upgrades[count - 1].time);
        if (fork <= last) revert ForkGoesBack(fork, last + 1);
        // INVARIANT: what a batch of this fork does can be proven in every game about it. The factory takes no prover that knows less.
        uint256 newest = disputes.implementation().prover().newestFork();
        if (fork > newest) revert UnprovableFork(fork, newest);
        L1Precompiles.check(fork);
        uint256 earliest = block.timestamp + disputes.delay();
        if (earliest <= lastTime) earliest = lastTime + 1;
        if (time < earliest) revert ForkTooEarly(time, earliest);
        if (time > type(uint64).max) revert WrongParameter("time", time, type(uint64).max);
        upgrades.push(Upgrade(uint64(fork), uint64(time))); // Casts: a fork that a prover knows is a small number.
        emit ForkScheduled(fork, time);
    }

    /// @inheritdoc ISequencerInbox
    function forkAt(uint256 time) public view returns (uint256) {
        for (uint256 i = upgrades.length; i != 0; --i) {
            if (upgrades[i - 1].time <= time) return upgrades[i - 1].fork;
        }
        return firstFork;
    }

    /// @inheritdoc ISequencerInbox
    function batchHash(uint256 index) external view returns (bytes32) {
        return index < hashes.length ? hashes[index] : bytes32(0);
    }

    /// @inheritdoc ISequencerInbox
    function batchCount() external view returns (uint256) {
        return hashes.length;
    }
}
