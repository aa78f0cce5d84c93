// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Messages from L1 to L2
/// @notice A queue of deposits and of signed L2 transactions. Keeps one hash per message and emits the bytes.
interface IDelayedInbox {
    /// @notice What DELAYED hashes besides the index.
    /// @param kind 0 a deposit, 1 a signed L2 transaction.
    /// @param sender Whom L2 sees as the sender of a deposit, aliased already if it is a contract.
    struct Record {
        uint8 kind;
        address sender;
        uint64 l1Block;
        uint64 l1Timestamp;
        bytes32 payloadHash;
    }

    /// @notice A message was queued.
    event MessageQueued(
        uint256 indexed index, uint8 kind, address indexed sender, uint64 l1Block, uint64 l1Timestamp, bytes payload
    );

    error NotPortal(address actual, address expected);
    error MessageTooLong(uint256 actual, uint256 maximum);
    error GasLimitTooLow(uint256 actual, uint256 minimum);
    error GasLimitTooHigh(uint256 actual, uint256 maximum);
    error WrongFee(uint256 actual, uint256 expected);
    error CreationWithTarget(address actual, address expected);

    /// @notice Queues a deposit; only the portal may, which holds what is minted. The value sent with the call is the L2 gas, which
    /// stays here for ever: it is burnt, as the base fee of every L2 transaction is.
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
    ) external payable returns (uint256 index);

    /// @notice Queues a signed L2 transaction; anyone may, whoever signed it. L2 skips it if it is invalid when its turn comes.
    /// @param raw At most 50,000 bytes.
    /// @return index The message's number, from 0.
    function queueTransaction(bytes calldata raw) external returns (uint256 index);

    /// @notice H(DELAYED, ...) of a message; zero if there is none of that index.
    function messageHash(uint256 index) external view returns (bytes32);

    /// @notice The number of messages.
    function messageCount() external view returns (uint256);

    /// @notice The least gas limit of a deposit with `length` bytes of data: its intrinsic gas if no byte were zero.
    function minimumGas(uint256 length, bool isCreation) external pure returns (uint256);

    /// @notice Wei to pay for `gasLimit`.
    function fee(uint64 gasLimit) external view returns (uint256);

    /// @notice The constant price of L2 gas, in wei.
    function baseFee() external view returns (uint256);

    function portal() external view returns (address);
}
