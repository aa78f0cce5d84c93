// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev A message from L2, as the OP Stack's contracts and clients encode it.
/// @param nonce The passer's, with the version of the message in its upper two bytes. Makes the message unique.
/// @param sender Who sent it on L2.
/// @param value Wei sent with the call on L1.
/// @param gasLimit The least gas that the call on L1 gets.
struct WithdrawalTransaction {
    uint256 nonce;
    address sender;
    address target;
    uint256 value;
    uint256 gasLimit;
    bytes data;
}

/// @dev What an output root of the OP Stack hashes.
/// @param version Zero.
/// @param latestBlockhash Hash of the L2 block whose state it is.
struct OutputRootProof {
    bytes32 version;
    bytes32 stateRoot;
    bytes32 messagePasserStorageRoot;
    bytes32 latestBlockhash;
}

/// @dev How the OP Stack's clients see an assertion: pending, rejected, confirmed.
enum GameStatus {
    IN_PROGRESS,
    CHALLENGER_WINS,
    DEFENDER_WINS
}
