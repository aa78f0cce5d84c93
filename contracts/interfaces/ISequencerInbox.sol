// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDelayedInbox} from "./IDelayedInbox.sol";

/// @title The order of L2's inputs
/// @notice Keeps one hash per batch and emits the bytes. It decodes nothing: a batch of garbage is a batch.
interface ISequencerInbox {
    /// @notice A batch was appended.
    /// @param index Its number, from 0.
    /// @param minTimestamp The earliest L2 time that its blocks may claim, in seconds.
    /// @param maxTimestamp The latest.
    /// @param l1Block The L1 block that holds it.
    /// @param delayedCount How many delayed messages have been consumed once this batch is.
    /// @param forced True for an empty batch that anyone appended to include overdue messages.
    /// @param data The bytes, as posted.
    event BatchPosted(
        uint256 indexed index,
        uint64 minTimestamp,
        uint64 maxTimestamp,
        uint64 l1Block,
        uint64 delayedCount,
        bool forced,
        bytes data
    );

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

    /// @notice Appends a batch; only the sequencer may.
    /// @dev Warning: the expected values are what keeps a batch from landing behind a forced one, or on the other side of a reorg,
    /// where its transactions would meet a state that their order did not foresee.
    /// @param index The number this batch expects to get.
    /// @param delayedBefore The number of delayed messages it expects to be consumed before it.
    /// @param delayedCount The number of delayed messages consumed once this batch is; at most 511 more than before.
    /// @param data At most 96 KiB.
    function postBatch(uint256 index, uint256 delayedBefore, uint256 delayedCount, bytes calldata data) external;

    /// @notice Appends an empty batch that consumes delayed messages up to `delayedCount`, the last of which is overdue; anyone may.
    /// @param delayedCount As in `postBatch`.
    /// @param last The record of message `delayedCount - 1`, which must be at least `window` seconds old.
    function forceInclude(uint256 delayedCount, IDelayedInbox.Record calldata last) external;

    /// @notice H(BATCH, ...) of a batch; zero if there is none of that index.
    function batchHash(uint256 index) external view returns (bytes32);

    /// @notice The number of batches.
    function batchCount() external view returns (uint256);

    /// @notice The number of delayed messages that the batches consume.
    function delayedCount() external view returns (uint256);

    function sequencer() external view returns (address);

    function delayedInbox() external view returns (IDelayedInbox);

    /// @notice Seconds until an overdue delayed message can be forced in, and how far a batch may reach back in time.
    function window() external view returns (uint64);

    /// @notice Seconds that a batch's blocks may run ahead of L1.
    function lead() external view returns (uint64);

    /// @notice The chain id of the L2 whose inputs these are.
    function l2ChainId() external view returns (uint256);

    /// @notice The constant price of gas on that L2, in wei.
    function l2BaseFee() external view returns (uint256);

    /// @notice L2 gas that each L1 block adds to what the sequencer's transactions may use; at least 2^23.
    function gasPerBlock() external view returns (uint256);

    /// @notice The most of it that is saved up; at least `gasPerBlock`, below 2^64.
    function gasCap() external view returns (uint256);
}
