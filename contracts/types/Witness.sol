// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev Exactly the parts of the prestate that one step reads. contracts/SPEC.md names what each field is checked against.
/// The step ignores a field that it does not read.
struct Witness {
    bytes32[] machine;
    bytes32[] env;
    bytes32[] transaction;
    bytes32[] frame;
    bytes32[] parent;
    bytes32[] stack;
    bytes code;
    bytes data;
    bytes32[] input;
    bytes32[] read;
    bytes32[] write;
    bytes32[] ring;
    bytes32[] chain;
    bytes nodes;
}
