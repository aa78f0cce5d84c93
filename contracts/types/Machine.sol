// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// The opened state of the provable machine. Every struct here consists of whole words in the order of its hash's
// preimage (contracts/SPEC.md), so that it is hashed in place.

/// @dev 11 words of MACHINE.
struct Machine {
    bytes32 stateRoot;
    uint256 batch;
    uint256 opened;
    uint256 delayed;
    uint256 offset;
    uint256 items;
    uint256 budget;
    bytes32 env;
    bytes32 ring;
    bytes32 transaction;
    bytes32 frame;
}

/// @dev 19 words of ENV.
struct Environment {
    uint256 number;
    uint256 timestamp;
    address coinbase;
    uint256 gasLimit;
    bytes32 prevRandao;
    uint256 baseFee;
    uint256 blobBaseFee;
    uint256 chainId;
    uint256 l1Block;
    uint256 gasPerBlock;
    uint256 gasCap;
    uint256 fork;
    uint256 l1BaseFee;
    uint256 l1Timestamp;
    bytes32 l1ParentHash;
    uint256 l1BlobBaseFee;
    uint256 sequenceNumber;
    uint256 baseFeeScalar;
    uint256 blobBaseFeeScalar;
}

/// @dev 13 words of TX.
struct Transaction {
    uint256 phase;
    address origin;
    uint256 gasPrice;
    uint256 tip;
    uint256 gasLimit;
    uint256 gasLeft;
    bytes32 scratchRoot;
    uint256 refund;
    bytes32 logs;
    bytes32 destroyed;
    bytes32 pending;
    uint256 floor;
    uint256 dataFee;
}

/// @dev 26 words of FRAME.
struct Frame {
    bytes32 parent;
    uint256 kind;
    address self;
    address caller;
    uint256 value;
    bytes32 codeHash;
    uint256 pc;
    uint256 gas;
    bytes32 stack;
    uint256 stackSize;
    bytes32 memoryRoot;
    uint256 memorySize;
    bytes32 calldataHash;
    uint256 calldataSize;
    bytes32 returndataHash;
    uint256 returndataSize;
    uint256 isStatic;
    uint256 depth;
    uint256 returnOffset;
    uint256 returnSize;
    bytes32 restoreStateRoot;
    bytes32 restoreScratchRoot;
    uint256 restoreRefund;
    bytes32 restoreLogs;
    bytes32 restoreDestroyed;
    bytes32 lookup;
}

/// @dev Everything of a running transaction that one opcode can change. No opcode changes `fork`, whose rules the transaction follows.
/// Warning: `fork` is Forks.UNOPENED if the witness leaves the environment out. Read it by Forks.opened.
struct State {
    Machine machine;
    Transaction transaction;
    Frame frame;
    uint256 fork;
}

/// @dev How an opcode leaves its frame.
enum Ending {
    NONE,
    SUCCESS,
    REVERT,
    HALT
}

/// @dev Values of `Transaction.phase`, in the order in which a transaction goes through them.
library Phase {
    uint256 internal constant BLOCK = 0;
    uint256 internal constant SENDER = 1;
    uint256 internal constant PREPARE = 2;
    uint256 internal constant OPEN = 3;
    uint256 internal constant EXECUTE = 4;
    uint256 internal constant END = 5;
    uint256 internal constant FEE = 6;
    uint256 internal constant DESTROY = 7;

    /// @notice The phase once the new block's words are written. An item's gas limit stands in `gasLeft` if its sender has code.
    function afterBlock(Transaction memory transaction) internal pure returns (uint256) {
        return transaction.gasLeft == 0 ? afterSender(transaction.pending) : SENDER;
    }

    /// @notice The phase once the sender is known to be no contract.
    function afterSender(bytes32 pending) internal pure returns (uint256) {
        return pending == 0 ? OPEN : PREPARE;
    }
}

/// @dev Values of `Frame.kind`.
library FrameKind {
    uint256 internal constant CALL = 0;
    uint256 internal constant CREATE = 1;
    uint256 internal constant PRECOMPILE = 2;
}
