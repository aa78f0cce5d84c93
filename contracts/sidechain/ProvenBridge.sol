// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Accounts} from "../libraries/Accounts.sol";
import {NodePool} from "../libraries/NodePool.sol";
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
    /// @inheritdoc IProvenBridge
    uint256 public paidUpTo;

    /// @inheritdoc IProvenBridge
    bool public immutable carriesEther;

    constructor(ILightClient client_, uint256 remoteChain_, address remote_, bool carriesEther_)
        MessageBridge(remoteChain_, remote_)
    {
        client = client_;
        carriesEther = carriesEther_;
    }

    /// @inheritdoc IProvenBridge
    function execute(Message calldata message, Proof calldata proof) external {
        bytes32 id = _id(message, false);
        client.check(proof.height, proof.checkpoint);
        if (!_isSet(proof, SENT, id)) revert NotSent(id, proof.checkpoint.stateRoot);
        if (proof.height > paidUpTo) paidUpTo = proof.height;
        _run(id, message);
    }

    /// @inheritdoc IProvenBridge
    function refund(
        Message calldata message,
        address to,
        Proof calldata proof,
        uint256 next,
        ILightClient.Checkpoint calldata nextCheckpoint
    ) external {
        bytes32 id = _id(message, true);
        if (sent[id] == 0) revert NotSentHere(id);
        if (refunded[id]) revert AlreadyRefunded(id);
        if (to != message.sender && msg.sender != message.sender) revert NotSender(msg.sender, message.sender);
        if (runningId != 0) revert Reentered(runningId);
        if (client.isOver()) {
            _checkEnd(proof, next, nextCheckpoint);
        } else {
            client.check(proof.height, proof.checkpoint);
            if (proof.checkpoint.timestamp <= message.deadline) {
                revert StillRunnable(proof.checkpoint.timestamp, message.deadline);
            }
        }
        if (_isSet(proof, RECEIVED, id)) revert RunThere(id, proof.height);
        refunded[id] = true;
        emit MessageRefunded(id);
        (bool done,) = to.call{value: message.value}("");
        if (!done) revert RefundFailed(to, message.value);
    }

    /// @dev Reverts unless a proof is at the last header that counts: the last usable one; or the one by which this bridge paid, if the
    /// client was frozen below that. INVARIANT: what was paid out came from a state in which a refunded message had not run.
    function _checkEnd(Proof calldata proof, uint256 next, ILightClient.Checkpoint calldata nextCheckpoint)
        internal
        view
    {
        if (paidUpTo >= client.frozenAt()) {
            if (proof.height != paidUpTo) revert PaidUpTo(proof.height, paidUpTo);
            client.checkAccepted(proof.height, proof.checkpoint);
        } else {
            client.check(proof.height, proof.checkpoint);
            client.checkLast(proof.height, next, nextCheckpoint);
        }
    }

    /// @dev INVARIANT: a message has a deadline that comes, or its ether could be neither run nor refunded.
    function _leave(uint256 value, uint256 deadline) internal view override {
        if (value != 0 && !carriesEther) revert CarriesNoEther(value);
        // INVARIANT: nothing is sent that would be refunded at once, while it still runs there.
        if (client.isOver()) revert ClientOver();
        uint256 latest = block.timestamp + MAX_WAIT;
        if (deadline <= block.timestamp || deadline > latest) revert WrongDeadline(deadline, block.timestamp, latest);
    }

    /// @dev Whether a mapping at the other end has an id, at a header that was checked.
    function _isSet(Proof calldata proof, uint256 mappingSlot, bytes32 id) internal view returns (bool) {
        // An account that is not there has no storage: the other end was not deployed yet.
        bytes32 root = Accounts.read(NodePool.load(proof.account), proof.checkpoint.stateRoot, remote).storageRoot;
        return StateProof.slotValue(proof.slot, root, keccak256(abi.encode(id, mappingSlot))).length != 0;
    }
}
