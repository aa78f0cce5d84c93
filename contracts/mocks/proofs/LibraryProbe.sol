// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DataFee} from "../../libraries/DataFee.sol";
import {MemoryTree} from "../../libraries/MemoryTree.sol";
import {NodePool, Pool} from "../../libraries/NodePool.sol";
import {Opcodes} from "../../libraries/Opcodes.sol";
import {P256} from "../../libraries/P256.sol";
import {Patricia} from "../../libraries/Patricia.sol";
import {PrecompileGas} from "../../libraries/PrecompileGas.sol";
import {RingTree} from "../../libraries/RingTree.sol";
import {SignedTransaction, TransactionCodec} from "../../libraries/TransactionCodec.sol";
import {Environment} from "../../types/Machine.sol";

/// @title The prover's libraries, one call each, for tests.
contract LibraryProbe {
    function trieGet(bytes[] calldata nodes, bytes32 root, bytes32 key) external pure returns (bytes memory) {
        return Patricia.get(NodePool.load(nodes), root, key);
    }

    /// @notice The root after each of several writes to the same pool.
    function trieSet(bytes[] calldata nodes, bytes32 root, bytes32[] calldata keys, bytes[] calldata values)
        external
        pure
        returns (bytes32[] memory roots)
    {
        Pool memory pool = NodePool.load(nodes);
        roots = new bytes32[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            root = Patricia.set(pool, root, keys[i], values[i]);
            roots[i] = root;
        }
    }

    function memoryZeroRoot() external pure returns (bytes32) {
        return MemoryTree.ZERO_ROOT;
    }

    function memoryRead(bytes32 root, uint256 offset, uint256 size, bytes32[] calldata opening)
        external
        pure
        returns (bytes memory)
    {
        return MemoryTree.read(root, offset, size, opening);
    }

    function memoryWrite(bytes32 root, uint256 offset, bytes memory data, bytes32[] calldata opening)
        external
        pure
        returns (bytes32)
    {
        return MemoryTree.write(root, offset, data, opening);
    }

    /// @notice The L1 data fee, by its two scalars and L1's two fees.
    function dataFee(uint256[2] calldata scalars, uint256[2] calldata fees, bytes calldata raw)
        external
        pure
        returns (uint256)
    {
        Environment memory env;
        (env.baseFeeScalar, env.blobBaseFeeScalar) = (scalars[0], scalars[1]);
        (env.l1BaseFee, env.l1BlobBaseFee) = (fees[0], fees[1]);
        return DataFee.price(env, raw);
    }

    function ringWrite(bytes32 root, uint256 number, bytes32 leaf, bytes32[] calldata opening)
        external
        pure
        returns (bytes32)
    {
        return RingTree.write(root, number, leaf, opening);
    }

    function opcode(uint256 code)
        external
        pure
        returns (uint256 family, bool writes, uint256 pops, uint256 pushes, uint256 gasCost)
    {
        return Opcodes.lookup(code);
    }

    function p256Verify(bytes memory input) external pure returns (bool) {
        return P256.verify(input);
    }

    function precompileGas(uint256 fork, uint256 number, bytes memory input) external pure returns (uint256) {
        return PrecompileGas.cost(fork, number, input);
    }

    function decode(bytes memory raw)
        external
        pure
        returns (bool valid, SignedTransaction memory signed, address sender)
    {
        (valid, signed) = TransactionCodec.decode(raw);
        if (valid) sender = TransactionCodec.recover(signed);
    }

    function floorGas(uint256 fork, bytes memory data) external pure returns (uint256) {
        return TransactionCodec.floorGas(fork, data);
    }

    function intrinsicGas(bytes memory data, bool isCreation) external pure returns (uint256) {
        return TransactionCodec.intrinsicGas(data, isCreation);
    }
}
