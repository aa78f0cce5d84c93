// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssertionChain} from "./IAssertionChain.sol";
import {IDelayedInbox} from "./IDelayedInbox.sol";

/// @title The gate between L1 and L2
/// @notice Holds the ether that exists on L2, and carries messages both ways. A deposit is a transaction on L2, sent by the caller of this
/// contract. A withdrawal is a call by this contract that a contract or user of L2 asked for. Bridges are built on these two.
interface IPortal {
    /// @notice A message from L2, as L2's messenger hashed it.
    /// @param nonce The messenger's; makes the message unique.
    /// @param sender Who sent it on L2.
    /// @param value Wei sent with the call here.
    /// @param gasLimit The least gas that the call here gets.
    struct Withdrawal {
        uint256 nonce;
        address sender;
        address target;
        uint256 value;
        uint64 gasLimit;
        bytes data;
    }

    /// @notice A proof that a message was sent in a confirmed state of L2.
    /// @param assertion A confirmed assertion.
    /// @param machine The eleven words behind its output root.
    /// @param nodes Patricia nodes from the state root to the messenger's account, and from its storage root to the message's slot.
    struct Proof {
        bytes32 assertion;
        bytes32[] machine;
        bytes[] nodes;
    }

    event Deposited(
        uint256 indexed index, address indexed sender, address indexed to, uint256 mint, uint256 value, uint64 gasLimit
    );
    event Executed(bytes32 indexed id, address indexed sender, address indexed target, uint256 value);

    error AlreadyExecuted(bytes32 id);
    error Reentered();
    error ForbiddenTarget(address target);
    error WrongMachine(bytes32 actual, bytes32 expected);
    error WrongMachineLength(uint256 actual, uint256 expected);
    error NotSent(bytes32 id);
    error TooLittleGas(uint256 actual, uint256 minimum);
    error CallFailed(bytes32 id, bytes reason);
    error NoMessage();
    error WrongParameter(string name, address actual);

    /// @notice Queues a transaction on L2, which mints all of the value sent here. The caller pays for its gas by burning gas of L1, as the
    /// delayed inbox states.
    /// @dev Warning: 0x1111000000000000000000000000000000001111 is added to a contract's address on L2, so that the contract cannot
    /// pass for another one that somebody deployed there at the same address.
    /// @param value Wei that the L2 call carries; may be more or less than what is minted.
    /// @return index The delayed message's number.
    function deposit(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes calldata data)
        external
        payable
        returns (uint256 index);

    /// @notice Executes a message from L2, once. Reverts if the call reverts. Then the message may be executed later.
    function execute(Withdrawal calldata withdrawal, Proof calldata proof) external;

    /// @notice Reverts unless `proof` shows that the message was sent.
    function verify(Withdrawal calldata withdrawal, Proof calldata proof) external view returns (bytes32 id);

    /// @notice The L2 sender of the message that is being executed. Reverts at any other time.
    function l2Sender() external view returns (address);

    function executed(bytes32 id) external view returns (bool);

    /// @notice H(WITHDRAWAL, ...)
    function withdrawalId(Withdrawal calldata withdrawal) external pure returns (bytes32);

    function delayedInbox() external view returns (IDelayedInbox);

    function assertions() external view returns (IAssertionChain);
}
