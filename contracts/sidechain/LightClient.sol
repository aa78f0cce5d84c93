// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {QbftHeader} from "./QbftHeader.sol";
import {QbftHeaders} from "./QbftHeaders.sol";
import {ILightClient} from "./interfaces/ILightClient.sol";
import {IValidatorStake} from "./interfaces/IValidatorStake.sol";

/// @title Light client of a sidechain sealed by QBFT
contract LightClient is ILightClient {
    /// @dev How far a header's time may be ahead of this chain's, in seconds.
    uint256 internal constant DRIFT = 15 minutes;

    /// @inheritdoc ILightClient
    uint64 public immutable trustingPeriod;
    /// @inheritdoc ILightClient
    bytes32 public immutable domain;
    /// @inheritdoc ILightClient
    IValidatorStake public immutable stake;

    /// @dev The newest header: its validators, as a Span has them, its height, and its time.
    struct Tip {
        bytes20 set;
        uint48 height;
        uint40 timestamp;
        bool isFrozen;
    }

    Tip internal tip;
    /// @inheritdoc ILightClient
    uint256 public frozenAt = type(uint256).max;
    /// @inheritdoc ILightClient
    Span[] public spans;
    /// @dev keccak256 of each accepted header's Checkpoint.
    mapping(uint256 height => bytes32) internal checkpoints;

    /// @param header the header trusted first. It needs no seals: whoever deploys the client vouches for it.
    /// @param stake_ where its validators have a stake; 0 if they have none.
    constructor(bytes memory header, uint64 trustingPeriod_, IValidatorStake stake_) {
        if (trustingPeriod_ == 0) revert NoTrustingPeriod();
        QbftHeader memory read;
        QbftHeaders.read(header, read);
        QbftHeaders.checkSet(read.validators, read.size);
        trustingPeriod = trustingPeriod_;
        stake = stake_;
        domain = QbftHeaders.vanity(read);
        _accept(read, 0);
        _trust(read);
    }

    /// @inheritdoc ILightClient
    function update(bytes calldata header, uint256 seats) external {
        (bytes20 set, uint256 height, uint256 timestamp) = _known();
        QbftHeader memory read;
        _read(read, height, timestamp, header, seats);
        if (bytes20(read.set) != set) revert SetChanged(bytes20(read.set), set);
        _accept(read, height);
    }

    /// @inheritdoc ILightClient
    function updateSet(Evidence calldata evidence, bytes calldata trusted) external {
        (bytes20 set, uint256 height, uint256 timestamp) = _known();
        QbftHeader memory read;
        _read(read, height, timestamp, evidence.header, evidence.seats);
        QbftHeaders.checkSet(read.validators, read.size);
        (address[] memory vouching, uint256 needed) = _checkTrusted(read, evidence, trusted, set);
        // INVARIANT: who vouches has something to lose. The stake of a validator that left may be gone while its set is still trusted.
        if (address(stake) != address(0)) _checkStake(vouching, needed);
        _accept(read, height);
        _trust(read);
    }

    /// @inheritdoc ILightClient
    function freeze(uint256 span, bytes calldata trusted, Evidence calldata first, Evidence calldata second) external {
        if (span >= spans.length) revert NoSuchSpan(span, spans.length);
        Span memory by = spans[span];
        // A set is trusted for a period after the last header that had it; former validators cannot freeze the client for ever.
        uint256 until = span + 1 == spans.length ? tip.timestamp : spans[span + 1].timestamp;
        if (block.timestamp > until + trustingPeriod) revert TrustExpired(block.timestamp, until + trustingPeriod);
        QbftHeader memory one;
        QbftHeader memory two;
        bytes32 oneHash = _judge(one, by, trusted, first);
        bytes32 twoHash = _judge(two, by, trusted, second);
        if (one.number != two.number) revert HeightsDiffer(one.number, two.number);
        if (oneHash == twoHash) revert NoConflict(oneHash, twoHash);
        tip.isFrozen = true;
        if (one.number < frozenAt) frozenAt = one.number;
        address[] memory culprits = new address[](0);
        if (one.round == two.round) {
            culprits = _both(QbftHeaders.signers(one, first.seats), QbftHeaders.signers(two, second.seats));
        }
        emit Frozen(one.number, oneHash, twoHash, culprits);
        if (address(stake) != address(0)) stake.slash(culprits, msg.sender);
    }

    /// @dev The newest header's set, height, and time. Reverts if no other one may follow it.
    function _known() internal view returns (bytes20 set, uint256 height, uint256 timestamp) {
        // INVARIANT: no header is accepted any more, or a deposit that was refunded for its absence could turn up in one.
        if (tip.isFrozen) revert FrozenAt(tip.height, frozenAt);
        (set, height, timestamp) = (tip.set, tip.height, tip.timestamp);
        // No overflow, here and in `_read`: times have 40 bits, the period has 64, heights have 48.
        unchecked {
            uint256 latest = timestamp + trustingPeriod;
            if (block.timestamp > latest) revert TrustExpired(block.timestamp, latest);
        }
    }

    /// @dev Reads a header above the newest one, that a quorum of its own validators sealed.
    function _read(QbftHeader memory read, uint256 height, uint256 timestamp, bytes calldata header, uint256 seats)
        internal
        view
    {
        _sealed(read, header, seats);
        if (address(stake) != address(0)) {
            _checkStake(QbftHeaders.signers(read, seats), QbftHeaders.quorum(read.size));
        }
        if (read.number <= height) revert HeightNotAbove(read.number, height);
        if (read.timestamp <= timestamp) revert TimeNotAbove(read.timestamp, timestamp);
        unchecked {
            // INVARIANT: a block takes a second at least. A forged header cannot be so high that no honest one ever gets there to conflict.
            uint256 highest = height + (read.timestamp - timestamp);
            if (read.number > highest) revert HeightTooHigh(read.number, highest);
            if (read.timestamp > block.timestamp + DRIFT) {
                revert FromTheFuture(read.timestamp, block.timestamp + DRIFT);
            }
        }
    }

    /// @dev Reads a header of this chain that a quorum of its own validators sealed.
    function _sealed(QbftHeader memory read, bytes calldata header, uint256 seats) internal view {
        QbftHeaders.read(QbftHeaders.copy(header), read);
        if (QbftHeaders.vanity(read) != domain) revert WrongDomain(QbftHeaders.vanity(read), domain);
        uint256 needed = QbftHeaders.quorum(read.size);
        uint256 count = QbftHeaders.checkSeals(read, seats);
        if (count < needed) revert TooFewSeals(count, needed);
    }

    /// @dev Reverts unless enough of them have something to lose. It is not asked of evidence: who lied may have left since, and still pays.
    function _checkStake(address[] memory validators, uint256 needed) internal view {
        uint256 count = stake.countOf(validators);
        if (count < needed) revert TooFewStaked(count, needed);
    }

    function _judge(QbftHeader memory read, Span memory by, bytes calldata trusted, Evidence calldata evidence)
        internal
        view
        returns (bytes32 hash)
    {
        _sealed(read, evidence.header, evidence.seats);
        if (read.number <= by.height) revert HeightNotAbove(read.number, by.height);
        QbftHeaders.checkSet(read.validators, read.size);
        _checkTrusted(read, evidence, trusted, by.set);
        hash = QbftHeaders.hashOf(read);
    }

    /// @dev Gives the trusted validators that sealed a header. Reverts unless they are more than a third of the trusted ones, which is `needed`.
    function _checkTrusted(QbftHeader memory read, Evidence calldata evidence, bytes calldata trusted, bytes20 expected)
        internal
        pure
        returns (address[] memory vouching, uint256 needed)
    {
        bytes memory copy = trusted;
        bytes20 actual = bytes20(keccak256(copy));
        if (actual != expected) revert WrongSet(actual, expected);
        uint256 validators;
        // Reads nothing: the bytes begin behind the length.
        assembly ("memory-safe") {
            validators := add(copy, 0x20)
        }
        uint256 size = copy.length / 21;
        bytes calldata places = evidence.trustedSeats;
        address[] memory signers = QbftHeaders.signers(read, evidence.seats);
        if (places.length != signers.length) revert QbftHeaders.WrongSeatCount(places.length, signers.length);
        vouching = new address[](signers.length);
        uint256 count = 0;
        for (uint256 i; i < places.length; ++i) {
            uint256 place = uint8(places[i]);
            if (place == QbftHeaders.NONE) continue;
            if (place >= size) revert QbftHeaders.NoSuchSeat(place, size);
            // INVARIANT: who sealed is there once, so no trusted validator counts twice.
            address validator = QbftHeaders.validatorAt(validators, place);
            if (signers[i] != validator) revert QbftHeaders.NotSealedBy(signers[i], validator);
            vouching[count++] = validator;
        }
        // Shortens the list in place.
        assembly ("memory-safe") {
            mstore(vouching, count)
        }
        needed = size / 3 + 1;
        if (count < needed) revert TooFewTrusted(count, needed);
    }

    function _accept(QbftHeader memory read, uint256 previous) internal {
        if (read.number > type(uint48).max) revert HeightTooHigh(read.number, type(uint48).max);
        if (read.timestamp > type(uint40).max) revert FromTheFuture(read.timestamp, type(uint40).max);
        // No truncation, here and below: both were just bounded. The set is cut on purpose.
        uint48 height = uint48(read.number);
        uint40 timestamp = uint40(read.timestamp);
        checkpoints[height] = keccak256(abi.encode(QbftHeaders.stateRoot(read), timestamp, previous));
        tip = Tip(bytes20(read.set), height, timestamp, false);
        emit HeaderAccepted(height);
    }

    function _trust(QbftHeader memory read) internal {
        spans.push(Span(bytes20(read.set), uint48(read.number), uint40(read.timestamp)));
        emit ValidatorsChanged(read.number, bytes20(read.set), read.size);
    }

    /// @dev Who sealed both headers.
    function _both(address[] memory one, address[] memory two) internal pure returns (address[] memory found) {
        found = new address[](one.length);
        uint256 count = 0;
        for (uint256 i; i < one.length; ++i) {
            for (uint256 k; k < two.length; ++k) {
                if (one[i] == two[k]) found[count++] = one[i];
            }
        }
        // Shortens the list in place.
        assembly ("memory-safe") {
            mstore(found, count)
        }
    }

    /// @inheritdoc ILightClient
    function check(uint256 height, Checkpoint calldata checkpoint) public view {
        _checkStored(height, checkpoint);
        if (height >= frozenAt) revert FrozenAt(height, frozenAt);
    }

    /// @inheritdoc ILightClient
    function checkAccepted(uint256 height, Checkpoint calldata checkpoint) external view {
        _checkStored(height, checkpoint);
    }

    /// @inheritdoc ILightClient
    function isOver() public view returns (bool) {
        return tip.isFrozen || block.timestamp > uint256(tip.timestamp) + trustingPeriod;
    }

    /// @inheritdoc ILightClient
    function checkLast(uint256 height, uint256 next, Checkpoint calldata checkpoint) external view {
        if (!isOver()) revert NotOver();
        if (height == tip.height) return;
        _checkStored(next, checkpoint);
        if (checkpoint.previous != height || next < frozenAt) revert NotLast(height, next);
    }

    function _checkStored(uint256 height, Checkpoint calldata checkpoint) internal view {
        bytes32 actual = keccak256(abi.encode(checkpoint.stateRoot, checkpoint.timestamp, checkpoint.previous));
        if (actual != checkpoints[height]) revert WrongCheckpoint(height, actual, checkpoints[height]);
    }

    /// @inheritdoc ILightClient
    function head() external view returns (uint48 height, uint40 timestamp) {
        return (tip.height, tip.timestamp);
    }

    /// @inheritdoc ILightClient
    function spanCount() external view returns (uint256) {
        return spans.length;
    }
}
