// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Messages from L1 to L2
/// @notice A queue of deposits and of signed L2 transactions. Keeps one hash per message and emits the bytes.
/// @dev The L2 gas of all messages is metered: at most `gasCap` in one L1 block, at a price that rises while more than `gasTarget` is sold in a
/// block. It is paid by burning gas of L1, never in ether; what the call uses anyway counts. Reverts with GasMarket's errors.
interface IDelayedInbox {
    /// @notice What DELAYED hashes besides the index.
    /// @param kind 0 a deposit, 1 a signed L2 transaction.
    /// @param sender Whom L2 sees as the sender of a deposit, aliased already if it is a contract.
    /// @param gasLimit The most L2 gas that the message can use, which was paid for.
    struct Record {
        uint8 kind;
        address sender;
        uint64 l1Block;
        uint64 l1Timestamp;
        uint64 gasLimit;
        bytes32 payloadHash;
    }

    /// @notice A message was queued.
    event MessageQueued(
        uint256 indexed index,
        uint8 kind,
        address indexed sender,
        uint64 l1Block,
        uint64 l1Timestamp,
        uint64 gasLimit,
        bytes payload
    );

    error NotPortal(address actual, address expected);
    error MessageTooLong(uint256 actual, uint256 maximum);
    error GasLimitTooLow(uint256 actual, uint256 minimum);
    error GasLimitTooHigh(uint256 actual, uint256 maximum);
    error CreationWithTarget(address actual, address expected);

    /// @notice Queues a deposit; only the portal may, which holds what is minted.
    /// @param sender The sender on L2.
    /// @param isCreation Whether `data` is initcode; `to` is zero then.
    /// @param mint Wei created on L2 for the sender before the call; stays if the call fails.
    /// @param value Wei sent with the call, out of all that the sender has on L2.
    /// @param gasLimit From `minimumGas` to 2^23.
    /// @param data At most 50,000 bytes; at most 49,152 for a creation.
    /// @return index The message's number, from 0.
    function queueDeposit(
        address sender,
        bool isCreation,
        address to,
        uint256 mint,
        uint256 value,
        uint64 gasLimit,
        bytes calldata data
    ) external returns (uint256 index);

    /// @notice Queues a signed L2 transaction; anyone may, whoever signed it. L2 skips it if it is invalid when its turn comes.
    /// @dev Warning: L2 skips a transaction whose own gas limit is above the one declared here.
    /// @param raw At most 50,000 bytes.
    /// @param gasLimit From 21,000 to 2^23; at least the transaction's own.
    /// @return index The message's number, from 0.
    function queueTransaction(bytes calldata raw, uint64 gasLimit) external returns (uint256 index);

    /// @notice H(DELAYED, ...) of a message; zero if there is none of that index.
    function messageHash(uint256 index) external view returns (bytes32);

    /// @notice The number of messages.
    function messageCount() external view returns (uint256);

    /// @notice The least gas limit of a deposit with `length` bytes of data: its intrinsic gas if no byte were zero.
    function minimumGas(uint256 length, bool isCreation) external pure returns (uint256);

    /// @notice Gas of L1 that a message of `gasLimit` burns in this L1 block, less what queueing it uses anyway.
    function burnFor(uint64 gasLimit) external view returns (uint256);

    /// @notice The price in this L1 block, in thousandths of L1's gas for one of L2's.
    function price() external view returns (uint256);

    /// @notice L2 gas that this L1 block can still buy.
    function gasForSale() external view returns (uint256);

    /// @notice The most L2 gas that one L1 block can buy; at least 2^23.
    function gasCap() external view returns (uint256);

    /// @notice The L2 gas sold in a block at which the price stays; from a 64th of the cap to all of it.
    function gasTarget() external view returns (uint256);

    /// @notice What the price falls to, in thousandths; from 8 to 1500.
    function lowestPrice() external view returns (uint256);

    function portal() external view returns (address);
}
