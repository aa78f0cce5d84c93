// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOpcodeFamily} from "../interfaces/IOpcodeFamily.sol";
import {Access} from "../libraries/Access.sol";
import {Account, Accounts} from "../libraries/Accounts.sol";
import {NodePool, Pool} from "../libraries/NodePool.sol";
import {RingTree} from "../libraries/RingTree.sol";
import {Witnesses} from "../libraries/Witnesses.sol";
import {Ending, Environment, Frame, State} from "../types/Machine.sol";
import {Witness} from "../types/Witness.sol";

/// @title 0x30 to 0x4a without the copies: what an opcode reads of its frame, its transaction, its block, and accounts.
contract EnvironmentFamily is IOpcodeFamily {
    /// @dev The number of blocks before the current one whose hashes BLOCKHASH knows.
    uint256 private constant BLOCK_HASHES = 256;

    /// @inheritdoc IOpcodeFamily
    function step(uint256 opcode, State memory state, uint256[] memory operands, bytes calldata witness)
        external
        pure
        returns (State memory, uint256[] memory results, Ending ending, bytes memory output)
    {
        Witness calldata opened = Witnesses.decode(witness);
        results = new uint256[](1);
        if (opcode == 0x31 || opcode == 0x3b || opcode == 0x3f) {
            results[0] = _account(opcode, state, Access.toAddress(operands[0]), opened);
        } else if (opcode == 0x47) {
            Pool memory pool = NodePool.loadJoined(opened.nodes);
            results[0] = Accounts.read(pool, state.machine.stateRoot, state.frame.self).balance;
        } else if (opcode == 0x35) {
            results[0] = _calldataWord(state.frame, operands[0], opened);
        } else if (opcode >= 0x40) {
            uint256 operand = operands.length == 0 ? 0 : operands[0];
            results[0] = _block(opcode, Witnesses.openEnvironment(opened, state.machine.env), operand, state, opened);
        } else {
            results[0] = _frame(opcode, state, opened);
        }
        return (state, results, ending, output);
    }

    /// @dev ADDRESS, ORIGIN, CALLER, CALLVALUE, CALLDATASIZE, CODESIZE, GASPRICE, RETURNDATASIZE.
    function _frame(uint256 opcode, State memory state, Witness calldata opened) private pure returns (uint256) {
        Frame memory frame = state.frame;
        if (opcode == 0x30) return uint160(frame.self);
        if (opcode == 0x32) return uint160(state.transaction.origin);
        if (opcode == 0x33) return uint160(frame.caller);
        if (opcode == 0x34) return frame.value;
        if (opcode == 0x36) return frame.calldataSize;
        if (opcode == 0x38) return opened.code.length;
        if (opcode == 0x3a) return state.transaction.gasPrice;
        return frame.returndataSize;
    }

    /// @dev BLOCKHASH, COINBASE, TIMESTAMP, NUMBER, PREVRANDAO, GASLIMIT, CHAINID, BASEFEE, BLOBHASH, BLOBBASEFEE.
    function _block(
        uint256 opcode,
        Environment memory env,
        uint256 operand,
        State memory state,
        Witness calldata opened
    ) private pure returns (uint256) {
        if (opcode == 0x41) return uint160(env.coinbase);
        if (opcode == 0x42) return env.timestamp;
        if (opcode == 0x43) return env.number;
        if (opcode == 0x44) return uint256(env.prevRandao);
        if (opcode == 0x45) return env.gasLimit;
        if (opcode == 0x46) return env.chainId;
        if (opcode == 0x48) return env.baseFee;
        if (opcode == 0x4a) return env.blobBaseFee;
        // No L2 transaction carries blobs.
        if (opcode == 0x49) return 0;
        bool isKnown = operand < env.number && env.number - operand <= BLOCK_HASHES;
        return isKnown ? uint256(RingTree.read(state.machine.ring, operand, opened.ring)) : 0;
    }

    /// @dev BALANCE, EXTCODESIZE, EXTCODEHASH.
    function _account(uint256 opcode, State memory state, address who, Witness calldata opened)
        private
        pure
        returns (uint256)
    {
        Pool memory pool = NodePool.loadJoined(opened.nodes);
        Access.chargeAccount(pool, state, who);
        Account memory account = Accounts.read(pool, state.machine.stateRoot, who);
        if (opcode == 0x31) return account.balance;
        if (opcode == 0x3f) return Accounts.isEmpty(account) ? 0 : uint256(account.codeHash);
        return Witnesses.openData(opened, account.codeHash).length;
    }

    /// @dev CALLDATALOAD. Zeros follow the calldata, which need not be opened for a read past its end.
    function _calldataWord(Frame memory frame, uint256 offset, Witness calldata opened) private pure returns (uint256) {
        if (offset >= frame.calldataSize) return 0;
        bytes memory data = Witnesses.openData(opened, frame.calldataHash);
        uint256 word;
        // Reads a word that begins inside of the data. The bytes behind its end are dropped below.
        assembly ("memory-safe") {
            word := mload(add(add(data, 0x20), offset))
        }
        uint256 held = data.length - offset;
        if (held >= 32) return word;
        uint256 surplus = 8 * (32 - held);
        return (word >> surplus) << surplus;
    }
}
