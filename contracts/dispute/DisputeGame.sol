// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDisputable} from "../interfaces/IDisputable.sol";
import {IDisputeGame} from "../interfaces/IDisputeGame.sol";
import {IDisputeGameFactory} from "../interfaces/IDisputeGameFactory.sol";
import {IOneStepProver} from "../interfaces/IOneStepProver.sol";
import {Clones} from "../libraries/Clones.sol";
import {Hashing} from "../libraries/Hashing.sol";
import {Positions} from "../libraries/Positions.sol";
import {Claim, ClaimId, Outcome, Position, Rules, Side} from "../types/DisputeTypes.sol";

/// @title One dispute, as a clone of an implementation that fixes its rules
/// @dev A clone's code ends with the 32 bytes of its assertion's id. The id determines what the game is about, and the chain of
/// assertions knows the rest. Claims are stored under their ids. Nothing is numbered across the game, so no claim changes what it
/// costs to find, answer or resolve another.
contract DisputeGame is IDisputeGame {
    using Positions for Position;

    /// @dev What a bond pays for, in gas. A step may take all that one transaction may use (EIP-7825).
    uint256 private constant MOVE_GAS = 250_000;
    uint256 private constant STEP_GAS = 1 << 24;
    uint256 private constant RESOLVE_GAS = 120_000;
    /// @dev `burntShare` is a part of this.
    uint256 private constant WHOLE = 10_000;

    IDisputeGameFactory public immutable factory;
    IDisputable public immutable assertions;
    IOneStepProver public immutable prover;

    uint256 private immutable _maxDepth;
    uint256 private immutable _maxClock;
    uint256 private immutable _extension;
    uint256 private immutable _stepExtension;
    uint256 private immutable _gasPriceCap;
    uint256 private immutable _baseBond;
    /// @inheritdoc IDisputeGame
    uint256 public immutable openingBond;
    /// @inheritdoc IDisputeGame
    uint256 public immutable burntShare;

    mapping(ClaimId id => Claim) private _claims;
    mapping(address account => uint256) public credit;
    /// @dev There is less ether than 2^120 wei. These two share a word with the outcome, which every resolution reads.
    uint120 private _credits;
    uint120 private _burnt;
    Outcome public outcome;

    constructor(IDisputeGameFactory factory_, IDisputable assertions_, IOneStepProver prover_, Rules memory rules_) {
        _require("maxDepth", rules_.maxDepth, 2, 62);
        _require("extension", rules_.extension, 1, rules_.stepExtension);
        _require("stepExtension", rules_.stepExtension, 1, rules_.maxClock);
        _require("maxClock", rules_.maxClock, 2, type(uint32).max);
        _require("gasPriceCap", rules_.gasPriceCap, 1, type(uint64).max);
        (factory, assertions, prover) = (factory_, assertions_, prover_);
        _maxDepth = rules_.maxDepth;
        _maxClock = rules_.maxClock;
        _extension = rules_.extension;
        _stepExtension = rules_.stepExtension;
        _gasPriceCap = rules_.gasPriceCap;
        burntShare = assertions_.burntShare();
        _require("burntShare", burntShare, 1, WHOLE - 1);
        _baseBond = _lowestBond(rules_, burntShare);
        openingBond = assertions_.bond();
        // INVARIANT: the attack that opens a game pays for its answer, as every later attack on the root does.
        _require("bond", openingBond, bondAt(1), type(uint96).max);
        // A claim stores 96 bits of its bond.
        _require("gasPriceCap", bondAt(_maxDepth), 1, type(uint96).max);
    }

    modifier onlyFactory() {
        if (msg.sender != address(factory)) revert OnlyFactory(msg.sender, address(factory));
        _;
    }

    /// @dev Also after the outcome is known, the game goes on until each bond is settled.
    modifier notVoid() {
        if (outcome == Outcome.Void) revert GameOver(outcome, Outcome.Undecided);
        _;
    }

    /*//////////////////////////////////////////////////////////////
                                 MOVES
    //////////////////////////////////////////////////////////////*/

    /// @inheritdoc IDisputeGame
    function open(bytes32 root_, address proposer_, uint256 until, address opener, bytes32 value)
        external
        payable
        onlyFactory
    {
        ClaimId id = idOf(ClaimId.wrap(0), Side.None, root_);
        Claim storage made = _claims[id];
        if (made.time != 0) revert AlreadyOpened();
        made.position = Positions.ROOT;
        // INVARIANT: the root can be answered until the challenge period is over, and for at least `maxClock`.
        uint256 start = until + 1 > block.timestamp + _maxClock ? until + 1 - _maxClock : block.timestamp;
        made.time = uint40(start); // Cast: see _move.
        emit Moved(id, ClaimId.wrap(0), proposer_, Side.None, root_, 0, 0);
        _move(id, Side.Attack, value, opener);
    }

    /// @inheritdoc IDisputeGame
    function move(ClaimId parent, Side side, bytes32 value, address mover)
        external
        payable
        onlyFactory
        notVoid
        returns (ClaimId)
    {
        return _move(parent, side, value, mover);
    }

    /// @inheritdoc IDisputeGame
    function step(ClaimId id, Side side, bytes calldata witness) external notVoid {
        Claim storage target = _existing(id);
        uint256 level = target.position.depth();
        if (level != _maxDepth) revert TooShallow(level, _maxDepth);
        if (side == Side.None) revert NoSide();
        if (target.counter != address(0)) revert AlreadyStepped(id, target.counter);
        _requireRunning(target);

        // The claim is about the state after `state` steps. An attack proves the step into that state, a defence the step out of it.
        uint256 state = target.position.state(uint8(_maxDepth));
        uint256 traceIndex = side == Side.Attack ? state - 1 : state;
        bytes32 before;
        bytes32 claimed;
        bool sameSide;
        if (side == Side.Attack) {
            (before, claimed, sameSide) = (_stateBefore(target, traceIndex), target.value, true);
        } else {
            before = target.value;
            (claimed, sameSide) = _stateAfter(target, traceIndex + 1);
        }
        bytes32 actual = prover.verify(before, traceIndex, endBatch(), witness);
        // INVARIANT: a step counters a claim if the claim's side made the claim about the state after it and that claim is wrong, or if
        // the other side made it and it is right: then the claim denies a true state.
        if (sameSide == (actual == claimed)) revert StepCountersNothing(actual, claimed);

        target.counter = msg.sender;
        target.counterSide = side;
        emit Stepped(id, msg.sender, side, traceIndex);
    }

    function _move(ClaimId parentId, Side side, bytes32 value, address mover) private returns (ClaimId id) {
        Claim storage parent = _existing(parentId);
        if (side == Side.None) revert NoSide();
        Position place = parent.position;
        bool answersRoot = place == Positions.ROOT;
        if (answersRoot && side == Side.Defend) revert RootCannotBeDefended();
        Position position = place.answer(side);
        uint256 level = position.depth();
        if (level > _maxDepth) revert TooDeep(level, _maxDepth);
        // The first answer to the root is the attack that opens the game.
        uint256 bond = answersRoot && parent.children == 0 ? openingBond : bondAt(level);
        if (msg.value != bond) revert WrongBond(msg.value, bond);
        uint256 used = _requireRunning(parent);
        // INVARIANT: once a claim is settled, who is paid cannot change. Only the root is settled before its clock has run out.
        if (answersRoot && parent.settled) revert AlreadyResolved(parentId);
        id = idOf(parentId, side, value);
        Claim storage made = _claims[id];
        if (made.time != 0) revert DuplicateClaim(id);

        // INVARIANT: this side can answer every answer to this claim. It has an extension left, and the longer one if that answer is a
        // leaf.
        uint256 latest = _maxClock - (level + 1 == _maxDepth ? _stepExtension : _extension);
        if (used > latest) used = latest;
        made.value = value;
        // Casts: the constructor bounds the bonds. maxClock bounds `used` by 2^32. The time reaches 2^40 after 34,000 years. 2^32
        // claims would lock more ether than there is.
        (made.claimant, made.bond, made.parent) = (mover, uint96(bond), parentId);
        (made.position, made.time, made.elapsed) = (position, uint40(block.timestamp), uint32(used));
        uint32 number = parent.children;
        (made.number, made.side) = (number, side);
        parent.children = number + 1;
        ++parent.openChildren;
        emit Moved(id, parentId, mover, side, value, bond, used);
    }

    /*//////////////////////////////////////////////////////////////
                               RESOLUTION
    //////////////////////////////////////////////////////////////*/

    /// @inheritdoc IDisputeGame
    function resolve(ClaimId[] calldata ids) external notVoid {
        bool any;
        for (uint256 i; i < ids.length; ++i) {
            Claim storage target = _existing(ids[i]);
            if (!target.resolved) {
                _resolve(ids[i], target);
                any = true;
            }
            if (!target.settled && _isFinal(target)) {
                _settle(ids[i], target);
                any = true;
            }
        }
        if (!any && ids.length != 0) _revertIdle(ids[0]);
    }

    /// @dev Decides whether a claim stands.
    /// INVARIANT: a claim that has a counter keeps one, so it is decided while answers to it are open. A claim without a counter stands
    /// once its clock has run out, which bars new answers, and each of its answers is countered.
    function _resolve(ClaimId id, Claim storage target) private {
        address counter = target.counter;
        if (counter == address(0)) _requireOver(id, target);
        bool isRoot = _isRoot(target);
        if (isRoot && assertions.parentRejected(assertionId())) revert ParentRejected(assertionId());

        target.resolved = true;
        emit Resolved(id, counter);
        if (isRoot) return _decide(counter);
        Claim storage parent = _claims[target.parent];
        --parent.openChildren;
        if (counter == address(0) && _outranks(target, parent)) {
            parent.counter = target.claimant;
            parent.counterNumber = target.number;
            parent.counterSide = target.side;
        }
    }

    /// @dev Whether nothing can change who gets the bond of a resolved claim: all answers are resolved, and none can come. For a countered
    /// root, answers may still come, but no later attack outranks the one that counters it.
    function _isFinal(Claim storage target) private view returns (bool) {
        if (target.openChildren != 0) return false;
        return _elapsed(target) == _maxClock || (_isRoot(target) && target.counter != address(0));
    }

    function _requireOver(ClaimId id, Claim storage target) private view {
        uint256 used = _elapsed(target);
        if (used < _maxClock) revert ClockRunning(used, _maxClock);
        if (target.openChildren != 0) revert OpenChildren(id, target.openChildren, 0);
    }

    /// @dev Credits a bond. The owner of a claim that stands gets all of it. Otherwise a share is burnt, and whoever countered the claim
    /// gets the rest.
    function _settle(ClaimId id, Claim storage target) private {
        target.settled = true;
        address counter = target.counter;
        // The chain of assertions holds the root's bond.
        uint256 paid = target.bond;
        uint256 lost = counter == address(0) ? 0 : paid * burntShare / WHOLE;
        paid -= lost;
        _burnt += uint120(lost); // Cast: it is part of a bond.
        address winner = counter == address(0) ? _claimant(target) : counter;
        emit Settled(id, counter, winner, paid, lost);
        if (!_isRoot(target)) _credit(winner, paid);
        else if (counter != address(0)) assertions.settleAssertion(assertionId(), counter);
    }

    /// @dev Reverts with the reason why nothing was done about a claim.
    function _revertIdle(ClaimId id) private view {
        Claim storage target = _existing(id);
        if (!target.settled) _requireOver(id, target);
        revert AlreadyResolved(id);
    }

    /// @dev Whether an uncountered child replaces the parent's counter found so far: it is further left, or as far left and earlier.
    /// So the order in which children are resolved does not matter.
    function _outranks(Claim storage child, Claim storage parent) private view returns (bool) {
        if (parent.counter == address(0)) return true;
        if (parent.counterSide != child.side) return child.side == Side.Attack;
        return child.number < parent.counterNumber;
    }

    function _decide(address counter) private {
        outcome = counter == address(0) ? Outcome.Upheld : Outcome.Rejected;
        emit Decided(outcome);
        if (counter == address(0)) assertions.upholdAssertion(assertionId());
        else assertions.rejectAssertion(assertionId());
    }

    /// @inheritdoc IDisputeGame
    function void() external {
        if (outcome != Outcome.Undecided) revert GameOver(outcome, Outcome.Undecided);
        if (!assertions.parentRejected(assertionId())) revert ParentNotRejected(assertionId());
        outcome = Outcome.Void;
        emit Decided(Outcome.Void);
    }

    /// @inheritdoc IDisputeGame
    function refund(ClaimId[] calldata ids) external {
        if (outcome != Outcome.Void) revert GameOver(outcome, Outcome.Void);
        bool any;
        for (uint256 i; i < ids.length; ++i) {
            Claim storage target = _existing(ids[i]);
            if (target.settled) continue;
            target.settled = true;
            address claimant = _claimant(target);
            _credit(claimant, target.bond);
            emit Refunded(ids[i], claimant, target.bond);
            any = true;
        }
        if (!any && ids.length != 0) revert AlreadyResolved(ids[0]);
    }

    /// @inheritdoc IDisputeGame
    function withdraw(address payable to) external returns (uint256 amount) {
        amount = credit[msg.sender];
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        credit[msg.sender] = 0;
        _credits -= uint120(amount); // Cast: it is part of a sum that fits.
        emit Withdrawn(msg.sender, to, amount);
        (bool sent,) = to.call{value: amount}("");
        if (!sent) revert PayoutFailed(to, amount);
    }

    function _credit(address account, uint256 amount) private {
        credit[account] += amount;
        _credits += uint120(amount); // Cast: there is less ether than 2^120 wei.
    }

    /*//////////////////////////////////////////////////////////////
                                 PLACES
    //////////////////////////////////////////////////////////////*/

    function _existing(ClaimId id) private view returns (Claim storage found) {
        found = _claims[id];
        if (found.time == 0) revert MissingClaim(id);
    }

    function _isRoot(Claim storage target) private view returns (bool) {
        return target.position == Positions.ROOT;
    }

    function _claimant(Claim storage target) private view returns (address) {
        return _isRoot(target) ? proposer() : target.claimant;
    }

    /// @dev The state after `state` steps on which `target` and the claims above it agree; the prestate after no steps.
    function _stateBefore(Claim storage target, uint256 state) private view returns (bytes32) {
        if (state == 0) return prestate();
        (bytes32 value,) = _ancestorAt(target, state);
        return value;
    }

    /// @dev The state after `state` steps that a claim above `target` states, and whether the same side made that claim.
    function _stateAfter(Claim storage target, uint256 state) private view returns (bytes32 value, bool sameSide) {
        uint256 distance;
        (value, distance) = _ancestorAt(target, state);
        sameSide = distance % 2 == 0;
    }

    /// @dev The nearest ancestor about the state after `state` steps, and how many moves above `target` it is. A claim at the lowest depth
    /// has one for the state on either side, except for the prestate: bisection last went right at the ancestor about the state before
    /// the claim's, and last went left at the one about the state after it.
    function _ancestorAt(Claim storage target, uint256 state) private view returns (bytes32, uint256 distance) {
        uint8 maxDepth = uint8(_maxDepth); // Cast: at most 62.
        do {
            target = _claims[target.parent];
            ++distance;
        } while (target.position.state(maxDepth) != state);
        return (_isRoot(target) ? root() : target.value, distance);
    }

    function _elapsed(Claim storage target) private view returns (uint256 used) {
        if (!_isRoot(target)) used = _claims[target.parent].elapsed;
        if (block.timestamp > target.time) used += block.timestamp - target.time;
        if (used > _maxClock) used = _maxClock;
    }

    function _requireRunning(Claim storage target) private view returns (uint256 used) {
        used = _elapsed(target);
        if (used >= _maxClock) revert ClockExpired(used, _maxClock);
    }

    /*//////////////////////////////////////////////////////////////
                                 VIEWS
    //////////////////////////////////////////////////////////////*/

    /// @inheritdoc IDisputeGame
    function credits() external view returns (uint256) {
        return _credits;
    }

    /// @inheritdoc IDisputeGame
    function burnt() external view returns (uint256) {
        return _burnt;
    }

    /// @inheritdoc IDisputeGame
    function winner() external view returns (address) {
        Claim storage top = _claims[rootId()];
        return outcome == Outcome.Rejected && top.settled ? top.counter : address(0);
    }

    /// @inheritdoc IDisputeGame
    function rootId() public view returns (ClaimId) {
        return idOf(ClaimId.wrap(0), Side.None, root());
    }

    /// @inheritdoc IDisputeGame
    function claim(ClaimId id) external view returns (Claim memory found) {
        Claim storage stored = _existing(id);
        found = stored;
        if (_isRoot(stored)) (found.value, found.claimant) = (root(), proposer());
    }

    /// @inheritdoc IDisputeGame
    function elapsed(ClaimId id) external view returns (uint256) {
        return _elapsed(_existing(id));
    }

    /// @inheritdoc IDisputeGame
    function bondAt(uint256 level) public view returns (uint256 bond) {
        bond = _baseBond;
        for (uint256 i; i < level; ++i) {
            bond += bond / 10;
        }
    }

    /// @inheritdoc IDisputeGame
    function longest() external view returns (uint256) {
        return 2 * _maxClock + _maxDepth * _extension + _stepExtension;
    }

    /// @inheritdoc IDisputeGame
    function idOf(ClaimId parent, Side side, bytes32 value) public view returns (ClaimId) {
        bytes32[] memory words = new bytes32[](4);
        words[0] = bytes32(uint256(uint160(address(this))));
        words[1] = ClaimId.unwrap(parent);
        words[2] = bytes32(uint256(side));
        words[3] = value;
        return ClaimId.wrap(Hashing.hashWords(Hashing.CLAIM, words));
    }

    /// @inheritdoc IDisputeGame
    function rules() external view returns (Rules memory) {
        // Casts: each rule had this type in the constructor.
        return Rules({
            maxDepth: uint8(_maxDepth),
            maxClock: uint40(_maxClock),
            extension: uint40(_extension),
            stepExtension: uint40(_stepExtension),
            gasPriceCap: uint96(_gasPriceCap)
        });
    }

    /// @inheritdoc IDisputeGame
    function assertionId() public view returns (bytes32) {
        return Clones.word(0);
    }

    /// @inheritdoc IDisputeGame
    function prestate() public view returns (bytes32 result) {
        (result,,,) = _subject();
    }

    /// @inheritdoc IDisputeGame
    function root() public view returns (bytes32 result) {
        (, result,,) = _subject();
    }

    /// @inheritdoc IDisputeGame
    function endBatch() public view returns (uint256 result) {
        (,, result,) = _subject();
    }

    /// @inheritdoc IDisputeGame
    function proposer() public view returns (address result) {
        (,,, result) = _subject();
    }

    function _subject() private view returns (bytes32, bytes32, uint256, address) {
        return assertions.subjectOf(assertionId());
    }

    /*//////////////////////////////////////////////////////////////
                              CONSTRUCTION
    //////////////////////////////////////////////////////////////*/

    function _require(bytes32 rule, uint256 actual, uint256 lowest, uint256 highest) private pure {
        if (actual < lowest) revert BadRule(rule, actual, lowest);
        if (actual > highest) revert BadRule(rule, actual, highest);
    }

    /// @dev The bond at depth 0. It grows by a tenth per level, and at the lowest depth it leaves the price of a step once the share is
    /// burnt. It is at least a bond that leaves the price of a move.
    function _lowestBond(Rules memory rules_, uint256 share) private pure returns (uint256 bond) {
        bond = _leaving((STEP_GAS + RESOLVE_GAS) * rules_.gasPriceCap, share);
        for (uint256 i; i < rules_.maxDepth; ++i) {
            bond = (bond * 10 + 10) / 11; // rounded up
        }
        uint256 least = _leaving((MOVE_GAS + RESOLVE_GAS) * rules_.gasPriceCap, share);
        if (bond < least) bond = least;
    }

    /// @dev The least bond of which `amount` is left after the share is burnt.
    function _leaving(uint256 amount, uint256 share) private pure returns (uint256) {
        return (amount * WHOLE + WHOLE - share - 1) / (WHOLE - share);
    }
}
