// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Addresses that L2's genesis gives to contracts, and the shift of an L1 contract's address
library Predeploys {
    /// @dev L2ToL1MessagePasser.
    address internal constant PASSER = 0x4200000000000000000000000000000000000016;
    /// @dev Where the OP Stack has its L2StandardBridge.
    address internal constant TOKEN_BRIDGE = 0x4200000000000000000000000000000000000010;
    /// @dev Coinbase of every L2 block.
    address internal constant FEE_VAULT = 0x4200000000000000000000000000000000000011;

    /// @dev Is paid the L1 data fees.
    address internal constant L1_FEE_VAULT = 0x420000000000000000000000000000000000001A;
    /// @dev Tells L1's block. The machine writes its storage.
    address internal constant L1_BLOCK = 0x4200000000000000000000000000000000000015;
    /// @dev EIP-2935: keeps the hashes of the last 8,191 blocks. The machine writes its storage.
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;

    uint160 internal constant ALIAS_OFFSET = uint160(0x1111000000000000000000000000000000001111);

    /// @notice The sender on L2 of a message that the contract at `l1Address` sends.
    function aliased(address l1Address) internal pure returns (address) {
        // Wraps around by design: the shift is a bijection of all addresses.
        unchecked {
            return address(uint160(l1Address) + ALIAS_OFFSET);
        }
    }
}
