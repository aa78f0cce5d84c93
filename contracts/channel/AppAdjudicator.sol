// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IApp} from "./interfaces/IApp.sol";
import {IAppAdjudicator} from "./interfaces/IAppAdjudicator.sol";
import {Apps} from "./libraries/Apps.sol";
import {ChannelHashing} from "./libraries/ChannelHashing.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title AppAdjudicator
/// @notice Holds the stakes of all games and judges them by their applications' own rules.
contract AppAdjudicator is IAppAdjudicator {
    /// @dev One slot, low bits first: status 8, openedByB 8, deadline 40, turn 64, moved 8, over 8, shareA 16, silent 8.
    /// `moved`: a move on chain made the posted state, so only one player has agreed to it. `over`: that move ended the game, with
    /// `shareA` of the pot to A, unless the other player shows within the window that the mover had signed another state.
    /// `silent`: the application does not say what the posted state's outcome is.
    struct Head {
        Status status;
        bool openedByB;
        uint40 deadline;
        uint64 turn;
        bool moved;
        bool over;
        uint16 shareA;
        bool silent;
    }

    struct Record {
        Head head;
        bytes32 commitment;
        uint256 balanceA;
        uint256 balanceB;
    }

    uint32 public constant MIN_WINDOW = 60;
    uint32 public constant MAX_WINDOW = 30 days;

    bytes32 private constant STATE_TYPE = keccak256("AppState(bytes32 channel,uint64 epoch,uint64 turn,bytes data)");
    bytes32 private constant TOGETHER_TYPE =
        keccak256("ConcludeTogether(bytes32 channel,uint64 epoch,uint256 balanceA,uint64 expiry)");
    /// @dev keccak256("rollup-harness/channel/app-id")
    bytes32 internal constant ID_TAG = 0xcff2fa10710e356dbc22abe5c298ce5ca3158b731781aa2847b7a22e44ea089c;

    mapping(bytes32 channel => Record) private records;
    mapping(bytes32 pair => uint64) private epochs;

    /// @inheritdoc IAppAdjudicator
    function open(Key calldata key) external payable returns (bytes32 channel) {
        if (key.a >= key.b || key.a == address(0)) revert PlayersNotOrdered(key.a, key.b);
        if (key.window < MIN_WINDOW || key.window > MAX_WINDOW) {
            revert WindowOutOfBounds(key.window, MIN_WINDOW, MAX_WINDOW);
        }
        bool openedByB = sideOf(key, msg.sender) == Side.B;
        if (msg.value != key.stake) revert StakeMismatch(msg.value, key.stake);
        bytes32 pair = ChannelHashing.pair(key.app, key.a, key.b);
        uint64 expected = epochs[pair] + 1;
        // INVARIANT: an id is opened at most once, since its epoch is used up here.
        if (key.epoch != expected) revert EpochMismatch(key.epoch, expected);
        epochs[pair] = expected;
        channel = channelOf(key);
        Head storage head = records[channel].head;
        head.status = key.stake == 0 ? Status.Live : Status.Funding;
        head.openedByB = openedByB;
        emit Opened(channel, key.a, key.b, key);
    }

    /// @inheritdoc IAppAdjudicator
    function join(Key calldata key) external payable {
        bytes32 channel = channelOf(key);
        Head storage head = records[channel].head;
        expect(channel, head.status, Status.Funding);
        address joiner = head.openedByB ? key.a : key.b;
        if (msg.sender != joiner) revert OutOfTurn(msg.sender, joiner);
        if (msg.value != key.stake) revert StakeMismatch(msg.value, key.stake);
        head.status = Status.Live;
        emit Joined(channel);
    }

    /// @inheritdoc IAppAdjudicator
    function cancel(Key calldata key) external {
        bytes32 channel = channelOf(key);
        Record storage record = records[channel];
        expect(channel, record.head.status, Status.Funding);
        address opener = record.head.openedByB ? key.b : key.a;
        if (msg.sender != opener) revert OutOfTurn(msg.sender, opener);
        if (record.head.openedByB) finish(channel, record, 0, key.stake);
        else finish(channel, record, key.stake, 0);
    }

    /// @inheritdoc IAppAdjudicator
    function challenge(
        Key calldata key,
        AppState calldata state,
        bytes calldata signatureA,
        bytes calldata signatureB,
        bytes calldata move
    ) external {
        bytes32 channel = channelOf(key);
        Record storage record = records[channel];
        expect(channel, record.head.status, Status.Live);
        sideOf(key, msg.sender);
        bool moves = msg.sender == mover(key, state.turn);
        if (!moves && move.length != 0) revert OutOfTurn(msg.sender, mover(key, state.turn));
        if (record.commitment == 0 && state.turn == 0) {
            (bool answered, bytes memory data) = Apps.initial(key.app);
            if (!answered) return startUnknown(channel, record, key, move);
            record.commitment = hashOf(channel, key.epoch, 0, data);
        }
        bool stands = hashOf(channel, key.epoch, state.turn, state.data) == record.commitment;
        if (!stands) checkAgreed(record, key, channel, state, signatureA, signatureB);
        AppState memory posted = state;
        // If nobody can judge a move, none is due.
        if (moves && move.length == 0) (moves,,) = Apps.outcome(key.app, state.data, state.turn);
        if (moves) posted = next(key, state, move);
        // INVARIANT: a posted state that a move on chain made counts as such until both players agree to it.
        bool unagreed = moves || (stands && record.head.moved);
        if (post(channel, record, key, posted, unagreed)) return;
        startClock(channel, record, key, posted);
    }

    /// @inheritdoc IAppAdjudicator
    function respond(Key calldata key, AppState calldata state, bytes calldata move) external {
        bytes32 channel = channelOf(key);
        Record storage record = records[channel];
        expect(channel, record.head.status, Status.Challenged);
        checkClock(record);
        if (msg.sender != mover(key, state.turn)) revert OutOfTurn(msg.sender, mover(key, state.turn));
        bytes32 structHash = hashOf(channel, key.epoch, state.turn, state.data);
        if (structHash != record.commitment) revert StateMismatch(structHash, record.commitment);
        if (record.head.over) revert AlreadyOver(state.turn);
        AppState memory posted = next(key, state, move);
        post(channel, record, key, posted, true);
        // A move that ends the game leaves the other player a window to answer, as a challenge does.
        if (record.head.over) startClock(channel, record, key, posted);
        else resume(channel, record, posted);
    }

    /// @inheritdoc IAppAdjudicator
    function checkpoint(Key calldata key, AppState calldata state, bytes calldata signatureA, bytes calldata signatureB)
        external
    {
        bytes32 channel = channelOf(key);
        Record storage record = records[channel];
        if (record.head.status == Status.Challenged) checkClock(record);
        else expect(channel, record.head.status, Status.Live);
        checkAgreed(record, key, channel, state, signatureA, signatureB);
        if (post(channel, record, key, state, false)) return;
        resume(channel, record, state);
    }

    /// @inheritdoc IAppAdjudicator
    function conclude(Key calldata key, AppState calldata state, bytes calldata signatureA, bytes calldata signatureB)
        external
    {
        bytes32 channel = channelOf(key);
        Record storage record = records[channel];
        if (record.head.status == Status.Challenged) checkClock(record);
        else expect(channel, record.head.status, Status.Live);
        checkAgreed(record, key, channel, state, signatureA, signatureB);
        if (post(channel, record, key, state, false)) return;
        if (record.head.silent) revert AppSilent(key.app);
        revert NotOver(state.turn);
    }

    /// @inheritdoc IAppAdjudicator
    function concludeTogether(
        Key calldata key,
        uint256 balanceA,
        uint64 expiry,
        bytes calldata signatureA,
        bytes calldata signatureB
    ) external {
        bytes32 channel = channelOf(key);
        Record storage record = records[channel];
        if (record.head.status != Status.Challenged) expect(channel, record.head.status, Status.Live);
        if (block.timestamp > expiry) revert SignatureExpired(block.timestamp, expiry);
        uint256 pot = 2 * uint256(key.stake);
        // INVARIANT: a game pays out exactly its own stakes.
        if (balanceA > pot) revert BalanceAbovePot(balanceA, pot);
        bytes32 signed = digest(togetherHash(channel, key.epoch, balanceA, expiry));
        consent(key.a, signed, signatureA);
        consent(key.b, signed, signatureB);
        finish(channel, record, balanceA, pot - balanceA);
    }

    /// @inheritdoc IAppAdjudicator
    function forfeit(Key calldata key) external {
        bytes32 channel = channelOf(key);
        Record storage record = records[channel];
        Head memory head = record.head;
        expect(channel, head.status, Status.Challenged);
        if (block.timestamp <= head.deadline) revert ClockRunning(block.timestamp, head.deadline);
        uint256 pot = 2 * uint256(key.stake);
        if (head.over) share(channel, record, pot, head.shareA);
        // INVARIANT: no player loses for a move that it could not make.
        else if (head.silent || !answers(key.app)) finish(channel, record, key.stake, key.stake);
        else if (mover(key, head.turn) == key.a) finish(channel, record, 0, pot);
        else finish(channel, record, pot, 0);
    }

    /// @inheritdoc IAppAdjudicator
    function payout(Key calldata key, Side side, address to) external {
        bytes32 channel = channelOf(key);
        Record storage record = records[channel];
        expect(channel, record.head.status, Status.Concluded);
        address player = side == Side.A ? key.a : key.b;
        if (to != player && msg.sender != player) revert RecipientNotPlayer(to, player);
        uint256 amount = side == Side.A ? record.balanceA : record.balanceB;
        if (amount == 0) revert NothingToPay(channel, side);
        if (side == Side.A) record.balanceA = 0;
        else record.balanceB = 0;
        emit PaidOut(channel, side, to, amount);
        (bool sent,) = to.call{value: amount}("");
        if (!sent) revert TransferFailed(to, amount);
    }

    /// @inheritdoc IAppAdjudicator
    function channelOf(Key calldata key) public pure returns (bytes32) {
        return keccak256(abi.encode(ID_TAG, key));
    }

    /// @inheritdoc IAppAdjudicator
    function stateDigest(Key calldata key, AppState calldata state) external view returns (bytes32) {
        return digest(hashOf(channelOf(key), key.epoch, state.turn, state.data));
    }

    /// @inheritdoc IAppAdjudicator
    function concludeTogetherDigest(Key calldata key, uint256 balanceA, uint64 expiry) external view returns (bytes32) {
        return digest(togetherHash(channelOf(key), key.epoch, balanceA, expiry));
    }

    /// @inheritdoc IAppAdjudicator
    function epochOf(address app, address a, address b) external view returns (uint64) {
        return epochs[ChannelHashing.pair(app, a, b)];
    }

    /// @inheritdoc IAppAdjudicator
    function channelInfo(bytes32 channel) external view returns (Status, uint40, uint64, bytes32, uint256, uint256) {
        Record storage record = records[channel];
        Head memory head = record.head;
        return (head.status, head.deadline, head.turn, record.commitment, record.balanceA, record.balanceB);
    }

    /// @dev Starts the clock of a game whose application does not say how it begins. No state of turn 0 is the right one, so the
    /// contract believes none, and the clock can only end in the return of the stakes.
    function startUnknown(bytes32 channel, Record storage record, Key calldata key, bytes calldata move) private {
        if (move.length != 0) revert AppSilent(key.app);
        AppState memory unknown = AppState(0, "");
        record.commitment = hashOf(channel, key.epoch, 0, unknown.data);
        record.head.silent = true;
        startClock(channel, record, key, unknown);
    }

    /// @dev Whether the application answers at all. It can always be asked for a game's beginning.
    function answers(address app) private view returns (bool answered) {
        (answered,) = Apps.initial(app);
    }

    /// @dev Reverts unless both players agree to `state`, and it is newer than the posted one. It may be of the same turn if a move
    /// on chain made the posted one: the mover is bound by another state of that turn that it signed before.
    function checkAgreed(
        Record storage record,
        Key calldata key,
        bytes32 channel,
        AppState calldata state,
        bytes calldata signatureA,
        bytes calldata signatureB
    ) private view {
        Head memory head = record.head;
        // INVARIANT: the game never goes back. Of two agreed states of one turn, the first counts.
        bool newer = head.moved ? state.turn >= head.turn : state.turn > head.turn;
        if (!newer) revert TurnNotNewer(state.turn, head.turn);
        bytes32 signed = digest(hashOf(channel, key.epoch, state.turn, state.data));
        consent(key.a, signed, signatureA);
        consent(key.b, signed, signatureB);
    }

    /// @dev A player agrees by its signature or by being the caller.
    function consent(address player, bytes32 signed, bytes calldata signature) private view {
        if (msg.sender != player) Signatures.check(player, signed, signature);
    }

    function next(Key calldata key, AppState calldata state, bytes calldata move)
        private
        pure
        returns (AppState memory)
    {
        return AppState(state.turn + 1, IApp(key.app).play(state.data, state.turn, move));
    }

    /// @dev Makes `state` the posted one. An agreed state that is over ends the game. One that a move on chain made is only noted as
    /// over. A state about which the application is silent is not over.
    function post(bytes32 channel, Record storage record, Key calldata key, AppState memory state, bool moved)
        private
        returns (bool finished)
    {
        record.commitment = hashOf(channel, key.epoch, state.turn, state.data);
        (bool answered, bool over, uint16 shareA) = Apps.outcome(key.app, state.data, state.turn);
        Head memory head = record.head;
        head.turn = state.turn;
        head.moved = moved;
        head.over = over;
        head.shareA = shareA;
        head.silent = !answered;
        record.head = head;
        finished = over && !moved;
        if (finished) share(channel, record, 2 * uint256(key.stake), shareA);
    }

    function startClock(bytes32 channel, Record storage record, Key calldata key, AppState memory state) private {
        uint40 deadline = uint40(block.timestamp) + key.window;
        record.head.status = Status.Challenged;
        record.head.deadline = deadline;
        emit Challenged(channel, deadline, state);
    }

    function share(bytes32 channel, Record storage record, uint256 pot, uint16 shareA) private {
        uint256 balanceA = pot * shareA / Apps.WHOLE;
        finish(channel, record, balanceA, pot - balanceA);
    }

    function resume(bytes32 channel, Record storage record, AppState memory state) private {
        record.head.status = Status.Live;
        record.head.deadline = 0;
        emit Checkpointed(channel, state);
    }

    function finish(bytes32 channel, Record storage record, uint256 balanceA, uint256 balanceB) private {
        record.head.status = Status.Concluded;
        record.head.deadline = 0;
        record.balanceA = balanceA;
        record.balanceB = balanceB;
        emit Concluded(channel, balanceA, balanceB);
    }

    function checkClock(Record storage record) private view {
        uint256 deadline = record.head.deadline;
        if (block.timestamp > deadline) revert ClockExpired(block.timestamp, deadline);
    }

    function mover(Key calldata key, uint64 turn) private pure returns (address) {
        return turn & 1 == 0 ? key.a : key.b;
    }

    function sideOf(Key calldata key, address account) private pure returns (Side) {
        if (account == key.a) return Side.A;
        if (account != key.b) revert NotAPlayer(account, key.a, key.b);
        return Side.B;
    }

    function expect(bytes32 channel, Status actual, Status expected) private pure {
        if (actual != expected) revert StatusMismatch(channel, actual, expected);
    }

    function hashOf(bytes32 channel, uint64 epoch, uint64 turn, bytes memory data) private pure returns (bytes32) {
        return keccak256(abi.encode(STATE_TYPE, channel, epoch, turn, keccak256(data)));
    }

    function togetherHash(bytes32 channel, uint64 epoch, uint256 balanceA, uint64 expiry)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(TOGETHER_TYPE, channel, epoch, balanceA, expiry));
    }

    function digest(bytes32 structHash) private view returns (bytes32) {
        return ChannelHashing.digest(ChannelHashing.domain("AppAdjudicator"), structHash);
    }
}
