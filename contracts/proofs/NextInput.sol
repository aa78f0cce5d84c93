// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDelayedInbox} from "../interfaces/IDelayedInbox.sol";
import {INextInput} from "../interfaces/INextInput.sol";
import {ISequencerInbox} from "../interfaces/ISequencerInbox.sol";
import {Forks} from "../libraries/Forks.sol";
import {Hashing} from "../libraries/Hashing.sol";
import {NodePool} from "../libraries/NodePool.sol";
import {RingTree} from "../libraries/RingTree.sol";
import {SignedTransaction, TransactionCodec} from "../libraries/TransactionCodec.sol";
import {TransactionStart} from "../libraries/TransactionStart.sol";
import {Witnesses} from "../libraries/Witnesses.sol";
import {Batch} from "../types/Batch.sol";
import {Environment, Machine, Transaction} from "../types/Machine.sol";
import {Witness} from "../types/Witness.sol";

/// @title Derivation of one input from the bytes that were really posted.
contract NextInput is INextInput {
    /// @notice The transaction has too little gas for the step to tell an invalid signature from a lack of gas.
    error GasTooLow(uint256 actual, uint256 expected);

    /// @dev Of a batch. What follows is ignored.
    uint256 private constant MAX_ITEMS = 511;
    uint256 private constant BATCH_WORDS = 11;
    uint256 private constant DELAYED_WORDS = 6;

    uint256 private constant DEPOSIT = 0;
    uint256 private constant SIGNED = 1;
    /// @dev isCreation(1), to(20), mint(32), value(32), gasLimit(8). The data follows.
    uint256 private constant DEPOSIT_HEAD = 93;

    /// @dev Many times the gas at which 63/64 of it covers ecrecover.
    uint256 private constant MIN_GAS = 100_000;

    ISequencerInbox private immutable SEQUENCER_INBOX;
    IDelayedInbox private immutable DELAYED_INBOX;

    constructor(ISequencerInbox sequencerInbox, IDelayedInbox delayedInbox) {
        SEQUENCER_INBOX = sequencerInbox;
        DELAYED_INBOX = delayedInbox;
    }

    /// @inheritdoc INextInput
    function step(Machine memory machine, bytes calldata witness) external view returns (Machine memory) {
        Witness calldata opened = Witnesses.decode(witness);
        Batch memory batch = _openBatch(machine.batch, opened);
        Environment memory env = Witnesses.openEnvironment(opened, machine.env);
        if (machine.opened == 0) {
            // This comes before the new block: env.l1Block is still the L1 block for which the budget was last filled.
            machine.budget = _min(env.gasCap, machine.budget + env.gasPerBlock * (batch.l1Block - env.l1Block));
            _nextBlock(machine, env, batch, env.timestamp, opened);
            machine.opened = 1;
            machine.transaction = _blockAlone();
        } else if (machine.delayed < batch.delayedCount) {
            _takeMessage(machine, env, opened);
        } else {
            _takeItem(machine, env, batch, opened);
        }
        // INVARIANT: the cursor of an idle machine never stands at the end of a batch, so equal places have equal hashes.
        bool isTaken =
            machine.delayed == batch.delayedCount && (machine.offset == batch.length || machine.items == MAX_ITEMS);
        if (isTaken) {
            ++machine.batch;
            machine.opened = 0;
            machine.offset = 0;
            machine.items = 0;
        }
        return machine;
    }

    function _openBatch(uint256 index, Witness calldata opened) private view returns (Batch memory batch) {
        bytes32[] calldata words = opened.input;
        if (words.length < BATCH_WORDS) revert Witnesses.WrongLength("input", words.length, BATCH_WORDS);
        bytes32 expected = SEQUENCER_INBOX.batchHash(index);
        _checkInput(Hashing.BATCH, index, words[:BATCH_WORDS], expected);
        batch.dataHash = words[0];
        batch.length = uint256(words[1]);
        batch.minTimestamp = uint256(words[2]);
        batch.maxTimestamp = uint256(words[3]);
        batch.l1Block = uint256(words[4]);
        batch.delayedCount = uint256(words[5]);
        batch.fork = uint256(words[6]);
        // INVARIANT: no prover runs a batch by the rules of another fork. One that does not know the fork proves nothing about it.
        if (batch.fork > Forks.NEWEST) revert Forks.UnknownFork(batch.fork, Forks.NEWEST);
        batch.l1BaseFee = uint256(words[7]);
        batch.l1Timestamp = uint256(words[8]);
        batch.l1ParentHash = words[9];
        batch.l1BlobBaseFee = uint256(words[10]);
    }

    /// @dev Takes a delayed message. Its words: kind, sender, l1Block, l1Timestamp, gasLimit, hash of the payload.
    function _takeMessage(Machine memory machine, Environment memory env, Witness calldata opened) private view {
        bytes32[] calldata words = opened.input;
        uint256 expectedLength = BATCH_WORDS + DELAYED_WORDS;
        if (words.length != expectedLength) revert Witnesses.WrongLength("input", words.length, expectedLength);
        words = words[BATCH_WORDS:];
        uint256 index = machine.delayed++;
        _checkInput(Hashing.DELAYED, index, words, DELAYED_INBOX.messageHash(index));
        bytes memory payload = Witnesses.openData(opened, words[5]);
        uint256 kind = uint256(words[0]);
        if (kind == SIGNED) {
            (SignedTransaction memory signed, address sender) = _read(env, payload);
            TransactionStart.transact(
                NodePool.loadJoined(opened.nodes), machine, env, signed, sender, uint256(words[4]), 0, false
            );
        } else if (kind == DEPOSIT && payload.length >= DEPOSIT_HEAD && uint8(payload[0]) <= 1) {
            // The cast keeps the address: the inbox wrote it.
            _deposit(machine, env, address(uint160(uint256(words[1]))), opened);
        }
    }

    /// @dev Takes an item: 0x00, length(3), raw; or 0x01, timestamp(8), length(3), raw.
    function _takeItem(Machine memory machine, Environment memory env, Batch memory batch, Witness calldata opened)
        private
        view
    {
        bytes calldata data = opened.data;
        bytes32 actual = keccak256(data);
        if (actual != batch.dataHash) revert Witnesses.WrongOpening("data", actual, batch.dataHash);
        bytes calldata item = data[machine.offset:];
        uint256 kind = uint8(item[0]);
        uint256 head = kind == 0 ? 4 : 12;
        bool isOver = kind > 1 || item.length < head;
        uint256 length = isOver ? 0 : uint24(bytes3(item[head - 3:head]));
        isOver = isOver || length > item.length - head;
        SignedTransaction memory signed;
        address sender;
        // A longer item is no transaction, so it is not even copied.
        if (!isOver && length <= TransactionCodec.MAX_SIZE) {
            (signed, sender) = _read(env, item[head:head + length]);
            // INVARIANT: no order of items makes a node execute more than the budget.
            isOver = sender != address(0) && signed.gasLimit > machine.budget;
        }
        if (isOver) {
            machine.offset = batch.length;
            return;
        }
        machine.offset += head + length;
        ++machine.items;
        if (kind == 1) _nextBlock(machine, env, batch, uint64(bytes8(item[1:9])), opened);
        if (sender != address(0)) {
            TransactionStart.transact(
                NodePool.loadJoined(opened.nodes),
                machine,
                env,
                signed,
                sender,
                env.gasLimit,
                signed.gasLimit,
                kind == 1
            );
        }
        if (machine.transaction != 0) machine.budget -= signed.gasLimit;
        else if (kind == 1) machine.transaction = _blockAlone();
    }

    /// @dev The transaction of an input that opens a block and executes nothing: the block's words are written in its only step.
    function _blockAlone() private pure returns (bytes32) {
        Transaction memory none;
        return Witnesses.hash(none);
    }

    /// @dev Closes the block and opens the next one. Clamps the timestamp to the batch's bounds. It never goes back. The fork is the batch's,
    /// so rules change between batches only. So are the words of L1.
    function _nextBlock(
        Machine memory machine,
        Environment memory env,
        Batch memory batch,
        uint256 timestamp,
        Witness calldata opened
    ) private pure {
        bytes32[] memory words = new bytes32[](3);
        (words[0], words[1], words[2]) = (machine.env, machine.stateRoot, machine.ring);
        bytes32 blockHash = Hashing.hashWords(Hashing.BLOCK, words);
        machine.ring = RingTree.write(machine.ring, env.number, blockHash, opened.ring);
        ++env.number;
        env.timestamp =
            _min(_max(_max(timestamp, batch.minTimestamp), env.timestamp), _max(batch.maxTimestamp, env.timestamp));
        env.prevRandao = Hashing.hashPair(Hashing.RANDAO, batch.dataHash, bytes32(env.number));
        env.l1Block = batch.l1Block;
        env.fork = batch.fork;
        env.l1BaseFee = batch.l1BaseFee;
        env.l1Timestamp = batch.l1Timestamp;
        env.l1ParentHash = batch.l1ParentHash;
        env.l1BlobBaseFee = batch.l1BlobBaseFee;
        env.sequenceNumber = machine.opened == 0 ? 0 : env.sequenceNumber + 1;
        machine.env = Witnesses.hash(env);
    }

    /// @dev A signed transaction and its signer; zero if the bytes alone make L2 skip it.
    function _read(Environment memory env, bytes memory raw)
        private
        view
        returns (SignedTransaction memory signed, address sender)
    {
        if (gasleft() < MIN_GAS) revert GasTooLow(gasleft(), MIN_GAS);
        return TransactionStart.read(env, raw);
    }

    function _deposit(Machine memory machine, Environment memory env, address sender, Witness calldata opened)
        private
        pure
    {
        bytes calldata payload = opened.data;
        TransactionStart.Message memory message;
        message.sender = sender;
        message.isCreation = payload[0] != 0;
        message.to = address(bytes20(payload[1:21]));
        message.value = uint256(bytes32(payload[53:85]));
        message.gasLimit = uint64(bytes8(payload[85:93]));
        message.data = payload[DEPOSIT_HEAD:];
        message.intrinsicGas = TransactionCodec.intrinsicGas(message.data, message.isCreation);
        message.floor = TransactionCodec.floorGas(env.fork, message.data);
        uint256 mint = uint256(bytes32(payload[21:53]));
        TransactionStart.deposit(NodePool.loadJoined(opened.nodes), machine, env, message, mint);
    }

    function _checkInput(uint256 tag, uint256 index, bytes32[] calldata words, bytes32 expected) private pure {
        bytes32[] memory preimage = new bytes32[](words.length + 1);
        preimage[0] = bytes32(index);
        for (uint256 i = 0; i < words.length; ++i) {
            preimage[i + 1] = words[i];
        }
        bytes32 actual = Hashing.hashWords(tag, preimage);
        if (actual != expected) revert Witnesses.WrongOpening("input", actual, expected);
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    function _max(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a : b;
    }
}
