// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Halt, IOpcodeFamily} from "../interfaces/IOpcodeFamily.sol";
import {Access} from "../libraries/Access.sol";
import {Accounts} from "../libraries/Accounts.sol";
import {Callee} from "../libraries/Callee.sol";
import {Forks} from "../libraries/Forks.sol";
import {Frames} from "../libraries/Frames.sol";
import {MemoryTree} from "../libraries/MemoryTree.sol";
import {Metering} from "../libraries/Metering.sol";
import {NodePool, Pool} from "../libraries/NodePool.sol";
import {Witnesses} from "../libraries/Witnesses.sol";
import {Ending, Frame, State} from "../types/Machine.sol";
import {Witness} from "../types/Witness.sol";

/// @title CALL, CALLCODE, DELEGATECALL, STATICCALL.
/// @dev A call of an account with code takes two steps: the first looks its code up, the second makes the call.
contract CallFamily is IOpcodeFamily {
    uint256 private constant CALL = 0xf1;
    uint256 private constant CALLCODE = 0xf2;
    uint256 private constant DELEGATECALL = 0xf4;
    uint256 private constant STATICCALL = 0xfa;

    uint256 private constant VALUE_GAS = 9000;
    uint256 private constant NEW_ACCOUNT_GAS = 25_000;
    uint256 private constant STIPEND = 2300;

    /// @dev A call's operands. Two of the four opcodes have no value.
    struct Operands {
        uint256 gas;
        address target;
        uint256 value;
        uint256 inputOffset;
        uint256 inputSize;
        uint256 outputOffset;
        uint256 outputSize;
    }

    /// @inheritdoc IOpcodeFamily
    function step(uint256 opcode, State memory state, uint256[] memory operands, bytes calldata witness)
        external
        pure
        returns (State memory, uint256[] memory results, Ending ending, bytes memory output)
    {
        Witness calldata opened = Witnesses.decode(witness);
        Operands memory call = _operands(opcode, operands);
        Frame memory frame = state.frame;
        Pool memory pool = NodePool.loadJoined(opened.nodes);
        bytes32 codeHash = frame.lookup;
        frame.lookup = 0;
        if (codeHash == 0) {
            codeHash = Callee.codeHash(pool, state, call.target);
            if (codeHash != Frames.EMPTY_HASH) {
                frame.lookup = _look(pool, state, codeHash, opened);
                // The call itself comes next. The frame is as it was before the lookup.
                --frame.pc;
                return (state, _reversed(operands), ending, output);
            }
        }
        // INVARIANT: no value leaves a static frame. CALLCODE moves it from the frame's account to itself.
        if (opcode == CALL && call.value != 0 && frame.isStatic != 0) revert Halt();

        uint256 gas = _charge(opcode, pool, state, call);
        frame.returndataHash = Frames.EMPTY_HASH;
        frame.returndataSize = 0;
        if (frame.depth >= Frames.MAX_DEPTH || !_covers(pool, state, call.value)) {
            frame.gas += gas;
            results = new uint256[](1);
            return (state, results, ending, output);
        }
        _open(opcode, pool, state, call, gas, codeHash, opened);
        return (state, results, ending, output);
    }

    /// @dev The hash of the code that a call runs if `codeHash` is the code hash of its target. A delegate costs an access more (EIP-7702). If
    /// its code is a designator, that runs as any other code.
    function _look(Pool memory pool, State memory state, bytes32 codeHash, Witness calldata opened)
        private
        pure
        returns (bytes32)
    {
        (bool isDelegated, address delegate) = Callee.delegate(opened, codeHash, Forks.opened(state.fork));
        if (!isDelegated) return codeHash;
        Access.chargeAccount(pool, state, delegate);
        return Callee.codeHash(pool, state, delegate);
    }

    /// @dev The operands as results. Pushing them in their order restores the stack.
    function _reversed(uint256[] memory operands) private pure returns (uint256[] memory results) {
        uint256 count = operands.length;
        results = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            results[i] = operands[count - 1 - i];
        }
    }

    function _operands(uint256 opcode, uint256[] memory items) private pure returns (Operands memory call) {
        bool hasValue = opcode == CALL || opcode == CALLCODE;
        uint256 next = hasValue ? 3 : 2;
        call.gas = items[0];
        call.target = Access.toAddress(items[1]);
        if (hasValue) call.value = items[2];
        call.inputOffset = items[next];
        call.inputSize = items[next + 1];
        call.outputOffset = items[next + 2];
        call.outputSize = items[next + 3];
    }

    /// @dev Charges for memory, access and value, then for the callee's gas (EIP-150). Returns the callee's gas, the stipend included.
    function _charge(uint256 opcode, Pool memory pool, State memory state, Operands memory call)
        private
        pure
        returns (uint256 gas)
    {
        Frame memory frame = state.frame;
        Metering.chargeRange(frame, call.inputOffset, call.inputSize);
        Metering.chargeWindow(frame, call.outputOffset, call.outputSize);
        Access.chargeAccount(pool, state, call.target);
        if (call.value != 0) {
            Metering.charge(frame, VALUE_GAS);
            if (opcode == CALL && Accounts.isEmpty(Accounts.read(pool, state.machine.stateRoot, call.target))) {
                Metering.charge(frame, NEW_ACCOUNT_GAS);
            }
        }
        gas = frame.gas - frame.gas / 64;
        if (call.gas < gas) gas = call.gas;
        frame.gas -= gas;
        if (call.value != 0) gas += STIPEND;
    }

    function _covers(Pool memory pool, State memory state, uint256 value) private pure returns (bool) {
        return value == 0 || Accounts.read(pool, state.machine.stateRoot, state.frame.self).balance >= value;
    }

    function _open(
        uint256 opcode,
        Pool memory pool,
        State memory state,
        Operands memory call,
        uint256 gas,
        bytes32 codeHash,
        Witness calldata opened
    ) private pure {
        Frame memory frame = state.frame;
        bool isOwn = opcode == CALLCODE || opcode == DELEGATECALL;
        Frame memory callee = Frames.blank();
        Frames.guard(state, callee);
        callee.self = isOwn ? frame.self : call.target;
        callee.caller = opcode == DELEGATECALL ? frame.caller : frame.self;
        callee.value = opcode == DELEGATECALL ? frame.value : call.value;
        callee.gas = gas;
        callee.isStatic = opcode == STATICCALL ? 1 : frame.isStatic;
        callee.depth = frame.depth + 1;
        callee.returnOffset = call.outputOffset;
        callee.returnSize = call.outputSize;
        if (call.inputSize != 0) {
            bytes memory input = MemoryTree.read(frame.memoryRoot, call.inputOffset, call.inputSize, opened.read);
            callee.calldataHash = keccak256(input);
            callee.calldataSize = call.inputSize;
        }
        Frames.aim(callee, state.fork, call.target, codeHash);
        callee.parent = Witnesses.hash(frame);
        state.machine.stateRoot = Accounts.transfer(pool, state.machine.stateRoot, frame.self, callee.self, call.value);
        state.frame = callee;
    }
}
