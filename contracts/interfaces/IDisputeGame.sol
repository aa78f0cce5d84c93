// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputable} from "./IDisputable.sol";
import {IDisputeGameFactory} from "./IDisputeGameFactory.sol";
import {IOneStepProver} from "./IOneStepProver.sol";
import {Claim, ClaimId, Outcome, Position, Rules, Side} from "../types/DisputeTypes.sol";

/// @title Decides whether one assertion stands, by bisection of its trace down to one step
/// @notice The assertion's root is the claim at the root of a binary tree. Anyone answers any claim: an attack says that its state
/// is wrong, a defence that it is right and the next state that its mover denies is wrong. A claim at the lowest depth is
/// countered by a one-step proof.
///
/// A claim is countered as soon as one of its answers stands, or a step against it is proven: then it is resolved at once, whatever other answers are
/// open. It stands once the clock of those who could answer it has run out and all its answers are countered.
///
/// A resolved claim is settled when nothing can change any more who gets its bond: no answer is open and none can come. The bond of
/// one that stands goes back whole. Of a countered one a share is burnt, and the rest goes to the leftmost answer that
/// stands (an attack stands left of a defence), and among equals to the earliest. So a claim made beside a sound one earns nothing
/// unless it is sound itself and came first, and who counters its own claim loses the share.
/// The game is played on for the bonds after its outcome is known.
///
/// Clocks, all in seconds: answering claim c takes what has passed since c was made, on top of what the answering side had used
/// when it made c's parent. An answer must come before that sum reaches `maxClock`; the same sum reaching `maxClock` lets c resolve.
/// A move that leaves its side less than the extension is counted as if it had left just that.
/// The root's clock starts late enough not to run out before the assertion's challenge period is over: otherwise its
/// proposer could open the game itself, lose to itself, and leave everybody else less time than was promised. A
/// root that is countered already is resolved, and settled, before: later answers cannot change that.
interface IDisputeGame {
    /// @notice A claim was made; the first of a game is its root, the second the attack that opened it.
    /// @param elapsed what the claimant's side had used of its clock on this path
    event Moved(
        ClaimId indexed id,
        ClaimId indexed parent,
        address indexed claimant,
        Side side,
        bytes32 value,
        uint256 bond,
        uint256 elapsed
    );
    event Stepped(ClaimId indexed id, address indexed stepper, Side side, uint256 traceIndex);
    /// @param counter who countered the claim, so far; zero: it stands
    event Resolved(ClaimId indexed id, address indexed counter);
    /// @notice What became of a claim's bond. The root's lies in the chain of assertions: here it is 0.
    /// @param winner whom `paid` was credited to
    event Settled(ClaimId indexed id, address indexed counter, address indexed winner, uint256 paid, uint256 burnt);
    event Decided(Outcome outcome);
    event Refunded(ClaimId indexed id, address indexed claimant, uint256 bond);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    error OnlyFactory(address actual, address expected);
    error AlreadyOpened();
    error MissingClaim(ClaimId id);
    error GameOver(Outcome actual, Outcome expected);
    /// @notice The claim is at the lowest depth: it is countered by a step, not by a move.
    error TooDeep(uint256 depth, uint256 maxDepth);
    /// @notice Only a claim at the lowest depth is stepped against.
    error TooShallow(uint256 depth, uint256 maxDepth);
    /// @notice The root has nothing to its right that its mover denies.
    error RootCannotBeDefended();
    error WrongBond(uint256 actual, uint256 expected);
    /// @notice The clock of those who could answer has run out.
    error ClockExpired(uint256 elapsed, uint256 maxClock);
    /// @notice The clock of those who could answer is still running.
    error ClockRunning(uint256 elapsed, uint256 maxClock);
    error DuplicateClaim(ClaimId id);
    /// @notice An answer, or a step, attacks or defends.
    error NoSide();
    error AlreadyStepped(ClaimId id, address stepper);
    /// @notice The step ends where the claims say it does: it counters nothing.
    /// @param actual machine after the step
    /// @param claimed what the claim at that place says
    error StepCountersNothing(bytes32 actual, bytes32 claimed);
    error AlreadyResolved(ClaimId id);
    error OpenChildren(ClaimId id, uint256 actual, uint256 expected);
    /// @notice The parent assertion was rejected: the game can only be voided.
    error ParentRejected(bytes32 assertionId);
    error ParentNotRejected(bytes32 assertionId);
    error NothingToWithdraw(address account);
    error PayoutFailed(address to, uint256 amount);
    /// @notice A rule is outside of its bounds.
    error BadRule(bytes32 rule, uint256 actual, uint256 bound);

    /// @notice Starts the clone: the root claim `root_` of `proposer_`, and the first attack on it by `opener`. Callable by the factory, once.
    /// @param until last second of the assertion's challenge period
    function open(bytes32 root_, address proposer_, uint256 until, address opener, bytes32 value) external payable;

    /// @notice Answers `parent` for `mover`, see IDisputeGameFactory.attack and defend. Callable by the factory.
    function move(ClaimId parent, Side side, bytes32 value, address mover) external payable returns (ClaimId);

    /// @notice Counters a claim at the lowest depth by proving one step: the one into its state (attack) or out of it (defend).
    /// @param witness as the one-step prover reads it
    function step(ClaimId id, Side side, bytes calldata witness) external;

    /// @notice Resolves claims, children before their parents, and settles those whose bond nobody can win any more. Any number at a time: no
    /// claim's cost depends on others. Claims about which there is nothing to do now are passed over if they are resolved
    /// already; if that leaves none, it reverts.
    function resolve(ClaimId[] calldata ids) external;

    /// @notice Ends the game of an assertion whose parent was rejected: bonds of unsettled claims go back.
    function void() external;

    /// @notice Credits the bonds of a void game's unsettled claims to those who made them. Claims that are settled or refunded are passed over.
    function refund(ClaimId[] calldata ids) external;

    /// @notice Sends the caller what it has been credited.
    ///
    /// Warning: `to` is called with all gas; nothing of this contract is unsettled at that time.
    function withdraw(address payable to) external returns (uint256 amount);

    function credit(address account) external view returns (uint256);

    /// @notice Sum of all credits that were not withdrawn.
    function credits() external view returns (uint256);

    function outcome() external view returns (Outcome);

    /// @notice Wei of countered bonds that were burnt: nobody can take them out of the game.
    function burnt() external view returns (uint256);

    /// @notice Who got what was left of the assertion's bond, once that is settled; zero before, and if the assertion stands.
    function winner() external view returns (address);

    /// @notice A claim; reverts if there is none of this id.
    function claim(ClaimId id) external view returns (Claim memory);

    /// @notice The id of the claim that is the assertion's root.
    function rootId() external view returns (ClaimId);

    /// @notice Seconds that those who could answer the claim have used on its path; at most `maxClock`.
    function elapsed(ClaimId id) external view returns (uint256);

    /// @notice Wei that the attack which opens the game is bonded with: as much as the assertion.
    function openingBond() external view returns (uint256);

    /// @notice The part of every countered bond that is burnt, in ten-thousandths.
    function burntShare() external view returns (uint256);

    /// @notice Wei that a claim at this depth is bonded with, the one that opened the game excepted.
    function bondAt(uint256 depth) external view returns (uint256);

    function idOf(ClaimId parent, Side side, bytes32 value) external view returns (ClaimId);

    function rules() external view returns (Rules memory);

    /// @notice Seconds within which any game of these rules ends, from the start of its root's clock.
    function longest() external view returns (uint256);

    function assertionId() external view returns (bytes32);

    function prestate() external view returns (bytes32);

    function root() external view returns (bytes32);

    function endBatch() external view returns (uint256);

    function proposer() external view returns (address);

    function factory() external view returns (IDisputeGameFactory);

    function assertions() external view returns (IDisputable);

    function prover() external view returns (IOneStepProver);
}
