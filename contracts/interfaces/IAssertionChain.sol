// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputable} from "./IDisputable.sol";
import {ISequencerInbox} from "./ISequencerInbox.sol";

/// @title Bonded claims about L2's state, and the rule that makes one of them final
/// @notice An assertion states the machine's hash after a range of batches. The chain of assertions decides the range. So a parent
/// has exactly one right child, and any two children are rivals. Disputes must reject all but one before that one is confirmed.
interface IAssertionChain is IDisputable {
    enum Status {
        Unknown,
        Pending,
        Confirmed,
        Rejected
    }

    /// @param root The output root: the hash of the idle machine after batch `end - 1`.
    /// @param end The number of batches that the machine has consumed.
    /// @param batches The number of batches posted when it was asserted; decides where its children end.
    /// @param createdAt Seconds.
    /// @param firstChildAt When the first of the live children was asserted. Rivals are accepted for one period from then.
    /// @param liveChildren The number of children that are not rejected.
    /// @param disputed Whether a game about it is open.
    /// @param decidedAt When it was confirmed or rejected, in seconds; zero before.
    /// @param beneficiary Who was credited with the rest of a rejected assertion's bond, and gets that of each descendant. Zero until the
    /// bond is settled.
    struct Assertion {
        bytes32 parent;
        bytes32 root;
        uint64 end;
        uint64 batches;
        uint64 createdAt;
        uint64 firstChildAt;
        uint32 liveChildren;
        Status status;
        bool disputed;
        uint48 decidedAt;
        address proposer;
        address beneficiary;
    }

    event Asserted(
        bytes32 indexed id, bytes32 indexed parent, address indexed proposer, bytes32 root, uint64 end, uint64 batches
    );
    event Disputed(bytes32 indexed id);
    event Upheld(bytes32 indexed id);
    event Confirmed(bytes32 indexed id, bytes32 root, uint64 end);
    event Rejected(bytes32 indexed id);
    /// @notice A rejected assertion's bond was divided.
    event Settled(bytes32 indexed id, address indexed beneficiary, uint256 paid, uint256 burnt);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    error WrongBond(uint256 actual, uint256 expected);
    error ZeroRoot();
    error UnknownAssertion(bytes32 id);
    error AssertionExists(bytes32 id);
    /// @notice The attempt is not the number of times that this root was rejected on this parent.
    error WrongAttempt(uint256 actual, uint256 expected);
    error ParentRejected(bytes32 parent);
    error NothingToAssert(uint256 actual, uint256 expected);
    error TooLateForRival(uint256 actual, uint256 deadline);
    error NotPending(bytes32 id, Status actual);
    error NotDisputes(address actual, address expected);
    error NotGameOf(bytes32 id, address actual, address expected);
    error NotDisputable(bytes32 id);
    error AlreadyInDispute(bytes32 id);
    error InDispute(bytes32 id);
    error ParentNotConfirmed(bytes32 parent, Status actual);
    error ParentNotRejected(bytes32 parent, Status actual);
    /// @notice The game has not yet decided who gets the rejected assertion's bond.
    error NotSettled(bytes32 id);
    error NotRejected(bytes32 id, Status actual);
    error AlreadySettled(bytes32 id, address beneficiary);
    error PeriodNotOver(uint256 actual, uint256 expected);
    error UndecidedRivals(uint256 actual, uint256 expected);
    error NothingToWithdraw(address account);
    error WithdrawalRefused(address to, uint256 amount);
    error WrongParameter(string name, uint256 actual, uint256 expected);

    /// @notice Asserts that `root` is the machine's hash at the end of the range that follows `parent`. The bond is exactly `bond` wei.
    /// @dev Warning: `l1Hash` must be the hash of one of the last 256 L1 blocks, which the root was derived from. After a reorg, it keeps
    /// the bond from standing for a root of another history.
    /// @param attempt How often this root was rejected on this parent, see `attemptOf`. A root that lost may be asserted again, under a
    /// new id.
    /// @return id H(ASSERTION, parent, end, root, attempt)
    function propose(bytes32 parent, bytes32 root, uint256 attempt, uint256 l1Block, bytes32 l1Hash)
        external
        payable
        returns (bytes32 id);

    /// @notice Makes an assertion final. Its parent must be final, its challenge period must have passed, no game about it may be open,
    /// and no rival may be alive. Anyone may call.
    function confirm(bytes32 id) external;

    /// @notice Rejects a child of a rejected assertion once the parent's bond is settled. Anyone may call. The rest of the child's bond
    /// goes to the beneficiary of the parent's.
    function rejectChild(bytes32 id) external;

    /// @notice Pays out what was credited to the caller.
    function withdraw(address payable to) external returns (uint256 amount);

    /// @notice The record of an assertion; all zero if there is none.
    function assertion(bytes32 id) external view returns (Assertion memory);

    /// @notice Where every child of `parent` ends: min(parent.end + 64, max(parent.end + 1, parent.batches)).
    function childEnd(bytes32 parent) external view returns (uint256);

    /// @notice How often `root` was rejected as a child of `parent`: the attempt that its next assertion must name.
    ///
    /// Warning: a new attempt does not open the window for rivals again. A true root that was rejected after the window, while a
    /// false rival is alive, stays lost.
    function attemptOf(bytes32 parent, bytes32 root) external view returns (uint256);

    /// @notice Whether a game may be opened, if there was none: the assertion is pending, and its period has not passed or a rival is
    /// alive.
    function disputable(bytes32 id) external view returns (bool);

    /// @notice What became of an assertion.
    function statusOf(bytes32 id) external view returns (Status);

    /// @notice The newest confirmed assertion.
    function latestConfirmed() external view returns (bytes32);

    function genesis() external view returns (bytes32);

    /// @notice Wei credited to an account and not yet paid out.
    function credit(address account) external view returns (uint256);

    /// @notice Wei of burnt bonds. Nobody can take them out of this contract.
    function burnt() external view returns (uint256);

    /// @notice The factory of dispute games; zero if there is none.
    function disputes() external view returns (address);

    function inbox() external view returns (ISequencerInbox);
}
