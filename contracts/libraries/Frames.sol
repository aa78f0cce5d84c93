// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Frame, FrameKind, State} from "../types/Machine.sol";
import {Account, Accounts} from "./Accounts.sol";
import {Forks} from "./Forks.sol";
import {MemoryTree} from "./MemoryTree.sol";
import {Pool} from "./NodePool.sol";
import {Patricia} from "./Patricia.sol";
import {RlpItems} from "./RlpItems.sol";
import {Scratch} from "./Scratch.sol";

/// @title Frames that are about to run: opcodes and transactions open them here.
library Frames {
    /// @dev keccak256(""): the hash of no calldata, no returndata and no code.
    bytes32 internal constant EMPTY_HASH = Accounts.EMPTY_CODE;
    /// @dev The greatest number of frames below the top one.
    uint256 internal constant MAX_DEPTH = 1024;
    /// @dev EIP-2681: the highest nonce.
    uint256 internal constant MAX_NONCE = type(uint64).max;

    /// @notice A frame before its first step, with empty memory and without calldata. The caller still has to set callee, caller, value, code
    /// and gas, and what a failure restores.
    function blank() internal pure returns (Frame memory frame) {
        frame.memoryRoot = MemoryTree.ZERO_ROOT;
        frame.calldataHash = EMPTY_HASH;
        frame.returndataHash = EMPTY_HASH;
    }

    /// @notice Makes a failure of the frame restore the state as it is now.
    function guard(State memory state, Frame memory frame) internal pure {
        frame.restoreStateRoot = state.machine.stateRoot;
        frame.restoreScratchRoot = state.transaction.scratchRoot;
        frame.restoreRefund = state.transaction.refund;
        frame.restoreLogs = state.transaction.logs;
        frame.restoreDestroyed = state.transaction.destroyed;
    }

    /// @notice Makes the frame run the code with this hash, or the precompile at `target`.
    function aim(Frame memory frame, uint256 fork, address target, bytes32 codeHash) internal pure {
        if (Forks.isPrecompile(fork, target)) {
            frame.kind = FrameKind.PRECOMPILE;
            frame.codeHash = bytes32(uint256(uint160(target)));
        } else {
            frame.codeHash = codeHash;
        }
    }

    /// @notice Moves the frame's value to the new contract, marks it as created, and gives it nonce 1.
    function create(Pool memory pool, State memory state, Frame memory frame) internal pure {
        frame.kind = FrameKind.CREATE;
        bytes32 root = Accounts.transfer(pool, state.machine.stateRoot, frame.caller, frame.self, frame.value);
        Account memory account = Accounts.read(pool, root, frame.self);
        account.nonce = 1;
        state.machine.stateRoot = Accounts.write(pool, root, frame.self, account);
        Scratch.markCreated(pool, state.transaction, frame.self);
    }

    /// @notice Whether a contract cannot be created over this account (EIP-684, EIP-7610).
    function collides(Account memory account) internal pure returns (bool) {
        return account.nonce != 0 || account.codeHash != EMPTY_HASH || account.storageRoot != Patricia.EMPTY_ROOT;
    }

    /// @notice The address of the contract that `creator` creates with this nonce.
    function createAddress(address creator, uint256 nonce) internal pure returns (address) {
        bytes memory items = bytes.concat(hex"94", bytes20(creator), RlpItems.encode(nonce));
        return address(uint160(uint256(keccak256(RlpItems.encodeList(items)))));
    }
}
