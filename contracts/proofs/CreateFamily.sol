// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IOpcodeFamily} from "../interfaces/IOpcodeFamily.sol";
import {Access} from "../libraries/Access.sol";
import {Account, Accounts} from "../libraries/Accounts.sol";
import {Frames} from "../libraries/Frames.sol";
import {Hashing} from "../libraries/Hashing.sol";
import {MemoryTree} from "../libraries/MemoryTree.sol";
import {Metering} from "../libraries/Metering.sol";
import {NodePool, Pool} from "../libraries/NodePool.sol";
import {Scratch} from "../libraries/Scratch.sol";
import {Witnesses} from "../libraries/Witnesses.sol";
import {Ending, Frame, State} from "../types/Machine.sol";
import {Witness} from "../types/Witness.sol";

/// @title CREATE, CREATE2, SELFDESTRUCT.
contract CreateFamily is IOpcodeFamily {
    uint256 private constant CREATE2 = 0xf5;
    uint256 private constant SELFDESTRUCT = 0xff;

    uint256 private constant CREATE_GAS = 32_000;
    /// @dev EIP-3860.
    uint256 private constant INITCODE_WORD_GAS = 2;
    uint256 private constant KECCAK_WORD_GAS = 6;
    uint256 private constant SELFDESTRUCT_GAS = 5000;
    uint256 private constant NEW_ACCOUNT_GAS = 25_000;

    /// @inheritdoc IOpcodeFamily
    function step(uint256 opcode, State memory state, uint256[] memory operands, bytes calldata witness)
        external
        pure
        returns (State memory, uint256[] memory results, Ending ending, bytes memory output)
    {
        Witness calldata opened = Witnesses.decode(witness);
        Pool memory pool = NodePool.loadJoined(opened.nodes);
        if (opcode == SELFDESTRUCT) {
            _destroy(pool, state, Access.toAddress(operands[0]));
            ending = Ending.SUCCESS;
        } else if (!_create(opcode, pool, state, operands, opened)) {
            results = new uint256[](1);
        }
        return (state, results, ending, output);
    }

    /// @dev Opens the frame of the initcode. Returns false if the create failed without a frame.
    function _create(
        uint256 opcode,
        Pool memory pool,
        State memory state,
        uint256[] memory operands,
        Witness calldata opened
    ) private pure returns (bool) {
        Frame memory frame = state.frame;
        (uint256 value, uint256 offset, uint256 size) = (operands[0], operands[1], operands[2]);
        // The bound of a range is EIP-3860's bound of initcode.
        Metering.chargeRange(frame, offset, size);
        uint256 wordGas = opcode == CREATE2 ? INITCODE_WORD_GAS + KECCAK_WORD_GAS : INITCODE_WORD_GAS;
        Metering.charge(frame, CREATE_GAS + wordGas * Metering.wordsOf(size));
        frame.returndataHash = Frames.EMPTY_HASH;
        frame.returndataSize = 0;

        Account memory creator = Accounts.read(pool, state.machine.stateRoot, frame.self);
        if (frame.depth >= Frames.MAX_DEPTH || creator.balance < value || creator.nonce >= Frames.MAX_NONCE) {
            return false;
        }

        bytes32 codeHash = Frames.EMPTY_HASH;
        if (size != 0) codeHash = keccak256(MemoryTree.read(frame.memoryRoot, offset, size, opened.read));
        address created = opcode == CREATE2
            ? _create2Address(frame.self, operands[3], codeHash)
            : Frames.createAddress(frame.self, creator.nonce);
        ++creator.nonce;
        state.machine.stateRoot = Accounts.write(pool, state.machine.stateRoot, frame.self, creator);
        Scratch.warm(pool, state.transaction, state.fork, created);
        uint256 gas = frame.gas - frame.gas / 64;
        frame.gas -= gas;
        // After a collision the nonce and the warm address stay, and the gas is lost.
        if (Frames.collides(Accounts.read(pool, state.machine.stateRoot, created))) return false;

        Frame memory callee = Frames.blank();
        Frames.guard(state, callee);
        callee.self = created;
        callee.caller = frame.self;
        callee.value = value;
        callee.codeHash = codeHash;
        callee.gas = gas;
        callee.depth = frame.depth + 1;
        callee.parent = Witnesses.hash(frame);
        Frames.create(pool, state, callee);
        state.frame = callee;
        return true;
    }

    /// @dev EIP-6780: the balance always moves. The account is deleted only at the end of the transaction that created it.
    function _destroy(Pool memory pool, State memory state, address heir) private pure {
        address self = state.frame.self;
        Metering.charge(state.frame, SELFDESTRUCT_GAS);
        // Unlike elsewhere, a warm address costs nothing here (EIP-2929).
        if (Scratch.warm(pool, state.transaction, state.fork, heir)) {
            Metering.charge(state.frame, Access.COLD_ACCOUNT_GAS);
        }
        bytes32 root = state.machine.stateRoot;
        uint256 balance = Accounts.read(pool, root, self).balance;
        if (balance != 0 && Accounts.isEmpty(Accounts.read(pool, root, heir))) {
            Metering.charge(state.frame, NEW_ACCOUNT_GAS);
        }
        bool isCreated = Scratch.isCreated(pool, state.transaction, self);
        // An account that names itself keeps its balance. If it is also to be deleted, the balance is burnt.
        if (heir != self || !isCreated) root = Accounts.transfer(pool, root, self, heir, balance);
        else root = Accounts.debit(pool, root, self, balance);
        state.machine.stateRoot = root;
        if (isCreated) {
            state.transaction.destroyed =
                Hashing.hashPair(Hashing.DESTROYED, state.transaction.destroyed, bytes32(uint256(uint160(self))));
        }
    }

    /// @dev EIP-1014.
    function _create2Address(address creator, uint256 salt, bytes32 codeHash) private pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), creator, salt, codeHash)))));
    }
}
