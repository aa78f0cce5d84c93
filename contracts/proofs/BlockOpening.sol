// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBlockOpening} from "../interfaces/IBlockOpening.sol";
import {Account, Accounts} from "../libraries/Accounts.sol";
import {Forks} from "../libraries/Forks.sol";
import {NodePool, Pool} from "../libraries/NodePool.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {RingTree} from "../libraries/RingTree.sol";
import {Witnesses} from "../libraries/Witnesses.sol";
import {Environment, Machine, Phase, Transaction} from "../types/Machine.sol";
import {Witness} from "../types/Witness.sol";

/// @title Writes what a new block tells: L1's block into L1Block, and the hash of the block before into EIP-2935's contract.
/// @dev No code runs. An account without code is left alone.
contract BlockOpening is IBlockOpening {
    /// @dev Slots of L1Block, as the OP Stack lays them out.
    uint256 private constant NUMBER_AND_TIMESTAMP = 0;
    uint256 private constant BASE_FEE = 1;
    uint256 private constant HASH = 2;
    uint256 private constant SEQUENCE_AND_SCALARS = 3;
    uint256 private constant BLOB_BASE_FEE = 7;

    /// @dev EIP-2935: how many hashes its contract keeps.
    uint256 private constant HISTORY_WINDOW = 8191;

    /// @inheritdoc IBlockOpening
    function step(Machine memory machine, Transaction memory transaction, bytes calldata witness)
        external
        pure
        returns (Machine memory)
    {
        Witness calldata opened = Witnesses.decode(witness);
        Pool memory pool = NodePool.loadJoined(opened.nodes);
        Environment memory env = Witnesses.openEnvironment(opened, machine.env);
        _tell(pool, machine, env);
        if (env.fork >= Forks.PRAGUE) _remember(pool, machine, env.number - 1, opened.ring);
        transaction.phase = Phase.afterBlock(transaction);
        // Every transaction has a gas limit.
        machine.transaction = transaction.gasLimit == 0 ? bytes32(0) : Witnesses.hash(transaction);
        return machine;
    }

    /// @dev The first block of a batch writes all words of L1Block, and a later one the sequence number alone: the others stay the same.
    function _tell(Pool memory pool, Machine memory machine, Environment memory env) private pure {
        Account memory account = Accounts.read(pool, machine.stateRoot, Predeploys.L1_BLOCK);
        if (account.codeHash == Accounts.EMPTY_CODE) return;
        bytes32 root = account.storageRoot;
        if (env.sequenceNumber == 0) {
            root = Accounts.writeSlot(pool, root, NUMBER_AND_TIMESTAMP, env.l1Timestamp << 64 | env.l1Block);
            root = Accounts.writeSlot(pool, root, BASE_FEE, env.l1BaseFee);
            root = Accounts.writeSlot(pool, root, HASH, uint256(env.l1ParentHash));
            root = Accounts.writeSlot(pool, root, BLOB_BASE_FEE, env.l1BlobBaseFee);
        }
        uint256 packed = env.baseFeeScalar << 96 | env.blobBaseFeeScalar << 64 | env.sequenceNumber;
        account.storageRoot = Accounts.writeSlot(pool, root, SEQUENCE_AND_SCALARS, packed);
        machine.stateRoot = Accounts.write(pool, machine.stateRoot, Predeploys.L1_BLOCK, account);
    }

    /// @dev Keeps the hash of the block `number`, which the ring holds, too.
    function _remember(Pool memory pool, Machine memory machine, uint256 number, bytes32[] calldata ring) private pure {
        Account memory account = Accounts.read(pool, machine.stateRoot, Predeploys.HISTORY);
        if (account.codeHash == Accounts.EMPTY_CODE) return;
        uint256 blockHash = uint256(RingTree.read(machine.ring, number, ring));
        account.storageRoot = Accounts.writeSlot(pool, account.storageRoot, number % HISTORY_WINDOW, blockHash);
        machine.stateRoot = Accounts.write(pool, machine.stateRoot, Predeploys.HISTORY, account);
    }
}
