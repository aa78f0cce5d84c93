// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITransactionEnd} from "../interfaces/ITransactionEnd.sol";
import {Access} from "../libraries/Access.sol";
import {Account, Accounts} from "../libraries/Accounts.sol";
import {Hashing} from "../libraries/Hashing.sol";
import {NodePool, Pool} from "../libraries/NodePool.sol";
import {Scratch} from "../libraries/Scratch.sol";
import {Witnesses} from "../libraries/Witnesses.sol";
import {Machine, Phase, Transaction} from "../types/Machine.sol";
import {Witness} from "../types/Witness.sol";

/// @title The access list, the fees and the destruction of accounts.
contract TransactionEnd is ITransactionEnd {
    /// @dev EIP-3529: the refund is at most a fifth of the gas used.
    uint256 private constant REFUND_QUOTIENT = 5;
    uint256 private constant ACCESS_WORDS = 4;
    uint256 private constant DESTROYED_WORDS = 2;

    /// @inheritdoc ITransactionEnd
    function step(Machine memory machine, Transaction memory transaction, bytes calldata witness)
        external
        pure
        returns (Machine memory)
    {
        Witness calldata opened = Witnesses.decode(witness);
        Pool memory pool = NodePool.loadJoined(opened.nodes);
        bool isOver = false;
        if (transaction.phase == Phase.ACCESS) {
            _warm(pool, machine, transaction, opened.chain);
        } else if (transaction.phase == Phase.END) {
            _pay(pool, machine, transaction, Witnesses.openEnvironment(opened, machine.env).coinbase);
            isOver = transaction.destroyed == 0;
        } else {
            _destroy(pool, machine, transaction, opened.chain);
            isOver = transaction.destroyed == 0;
        }
        machine.transaction = isOver ? bytes32(0) : Witnesses.hash(transaction);
        return machine;
    }

    /// @dev Warms the outermost entry of the access list.
    function _warm(Pool memory pool, Machine memory machine, Transaction memory transaction, bytes32[] calldata chain)
        private
        pure
    {
        _checkChain(Hashing.ACCESS, chain, ACCESS_WORDS, transaction.access);
        address who = Access.toAddress(uint256(chain[1]));
        uint256 slot = uint256(chain[3]);
        if (chain[2] == 0) {
            Scratch.warm(pool, transaction, who);
        } else {
            (bool isWarm,) = Scratch.readSlot(pool, transaction, who, slot);
            if (!isWarm) {
                Account memory account = Accounts.read(pool, machine.stateRoot, who);
                Scratch.warmSlot(pool, transaction, who, slot, Accounts.readSlot(pool, account.storageRoot, slot));
            }
        }
        transaction.access = chain[0];
        if (transaction.access == 0) transaction.phase = Phase.EXECUTE;
    }

    /// @dev Returns the unused gas to the sender at the price paid, and pays the coinbase. The base fee is burnt.
    function _pay(Pool memory pool, Machine memory machine, Transaction memory transaction, address coinbase)
        private
        pure
    {
        uint256 used = transaction.gasLimit - transaction.gasLeft;
        uint256 refund = used / REFUND_QUOTIENT;
        if (transaction.refund < refund) refund = transaction.refund;
        used -= refund;
        uint256 unused = transaction.gasLimit - used;
        bytes32 root = Accounts.credit(pool, machine.stateRoot, transaction.origin, unused * transaction.gasPrice);
        machine.stateRoot = Accounts.credit(pool, root, coinbase, used * transaction.tip);
        transaction.phase = Phase.DESTROY;
        // The gas left counts, whoever bought it. The budget counts work, and a refund does not undo work.
        machine.budget += transaction.gasLeft;
    }

    /// @dev Deletes the outermost destroyed account, with whatever it has received since.
    function _destroy(
        Pool memory pool,
        Machine memory machine,
        Transaction memory transaction,
        bytes32[] calldata chain
    ) private pure {
        _checkChain(Hashing.DESTROYED, chain, DESTROYED_WORDS, transaction.destroyed);
        machine.stateRoot = Accounts.remove(pool, machine.stateRoot, Access.toAddress(uint256(chain[1])));
        transaction.destroyed = chain[0];
    }

    function _checkChain(uint256 tag, bytes32[] calldata chain, uint256 count, bytes32 expected) private pure {
        if (chain.length != count) revert Witnesses.WrongLength("chain", chain.length, count);
        bytes32 actual = Hashing.hashWords(tag, chain);
        if (actual != expected) revert Witnesses.WrongOpening("chain", actual, expected);
    }
}
