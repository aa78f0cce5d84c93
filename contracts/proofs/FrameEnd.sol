// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFrameEnd} from "../interfaces/IFrameEnd.sol";
import {Account, Accounts} from "../libraries/Accounts.sol";
import {MemoryTree} from "../libraries/MemoryTree.sol";
import {NodePool, Pool} from "../libraries/NodePool.sol";
import {StackChain} from "../libraries/StackChain.sol";
import {Witnesses} from "../libraries/Witnesses.sol";
import {Ending, Frame, FrameKind, Phase, State} from "../types/Machine.sol";
import {Witness} from "../types/Witness.sol";

/// @title The end of a frame.
contract FrameEnd is IFrameEnd {
    /// @dev EIP-170.
    uint256 private constant MAX_CODE_SIZE = 24_576;
    uint256 private constant CODE_BYTE_GAS = 200;
    /// @dev EIP-3541: no code may begin with this byte.
    bytes1 private constant RESERVED_PREFIX = 0xef;

    /// @inheritdoc IFrameEnd
    function end(State memory state, Ending ending, bytes memory output, bytes calldata witness)
        external
        pure
        returns (State memory)
    {
        Witness calldata opened = Witnesses.decode(witness);
        bool isCreate = state.frame.kind == FrameKind.CREATE;
        if (isCreate && ending == Ending.SUCCESS) {
            ending = _deposit(state, output, opened);
            output = "";
        }
        if (ending != Ending.SUCCESS) _restore(state);
        if (ending == Ending.HALT) {
            state.frame.gas = 0;
            output = "";
        }
        if (state.frame.parent == 0) {
            state.transaction.gasLeft = state.frame.gas;
            state.transaction.phase = Phase.END;
            return state;
        }
        uint256 result = 0;
        if (ending == Ending.SUCCESS) result = isCreate ? uint160(state.frame.self) : 1;
        state.frame = _resume(state.frame, result, output, opened);
        return state;
    }

    /// @dev Stores `code` as the created account's, or halts.
    function _deposit(State memory state, bytes memory code, Witness calldata opened) private pure returns (Ending) {
        Frame memory frame = state.frame;
        if (code.length > MAX_CODE_SIZE || (code.length != 0 && code[0] == RESERVED_PREFIX)) return Ending.HALT;
        uint256 cost = CODE_BYTE_GAS * code.length;
        if (frame.gas < cost) return Ending.HALT;
        frame.gas -= cost;
        // The account has no code yet, so there is nothing to write. SELFDESTRUCT also ends here, and has written the state in this step.
        if (code.length == 0) return Ending.SUCCESS;
        Pool memory pool = NodePool.loadJoined(opened.nodes);
        Account memory account = Accounts.read(pool, state.machine.stateRoot, frame.self);
        account.codeHash = keccak256(code);
        state.machine.stateRoot = Accounts.write(pool, state.machine.stateRoot, frame.self, account);
        return Ending.SUCCESS;
    }

    function _restore(State memory state) private pure {
        Frame memory frame = state.frame;
        state.machine.stateRoot = frame.restoreStateRoot;
        state.transaction.scratchRoot = frame.restoreScratchRoot;
        state.transaction.refund = frame.restoreRefund;
        state.transaction.logs = frame.restoreLogs;
        state.transaction.destroyed = frame.restoreDestroyed;
    }

    /// @dev The parent after its child's end. It gets the gas left, the output, and the result on its stack. Its stack has room: the opcode
    /// that opened the child popped more than it pushes.
    function _resume(Frame memory frame, uint256 result, bytes memory output, Witness calldata opened)
        private
        pure
        returns (Frame memory parent)
    {
        parent = Witnesses.openParent(opened, frame.parent);
        parent.gas += frame.gas;
        parent.returndataHash = keccak256(output);
        parent.returndataSize = output.length;
        StackChain.push(parent, result);
        uint256 size = output.length < frame.returnSize ? output.length : frame.returnSize;
        if (size == 0) return parent;
        // Shortens the byte string to what the parent asked for. Its hash was taken before, and nothing else reads it.
        assembly ("memory-safe") {
            mstore(output, size)
        }
        parent.memoryRoot = MemoryTree.write(parent.memoryRoot, frame.returnOffset, output, opened.write);
    }
}
