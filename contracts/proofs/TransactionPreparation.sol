// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITransactionPreparation} from "../interfaces/ITransactionPreparation.sol";
import {Access} from "../libraries/Access.sol";
import {Account, Accounts} from "../libraries/Accounts.sol";
import {Callee} from "../libraries/Callee.sol";
import {Delegation} from "../libraries/Delegation.sol";
import {Forks} from "../libraries/Forks.sol";
import {Frames} from "../libraries/Frames.sol";
import {Hashing} from "../libraries/Hashing.sol";
import {NodePool, Pool} from "../libraries/NodePool.sol";
import {Scratch} from "../libraries/Scratch.sol";
import {Witnesses} from "../libraries/Witnesses.sol";
import {Environment, Frame, FrameKind, Machine, Phase, State, Transaction} from "../types/Machine.sol";
import {Witness} from "../types/Witness.sol";

/// @title Prepares a transaction: looks at its sender's code, takes its authorisations, warms its access list, and opens its top frame.
contract TransactionPreparation is ITransactionPreparation {
    /// @notice The transaction has too little gas for the step to tell an invalid signature from a lack of gas.
    error GasTooLow(uint256 actual, uint256 expected);

    uint256 private constant ACCESS_WORDS = 4;
    uint256 private constant AUTHORIZATION_WORDS = 7;
    /// @dev EIP-7702: what an authorisation costs more for an account that is there already.
    uint256 private constant AUTHORIZATION_REFUND = 12_500;
    /// @dev Many times the gas that ecrecover needs of the 63/64 it gets.
    uint256 private constant MIN_GAS = 100_000;

    /// @inheritdoc ITransactionPreparation
    function step(Machine memory machine, Transaction memory transaction, bytes calldata witness)
        external
        view
        returns (Machine memory)
    {
        Witness calldata opened = Witnesses.decode(witness);
        Pool memory pool = NodePool.loadJoined(opened.nodes);
        bool isSkipped = false;
        if (transaction.phase == Phase.SENDER) {
            isSkipped = !_admit(pool, machine, transaction, opened);
        } else if (transaction.phase == Phase.PREPARE) {
            // The tag of the hash tells the two kinds of entries apart. The number of words says which one to try.
            if (opened.chain.length == AUTHORIZATION_WORDS) _authorize(pool, machine, transaction, opened);
            else _warm(pool, machine, transaction, Forks.look(opened, machine.env), opened.chain);
            transaction.phase = Phase.afterSender(transaction.pending);
        } else {
            _open(pool, machine, transaction, opened);
        }
        machine.transaction = isSkipped ? bytes32(0) : Witnesses.hash(transaction);
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

    /// @dev Lets the transaction go on if its sender's code is a designator (EIP-3607, EIP-7702). Else L2 skips it, as if it had bought nothing.
    function _admit(Pool memory pool, Machine memory machine, Transaction memory transaction, Witness calldata opened)
        private
        pure
        returns (bool isDesignator)
    {
        Account memory sender = Accounts.read(pool, machine.stateRoot, transaction.origin);
        (isDesignator,) = Callee.delegate(opened, sender.codeHash, Forks.opened(Forks.look(opened, machine.env)));
        if (isDesignator) {
            transaction.gasLeft = 0;
            transaction.phase = Phase.afterSender(transaction.pending);
        } else {
            --sender.nonce;
            sender.balance += transaction.gasLimit * transaction.gasPrice + transaction.dataFee;
            machine.stateRoot = Accounts.write(pool, machine.stateRoot, transaction.origin, sender);
            machine.budget += transaction.gasLeft;
            machine.frame = 0;
        }
    }

    /// @dev Takes the outermost authorisation (EIP-7702). One that does not hold is passed over.
    function _authorize(
        Pool memory pool,
        Machine memory machine,
        Transaction memory transaction,
        Witness calldata opened
    ) private view {
        bytes32[] calldata chain = opened.chain;
        Witnesses.checkChain(Hashing.AUTHORIZATION, chain, AUTHORIZATION_WORDS, transaction.pending);
        transaction.pending = chain[0];
        Environment memory env = Witnesses.openEnvironment(opened, machine.env);
        if (chain[1] != 0 && uint256(chain[1]) != env.chainId) return;
        uint256 nonce = uint256(chain[3]);
        if (nonce == Frames.MAX_NONCE) return;
        address delegate = Access.toAddress(uint256(chain[2]));
        address authority = _recover(chain, delegate, nonce);
        if (authority == address(0)) return;

        Scratch.warm(pool, transaction, env.fork, authority);
        Account memory account = Accounts.read(pool, machine.stateRoot, authority);
        if (account.codeHash != Frames.EMPTY_HASH) {
            (bool isDesignator,) = Callee.delegate(opened, account.codeHash, env.fork);
            if (!isDesignator) return;
        }
        if (account.nonce != nonce) return;
        if (!Accounts.isEmpty(account)) transaction.refund += AUTHORIZATION_REFUND;
        ++account.nonce;
        account.codeHash = delegate == address(0) ? Frames.EMPTY_HASH : Delegation.codeHash(delegate);
        machine.stateRoot = Accounts.write(pool, machine.stateRoot, authority, account);
    }

    function _recover(bytes32[] calldata chain, address delegate, uint256 nonce) private view returns (address) {
        if (gasleft() < MIN_GAS) revert GasTooLow(gasleft(), MIN_GAS);
        return Delegation.authority(
            uint256(chain[1]), delegate, nonce, uint256(chain[4]), uint256(chain[5]), uint256(chain[6])
        );
    }

    /// @dev The hash of the code that the top frame runs: that at its target, or that of the delegate, which is warm from then on.
    function _look(Pool memory pool, State memory state, bytes32 codeHash, Witness calldata opened)
        private
        pure
        returns (bytes32)
    {
        (bool isDelegated, address delegate) = Callee.delegate(opened, codeHash, Forks.opened(state.fork));
        if (!isDelegated) return codeHash;
        Scratch.warm(pool, state.transaction, state.fork, delegate);
        return Callee.codeHash(pool, state, delegate);
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
            if (codeHash != Frames.EMPTY_HASH) codeHash = _look(pool, state, codeHash, opened);
            Frames.guard(state, frame);
            Frames.aim(frame, state.fork, frame.self, codeHash);
            machine.stateRoot = Accounts.transfer(pool, machine.stateRoot, frame.caller, frame.self, frame.value);
        }
        transaction.phase = Phase.EXECUTE;
        machine.frame = Witnesses.hash(frame);
    }
}
