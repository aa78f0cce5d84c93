// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAssertionChain} from "../interfaces/IAssertionChain.sol";
import {IDelayedInbox} from "../interfaces/IDelayedInbox.sol";
import {IPortal} from "../interfaces/IPortal.sol";
import {Hashing} from "../libraries/Hashing.sol";
import {InboxHashing} from "../libraries/InboxHashing.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {StateProof} from "../libraries/StateProof.sol";

/// @title Portal
contract Portal is IPortal {
    uint256 internal constant MACHINE_WORDS = 11;
    /// @dev Gas for what the portal still does after the message's call.
    uint256 internal constant GAS_RESERVE = 10_000;
    /// @dev Cost of a call with value to an account that does not exist yet, before the callee's own gas.
    uint256 internal constant CALL_COST = 40_000;

    /// @inheritdoc IPortal
    IDelayedInbox public immutable delayedInbox;
    /// @inheritdoc IPortal
    IAssertionChain public immutable assertions;
    /// @inheritdoc IPortal
    mapping(bytes32 id => bool) public executed;

    /// @dev Zero while no message is being executed.
    address internal transient currentSender;
    bool internal transient executing;

    constructor(IDelayedInbox delayedInbox_, IAssertionChain assertions_) {
        if (address(delayedInbox_).code.length == 0) revert WrongParameter("delayedInbox", address(delayedInbox_));
        if (address(assertions_).code.length == 0) revert WrongParameter("assertions", address(assertions_));
        delayedInbox = delayedInbox_;
        assertions = assertions_;
    }

    /// @inheritdoc IPortal
    function deposit(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes calldata data)
        external
        payable
        returns (uint256 index)
    {
        // An account that signs its own transaction is the same on L2. A contract's address may belong to another deployer there.
        address sender = msg.sender == tx.origin ? msg.sender : Predeploys.aliased(msg.sender);
        index = delayedInbox.queueDeposit(sender, isCreation, to, msg.value, value, gasLimit, data);
        emit Deposited(index, sender, to, msg.value, value, gasLimit);
    }

    /// @inheritdoc IPortal
    function execute(Withdrawal calldata withdrawal, Proof calldata proof) external {
        // INVARIANT: one message at a time, so that l2Sender() is never another message's.
        if (executing) revert Reentered();
        // INVARIANT: the delayed inbox trusts this contract's deposits, so no message may make a deposit that no ether backs.
        if (withdrawal.target == address(this) || withdrawal.target == address(delayedInbox)) {
            revert ForbiddenTarget(withdrawal.target);
        }
        bytes32 id = verify(withdrawal, proof);
        if (executed[id]) revert AlreadyExecuted(id);
        executed[id] = true;
        executing = true;
        currentSender = withdrawal.sender;
        emit Executed(id, withdrawal.sender, withdrawal.target, withdrawal.value);
        bytes memory data = withdrawal.data;
        // INVARIANT: the call really has the least gas. A callee that swallows a lack of gas would use up its message without effect.
        // The check comes after the copy of the data to memory: what the copy costs depends on how much memory the proof has filled.
        uint256 minimum = (uint256(withdrawal.gasLimit) + CALL_COST) * 64 / 63 + GAS_RESERVE;
        if (gasleft() < minimum) revert TooLittleGas(gasleft(), minimum);
        if (!call(withdrawal.target, withdrawal.value, data)) revert CallFailed(id, returned());
        currentSender = address(0);
        executing = false;
    }

    function call(address target, uint256 value, bytes memory data) private returns (bool done) {
        // Assembly, so that the data is not copied again, and what a successful callee returns is not copied at all.
        assembly ("memory-safe") {
            done := call(gas(), target, value, add(data, 0x20), mload(data), 0, 0)
        }
    }

    function returned() private pure returns (bytes memory data) {
        // Allocates whole words for what the last call returned.
        assembly ("memory-safe") {
            data := mload(0x40)
            mstore(data, returndatasize())
            returndatacopy(add(data, 0x20), 0, returndatasize())
            mstore(0x40, and(add(add(data, returndatasize()), 0x3f), not(0x1f)))
        }
    }

    /// @inheritdoc IPortal
    function verify(Withdrawal calldata withdrawal, Proof calldata proof) public view returns (bytes32 id) {
        id = withdrawalId(withdrawal);
        bytes32 root = assertions.confirmedRoot(proof.assertion);
        if (proof.machine.length != MACHINE_WORDS) revert WrongMachineLength(proof.machine.length, MACHINE_WORDS);
        bytes32 machine = Hashing.hashWords(Hashing.MACHINE, proof.machine);
        if (machine != root) revert WrongMachine(machine, root);
        bytes32 slot = keccak256(abi.encode(id, uint256(0)));
        bytes memory value = StateProof.storageValue(proof.nodes, proof.machine[0], Predeploys.MESSENGER, slot);
        // A set bool is the number 1, whose RLP is one byte.
        if (value.length != 1 || value[0] != 0x01) revert NotSent(id);
    }

    /// @inheritdoc IPortal
    function l2Sender() external view returns (address) {
        if (!executing) revert NoMessage();
        return currentSender;
    }

    /// @inheritdoc IPortal
    function withdrawalId(Withdrawal calldata withdrawal) public pure returns (bytes32) {
        return InboxHashing.withdrawal(
            withdrawal.nonce,
            withdrawal.sender,
            withdrawal.target,
            withdrawal.value,
            withdrawal.gasLimit,
            keccak256(withdrawal.data)
        );
    }
}
