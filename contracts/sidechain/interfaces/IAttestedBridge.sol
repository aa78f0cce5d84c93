// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMessageBridge} from "./IMessageBridge.sol";

/// @title The end of a bridge that believes a quorum: on the sidechain, of its validators
/// @dev Whom it trusts: two thirds of the validators that it knows. They attest to what they saw on L1 once it is deep enough; there is no
/// proof, since the sidechain has no light client of L1. They also say which validators come after them.
interface IAttestedBridge is IMessageBridge {
    event ValidatorsReplaced(uint256 indexed epoch, address[] validators);

    /// @notice The other chain has not locked so much for this bridge.
    error NotLockedThere(uint256 actual, uint256 locked);
    error TooFewAttestations(uint256 actual, uint256 expected);
    error NotAttestedBy(address actual, address expected);
    error SeatTaken(uint256 seat);
    error NoSuchSeat(uint256 actual, uint256 size);
    error DeadlineOver(uint256 actual, uint256 deadline);
    error NotAscending(address actual, address previous);
    error WrongSize(uint256 actual, uint256 maximum);

    /// @notice Runs a message that a quorum of validators saw sent on L1.
    /// @param seats for each signature, one byte: the place of its maker among the validators.
    /// @param signatures of `attestation(id)`, 65 bytes each: r, s, and v as 0 or 1.
    function deliver(Message calldata message, bytes calldata seats, bytes[] calldata signatures) external;

    /// @notice Replaces the validators, by the word of a quorum of them on `succession(successors)`.
    function replaceValidators(address[] calldata successors, bytes calldata seats, bytes[] calldata signatures)
        external;

    /// @notice What a validator signs to say that it saw a message sent.
    function attestation(bytes32 id) external view returns (bytes32);

    /// @notice What a validator signs to say who the next validators are.
    function succession(address[] calldata successors) external view returns (bytes32);

    function validators() external view returns (address[] memory);

    /// @notice The ether that came over this bridge and has not gone back, in wei.
    function locked() external view returns (uint256);

    /// @notice How often the validators were replaced.
    function epoch() external view returns (uint256);
}
