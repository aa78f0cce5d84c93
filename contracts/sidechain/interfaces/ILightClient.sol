// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IValidatorStake} from "./IValidatorStake.sol";

/// @title Follows a sidechain by its headers
/// @notice It believes a header that a quorum of its validators sealed (two thirds, rounded up), if more than a third of the validators
/// trusted before are among those who sealed it, as long as its newest header is not older than the trusting period.
/// @dev Whom it trusts: all but a third of the validators of the newest header, as long as the period lasts. More than a third of them can
/// make up a set of their own, vouch for it, and seal any root with it. Where there are stakes, those who vouch, and a quorum of those who
/// seal, must have one; who lies in one header only, or in two rounds, loses none.
/// Warning: a freeze is for ever, and a bridge has one client for ever. More than a third of a trusted set can freeze it at no cost, by two
/// blocks in two rounds, to the end of the trusting period.
interface ILightClient {
    /// @notice A set of validators, and since when it has been trusted.
    struct Span {
        /// The first 20 bytes of keccak256 of the RLP of its addresses, joined: as strong as the addresses are. Who makes up two sets finds
        /// two with one such prefix by some 2^80 hashes, as many as for two keys of one address.
        bytes20 set;
        /// The first header that had it, and that header's time, in seconds.
        uint48 height;
        uint40 timestamp;
    }

    /// @notice A sealed header, as evidence.
    struct Evidence {
        bytes header;
        /// The places of those who sealed it among its validators, one bit each. The seals are in that order.
        uint256 seats;
        /// For each seal, one byte: the place of its maker among the trusted validators; 255 for none of them.
        bytes trustedSeats;
    }

    /// @notice What is kept of an accepted header, as a hash.
    struct Checkpoint {
        bytes32 stateRoot;
        /// The header's time, in seconds.
        uint40 timestamp;
        /// The height accepted before it.
        uint48 previous;
    }

    /// @notice The rest is in the header. No topic, which would cost more than a word.
    event HeaderAccepted(uint256 height);
    event ValidatorsChanged(uint256 indexed height, bytes20 set, uint256 size);
    /// @notice Two blocks were sealed at `height`. `culprits` sealed both in one round.
    event Frozen(uint256 indexed height, bytes32 first, bytes32 second, address[] culprits);

    error NoTrustingPeriod();
    /// @notice The header is of another chain: its vanity differs.
    error WrongDomain(bytes32 actual, bytes32 expected);
    error HeightNotAbove(uint256 actual, uint256 head);
    error HeightTooHigh(uint256 actual, uint256 maximum);
    error TimeNotAbove(uint256 actual, uint256 head);
    error FromTheFuture(uint256 actual, uint256 latest);
    /// @notice The trusting period of the set is over.
    error TrustExpired(uint256 actual, uint256 latest);
    error WrongSet(bytes20 actual, bytes20 expected);
    /// @notice The header has other validators than the head. `updateSet` takes it.
    error SetChanged(bytes20 actual, bytes20 expected);
    error TooFewSeals(uint256 actual, uint256 expected);
    error TooFewTrusted(uint256 actual, uint256 expected);
    /// @notice Too few of those who sealed a header, or who vouch for its set, have a stake.
    error TooFewStaked(uint256 actual, uint256 expected);
    error NoSuchSpan(uint256 actual, uint256 count);
    error WrongCheckpoint(uint256 height, bytes32 actual, bytes32 expected);
    error NotOver();
    error NotLast(uint256 actual, uint256 next);
    /// @notice The client is frozen at a height at or below this one.
    error FrozenAt(uint256 actual, uint256 frozen);
    error NoConflict(bytes32 first, bytes32 second);
    error HeightsDiffer(uint256 first, uint256 second);

    /// @notice Accepts a header whose validators are those of the newest header.
    /// @param header its RLP, with its seals.
    /// @param seats the places of those who sealed it among its validators, one bit each. The seals are in that order.
    function update(bytes calldata header, uint256 seats) external;

    /// @notice Accepts a header with other validators than the newest header.
    /// @param trusted the RLP of the newest header's validators, joined.
    function updateSet(Evidence calldata evidence, bytes calldata trusted) external;

    /// @notice Freezes the client from a height on, at which two different blocks were sealed.
    /// @dev A block's hash leaves out seals and round, so the same block in two rounds is no conflict. An honest validator may seal
    /// different blocks in different rounds; so only who sealed both in one round is named a culprit, and is slashed. The caller is the
    /// reporter, and must take ether. Warning: whoever sees the evidence before it is in a block can hand it in first, also a culprit, which
    /// so gets a tenth of its stake back.
    /// @param span the set that is trusted for both, by its place in `spans`.
    /// @param trusted the RLP of its validators, joined.
    function freeze(uint256 span, bytes calldata trusted, Evidence calldata first, Evidence calldata second) external;

    /// @notice Reverts unless a checkpoint is that of an accepted header below every conflict.
    function check(uint256 height, Checkpoint calldata checkpoint) external view;

    /// @notice Reverts unless a checkpoint is that of an accepted header, usable or not.
    function checkAccepted(uint256 height, Checkpoint calldata checkpoint) external view;

    /// @notice Whether no header is accepted any more: it is frozen, or the trusting period of its newest header is over.
    function isOver() external view returns (bool);

    /// @notice Reverts unless the client is over and no accepted header above `height` is usable.
    /// @param next the header accepted behind it, with its checkpoint; of no meaning if `height` is the newest.
    function checkLast(uint256 height, uint256 next, Checkpoint calldata checkpoint) external view;

    /// @notice The newest accepted header.
    function head() external view returns (uint48 height, uint40 timestamp);

    /// @notice The lowest height of a conflict; the highest possible number if there was none.
    function frozenAt() external view returns (uint256);

    /// @notice How long the set of the newest header is trusted after that header, in seconds. A former set is trusted for so long after the
    /// first header that had another one, and only by `freeze`.
    function trustingPeriod() external view returns (uint64);

    /// @notice Where its validators have a stake; 0 if they have none. Seals of validators without a stake are not counted.
    function stake() external view returns (IValidatorStake);

    /// @notice The vanity of the chain's headers.
    function domain() external view returns (bytes32);

    function spans(uint256 place) external view returns (bytes20 set, uint48 height, uint40 timestamp);

    function spanCount() external view returns (uint256);
}
