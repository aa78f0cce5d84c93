// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MessageBridge} from "./MessageBridge.sol";
import {MAX_SIZE} from "./QbftHeader.sol";
import {QbftHeaders} from "./QbftHeaders.sol";
import {IAttestedBridge} from "./interfaces/IAttestedBridge.sol";

/// @title The end of a bridge that believes a quorum
/// @dev The ether that it pays out was put there at genesis.
contract AttestedBridge is MessageBridge, IAttestedBridge {
    bytes32 internal constant ATTESTATION = keccak256("sidechain.attestation");
    bytes32 internal constant SUCCESSION = keccak256("sidechain.succession");
    uint256 internal constant SIGNATURE = 65;

    /// @inheritdoc IAttestedBridge
    uint256 public epoch;
    address[] internal current;
    /// @inheritdoc IAttestedBridge
    uint256 public locked;

    constructor(uint256 remoteChain_, address remote_, address[] memory validators_)
        MessageBridge(remoteChain_, remote_)
    {
        _install(validators_);
    }

    /// @inheritdoc IAttestedBridge
    function deliver(Message calldata message, bytes calldata seats, bytes[] calldata signatures) external {
        // INVARIANT: what has not run by then never runs, so that L1 may refund it.
        if (block.timestamp > message.deadline) revert DeadlineOver(block.timestamp, message.deadline);
        bytes32 id = _id(message, false);
        _checkQuorum(attestation(id), seats, signatures);
        locked += message.value;
        _run(id, message);
    }

    /// @inheritdoc IAttestedBridge
    function replaceValidators(address[] calldata successors, bytes calldata seats, bytes[] calldata signatures)
        external
    {
        _checkQuorum(succession(successors), seats, signatures);
        ++epoch;
        _install(successors);
    }

    /// @inheritdoc IAttestedBridge
    /// @dev INVARIANT: the id binds both chains and both ends. The epoch is not part of it: who is no validator any more has no seat.
    function attestation(bytes32 id) public pure returns (bytes32) {
        return keccak256(abi.encode(ATTESTATION, id));
    }

    /// @inheritdoc IAttestedBridge
    function succession(address[] calldata successors) public view returns (bytes32) {
        return keccak256(abi.encode(SUCCESSION, block.chainid, this, epoch, successors));
    }

    /// @inheritdoc IAttestedBridge
    function validators() external view returns (address[] memory) {
        return current;
    }

    /// @dev L1 has no deadlines: what was sent here can be run there for ever.
    function _leave(uint256 value, uint256 deadline) internal override {
        if (deadline != 0) revert WrongDeadline(deadline, 0, 0);
        // INVARIANT: nothing leaves that L1 cannot pay, whatever ether the sidechain has besides: there is no refund here.
        if (value > locked) revert NotLockedThere(value, locked);
        locked -= value;
    }

    function _install(address[] memory successors) internal {
        uint256 size = successors.length;
        if (size == 0 || size > MAX_SIZE) revert WrongSize(size, MAX_SIZE);
        address previous = address(0);
        for (uint256 i; i < size; ++i) {
            if (successors[i] <= previous) revert NotAscending(successors[i], previous);
            previous = successors[i];
        }
        current = successors;
        emit ValidatorsReplaced(epoch, successors);
    }

    function _checkQuorum(bytes32 digest, bytes calldata seats, bytes[] calldata signatures) internal view {
        uint256 size = current.length;
        uint256 needed = QbftHeaders.quorum(size);
        if (signatures.length < needed) revert TooFewAttestations(signatures.length, needed);
        if (seats.length != signatures.length) revert TooFewAttestations(seats.length, signatures.length);
        uint256 taken;
        for (uint256 i; i < signatures.length; ++i) {
            uint256 seat = uint8(seats[i]);
            if (seat >= size) revert NoSuchSeat(seat, size);
            if (taken >> seat & 1 != 0) revert SeatTaken(seat);
            taken |= 1 << seat;
            address signer = _signer(digest, signatures[i]);
            // INVARIANT: ecrecover's zero is no validator, since the set ascends from above zero.
            if (signer != current[seat]) revert NotAttestedBy(signer, current[seat]);
        }
    }

    /// @dev 0 for a signature that nobody made, or whose s is high.
    function _signer(bytes32 digest, bytes calldata signature) internal pure returns (address) {
        if (signature.length != SIGNATURE) return address(0);
        bytes32 s = bytes32(signature[32:64]);
        uint8 v = uint8(signature[64]);
        if (uint256(s) > QbftHeaders.HALF_ORDER || v > 1) return address(0);
        return ecrecover(digest, v + 27, bytes32(signature[:32]), s);
    }
}
