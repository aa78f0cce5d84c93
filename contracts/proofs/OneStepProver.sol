// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBlockOpening} from "../interfaces/IBlockOpening.sol";
import {IFrameEnd} from "../interfaces/IFrameEnd.sol";
import {INextInput} from "../interfaces/INextInput.sol";
import {IOneStepProver} from "../interfaces/IOneStepProver.sol";
import {Halt, IOpcodeFamily} from "../interfaces/IOpcodeFamily.sol";
import {ITransactionEnd} from "../interfaces/ITransactionEnd.sol";
import {ITransactionPreparation} from "../interfaces/ITransactionPreparation.sol";
import {Forks} from "../libraries/Forks.sol";
import {Metering} from "../libraries/Metering.sol";
import {Opcodes} from "../libraries/Opcodes.sol";
import {StackChain} from "../libraries/StackChain.sol";
import {Witnesses} from "../libraries/Witnesses.sol";
import {Ending, FrameKind, Machine, Phase, State} from "../types/Machine.sol";
import {Witness} from "../types/Witness.sol";

/// @title Opens the prestate, determines the next step, has its contract take it, and hashes the result.
/// @dev This is only the entry. Each opcode family is a contract of its own, so that each stays below EIP-170's bound.
contract OneStepProver is IOneStepProver {
    /// @notice The contracts that take the steps.
    struct Parts {
        IOpcodeFamily arithmetic;
        IOpcodeFamily flow;
        IOpcodeFamily environment;
        IOpcodeFamily copy;
        IOpcodeFamily storage_;
        IOpcodeFamily log;
        IOpcodeFamily call;
        IOpcodeFamily create;
        IOpcodeFamily precompile;
        IFrameEnd frameEnd;
        IBlockOpening blockOpening;
        ITransactionPreparation preparation;
        ITransactionEnd transactionEnd;
        INextInput nextInput;
    }

    /// @dev The lower bits of a trace index count the steps since the input was taken.
    uint256 private constant STEP_MASK = (1 << 24) - 1;

    IOpcodeFamily private immutable ARITHMETIC;
    IOpcodeFamily private immutable FLOW;
    IOpcodeFamily private immutable ENVIRONMENT;
    IOpcodeFamily private immutable COPY;
    IOpcodeFamily private immutable STORAGE;
    IOpcodeFamily private immutable LOG;
    IOpcodeFamily private immutable CALL;
    IOpcodeFamily private immutable CREATE;
    IOpcodeFamily private immutable PRECOMPILE;
    IFrameEnd private immutable FRAME_END;
    IBlockOpening private immutable BLOCK_OPENING;
    ITransactionPreparation private immutable PREPARATION;
    ITransactionEnd private immutable TRANSACTION_END;
    INextInput private immutable NEXT_INPUT;

    constructor(Parts memory parts) {
        ARITHMETIC = parts.arithmetic;
        FLOW = parts.flow;
        ENVIRONMENT = parts.environment;
        COPY = parts.copy;
        STORAGE = parts.storage_;
        LOG = parts.log;
        CALL = parts.call;
        CREATE = parts.create;
        PRECOMPILE = parts.precompile;
        FRAME_END = parts.frameEnd;
        BLOCK_OPENING = parts.blockOpening;
        PREPARATION = parts.preparation;
        TRANSACTION_END = parts.transactionEnd;
        NEXT_INPUT = parts.nextInput;
    }

    /// @inheritdoc IOneStepProver
    uint256 public constant newestFork = Forks.NEWEST;

    /// @inheritdoc IOneStepProver
    function verify(bytes32 preHash, uint256 traceIndex, uint256 endBatch, bytes calldata witness)
        external
        view
        returns (bytes32 postHash)
    {
        Witness calldata opened = Witnesses.decodeUntrusted(witness);
        State memory state;
        Machine memory machine = Witnesses.openMachine(opened, preHash);
        if (machine.transaction == 0) {
            if (traceIndex & STEP_MASK != 0 || machine.batch >= endBatch) return preHash;
            return Witnesses.hash(NEXT_INPUT.step(machine, witness));
        }
        state.machine = machine;
        state.transaction = Witnesses.openTransaction(opened, machine.transaction);
        if (state.transaction.phase == Phase.BLOCK) {
            return Witnesses.hash(BLOCK_OPENING.step(machine, state.transaction, witness));
        }
        if (state.transaction.phase < Phase.EXECUTE) {
            return Witnesses.hash(PREPARATION.step(machine, state.transaction, witness));
        }
        if (state.transaction.phase > Phase.EXECUTE) {
            return Witnesses.hash(TRANSACTION_END.step(machine, state.transaction, witness));
        }
        state.frame = Witnesses.openFrame(opened, machine.frame);
        state.fork = Forks.look(opened, machine.env);
        return _close(_execute(state, opened, witness));
    }

    /// @dev Runs one opcode or one precompile, and ends its frame if the opcode does.
    function _execute(State memory state, Witness calldata opened, bytes calldata witness)
        private
        view
        returns (State memory)
    {
        (IOpcodeFamily family, uint256 opcode, uint256[] memory operands) = _prepare(state, opened);
        Ending ending = Ending.HALT;
        bytes memory output;
        if (address(family) != address(0)) {
            // Halt is the machine's only own failure. Any other one, such as a lack of gas, says nothing about the step.
            try family.step(opcode, state, operands, witness) returns (
                State memory next, uint256[] memory results, Ending how, bytes memory returned
            ) {
                for (uint256 i = 0; i < results.length; ++i) {
                    StackChain.push(next.frame, results[i]);
                }
                if (how == Ending.NONE) return next;
                (state, ending, output) = (next, how, returned);
            } catch (bytes memory reason) {
                if (reason.length != 4 || bytes4(reason) != Halt.selector) _bubble(reason);
            }
        }
        return FRAME_END.end(state, ending, output, witness);
    }

    /// @dev The checks and charges before every opcode: code, static rules, stack, static gas, program counter. Returns no family if the
    /// frame halts. What it has changed in the frame then does not matter, since a halt discards it.
    function _prepare(State memory state, Witness calldata opened)
        private
        view
        returns (IOpcodeFamily family, uint256 opcode, uint256[] memory operands)
    {
        if (state.frame.kind == FrameKind.PRECOMPILE) return (PRECOMPILE, 0, operands);
        opcode = _fetch(state, opened);
        (uint256 kind, bool writes, uint256 pops, uint256 pushes, uint256 gasCost) = Opcodes.lookup(opcode);
        uint256 size = state.frame.stackSize;
        bool halts = kind == 0 || size < pops || size - pops + pushes > StackChain.LIMIT
            || (writes && state.frame.isStatic != 0) || state.frame.gas < gasCost
            || (opcode == Opcodes.CLZ && Forks.opened(state.fork) < Forks.OSAKA);
        if (halts) return (family, opcode, operands);
        operands = StackChain.pop(state.frame, opened.stack, pops);
        Metering.charge(state.frame, gasCost);
        ++state.frame.pc;
        family = _family(kind);
    }

    /// @dev INVARIANT: the opcode comes from the code whose hash the frame holds, so nobody picks it. Past the end it is STOP.
    function _fetch(State memory state, Witness calldata opened) private pure returns (uint256) {
        bytes calldata code = opened.code;
        bytes32 actual = keccak256(code);
        if (actual != state.frame.codeHash) revert Witnesses.WrongOpening("code", actual, state.frame.codeHash);
        uint256 pc = state.frame.pc;
        return pc < code.length ? uint8(code[pc]) : 0;
    }

    function _close(State memory state) private pure returns (bytes32) {
        Machine memory machine = state.machine;
        machine.frame = state.transaction.phase == Phase.EXECUTE ? Witnesses.hash(state.frame) : bytes32(0);
        machine.transaction = Witnesses.hash(state.transaction);
        return Witnesses.hash(machine);
    }

    function _family(uint256 kind) private view returns (IOpcodeFamily) {
        if (kind == Opcodes.FLOW) return FLOW;
        if (kind == Opcodes.ARITHMETIC) return ARITHMETIC;
        if (kind == Opcodes.ENVIRONMENT) return ENVIRONMENT;
        if (kind == Opcodes.COPY) return COPY;
        if (kind == Opcodes.STORAGE) return STORAGE;
        if (kind == Opcodes.LOG) return LOG;
        if (kind == Opcodes.CALL) return CALL;
        return CREATE;
    }

    function _bubble(bytes memory reason) private pure {
        // Reverts with exactly the family's reason.
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }
}
