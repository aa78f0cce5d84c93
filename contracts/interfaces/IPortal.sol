// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OutputRootProof, WithdrawalTransaction} from "../types/OptimismTypes.sol";
import {IDelayedInbox} from "./IDelayedInbox.sol";
import {IOptimismRoots} from "./IOptimismRoots.sol";

/// @title The gate between L1 and L2, with the ABI, hashes and storage of the OP Stack's OptimismPortal2
/// @notice Holds the ether that exists on L2, and carries messages both ways. A deposit is a transaction on L2, sent by the caller of this
/// contract. A withdrawal is a call by this contract that a contract or user of L2 asked for. Bridges are built on these two.
/// @dev What differs from the OP Stack's portal of version 4.6.0:
/// - There is no proxy and no role: no guardian, pauses, blacklists, or other game types. So systemConfig, superchainConfig, params,
///   disputeGameBlacklist, respectedGameTypeUpdatedAt and the functions of these roles are missing.
/// - A deposit has at most 50,000 bytes of data, not 120,000; its size is checked before its gas. Its gas is at most 2^23 and is bought
///   from the delayed inbox, whose errors a deposit reverts with: GasLimitTooHigh, MessageTooLong, GasSoldOut, TooLittleGasToBurn.
/// - A message may be proven in the second in which its game begins. ImproperDisputeGame and InvalidProofTimestamp do not exist.
/// - A message whose target is the delayed inbox cannot be proven.
/// - `donateETH` emits an event.
interface IPortal {
    /// @notice A deposit, from which the OP Stack's clients compute the transaction on L2.
    /// @param from The sender on L2.
    /// @param version 0.
    /// @param opaqueData mint(32), value(32), gasLimit(8), isCreation(1), data.
    event TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes opaqueData);
    /// @notice Ether came that is no deposit.
    event Donated(address indexed from, uint256 amount);
    event WithdrawalProven(bytes32 indexed withdrawalHash, address indexed from, address indexed to);
    event WithdrawalProvenExtension1(bytes32 indexed withdrawalHash, address indexed proofSubmitter);
    /// @param success Whether the call succeeded. Always true if failed messages can be tried again.
    event WithdrawalFinalized(bytes32 indexed withdrawalHash, bool success);

    error OptimismPortal_AlreadyFinalized();
    /// @notice A creation has a target, or a message's target is the portal or the delayed inbox.
    error OptimismPortal_BadTarget();
    error OptimismPortal_CalldataTooLarge();
    error OptimismPortal_GasEstimation();
    error OptimismPortal_GasLimitTooLow();
    /// @notice The assertion behind the game is rejected: prove against another one.
    error OptimismPortal_InvalidDisputeGame();
    /// @notice The nodes show that the message was not sent in that state.
    error OptimismPortal_InvalidMerkleProof();
    /// @notice The four words are not those of the game's root: they belong to another game, or are wrong.
    error OptimismPortal_InvalidOutputRootProof();
    /// @notice The assertion behind the game is pending, and the message has to wait; or it is rejected, and has to be proven again.
    error OptimismPortal_InvalidRootClaim();
    error OptimismPortal_NoReentrancy();
    /// @notice Less than the maturity delay has passed since the message was proven.
    error OptimismPortal_ProofNotOldEnough();
    /// @notice This submitter has not proven the message.
    error OptimismPortal_Unproven();

    /// @notice The call would get less gas than its message asks for.
    error TooLittleGas(uint256 actual, uint256 minimum);
    /// @notice The message's call failed, and can be tried again.
    error CallFailed(bytes32 withdrawalHash, bytes reason);
    /// @notice The constructor's parameter of this name has no code.
    error NotAContract(string name, address actual);

    /// @notice Queues a transaction on L2, which mints all of the value sent here. The caller pays for its gas by burning gas of L1, as the
    /// delayed inbox states.
    /// @dev Warning: 0x1111000000000000000000000000000000001111 is added to a contract's address on L2, so that the contract cannot
    /// pass for another one that somebody deployed there at the same address. It is not added to an account that signed the transaction,
    /// nor to one that runs a delegate's code (EIP-7702), as in the OP Stack's portal since Prague.
    /// @param value Wei that the L2 call carries; may be more or less than what is minted.
    function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes calldata data)
        external
        payable;

    /// @notice Takes ether without a deposit.
    function donateETH() external payable;

    /// @notice Shows that a message was sent, in a state whose assertion is pending or confirmed. A message can be proven again, by the same
    /// submitter or by others; each submitter's proof counts by itself.
    /// @param gameIndex The index of the opened root in `disputeGameFactory`.
    /// @param proof What the root hashes.
    /// @param nodes Patricia nodes from the passer's storage root to the message's slot.
    function proveWithdrawalTransaction(
        WithdrawalTransaction calldata withdrawal,
        uint256 gameIndex,
        OutputRootProof calldata proof,
        bytes[] calldata nodes
    ) external;

    /// @notice Executes a message that the caller has proven, once: its assertion must be confirmed, and the maturity delay over.
    function finalizeWithdrawalTransaction(WithdrawalTransaction calldata withdrawal) external;

    /// @notice The same for a message that `submitter` has proven.
    function finalizeWithdrawalTransactionExternalProof(WithdrawalTransaction calldata withdrawal, address submitter)
        external;

    /// @notice Reverts unless the message can be finalized now by the proof of `submitter`.
    function checkWithdrawal(bytes32 withdrawalHash, address submitter) external view;

    /// @notice The L2 sender of the message that is being executed; 0x000000000000000000000000000000000000dEaD at any other time. Slot 50.
    function l2Sender() external view returns (address);

    /// @notice Whether a message was executed. Slot 51.
    function finalizedWithdrawals(bytes32 withdrawalHash) external view returns (bool);

    /// @notice What `submitter` has proven the message against, and when, in seconds. Slot 57.
    function provenWithdrawals(bytes32 withdrawalHash, address submitter)
        external
        view
        returns (address disputeGameProxy, uint64 timestamp);

    /// @notice Who has proven the message; an account once for each proof. Slot 60.
    function proofSubmitters(bytes32 withdrawalHash, uint256 index) external view returns (address);

    function numProofSubmitters(bytes32 withdrawalHash) external view returns (uint256);

    /// @notice Seconds that have to pass between proof and execution; zero lets both happen in one block.
    function proofMaturityDelaySeconds() external view returns (uint256);

    /// @notice Zero: a confirmed assertion is final.
    function disputeGameFinalityDelaySeconds() external view returns (uint256);

    /// @notice Whether a message whose call fails can be tried again. If not, it is lost, as on the OP Stack.
    function retriesFailed() external view returns (bool);

    /// @notice The least gas limit of a deposit with so many bytes, unless it creates a contract.
    function minimumGasLimit(uint64 byteCount) external pure returns (uint64);

    /// @notice False: nobody can pause.
    function paused() external view returns (bool);

    /// @notice The zero address: nobody guards.
    function guardian() external view returns (address);

    /// @notice The version of the OP Stack's contract whose ABI this is.
    function version() external view returns (string memory);

    function respectedGameType() external view returns (uint32);

    function disputeGameFactory() external view returns (IOptimismRoots);

    function anchorStateRegistry() external view returns (IOptimismRoots);

    function delayedInbox() external view returns (IDelayedInbox);
}
