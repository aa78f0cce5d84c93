// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Environment} from "../types/Machine.sol";
import {TransactionCodec} from "./TransactionCodec.sol";

/// @title What a signed transaction pays for its bytes on L1, by the OP Stack's formula of Ecotone.
library DataFee {
    /// @dev The base fee counts for a byte of calldata, and the blob base fee for a sixteenth of what a byte of calldata costs.
    uint256 private constant CALLDATA = 16;
    /// @dev Scalars are millionths.
    uint256 private constant DECIMALS = 1e6;
    /// @dev INVARIANT: no product wraps. A gas of 2^20, a scalar of 2^32 and a fee of 2^128 make less than 2^185.
    uint256 private constant MAX_FEE = type(uint128).max;

    /// @notice The fee in wei of the transaction whose bytes are `raw`, at most TransactionCodec.MAX_SIZE of them.
    function price(Environment memory env, bytes memory raw) internal pure returns (uint256) {
        // Most rollups have no such fee, and do not count the bytes.
        if (env.baseFeeScalar == 0 && env.blobBaseFeeScalar == 0) return 0;
        uint256 rate =
            CALLDATA * env.baseFeeScalar * _capped(env.l1BaseFee) + env.blobBaseFeeScalar * _capped(env.l1BlobBaseFee);
        return TransactionCodec.bytesGas(raw) * rate / (CALLDATA * DECIMALS);
    }

    function _capped(uint256 fee) private pure returns (uint256) {
        return fee < MAX_FEE ? fee : MAX_FEE;
    }
}
