// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Messages from L1 to L2
/// @notice A queue of deposits and of signed L2 transactions. It keeps one hash per message. The bytes of a deposit stand in the portal's
/// event TransactionDeposited, those of a transaction in an event of this contract. Messages are queued in the order of these events.
/// @dev The L2 gas of all messages is metered. One L1 block sells at most `gasCap`. The price rises while a block sells more than
/// `gasTarget`. The buyer burns gas of L1 and never pays ether. The gas that the call uses anyway counts. Reverts with GasMarket's
/// errors.
interface IDelayedInbox {
    /// @notice What DELAYED hashes besides the index.
    /// @param kind 0 a deposit, 1 a signed L2 transaction.
    /// @param sender The sender of a deposit on L2; a contract's address is already aliased.
    /// @param gasLimit The most L2 gas that the message can use, all of it paid for.
    struct Record {
        uint8 kind;
        address sender;
        uint64 l1Block;
        uint64 l1Timestamp;
        uint64 gasLimit;
        bytes32 payloadHash;
    }

    /// @notice A signed L2 transaction was queued.
    event TransactionQueued(uint256 indexed index, address indexed sender, uint64 gasLimit, bytes raw);

    error NotPortal(address actual, address expected);
    error MessageTooLong(uint256 actual, uint256 maximum);
    error GasLimitTooLow(uint256 actual, uint256 minimum);
    error GasLimitTooHigh(uint256 actual, uint256 maximum);
    error CreationWithTarget(address actual, address expected);

    /// @notice Queues a deposit. Only the portal may call, since it holds what is minted.
    /// @dev Warning: nothing is emitted. L2 can be derived only if the portal emits one TransactionDeposited with the same values for each
    /// call, in the order of the calls.
    /// @param sender The sender on L2.
    /// @param isCreation Whether `data` is initcode; `to` is zero then.
    /// @param mint Wei created on L2 for the sender before the call. They stay if the call fails.
    /// @param value Wei sent with the call, out of the sender's whole balance on L2.
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

    /// @notice Queues a signed L2 transaction. Anyone may call, whoever signed it. L2 skips it if it is invalid when its turn comes.
    /// @dev Warning: L2 skips a transaction whose own gas limit is above the declared one.
    /// @param raw At most 50,000 bytes.
    /// @param gasLimit From 21,000 to 2^23; at least the transaction's own.
    /// @return index The message's number, from 0.
    function queueTransaction(bytes calldata raw, uint64 gasLimit) external returns (uint256 index);

    /// @notice H(DELAYED, ...) of a message; zero if there is no message of that index.
    function messageHash(uint256 index) external view returns (bytes32);

    /// @notice The number of messages.
    function messageCount() external view returns (uint256);

    /// @notice The least gas limit of a deposit with `length` bytes of data: its intrinsic gas if no byte is zero.
    function minimumGas(uint256 length, bool isCreation) external pure returns (uint256);

    /// @notice Gas of L1 that a message of `gasLimit` burns in this L1 block. The gas that queueing it uses counts toward that.
    function burnFor(uint64 gasLimit) external view returns (uint256);

    /// @notice The price in this L1 block, in thousandths of L1's gas for one of L2's.
    function price() external view returns (uint256);

    /// @notice L2 gas that this L1 block still has for sale.
    function gasForSale() external view returns (uint256);

    /// @notice The most L2 gas that one L1 block sells; at least 2^23.
    function gasCap() external view returns (uint256);

    /// @notice The L2 gas sold in a block at which the price does not change; from a 64th of the cap to all of it.
    function gasTarget() external view returns (uint256);

    /// @notice The lowest price, in thousandths; from 8 to 1500.
    function lowestPrice() external view returns (uint256);

    function portal() external view returns (address);
}
