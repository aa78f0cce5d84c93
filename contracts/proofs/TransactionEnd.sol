// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITransactionEnd} from "../interfaces/ITransactionEnd.sol";
import {Access} from "../libraries/Access.sol";
import {Account, Accounts} from "../libraries/Accounts.sol";
import {Hashing} from "../libraries/Hashing.sol";
import {NodePool, Pool} from "../libraries/NodePool.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {Witnesses} from "../libraries/Witnesses.sol";
import {Machine, Phase, Transaction} from "../types/Machine.sol";
import {Witness} from "../types/Witness.sol";

/// @title The fees and the destruction of accounts.
contract TransactionEnd is ITransactionEnd {
    /// @dev EIP-3529: the refund is at most a fifth of the gas used.
    uint256 private constant REFUND_QUOTIENT = 5;
    uint256 private constant DESTROYED_WORDS = 2;

    /// @inheritdoc ITransactionEnd
    function step(Machine memory machine, Transaction memory transaction, bytes calldata witness)
        external
        pure
        returns (Machine memory)
    {
        Witness calldata opened = Witnesses.decode(witness);
        Pool memory pool = NodePool.loadJoined(opened.nodes);
        if (transaction.phase == Phase.END) {
            _pay(pool, machine, transaction, Witnesses.openEnvironment(opened, machine.env).coinbase);
            transaction.phase = transaction.dataFee == 0 ? Phase.DESTROY : Phase.FEE;
        } else if (transaction.phase == Phase.FEE) {
            // The sender paid it when the input was taken.
            machine.stateRoot = Accounts.credit(pool, machine.stateRoot, Predeploys.L1_FEE_VAULT, transaction.dataFee);
            transaction.phase = Phase.DESTROY;
        } else {
            _destroy(pool, machine, transaction, opened.chain);
        }
        bool isDone = transaction.phase == Phase.DESTROY && transaction.destroyed == 0;
        machine.transaction = isDone ? bytes32(0) : Witnesses.hash(transaction);
        return machine;
    }

    /// @dev Returns the unused gas to the sender at what it paid, and pays the coinbase. The base fee is burnt.
    function _pay(Pool memory pool, Machine memory machine, Transaction memory transaction, address coinbase)
        private
        pure
    {
        uint256 used = transaction.gasLimit - transaction.gasLeft;
        uint256 refund = used / REFUND_QUOTIENT;
        if (transaction.refund < refund) refund = transaction.refund;
        used -= refund;
        // Rule 7 of validity: the floor is at most the gas limit.
        if (used < transaction.floor) used = transaction.floor;
        uint256 unused = transaction.gasLimit - used;
        bytes32 root = Accounts.credit(pool, machine.stateRoot, transaction.origin, unused * transaction.gasPrice);
        machine.stateRoot = Accounts.credit(pool, root, coinbase, used * transaction.tip);
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
        Witnesses.checkChain(Hashing.DESTROYED, chain, DESTROYED_WORDS, transaction.destroyed);
        machine.stateRoot = Accounts.remove(pool, machine.stateRoot, Access.toAddress(uint256(chain[1])));
        transaction.destroyed = chain[0];
    }
}
