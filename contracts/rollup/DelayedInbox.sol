// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDelayedInbox} from "../interfaces/IDelayedInbox.sol";
import {GasMarket} from "../libraries/GasMarket.sol";
import {InboxHashing} from "../libraries/InboxHashing.sol";

/// @title Delayed inbox
contract DelayedInbox is IDelayedInbox {
    uint8 internal constant DEPOSIT = 0;
    uint8 internal constant TRANSACTION = 1;
    uint256 internal constant MAX_BYTES = 50_000;
    /// @dev EIP-3860.
    uint256 internal constant MAX_INITCODE_BYTES = 49_152;
    uint256 internal constant MAX_GAS = 2 ** 23;
    /// @dev The least gas of an L2 transaction.
    uint256 internal constant MIN_GAS = 21_000;

    /// @inheritdoc IDelayedInbox
    address public immutable portal;
    /// @inheritdoc IDelayedInbox
    uint256 public immutable gasCap;
    /// @inheritdoc IDelayedInbox
    uint256 public immutable gasTarget;
    /// @inheritdoc IDelayedInbox
    uint256 public immutable lowestPrice;

    mapping(uint256 index => bytes32) internal hashes;
    /// @dev Each message is one sale, so the market counts them: one word less to write.
    GasMarket.Market internal market;

    constructor(address portal_, uint256 gasCap_, uint256 gasTarget_, uint256 lowestPrice_) {
        GasMarket.check(GasMarket.Terms(gasCap_, gasTarget_, lowestPrice_), MAX_GAS);
        portal = portal_;
        gasCap = gasCap_;
        gasTarget = gasTarget_;
        lowestPrice = lowestPrice_;
    }

    /// @dev Makes the caller pay for `gasLimit` of L2's gas. The L1 gas that the function itself uses counts.
    modifier metered(uint64 gasLimit) {
        uint256 gasBefore = gasleft();
        _;
        GasMarket.sell(market, terms(), gasLimit, gasBefore);
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
    ) external metered(gasLimit) returns (uint256) {
        if (msg.sender != portal) revert NotPortal(msg.sender, portal);
        if (isCreation && to != address(0)) revert CreationWithTarget(to, address(0));
        uint256 maximum = isCreation ? MAX_INITCODE_BYTES : MAX_BYTES;
        if (data.length > maximum) revert MessageTooLong(data.length, maximum);
        uint256 minimum = minimumGas(data.length, isCreation);
        // INVARIANT: the machine never skips a deposit, so its gas must cover what L2 charges before the first opcode.
        if (gasLimit < minimum) revert GasLimitTooLow(gasLimit, minimum);
        if (gasLimit > MAX_GAS) revert GasLimitTooHigh(gasLimit, MAX_GAS);
        // No event: the portal emits the same bytes for the OP Stack's clients.
        return
            queue(DEPOSIT, sender, gasLimit, keccak256(abi.encodePacked(isCreation, to, mint, value, gasLimit, data)));
    }

    /// @inheritdoc IDelayedInbox
    function queueTransaction(bytes calldata raw, uint64 gasLimit) external metered(gasLimit) returns (uint256) {
        if (raw.length > MAX_BYTES) revert MessageTooLong(raw.length, MAX_BYTES);
        if (gasLimit < MIN_GAS) revert GasLimitTooLow(gasLimit, MIN_GAS);
        if (gasLimit > MAX_GAS) revert GasLimitTooHigh(gasLimit, MAX_GAS);
        uint256 index = queue(TRANSACTION, msg.sender, gasLimit, InboxHashing.bytesOf(raw));
        emit TransactionQueued(index, msg.sender, gasLimit, raw);
        return index;
    }

    function queue(uint8 kind, address sender, uint64 gasLimit, bytes32 payloadHash) internal returns (uint256 index) {
        index = market.sales;
        hashes[index] = InboxHashing.delayed(index, kind, sender, block.number, block.timestamp, gasLimit, payloadHash);
    }

    function terms() internal view returns (GasMarket.Terms memory) {
        return GasMarket.Terms(gasCap, gasTarget, lowestPrice);
    }

    /// @inheritdoc IDelayedInbox
    function messageHash(uint256 index) external view returns (bytes32) {
        return hashes[index];
    }

    /// @inheritdoc IDelayedInbox
    function messageCount() external view returns (uint256) {
        return market.sales;
    }

    /// @inheritdoc IDelayedInbox
    function minimumGas(uint256 length, bool isCreation) public pure returns (uint256) {
        uint256 creation = isCreation ? 32_000 + 2 * ((length + 31) / 32) : 0;
        uint256 intrinsic = 16 * length + creation;
        // EIP-7623: the floor of data without a zero byte.
        uint256 floor = 40 * length;
        return MIN_GAS + (intrinsic < floor ? floor : intrinsic);
    }

    /// @inheritdoc IDelayedInbox
    function price() external view returns (uint256 current) {
        (current,) = GasMarket.quote(market, terms());
    }

    /// @inheritdoc IDelayedInbox
    function gasForSale() external view returns (uint256) {
        (, uint256 sold) = GasMarket.quote(market, terms());
        return gasCap - sold;
    }

    /// @inheritdoc IDelayedInbox
    function burnFor(uint64 gasLimit) external view returns (uint256) {
        (uint256 current,) = GasMarket.quote(market, terms());
        return GasMarket.cost(gasLimit, current);
    }
}
