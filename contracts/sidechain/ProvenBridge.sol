// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StateProof} from "../libraries/StateProof.sol";
import {MessageBridge} from "./MessageBridge.sol";
import {ILightClient} from "./interfaces/ILightClient.sol";
import {IProvenBridge} from "./interfaces/IProvenBridge.sol";

/// @title The end of a bridge that believes proofs
contract ProvenBridge is MessageBridge, IProvenBridge {
    /// @dev The slots of `sent` and `received` at the other end.
    uint256 internal constant SENT = 0;
    uint256 internal constant RECEIVED = 1;
    /// @dev How far a deadline may be away, in seconds.
    uint256 internal constant MAX_WAIT = 365 days;

    /// @inheritdoc IProvenBridge
    ILightClient public immutable client;
    /// @inheritdoc IProvenBridge
    mapping(bytes32 id => bool) public refunded;

    constructor(ILightClient client_, uint256 remoteChain_, address remote_) MessageBridge(remoteChain_, remote_) {
        client = client_;
    }

    /// @inheritdoc IProvenBridge
    function execute(Message calldata message, Proof calldata proof) external {
        bytes32 id = _id(message, false);
        if (!_isSet(proof, SENT, id)) revert NotSent(id, proof.checkpoint.stateRoot);
        _run(id, message);
    }

    /// @inheritdoc IProvenBridge
    function refund(
        Message calldata message,
        Proof calldata proof,
        uint256 next,
        ILightClient.Checkpoint calldata nextCheckpoint
    ) external {
        bytes32 id = _id(message, true);
        if (sent[id] == 0) revert NotSentHere(id);
        if (refunded[id]) revert AlreadyRefunded(id);
        if (client.frozenAt() != type(uint256).max) {
            client.checkLast(proof.height, next, nextCheckpoint);
        } else if (proof.checkpoint.timestamp <= message.deadline) {
            revert StillRunnable(proof.checkpoint.timestamp, message.deadline);
        }
        if (_isSet(proof, RECEIVED, id)) revert RunThere(id, proof.height);
        refunded[id] = true;
        emit MessageRefunded(id);
        (bool done,) = message.sender.call{value: message.value}("");
        if (!done) revert RefundFailed(message.sender, message.value);
    }

    /// @dev INVARIANT: a message has a deadline that comes, or its ether could be neither run nor refunded.
    function _checkDeadline(uint256 deadline) internal view override {
        uint256 latest = block.timestamp + MAX_WAIT;
        if (deadline <= block.timestamp || deadline > latest) revert WrongDeadline(deadline, block.timestamp, latest);
    }

    /// @dev Whether a mapping at the other end has an id, at a header that the light client has.
    function _isSet(Proof calldata proof, uint256 mappingSlot, bytes32 id) internal view returns (bool) {
        client.check(proof.height, proof.checkpoint);
        bytes32 root = StateProof.storageRoot(proof.account, proof.checkpoint.stateRoot, remote);
        return StateProof.slotValue(proof.slot, root, keccak256(abi.encode(id, mappingSlot))).length != 0;
    }
}
