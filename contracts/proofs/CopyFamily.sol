// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Halt, IOpcodeFamily} from "../interfaces/IOpcodeFamily.sol";
import {Access} from "../libraries/Access.sol";
import {Account, Accounts} from "../libraries/Accounts.sol";
import {MemoryTree} from "../libraries/MemoryTree.sol";
import {Metering} from "../libraries/Metering.sol";
import {NodePool, Pool} from "../libraries/NodePool.sol";
import {Witnesses} from "../libraries/Witnesses.sol";
import {Ending, Frame, State} from "../types/Machine.sol";
import {Witness} from "../types/Witness.sol";

/// @title CALLDATACOPY, CODECOPY, EXTCODECOPY, RETURNDATACOPY, MCOPY.
contract CopyFamily is IOpcodeFamily {
    uint256 private constant COPY_WORD_GAS = 3;

    /// @inheritdoc IOpcodeFamily
    function step(uint256 opcode, State memory state, uint256[] memory operands, bytes calldata witness)
        external
        pure
        returns (State memory, uint256[] memory results, Ending ending, bytes memory output)
    {
        Witness calldata opened = Witnesses.decode(witness);
        if (opcode == 0x3c) {
            _copyAccountCode(state, operands, opened);
        } else if (opcode == 0x5e) {
            _copyMemory(state.frame, operands[0], operands[1], operands[2], opened);
        } else {
            _copyBytes(opcode, state.frame, operands, opened);
        }
        return (state, results, ending, output);
    }

    /// @dev CALLDATACOPY, CODECOPY, RETURNDATACOPY. The source is opened only if at least one of its bytes is copied.
    function _copyBytes(uint256 opcode, Frame memory frame, uint256[] memory operands, Witness calldata opened)
        private
        pure
    {
        (uint256 source, uint256 size) = (operands[1], operands[2]);
        if (opcode == 0x3e) {
            // INVARIANT: EIP-211 halts here even for a copy of no bytes. Zeros never follow returndata.
            if (source > frame.returndataSize || size > frame.returndataSize - source) revert Halt();
        }
        _charge(frame, operands[0], size);
        if (size == 0) return;
        bytes memory data;
        if (opcode == 0x39) {
            data = opened.code;
        } else if (opcode == 0x3e) {
            data = Witnesses.openData(opened, frame.returndataHash);
        } else if (source < frame.calldataSize) {
            data = Witnesses.openData(opened, frame.calldataHash);
        }
        _write(frame, operands[0], _padded(data, source, size), opened);
    }

    function _copyAccountCode(State memory state, uint256[] memory operands, Witness calldata opened) private pure {
        Pool memory pool = NodePool.loadJoined(opened.nodes);
        address who = Access.toAddress(operands[0]);
        (uint256 target, uint256 source, uint256 size) = (operands[1], operands[2], operands[3]);
        Access.chargeAccount(pool, state, who);
        _charge(state.frame, target, size);
        if (size == 0) return;
        Account memory account = Accounts.read(pool, state.machine.stateRoot, who);
        bytes memory code = Witnesses.openData(opened, account.codeHash);
        _write(state.frame, target, _padded(code, source, size), opened);
    }

    /// @dev MCOPY (EIP-5656). Memory grows over both ranges. The source is read before the target is written.
    function _copyMemory(Frame memory frame, uint256 target, uint256 source, uint256 size, Witness calldata opened)
        private
        pure
    {
        Metering.chargeRange(frame, source, size);
        _charge(frame, target, size);
        if (size == 0) return;
        _write(frame, target, MemoryTree.read(frame.memoryRoot, source, size, opened.read), opened);
    }

    /// @dev Checks the bound first, so that the price of the words cannot overflow.
    function _charge(Frame memory frame, uint256 target, uint256 size) private pure {
        Metering.chargeRange(frame, target, size);
        Metering.charge(frame, COPY_WORD_GAS * Metering.wordsOf(size));
    }

    function _write(Frame memory frame, uint256 target, bytes memory data, Witness calldata opened) private pure {
        frame.memoryRoot = MemoryTree.write(frame.memoryRoot, target, data, opened.write);
    }

    /// @dev `size` bytes of `data` from `source` on. Zeros follow its end.
    function _padded(bytes memory data, uint256 source, uint256 size) private pure returns (bytes memory result) {
        result = new bytes(size);
        if (source >= data.length) return result;
        uint256 held = data.length - source;
        if (held > size) held = size;
        // Writes at most `size` bytes of the new byte string, and reads at most what `data` holds behind `source`.
        assembly ("memory-safe") {
            mcopy(add(result, 0x20), add(add(data, 0x20), source), held)
        }
    }
}
