// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputable} from "./IDisputable.sol";
import {IDisputeGameFactory} from "./IDisputeGameFactory.sol";
import {IOneStepProver} from "./IOneStepProver.sol";
import {Claim, ClaimId, Outcome, Position, Rules, Side} from "../types/DisputeTypes.sol";

/// @title Decides whether one assertion stands, by bisection of its trace down to one step
/// @notice The assertion's root is the claim at the root of a binary tree. Anyone may answer any claim. An attack says that its state
/// is wrong. A defence says that its state is right, and that the next state, which its mover denies, is wrong. A one-step proof
/// counters a claim at the lowest depth.
///
/// A claim is countered as soon as one of its answers stands, or a step against it is proven. Then it is resolved at once, whatever
/// other answers are open. A claim stands once the clock of those who could answer it has run out and all its answers are countered.
///
/// A resolved claim is settled when nothing can change who gets its bond: no answer is open and none can come. A claim that stands
/// gets its whole bond back. A share of a countered claim's bond is burnt. The rest goes to the leftmost answer that stands, and among
/// equals to the earliest; an attack is left of a defence. So a claim beside a sound one earns nothing unless it is sound itself and
/// came first. Whoever counters its own claim loses the share. The game is played on for the bonds after its outcome is known.
///
/// All clocks are in seconds. An answer to claim c uses the time since c was made, on top of what the answering side had used when it
/// made c's parent. An answer must come before that sum reaches `maxClock`. c may be resolved once the sum reaches `maxClock`. A move
/// that leaves its side less than the extension counts as if it had left just the extension.
///
/// The root's clock does not run out before the assertion's challenge period is over. Otherwise its proposer could open the game
/// itself, lose to itself, and leave everybody else less time than was promised. A root that is already countered may be resolved and
/// settled earlier, since later answers cannot change that.
interface IDisputeGame {
    /// @notice A claim was made. The first of a game is its root, and the second is the attack that opened it.
    /// @param elapsed seconds that the claimant's side had used of its clock on this path
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
    /// @param counter who has countered the claim so far; zero: the claim stands
    event Resolved(ClaimId indexed id, address indexed counter);
    /// @notice A claim's bond was divided. The chain of assertions holds the root's bond, so all amounts are 0 for it.
    /// @param winner who was credited with `paid`
    event Settled(ClaimId indexed id, address indexed counter, address indexed winner, uint256 paid, uint256 burnt);
    event Decided(Outcome outcome);
    event Refunded(ClaimId indexed id, address indexed claimant, uint256 bond);
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    error OnlyFactory(address actual, address expected);
    error AlreadyOpened();
    error MissingClaim(ClaimId id);
    error GameOver(Outcome actual, Outcome expected);
    /// @notice The claim is at the lowest depth. A step counters it, not a move.
    error TooDeep(uint256 depth, uint256 maxDepth);
    /// @notice A step is possible only against a claim at the lowest depth.
    error TooShallow(uint256 depth, uint256 maxDepth);
    /// @notice The root has no state to its right, so its mover denies none.
    error RootCannotBeDefended();
    error WrongBond(uint256 actual, uint256 expected);
    /// @notice The clock of those who could answer has run out.
    error ClockExpired(uint256 elapsed, uint256 maxClock);
    /// @notice The clock of those who could answer is still running.
    error ClockRunning(uint256 elapsed, uint256 maxClock);
    error DuplicateClaim(ClaimId id);
    /// @notice An answer or a step must either attack or defend.
    error NoSide();
    error AlreadyStepped(ClaimId id, address stepper);
    /// @notice The step's result agrees with the claims, so it counters nothing.
    /// @param actual the machine's hash after the step
    /// @param claimed the hash that the claim at that place states
    error StepCountersNothing(bytes32 actual, bytes32 claimed);
    error AlreadyResolved(ClaimId id);
    error OpenChildren(ClaimId id, uint256 actual, uint256 expected);
    /// @notice The parent assertion was rejected. The game can only be voided.
    error ParentRejected(bytes32 assertionId);
    error ParentNotRejected(bytes32 assertionId);
    error NothingToWithdraw(address account);
    error PayoutFailed(address to, uint256 amount);
    /// @notice A rule is out of its bounds.
    error BadRule(bytes32 rule, uint256 actual, uint256 bound);

    /// @notice Starts the clone with the root claim `root_` of `proposer_` and the first attack on it by `opener`. Only the factory may
    /// call, once.
    /// @param until last second of the assertion's challenge period
    function open(bytes32 root_, address proposer_, uint256 until, address opener, bytes32 value) external payable;

    /// @notice Answers `parent` for `mover`, see IDisputeGameFactory.attack and defend. Only the factory may call.
    function move(ClaimId parent, Side side, bytes32 value, address mover) external payable returns (ClaimId);

    /// @notice Counters a claim at the lowest depth by proving one step: the step into its state (attack) or out of it (defend).
    /// @param witness the encoded witness that the one-step prover reads
    function step(ClaimId id, Side side, bytes calldata witness) external;

    /// @notice Resolves claims, children before their parents, and settles those whose bond nobody can win any more. Takes any number at a
    /// time: the cost of a claim does not depend on other claims. Skips a resolved claim that cannot be settled yet. Reverts if it skips
    /// all of them.
    function resolve(ClaimId[] calldata ids) external;

    /// @notice Ends the game of an assertion whose parent was rejected. The bonds of unsettled claims can then be refunded.
    function void() external;

    /// @notice Credits the bonds of a void game's unsettled claims to their claimants. Skips claims that are settled or refunded.
    function refund(ClaimId[] calldata ids) external;

    /// @notice Sends the caller what it was credited.
    ///
    /// Warning: `to` is called with all gas. Nothing of this contract is unsettled at that time.
    function withdraw(address payable to) external returns (uint256 amount);

    function credit(address account) external view returns (uint256);

    /// @notice The sum of all credits that were not withdrawn.
    function credits() external view returns (uint256);

    function outcome() external view returns (Outcome);

    /// @notice Wei of countered bonds that were burnt. Nobody can take them out of the game.
    function burnt() external view returns (uint256);

    /// @notice Who got the rest of the assertion's bond, once that is settled; zero before, and if the assertion stands.
    function winner() external view returns (address);

    /// @notice A claim; reverts if there is none of this id.
    function claim(ClaimId id) external view returns (Claim memory);

    /// @notice The id of the claim that is the assertion's root.
    function rootId() external view returns (ClaimId);

    /// @notice Seconds that those who could answer the claim have used on its path; at most `maxClock`.
    function elapsed(ClaimId id) external view returns (uint256);

    /// @notice Wei that bond the attack which opens the game: as much as the assertion's bond.
    function openingBond() external view returns (uint256);

    /// @notice The part of every countered bond that is burnt, in ten-thousandths.
    function burntShare() external view returns (uint256);

    /// @notice Wei that bond a claim at this depth, except for the attack that opened the game.
    function bondAt(uint256 depth) external view returns (uint256);

    function idOf(ClaimId parent, Side side, bytes32 value) external view returns (ClaimId);

    function rules() external view returns (Rules memory);

    /// @notice Seconds within which any game under these rules ends, from the start of its root's clock.
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
