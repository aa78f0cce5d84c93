// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Signatures of accounts and of contract wallets
/// @notice A signature has 65 bytes (r, s, v; s in the lower half, v 27 or 28), or is whatever an EIP-1271 wallet accepts.
library Signatures {
    /// @dev secp256k1n / 2. A higher s is the malleable twin of a lower one.
    uint256 internal constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    /// @dev bytes4(keccak256("isValidSignature(bytes32,bytes)"))
    bytes4 internal constant EIP1271_MAGIC = 0x1626ba7e;

    error WrongSigner(address actual, address expected);
    error HighS(uint256 actual, uint256 maximum);

    /// @notice Reverts unless `signer` signed `digest`.
    function check(address signer, bytes32 digest, bytes calldata signature) internal view {
        address recovered = signature.length == 65 ? recover(signer, digest, signature) : address(0);
        // INVARIANT: ecrecover's zero is a failure, not a signer.
        if (recovered != address(0) && recovered == signer) return;
        if (signer.code.length == 0 || !accepts(signer, digest, signature)) revert WrongSigner(recovered, signer);
    }

    function recover(address signer, bytes32 digest, bytes calldata signature) private view returns (address) {
        bytes32 r = bytes32(signature[:32]);
        bytes32 s = bytes32(signature[32:64]);
        if (uint256(s) > HALF_ORDER) {
            // 65 bytes may also be a contract wallet's signature, so the wallet is asked.
            if (signer.code.length != 0) return address(0);
            revert HighS(uint256(s), HALF_ORDER);
        }
        return ecrecover(digest, uint8(signature[64]), r, s);
    }

    function accepts(address wallet, bytes32 digest, bytes calldata signature) private view returns (bool ok) {
        bytes memory question = abi.encodeWithSelector(EIP1271_MAGIC, digest, signature);
        // Assembly, so that a wallet that returns megabytes costs its caller only one word.
        assembly ("memory-safe") {
            mstore(0, 0)
            ok := staticcall(gas(), wallet, add(question, 32), mload(question), 0, 32)
            ok := and(ok, and(gt(returndatasize(), 31), eq(mload(0), shl(224, 0x1626ba7e))))
        }
    }
}
