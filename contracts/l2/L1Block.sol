// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IL1Block} from "../interfaces/IL1Block.sol";

/// @title L1Block
/// @dev INVARIANT: the order and the types of these variables. The machine writes slots 0 to 3 and 7 by their numbers.
contract L1Block is IL1Block {
    /// @inheritdoc IL1Block
    uint64 public number;
    /// @inheritdoc IL1Block
    uint64 public timestamp;
    /// @inheritdoc IL1Block
    uint256 public basefee;
    /// @inheritdoc IL1Block
    bytes32 public hash;
    /// @inheritdoc IL1Block
    uint64 public sequenceNumber;
    /// @inheritdoc IL1Block
    uint32 public blobBaseFeeScalar;
    /// @inheritdoc IL1Block
    uint32 public baseFeeScalar;
    /// @inheritdoc IL1Block
    bytes32 public batcherHash;
    /// @inheritdoc IL1Block
    uint256 public l1FeeOverhead;
    /// @inheritdoc IL1Block
    uint256 public l1FeeScalar;
    /// @inheritdoc IL1Block
    uint256 public blobBaseFee;
    /// @inheritdoc IL1Block
    uint64 public operatorFeeConstant;
    /// @inheritdoc IL1Block
    uint32 public operatorFeeScalar;

    /// @inheritdoc IL1Block
    address public constant DEPOSITOR_ACCOUNT = 0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001;
    /// @inheritdoc IL1Block
    string public constant version = "1.6.0";
    /// @inheritdoc IL1Block
    string public constant gasPayingTokenName = "Ether";
    /// @inheritdoc IL1Block
    string public constant gasPayingTokenSymbol = "ETH";
    /// @inheritdoc IL1Block
    bool public constant isCustomGasToken = false;

    /// @inheritdoc IL1Block
    function gasPayingToken() external pure returns (address, uint8) {
        return (0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE, 18);
    }
}
