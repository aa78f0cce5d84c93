// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputable} from "../interfaces/IDisputable.sol";
import {IDisputeGame} from "../interfaces/IDisputeGame.sol";
import {IDisputeGameFactory} from "../interfaces/IDisputeGameFactory.sol";

/// @title Opens dispute games as clones, so that a game costs a fraction of its code
contract DisputeGameFactory is IDisputeGameFactory {
    /// @inheritdoc IDisputeGameFactory
    address public immutable owner;
    /// @inheritdoc IDisputeGameFactory
    IDisputeGame public implementation;
    /// @inheritdoc IDisputeGameFactory
    IDisputable public assertions;
    /// @inheritdoc IDisputeGameFactory
    mapping(bytes32 assertionId => address) public gameOf;

    constructor(address owner_) {
        owner = owner_;
    }

    /// @inheritdoc IDisputeGameFactory
    function setImplementation(IDisputeGame next) external {
        if (msg.sender != owner) revert NotOwner(msg.sender, owner);
        IDisputeGameFactory itsFactory = next.factory();
        if (address(itsFactory) != address(this)) revert WrongFactory(address(itsFactory), address(this));
        IDisputable chain = next.assertions();
        // INVARIANT: the chain of assertions is set once: games of one chain must not decide about another.
        if (address(assertions) == address(0)) assertions = chain;
        if (address(chain) != address(assertions)) revert WrongAssertions(address(chain), address(assertions));
        emit ImplementationSet(address(next), address(implementation));
        implementation = next;
    }

    /// @inheritdoc IDisputeGameFactory
    function open(bytes32 assertionId, bytes32 value) external payable returns (IDisputeGame game) {
        if (address(implementation) == address(0)) revert NoImplementation();
        if (gameOf[assertionId] != address(0)) revert AlreadyDisputed(assertionId, gameOf[assertionId]);
        (bytes32 prestate, bytes32 root, uint256 endBatch, address proposer) = assertions.openDispute(assertionId);
        game = IDisputeGame(_clone(abi.encodePacked(assertionId, prestate, root, endBatch, proposer), assertionId));
        gameOf[assertionId] = address(game);
        emit GameOpened(assertionId, address(game), msg.sender);
        game.open{value: msg.value}(msg.sender, value);
    }

    /// @dev EIP-1167 with arguments behind the code. Creation code: copies the rest of itself and returns it.
    /// The address depends on the assertion, so a game re-opened after a reorg is the same one only if its arguments are.
    function _clone(bytes memory arguments, bytes32 salt) private returns (address game) {
        bytes memory code = abi.encodePacked(
            hex"61", uint16(45 + arguments.length), hex"3d81600a3d39f3", // PUSH2 length, then CODECOPY(0, 10, length), RETURN
            hex"363d3d373d3d3d363d73", address(implementation), hex"5af43d82803e903d91602b57fd5bf3",
            arguments
        );
        // Memory-safe: reads the array above only. Creation fails for lack of gas alone, since the salt was not used before.
        assembly ("memory-safe") {
            game := create2(0, add(code, 32), mload(code), salt)
        }
        if (game == address(0)) revert CloneFailed(salt);
    }
}
