// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDelayedInbox} from "../interfaces/IDelayedInbox.sol";
import {InboxHashing} from "../libraries/InboxHashing.sol";

/// @title Delayed inbox
contract DelayedInbox is IDelayedInbox {
    uint8 internal constant DEPOSIT = 0;
    uint8 internal constant TRANSACTION = 1;
    uint256 internal constant MAX_BYTES = 50_000;
    /// @dev EIP-3860.
    uint256 internal constant MAX_INITCODE_BYTES = 49_152;
    uint256 internal constant MAX_GAS = 2 ** 23;

    /// @inheritdoc IDelayedInbox
    address public immutable portal;
    /// @inheritdoc IDelayedInbox
    uint256 public immutable baseFee;

    bytes32[] internal hashes;

    constructor(address portal_, uint256 baseFee_) {
        portal = portal_;
        baseFee = baseFee_;
    }

    /// @inheritdoc IDelayedInbox
    function queueDeposit(
        address sender,
        bool isCreation,
        address to,
        uint256 mint,
        uint256 value,
        uint64 gasLimit,
        bytes calldata data
    ) external payable returns (uint256) {
        if (msg.sender != portal) revert NotPortal(msg.sender, portal);
        if (isCreation && to != address(0)) revert CreationWithTarget(to, address(0));
        uint256 maximum = isCreation ? MAX_INITCODE_BYTES : MAX_BYTES;
        if (data.length > maximum) revert MessageTooLong(data.length, maximum);
        uint256 minimum = minimumGas(data.length, isCreation);
        // INVARIANT: the machine never skips a deposit, so its gas must cover what L2 charges before the first opcode.
        if (gasLimit < minimum) revert GasLimitTooLow(gasLimit, minimum);
        if (gasLimit > MAX_GAS) revert GasLimitTooHigh(gasLimit, MAX_GAS);
        if (msg.value != fee(gasLimit)) revert WrongFee(msg.value, fee(gasLimit));
        return queue(DEPOSIT, sender, abi.encodePacked(isCreation, to, mint, value, gasLimit, data));
    }

    /// @inheritdoc IDelayedInbox
    function queueTransaction(bytes calldata raw) external returns (uint256) {
        if (raw.length > MAX_BYTES) revert MessageTooLong(raw.length, MAX_BYTES);
        return queue(TRANSACTION, msg.sender, raw);
    }

    function queue(uint8 kind, address sender, bytes memory payload) internal returns (uint256 index) {
        index = hashes.length;
        hashes.push(InboxHashing.delayed(index, kind, sender, block.number, block.timestamp, keccak256(payload)));
        emit MessageQueued(index, kind, sender, uint64(block.number), uint64(block.timestamp), payload);
    }

    /// @inheritdoc IDelayedInbox
    function messageHash(uint256 index) external view returns (bytes32) {
        return index < hashes.length ? hashes[index] : bytes32(0);
    }

    /// @inheritdoc IDelayedInbox
    function messageCount() external view returns (uint256) {
        return hashes.length;
    }

    /// @inheritdoc IDelayedInbox
    function minimumGas(uint256 length, bool isCreation) public pure returns (uint256) {
        uint256 creation = isCreation ? 32_000 + 2 * ((length + 31) / 32) : 0;
        return 21_000 + 16 * length + creation;
    }

    /// @inheritdoc IDelayedInbox
    function fee(uint64 gasLimit) public view returns (uint256) {
        return gasLimit * baseFee;
    }
}
