// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDelayedInbox} from "./IDelayedInbox.sol";
import {IDisputeGameFactory} from "./IDisputeGameFactory.sol";

/// @title The order of L2's inputs
/// @notice Keeps one hash per batch and emits the bytes. It decodes nothing, so any bytes are a batch.
interface ISequencerInbox {
    /// @notice A batch was appended.
    /// @param index Its number, from 0.
    /// @param minTimestamp The earliest L2 time that its blocks may claim, in seconds.
    /// @param maxTimestamp The latest L2 time that its blocks may claim, in seconds.
    /// @param l1Block The L1 block that holds it.
    /// @param delayedCount The number of delayed messages consumed after this batch.
    /// @param fork The fork whose rules L2 follows in this batch, as a number of ENV.
    /// @param l1BaseFee The base fee of the L1 block that holds it, in wei per gas.
    /// @param l1Timestamp The time of that block, in seconds.
    /// @param l1ParentHash The hash of the block before that block: no contract knows the hash of the block that it runs in.
    /// @param l1BlobBaseFee The blob base fee of the block that holds it, in wei per gas.
    /// @param forced True for an empty batch that anyone appended to include overdue messages.
    /// @param data The posted bytes.
    event BatchPosted(
        uint256 indexed index,
        uint64 minTimestamp,
        uint64 maxTimestamp,
        uint64 l1Block,
        uint64 delayedCount,
        uint64 fork,
        uint256 l1BaseFee,
        uint64 l1Timestamp,
        bytes32 l1ParentHash,
        uint256 l1BlobBaseFee,
        bool forced,
        bytes data
    );

    /// @notice Batches posted from `time` on, in seconds, follow the rules of `fork`.
    event ForkScheduled(uint256 fork, uint256 time);

    error NotOwner(address actual, address expected);
    /// @notice No game could decide about this fork's steps now.
    error UnprovableFork(uint256 actual, uint256 newest);
    error ForkGoesBack(uint256 actual, uint256 minimum);
    error ForkTooEarly(uint256 actual, uint256 minimum);
    error NotSequencer(address actual, address expected);
    error WrongBatchIndex(uint256 actual, uint256 expected);
    error WrongDelayedCount(uint256 actual, uint256 expected);
    error BatchTooLong(uint256 actual, uint256 maximum);
    error DelayedCountGoesBack(uint256 actual, uint256 minimum);
    error TooManyDelayedMessages(uint256 actual, uint256 maximum);
    error DelayedMessageMissing(uint256 actual, uint256 available);
    error NothingToForce(uint256 actual, uint256 minimum);
    error WrongDelayedMessage(bytes32 actual, bytes32 expected);
    error TooEarlyToForce(uint256 actual, uint256 expected);
    error WrongParameter(string name, uint256 actual, uint256 expected);

    /// @notice Appends a batch. Only the sequencer may call.
    /// @dev Warning: the expected values keep a batch from landing behind a forced one, or on the other side of a reorg, where its
    /// transactions would meet a state that their order did not foresee.
    /// @param index The index that this batch expects to get.
    /// @param delayedBefore The number of delayed messages that the caller expects to be consumed before this batch.
    /// @param delayedCount The number of delayed messages consumed after this batch; at most 511 more than before.
    /// @param data At most 96 KiB.
    function postBatch(uint256 index, uint256 delayedBefore, uint256 delayedCount, bytes calldata data) external;

    /// @notice Appends an empty batch that consumes delayed messages up to `delayedCount`, the last of which is overdue. Anyone may call.
    /// @param delayedCount As in `postBatch`.
    /// @param last The record of message `delayedCount - 1`, which must be at least `window` seconds old.
    function forceInclude(uint256 delayedCount, IDelayedInbox.Record calldata last) external;

    /// @notice Schedules a later fork: batches posted from `time` on, in seconds, follow its rules. Only the owner of the factory of games may.
    /// @dev Nothing removes an entry. Warning: a proof reads the fork from its batch's record, never from this schedule. So a posted batch
    /// keeps its fork. Every game about a batch of `fork` opens after the entry was made, so its prover knows the fork.
    /// @param fork Later than every other fork of the schedule. The prover of games that open now must know it, and this L1 must compute its
    /// precompiles. Warning: nothing can test here how L1 will compute them later. If L1 gets Osaka, L2 must have it first, so long before
    /// that no batch of an earlier fork can be disputed any more.
    /// @param time At least the factory's `delay` from now, so that users who do not trust the fork have the time to leave. Later than
    /// every other entry.
    function schedule(uint256 fork, uint256 time) external;

    /// @notice The fork of a batch that is posted at `time`, by the schedule of now.
    function forkAt(uint256 time) external view returns (uint256);

    /// @notice The fork of the first batches.
    function firstFork() external view returns (uint256);

    /// @notice The factory of the games that decide about batches. If it is zero, the fork stays the first one.
    function disputes() external view returns (IDisputeGameFactory);

    /// @notice H(BATCH, ...) of a batch; zero if there is no batch of that index.
    function batchHash(uint256 index) external view returns (bytes32);

    /// @notice The number of batches.
    function batchCount() external view returns (uint256);

    /// @notice The number of delayed messages that the batches so far consume.
    function delayedCount() external view returns (uint256);

    function sequencer() external view returns (address);

    function delayedInbox() external view returns (IDelayedInbox);

    /// @notice Seconds after which a delayed message is overdue and may be forced in. A batch may reach back in time by as much.
    function window() external view returns (uint64);

    /// @notice Seconds that a batch's blocks may run ahead of L1.
    function lead() external view returns (uint64);

    /// @notice The chain id of the L2 that this inbox serves.
    function l2ChainId() external view returns (uint256);

    /// @notice The constant price of gas on that L2, in wei.
    function l2BaseFee() external view returns (uint256);

    /// @notice The factor of L1's base fee in that L2's data fee, in millionths. There is no data fee if both factors are 0.
    function baseFeeScalar() external view returns (uint32);

    /// @notice The factor of L1's blob base fee in that L2's data fee, in millionths.
    function blobBaseFeeScalar() external view returns (uint32);

    /// @notice L2 gas that each L1 block adds to the budget of sequenced transactions; at least 2^23.
    function gasPerBlock() external view returns (uint256);

    /// @notice The most gas that the budget holds; at least `gasPerBlock`, below 2^64.
    function gasCap() external view returns (uint256);
}
