// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputable} from "../interfaces/IDisputable.sol";
import {IDisputeGame} from "../interfaces/IDisputeGame.sol";
import {IDisputeGameFactory} from "../interfaces/IDisputeGameFactory.sol";
import {Anchor} from "../libraries/Anchor.sol";
import {Clones} from "../libraries/Clones.sol";
import {ClaimId, Side} from "../types/DisputeTypes.sol";

/// @title Opens dispute games as clones, so that deploying a game costs a fraction of its code
contract DisputeGameFactory is IDisputeGameFactory {
    /// @inheritdoc IDisputeGameFactory
    address public immutable owner;
    /// @inheritdoc IDisputeGameFactory
    IDisputeGame public next;
    /// @inheritdoc IDisputeGameFactory
    uint48 public nextAt;
    /// @dev What games are clones of until `nextAt`.
    IDisputeGame private _previous;
    /// @inheritdoc IDisputeGameFactory
    IDisputable public assertions;
    /// @inheritdoc IDisputeGameFactory
    mapping(bytes32 assertionId => address) public gameOf;

    constructor(address owner_) {
        owner = owner_;
    }

    /// @inheritdoc IDisputeGameFactory
    function setImplementation(IDisputeGame wanted) external {
        if (msg.sender != owner) revert NotOwner(msg.sender, owner);
        IDisputeGameFactory itsFactory = wanted.factory();
        if (address(itsFactory) != address(this)) revert WrongFactory(address(itsFactory), address(this));
        IDisputable chain = wanted.assertions();
        // INVARIANT: the chain of assertions is set once. Games of one chain must not decide about another.
        if (address(assertions) == address(0)) assertions = chain;
        if (address(chain) != address(assertions)) revert WrongAssertions(address(chain), address(assertions));
        // INVARIANT: the forks that games can be about only grow, so that a fork which is scheduled stays provable.
        if (address(next) != address(0)) {
            (uint256 known, uint256 before) = (wanted.prover().newestFork(), next.prover().newestFork());
            if (known < before) revert ForkForgotten(known, before);
        }
        IDisputeGame current = implementation();
        // INVARIANT: an assertion made before this call is decided by the rules and the prover of that time. Whoever does not trust
        // the new ones has time to leave. The first implementation counts at once, since no game depends on an earlier one.
        uint256 at = address(current) == address(0) ? block.timestamp : block.timestamp + delay();
        (_previous, next, nextAt) = (current, wanted, uint48(at)); // Cast: 2^48 seconds are 8 million years.
        emit ImplementationSet(address(wanted), address(current), at);
    }

    /// @inheritdoc IDisputeGameFactory
    function implementation() public view returns (IDisputeGame) {
        return block.timestamp >= nextAt ? next : _previous;
    }

    /// @inheritdoc IDisputeGameFactory
    function delay() public view returns (uint256) {
        IDisputeGame current = implementation();
        return address(current) == address(0) ? 0 : uint256(assertions.period()) + current.longest() + 1;
    }

    /// @inheritdoc IDisputeGameFactory
    function open(bytes32 assertionId, bytes32 value, uint256 l1Block, bytes32 l1Hash)
        external
        payable
        returns (IDisputeGame game)
    {
        Anchor.check(l1Block, l1Hash);
        IDisputeGame model = implementation();
        if (address(model) == address(0)) revert NoImplementation();
        if (gameOf[assertionId] != address(0)) revert AlreadyDisputed(assertionId, gameOf[assertionId]);
        (bytes32 root, address proposer, uint256 until) = assertions.openDispute(assertionId);
        game = IDisputeGame(Clones.create(address(model), abi.encode(assertionId), assertionId));
        gameOf[assertionId] = address(game);
        emit GameOpened(assertionId, address(game), msg.sender);
        game.open{value: msg.value}(root, proposer, until, msg.sender, value);
    }

    /// @inheritdoc IDisputeGameFactory
    function attack(bytes32 assertionId, ClaimId parent, bytes32 value, uint256 l1Block, bytes32 l1Hash)
        external
        payable
        returns (ClaimId)
    {
        Anchor.check(l1Block, l1Hash);
        return _existing(assertionId).move{value: msg.value}(parent, Side.Attack, value, msg.sender);
    }

    /// @inheritdoc IDisputeGameFactory
    function defend(bytes32 assertionId, ClaimId parent, bytes32 value, uint256 l1Block, bytes32 l1Hash)
        external
        payable
        returns (ClaimId)
    {
        Anchor.check(l1Block, l1Hash);
        return _existing(assertionId).move{value: msg.value}(parent, Side.Defend, value, msg.sender);
    }

    function _existing(bytes32 assertionId) private view returns (IDisputeGame) {
        address game = gameOf[assertionId];
        if (game == address(0)) revert NoGame(assertionId);
        return IDisputeGame(game);
    }
}
