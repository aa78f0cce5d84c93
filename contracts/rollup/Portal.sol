// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDelayedInbox} from "../interfaces/IDelayedInbox.sol";
import {IOptimismGame} from "../interfaces/IOptimismGame.sol";
import {IOptimismRoots} from "../interfaces/IOptimismRoots.sol";
import {IPortal} from "../interfaces/IPortal.sol";
import {Delegation} from "../libraries/Delegation.sol";
import {OptimismHashing} from "../libraries/OptimismHashing.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {RawCalls} from "../libraries/RawCalls.sol";
import {StateProof} from "../libraries/StateProof.sol";
import {GameStatus, OutputRootProof, WithdrawalTransaction} from "../types/OptimismTypes.sol";

/// @title Portal
contract Portal is IPortal {
    struct ProvenWithdrawal {
        address disputeGameProxy;
        uint64 timestamp;
    }

    /// @dev On top of what the call has to get, as in the OP Stack, for what the portal does afterwards. The call may use it too, all but a
    /// 64th of the gas before it. Then the rest of this contract runs out of gas, and all reverts.
    uint256 internal constant GAS_RESERVE = 10_000;
    /// @dev Cost of a call with value to an account that does not exist yet, before the callee's own gas.
    uint256 internal constant CALL_COST = 40_000;
    /// @dev L2 gas of a deposit that a plain transfer of ether to this contract makes.
    uint64 internal constant RECEIVE_GAS = 100_000;
    uint256 internal constant MAX_BYTES = 50_000;
    uint256 internal constant DEPOSIT_VERSION = 0;
    /// @dev `l2Sender` while no message is being executed. Not zero, which saves gas.
    address internal constant NOBODY = 0x000000000000000000000000000000000000dEaD;
    /// @dev Who estimates gas by the OP Stack's convention: no transaction comes from here.
    address internal constant ESTIMATION = address(1);

    /// @inheritdoc IPortal
    string public constant version = "4.6.0";
    /// @inheritdoc IPortal
    bool public constant paused = false;
    /// @inheritdoc IPortal
    address public constant guardian = address(0);
    /// @inheritdoc IPortal
    uint256 public constant disputeGameFinalityDelaySeconds = 0;
    /// @inheritdoc IPortal
    IDelayedInbox public immutable delayedInbox;
    /// @inheritdoc IPortal
    IOptimismRoots public immutable disputeGameFactory;
    /// @inheritdoc IPortal
    uint256 public immutable proofMaturityDelaySeconds;
    /// @inheritdoc IPortal
    bool public immutable retriesFailed;

    // INVARIANT: each variable stands in the slot that it has in the OP Stack's portal.
    uint256[50] private gapBefore50;
    /// @inheritdoc IPortal
    address public l2Sender = NOBODY;
    /// @inheritdoc IPortal
    mapping(bytes32 withdrawalHash => bool) public finalizedWithdrawals;
    uint256[5] private gapBefore57;
    /// @inheritdoc IPortal
    mapping(bytes32 withdrawalHash => mapping(address submitter => ProvenWithdrawal)) public provenWithdrawals;
    uint256[2] private gapBefore60;
    /// @inheritdoc IPortal
    mapping(bytes32 withdrawalHash => address[]) public proofSubmitters;

    constructor(IDelayedInbox delayedInbox_, IOptimismRoots roots, uint256 maturity, bool retriesFailed_) {
        if (address(delayedInbox_).code.length == 0) revert NotAContract("delayedInbox", address(delayedInbox_));
        if (address(roots).code.length == 0) revert NotAContract("roots", address(roots));
        delayedInbox = delayedInbox_;
        disputeGameFactory = roots;
        proofMaturityDelaySeconds = maturity;
        retriesFailed = retriesFailed_;
    }

    /// @dev Ether that arrives without data is a deposit for the sender. A contract that sends some owns it under its aliased address.
    receive() external payable {
        _deposit(msg.sender, msg.value, RECEIVE_GAS, false, _nothing());
    }

    /// @inheritdoc IPortal
    function donateETH() external payable {
        emit Donated(msg.sender, msg.value);
    }

    /// @inheritdoc IPortal
    function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes calldata data)
        external
        payable
    {
        _deposit(to, value, gasLimit, isCreation, data);
    }

    function _nothing() private pure returns (bytes calldata) {
        return msg.data[:0];
    }

    function _deposit(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes calldata data) private {
        if (isCreation && to != address(0)) revert OptimismPortal_BadTarget();
        if (data.length > MAX_BYTES) revert OptimismPortal_CalldataTooLarge();
        // The cast keeps the value, which was just bounded.
        if (gasLimit < minimumGasLimit(uint64(data.length))) revert OptimismPortal_GasLimitTooLow();
        address from = _callerHasKey() ? msg.sender : Predeploys.aliased(msg.sender);
        delayedInbox.queueDeposit(from, isCreation, to, msg.value, value, gasLimit, data);
        bytes memory opaqueData = abi.encodePacked(msg.value, value, gasLimit, isCreation, data);
        emit TransactionDeposited(from, to, DEPOSIT_VERSION, opaqueData);
    }

    /// @dev An account with a key has the same owner on L2, also if it runs a delegate's code (EIP-7702). A contract's address may belong to
    /// another deployer there.
    function _callerHasKey() private view returns (bool hasKey) {
        if (msg.sender == tx.origin) return true;
        // Long code is not copied.
        if (msg.sender.code.length == Delegation.SIZE) (hasKey,) = Delegation.read(msg.sender.code);
    }

    /// @inheritdoc IPortal
    function proveWithdrawalTransaction(
        WithdrawalTransaction calldata withdrawal,
        uint256 gameIndex,
        OutputRootProof calldata proof,
        bytes[] calldata nodes
    ) external {
        // INVARIANT: the delayed inbox trusts this contract's deposits, so no message may make a deposit that no ether backs.
        if (withdrawal.target == address(this) || withdrawal.target == address(delayedInbox)) {
            revert OptimismPortal_BadTarget();
        }
        (,, IOptimismGame game) = disputeGameFactory.gameAtIndex(gameIndex);
        if (game.status() == GameStatus.CHALLENGER_WINS) revert OptimismPortal_InvalidDisputeGame();
        bytes32 root = OptimismHashing.outputRoot(
            proof.version, proof.stateRoot, proof.messagePasserStorageRoot, proof.latestBlockhash
        );
        // INVARIANT: the storage root below is that of this game's assertion.
        if (root != game.rootClaim()) revert OptimismPortal_InvalidOutputRootProof();
        bytes32 hash = _hash(withdrawal);
        bytes32 slot = OptimismHashing.sentSlot(hash);
        bytes memory value = StateProof.slotValue(nodes, proof.messagePasserStorageRoot, slot);
        // A set bool is the number 1, whose RLP is one byte.
        if (value.length != 1 || value[0] != 0x01) revert OptimismPortal_InvalidMerkleProof();
        // The cast keeps the value.
        provenWithdrawals[hash][msg.sender] = ProvenWithdrawal(address(game), uint64(block.timestamp));
        proofSubmitters[hash].push(msg.sender);
        emit WithdrawalProven(hash, withdrawal.sender, withdrawal.target);
        emit WithdrawalProvenExtension1(hash, msg.sender);
    }

    /// @inheritdoc IPortal
    function finalizeWithdrawalTransaction(WithdrawalTransaction calldata withdrawal) external {
        _finalize(withdrawal, msg.sender);
    }

    /// @inheritdoc IPortal
    function finalizeWithdrawalTransactionExternalProof(WithdrawalTransaction calldata withdrawal, address submitter)
        external
    {
        _finalize(withdrawal, submitter);
    }

    function _finalize(WithdrawalTransaction calldata withdrawal, address submitter) private {
        // INVARIANT: one message at a time, so that l2Sender() is never another message's.
        if (l2Sender != NOBODY) revert OptimismPortal_NoReentrancy();
        bytes32 hash = _hash(withdrawal);
        checkWithdrawal(hash, submitter);
        finalizedWithdrawals[hash] = true;
        l2Sender = withdrawal.sender;
        bytes memory data = withdrawal.data;
        // INVARIANT: the call really has the least gas. A callee that swallows a lack of gas would use up its message without effect.
        // The check comes after the copy of the data to memory, which costs gas too.
        _requireGas(withdrawal.gasLimit);
        bool success = RawCalls.call(withdrawal.target, withdrawal.value, data);
        // INVARIANT: ours keeps a message whose call failed; the OP Stack's rule uses it up.
        if (!success && retriesFailed) revert CallFailed(hash, RawCalls.returned());
        l2Sender = NOBODY;
        emit WithdrawalFinalized(hash, success);
        if (!success && tx.origin == ESTIMATION) revert OptimismPortal_GasEstimation();
    }

    /// @inheritdoc IPortal
    function checkWithdrawal(bytes32 withdrawalHash, address submitter) public view {
        if (finalizedWithdrawals[withdrawalHash]) revert OptimismPortal_AlreadyFinalized();
        ProvenWithdrawal memory proven = provenWithdrawals[withdrawalHash][submitter];
        if (proven.timestamp == 0) revert OptimismPortal_Unproven();
        uint256 maturity = proofMaturityDelaySeconds;
        // No delay at all if it is zero; else the OP Stack's rule, which excludes the last second.
        if (maturity != 0 && block.timestamp - proven.timestamp <= maturity) revert OptimismPortal_ProofNotOldEnough();
        if (IOptimismGame(proven.disputeGameProxy).status() != GameStatus.DEFENDER_WINS) {
            revert OptimismPortal_InvalidRootClaim();
        }
    }

    function _requireGas(uint256 gasLimit) private view {
        // A limit that overflows is refused all the same: no transaction has so much.
        uint256 asked = gasLimit < type(uint128).max ? gasLimit : type(uint128).max;
        uint256 minimum = (asked + CALL_COST) * 64 / 63 + GAS_RESERVE;
        if (gasleft() < minimum) revert TooLittleGas(gasleft(), minimum);
    }

    function _hash(WithdrawalTransaction calldata withdrawal) private pure returns (bytes32) {
        return OptimismHashing.withdrawal(
            withdrawal.nonce,
            withdrawal.sender,
            withdrawal.target,
            withdrawal.value,
            withdrawal.gasLimit,
            withdrawal.data
        );
    }

    /// @inheritdoc IPortal
    function numProofSubmitters(bytes32 withdrawalHash) external view returns (uint256) {
        return proofSubmitters[withdrawalHash].length;
    }

    /// @inheritdoc IPortal
    function minimumGasLimit(uint64 byteCount) public pure returns (uint64) {
        return byteCount * 40 + 21_000;
    }

    /// @inheritdoc IPortal
    function respectedGameType() external view returns (uint32) {
        return disputeGameFactory.respectedGameType();
    }

    /// @inheritdoc IPortal
    function anchorStateRegistry() external view returns (IOptimismRoots) {
        return disputeGameFactory;
    }
}
