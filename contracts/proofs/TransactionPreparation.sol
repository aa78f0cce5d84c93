// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITransactionPreparation} from "../interfaces/ITransactionPreparation.sol";
import {Access} from "../libraries/Access.sol";
import {Account, Accounts} from "../libraries/Accounts.sol";
import {Callee} from "../libraries/Callee.sol";
import {Forks} from "../libraries/Forks.sol";
import {Frames} from "../libraries/Frames.sol";
import {Hashing} from "../libraries/Hashing.sol";
import {NodePool, Pool} from "../libraries/NodePool.sol";
import {Scratch} from "../libraries/Scratch.sol";
import {Witnesses} from "../libraries/Witnesses.sol";
import {Frame, FrameKind, Machine, Phase, State, Transaction} from "../types/Machine.sol";
import {Witness} from "../types/Witness.sol";

/// @title Prepares a transaction: warms its access list, and opens its top frame.
contract TransactionPreparation is ITransactionPreparation {
    uint256 private constant ACCESS_WORDS = 4;

    /// @inheritdoc ITransactionPreparation
    function step(Machine memory machine, Transaction memory transaction, bytes calldata witness)
        external
        pure
        returns (Machine memory)
    {
        Witness calldata opened = Witnesses.decode(witness);
        Pool memory pool = NodePool.loadJoined(opened.nodes);
        if (transaction.phase == Phase.PREPARE) {
            _warm(pool, machine, transaction, Forks.look(opened, machine.env), opened.chain);
            if (transaction.pending == 0) transaction.phase = Phase.OPEN;
        } else {
            _open(pool, machine, transaction, opened);
        }
        machine.transaction = Witnesses.hash(transaction);
        return machine;
    }

    /// @dev Warms the outermost entry of the access list.
    function _warm(
        Pool memory pool,
        Machine memory machine,
        Transaction memory transaction,
        uint256 fork,
        bytes32[] calldata chain
    ) private pure {
        Witnesses.checkChain(Hashing.ACCESS, chain, ACCESS_WORDS, transaction.pending);
        address who = Access.toAddress(uint256(chain[1]));
        uint256 slot = uint256(chain[3]);
        if (chain[2] == 0) {
            Scratch.warm(pool, transaction, fork, who);
        } else {
            (bool isWarm,) = Scratch.readSlot(pool, transaction, who, slot);
            if (!isWarm) {
                Account memory account = Accounts.read(pool, machine.stateRoot, who);
                Scratch.warmSlot(pool, transaction, who, slot, Accounts.readSlot(pool, account.storageRoot, slot));
            }
        }
        transaction.pending = chain[0];
    }

    /// @dev Opens the top frame. A creation that collides ends before it has one.
    function _open(Pool memory pool, Machine memory machine, Transaction memory transaction, Witness calldata opened)
        private
        pure
    {
        State memory state;
        state.machine = machine;
        state.transaction = transaction;
        state.fork = Forks.look(opened, machine.env);
        Frame memory frame = Witnesses.openFrame(opened, machine.frame);
        if (frame.kind == FrameKind.CREATE) {
            if (Frames.collides(Accounts.read(pool, machine.stateRoot, frame.self))) {
                transaction.phase = Phase.END;
                machine.frame = 0;
                return;
            }
            Frames.guard(state, frame);
            Frames.create(pool, state, frame);
        } else {
            bytes32 codeHash = Callee.codeHash(pool, state, frame.self);
            if (codeHash != Frames.EMPTY_HASH) codeHash = Callee.look(opened, codeHash);
            Frames.guard(state, frame);
            Frames.aim(frame, state.fork, frame.self, codeHash);
            machine.stateRoot = Accounts.transfer(pool, machine.stateRoot, frame.caller, frame.self, frame.value);
        }
        transaction.phase = Phase.EXECUTE;
        machine.frame = Witnesses.hash(frame);
    }
}
