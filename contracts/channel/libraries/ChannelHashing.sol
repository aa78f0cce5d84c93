// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannel} from "../interfaces/IPaymentChannel.sol";

/// @title Ids and EIP-712 struct hashes of payment channels
/// @notice Every signed message names its type, channel and epoch. The domain adds chain id and contract.
library ChannelHashing {
    /// @dev keccak256("rollup-harness/channel/id")
    bytes32 internal constant ID_TAG = 0x695a948baa3148fd450c1cf37d181045fb7f6a02506737b2116296235b05cbef;
    bytes32 internal constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant STATE_TYPE = keccak256(
        "ChannelState(bytes32 channel,uint64 epoch,uint64 version,uint64 base,uint128 paidA,uint128 paidB,"
        "uint128 lockedA,uint128 lockedB,bytes32 lockRoot)"
    );
    bytes32 internal constant WITHDRAWAL_TYPE =
        keccak256("Withdrawal(bytes32 channel,uint64 epoch,uint8 side,uint128 total,uint64 expiry)");
    bytes32 internal constant CLOSE_TYPE =
        keccak256("CloseTogether(bytes32 channel,uint64 epoch,uint128 balanceA,uint128 balanceB,uint64 expiry)");

    function domain(string memory name) internal view returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPE, keccak256(bytes(name)), keccak256("1"), block.chainid, address(this)));
    }

    function digest(bytes32 separator, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    function id(IPaymentChannel.Key calldata key) internal pure returns (bytes32) {
        return keccak256(abi.encode(ID_TAG, key));
    }

    function pair(address token, address a, address b) internal pure returns (bytes32) {
        return keccak256(abi.encode(token, a, b));
    }

    function state(bytes32 channel, uint64 epoch, IPaymentChannel.State calldata s) internal pure returns (bytes32) {
        return keccak256(abi.encode(STATE_TYPE, channel, epoch, s));
    }

    function withdrawal(bytes32 channel, uint64 epoch, IPaymentChannel.Side side, uint128 total, uint64 expiry)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(WITHDRAWAL_TYPE, channel, epoch, side, total, expiry));
    }

    function closeTogether(bytes32 channel, uint64 epoch, uint128 balanceA, uint128 balanceB, uint64 expiry)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(CLOSE_TYPE, channel, epoch, balanceA, balanceB, expiry));
    }
}
