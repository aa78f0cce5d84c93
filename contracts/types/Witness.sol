// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev The parts of the prestate that one step reads, and nothing else; contracts/SPEC.md names what each is checked against.
/// A field that the step does not read is ignored.
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
