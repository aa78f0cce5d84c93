// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Addresses that L2's genesis gives to contracts, and the shift of an L1 contract's address
library Predeploys {
    address internal constant MESSENGER = 0x4c32000000000000000000000000000000000001;
    address internal constant TOKEN_BRIDGE = 0x4C32000000000000000000000000000000000002;
    /// @dev Coinbase of every L2 block.
    address internal constant FEE_VAULT = 0x4C32000000000000000000000000000000000003;

    uint160 internal constant ALIAS_OFFSET = uint160(0x1111000000000000000000000000000000001111);

    /// @notice The sender on L2 of a message that the contract at `l1Address` sends.
    function aliased(address l1Address) internal pure returns (address) {
        // Wraps around by design: the shift is a bijection of all addresses.
        unchecked {
            return address(uint160(l1Address) + ALIAS_OFFSET);
        }
    }
}
