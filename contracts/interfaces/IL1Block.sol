// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What L2 knows of L1; a predeploy of L2 with the views and the storage of the OP Stack's L1Block (Isthmus)
/// @notice The words are those that the inbox saw when it took the current block's batch. All blocks of a batch tell the same, but for the
/// sequence number.
/// @dev Warning: they are of the past. A sequencer that posts late, or an empty inbox, leaves them old. Nothing here is a clock or an oracle of
/// prices. There is no setter, since the machine writes the storage when a block opens, before the block's transactions.
interface IL1Block {
    /// @notice The number of the L1 block that holds the batch.
    function number() external view returns (uint64);

    /// @notice The time of that block, in seconds.
    function timestamp() external view returns (uint64);

    /// @notice The base fee of that block, in wei per gas.
    function basefee() external view returns (uint256);

    /// @notice The blob base fee of that block, in wei per gas.
    function blobBaseFee() external view returns (uint256);

    /// @notice The hash of the block BEFORE block `number()`.
    /// @dev Warning: the OP Stack tells the hash of block `number()` itself here. The inbox is a contract, and no contract knows the hash of the
    /// block that it runs in. Proofs of L1's state by this hash are about block `number() - 1`.
    function hash() external view returns (bytes32);

    /// @notice The number of blocks of the batch before the current one.
    function sequenceNumber() external view returns (uint64);

    /// @notice The factor of L1's base fee in the L1 data fee, in millionths; 0 if there is no such fee.
    function baseFeeScalar() external view returns (uint32);

    /// @notice The factor of L1's blob base fee in the L1 data fee, in millionths; 0 if there is no such fee.
    function blobBaseFeeScalar() external view returns (uint32);

    /// @notice The sequencer, as a word. Genesis writes it.
    function batcherHash() external view returns (bytes32);

    /// @notice Always 0: the OP Stack's fee before Ecotone.
    function l1FeeOverhead() external view returns (uint256);

    /// @notice Always 0: the OP Stack's fee before Ecotone.
    function l1FeeScalar() external view returns (uint256);

    /// @notice Always 0: there is no operator fee.
    function operatorFeeScalar() external view returns (uint32);

    /// @notice Always 0: there is no operator fee.
    function operatorFeeConstant() external view returns (uint64);

    /// @notice The account that sets these values on the OP Stack. Here it is nobody.
    function DEPOSITOR_ACCOUNT() external view returns (address);

    /// @notice Ether, by the OP Stack's name for it, and its decimals.
    function gasPayingToken() external view returns (address token, uint8 decimals);

    function gasPayingTokenName() external view returns (string memory);

    function gasPayingTokenSymbol() external view returns (string memory);

    function isCustomGasToken() external view returns (bool);

    /// @notice The version of the OP Stack's contract whose views these are.
    function version() external view returns (string memory);
}
