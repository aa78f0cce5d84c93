// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Environment, Frame, FrameKind, Machine, Phase, Transaction} from "../types/Machine.sol";
import {Account, Accounts} from "./Accounts.sol";
import {DataFee} from "./DataFee.sol";
import {Forks} from "./Forks.sol";
import {Frames} from "./Frames.sol";
import {Metering} from "./Metering.sol";
import {Pool} from "./NodePool.sol";
import {Patricia} from "./Patricia.sol";
import {Scratch} from "./Scratch.sol";
import {SignedTransaction, TransactionCodec} from "./TransactionCodec.sol";
import {Witnesses} from "./Witnesses.sol";

/// @title The first step of a transaction: it validates or skips it, and takes its price.
library TransactionStart {
    /// @dev What a signed transaction and a deposit have in common.
    struct Message {
        address sender;
        bool isCreation;
        address to;
        uint256 value;
        bytes data;
        uint256 gasLimit;
        uint256 intrinsicGas;
        uint256 floor;
        uint256 gasPrice;
        uint256 tip;
        uint256 dataFee;
        bytes32 pending;
        /// Gas that a skip gives back to the budget.
        uint256 taken;
        /// The sender has code. If that is no designator, L2 skips the transaction in the next step (rule 10).
        bool hasCode;
        /// Whether the same input has opened a block, whose words are to be written first.
        bool opensBlock;
    }

    /// @notice Reads the transaction whose bytes are `raw`. `sender` is zero unless it is a transaction of this chain with a good signature.
    /// @dev Rules 1 to 3 of contracts/SPEC.md, in their order.
    function read(Environment memory env, bytes memory raw)
        internal
        pure
        returns (SignedTransaction memory signed, address sender)
    {
        bool valid = false;
        if (raw.length <= TransactionCodec.MAX_SIZE) (valid, signed) = TransactionCodec.decode(raw);
        if (!valid || (uint8(raw[0]) == TransactionCodec.SET_CODE && env.fork < Forks.PRAGUE)) {
            return (signed, address(0));
        }
        if (!signed.isUnprotected && signed.chainId != env.chainId) return (signed, address(0));
        sender = TransactionCodec.recover(signed);
        signed.dataFee = DataFee.price(env, raw);
    }

    /// @notice Starts a transaction that was read. Changes nothing if it is invalid, or if its gas limit is above `declared`.
    /// `taken` is the gas that it takes from the budget. The sender's code is a matter of the next step, if there is any.
    /// @dev The rules have the order of contracts/SPEC.md, which Python's validate() mirrors.
    function transact(
        Pool memory pool,
        Machine memory machine,
        Environment memory env,
        SignedTransaction memory signed,
        address signer,
        uint256 declared,
        uint256 taken,
        bool opensBlock
    ) internal pure {
        Message memory message;
        message.sender = signer;
        if (message.sender == address(0)) return;
        if (signed.gasLimit > env.gasLimit || signed.gasLimit > declared) return;
        if (signed.maxFee < env.baseFee || signed.maxPriorityFee > signed.maxFee) return;
        if (signed.isCreation && signed.data.length > Metering.MAX_RANGE) return;
        message.intrinsicGas = TransactionCodec.intrinsicGas(signed.data, signed.isCreation) + signed.pendingGas;
        message.floor = TransactionCodec.floorGas(env.fork, signed.data);
        if (signed.gasLimit < message.intrinsicGas || signed.gasLimit < message.floor) return;

        Account memory sender = Accounts.read(pool, machine.stateRoot, message.sender);
        if (sender.nonce != signed.nonce || sender.nonce == Frames.MAX_NONCE) return;
        if (!_covers(sender.balance, signed)) return;

        uint256 margin = signed.maxFee - env.baseFee;
        message.tip = signed.maxPriorityFee < margin ? signed.maxPriorityFee : margin;
        message.gasPrice = env.baseFee + message.tip;
        message.isCreation = signed.isCreation;
        message.to = signed.to;
        message.value = signed.value;
        message.data = signed.data;
        message.gasLimit = signed.gasLimit;
        message.taken = taken;
        message.opensBlock = opensBlock;
        message.hasCode = sender.codeHash != Frames.EMPTY_HASH;
        message.pending = signed.pending;
        message.dataFee = signed.dataFee;
        // Cannot underflow: the price is at most maxFee.
        sender.balance -= signed.gasLimit * message.gasPrice + signed.dataFee;
        _start(pool, machine, env, message, sender, true);
    }

    /// @notice Starts a deposit. It mints first, and never fails.
    function deposit(
        Pool memory pool,
        Machine memory machine,
        Environment memory env,
        Message memory message,
        uint256 mint
    ) internal pure {
        Account memory sender = Accounts.read(pool, machine.stateRoot, message.sender);
        sender.balance += mint;
        bool covered = sender.balance >= message.value && message.gasLimit >= message.intrinsicGas;
        // INVARIANT: a deposit that a later fork finds too small can still be proven: it ends without a frame, and uses what it has.
        if (message.gasLimit < message.floor) (covered, message.floor) = (false, message.gasLimit);
        _start(pool, machine, env, message, sender, covered);
    }

    /// @dev Whether balance >= gasLimit * maxFee + value + dataFee, in full precision. The gas limit covers the intrinsic gas, so it is not 0.
    function _covers(uint256 balance, SignedTransaction memory signed) private pure returns (bool) {
        if (signed.maxFee > balance / signed.gasLimit) return false;
        balance -= signed.gasLimit * signed.maxFee;
        return balance >= signed.value && balance - signed.value >= signed.dataFee;
    }

    /// @dev The part from the nonce bump to the warm addresses. If not `covered`, the transaction ends without a frame.
    function _start(
        Pool memory pool,
        Machine memory machine,
        Environment memory env,
        Message memory message,
        Account memory sender,
        bool covered
    ) private pure {
        address target = message.isCreation ? Frames.createAddress(message.sender, sender.nonce) : message.to;
        if (sender.nonce != Frames.MAX_NONCE) ++sender.nonce;
        machine.stateRoot = Accounts.write(pool, machine.stateRoot, message.sender, sender);

        Transaction memory transaction;
        transaction.pending = message.pending;
        if (message.hasCode) (transaction.phase, transaction.gasLeft) = (Phase.SENDER, message.taken);
        else transaction.phase = Phase.afterSender(message.pending);
        if (message.opensBlock) transaction.phase = Phase.BLOCK;
        transaction.origin = message.sender;
        transaction.gasPrice = message.gasPrice;
        transaction.tip = message.tip;
        transaction.gasLimit = message.gasLimit;
        transaction.scratchRoot = Patricia.EMPTY_ROOT;
        transaction.floor = message.floor;
        transaction.dataFee = message.dataFee;
        Scratch.warm(pool, transaction, env.fork, message.sender);
        Scratch.warm(pool, transaction, env.fork, env.coinbase);
        Scratch.warm(pool, transaction, env.fork, target);
        if (covered) machine.frame = Witnesses.hash(_topFrame(message, target));
        else transaction.phase = Phase.END;
        machine.transaction = Witnesses.hash(transaction);
    }

    /// @dev The top frame before it is opened. The step that opens it sets what it restores, and its code unless that is initcode.
    function _topFrame(Message memory message, address target) private pure returns (Frame memory frame) {
        frame = Frames.blank();
        frame.self = target;
        frame.caller = message.sender;
        frame.value = message.value;
        frame.gas = message.gasLimit - message.intrinsicGas;
        bytes32 dataHash = keccak256(message.data);
        if (message.isCreation) {
            frame.kind = FrameKind.CREATE;
            frame.codeHash = dataHash;
        } else {
            frame.calldataHash = dataHash;
            frame.calldataSize = message.data.length;
        }
    }
}
