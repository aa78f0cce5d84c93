// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPaymentChannel} from "./interfaces/IPaymentChannel.sol";
import {Assets} from "./libraries/Assets.sol";
import {ChannelHashing} from "./libraries/ChannelHashing.sol";
import {Locks} from "./libraries/Locks.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title PaymentChannel
/// @notice One contract holds all channels. A channel's terms determine its id and travel in calldata. So a channel costs one storage
/// slot before the first deposit, and at most four later.
contract PaymentChannel is IPaymentChannel {
    /// @dev One slot, low bits first: status 8, closerIsB 8, stale 8, deadline 40, version 64, closeVersion 64.
    struct Head {
        Status status;
        bool closerIsB;
        bool stale;
        uint40 deadline;
        uint64 version;
        uint64 closeVersion;
    }

    /// @dev One slot, A in the low half.
    struct Amounts {
        uint128 a;
        uint128 b;
    }

    struct Record {
        Head head;
        // Deposits before the settlement, and unpaid balances after it. The slot is never empty in between, which saves gas.
        Amounts held;
        Amounts withdrawn;
        // EIP-712 struct hash of the posted state. After the settlement, Locks.pool of what is left under locks.
        bytes32 commitment;
    }

    uint32 public constant MIN_WINDOW = 60;
    uint32 public constant MAX_WINDOW = 30 days;
    uint16 public constant MAX_PENALTY = 10_000;

    uint256 private immutable DEPLOYMENT_CHAIN = block.chainid;
    bytes32 private immutable DEPLOYMENT_SEPARATOR = ChannelHashing.domain("PaymentChannel");

    mapping(bytes32 channel => Record) private records;
    mapping(bytes32 pair => uint64) private epochs;

    /// @inheritdoc IPaymentChannel
    mapping(bytes32 hashlock => uint256) public revealedAt;
    /// @inheritdoc IPaymentChannel
    mapping(address token => uint256) public owed;

    bool private transient entered;

    error Reentered();

    /// @dev Tokens and recipients are called in the middle of a change, so nothing may enter until they return.
    modifier alone() {
        if (entered) revert Reentered();
        entered = true;
        _;
        entered = false;
    }

    /// @inheritdoc IPaymentChannel
    function open(Key calldata key, uint128 amount) external payable alone returns (bytes32 channel) {
        if (key.a >= key.b || key.a == address(0)) revert PartiesNotOrdered(key.a, key.b);
        if (key.window < MIN_WINDOW || key.window > MAX_WINDOW) {
            revert WindowOutOfBounds(key.window, MIN_WINDOW, MAX_WINDOW);
        }
        if (key.penalty > MAX_PENALTY) revert PenaltyTooHigh(key.penalty, MAX_PENALTY);
        Side side = sideOf(key, msg.sender);
        bytes32 pair = ChannelHashing.pair(key.token, key.a, key.b);
        uint64 expected = epochs[pair] + 1;
        // INVARIANT: an id is opened at most once, since its epoch is used up here.
        if (key.epoch != expected) revert EpochMismatch(key.epoch, expected);
        epochs[pair] = expected;

        channel = ChannelHashing.id(key);
        records[channel].head.status = Status.Open;
        emit Opened(channel, key.a, key.b, key);
        if (amount != 0) credit(records[channel], key.token, channel, side, amount, amount);
        else if (msg.value != 0) revert ValueMismatch(msg.value, 0);
    }

    /// @inheritdoc IPaymentChannel
    function deposit(Key calldata key, Side side, uint128 total) external payable alone {
        bytes32 channel = ChannelHashing.id(key);
        Record storage record = records[channel];
        expect(channel, record.head.status, Status.Open);
        uint128 current = side == Side.A ? record.held.a : record.held.b;
        if (total <= current) revert TotalNotIncreasing(total, current);
        credit(record, key.token, channel, side, total, total - current);
    }

    /// @inheritdoc IPaymentChannel
    function withdraw(
        Key calldata key,
        Side side,
        uint128 total,
        uint64 expiry,
        address to,
        bytes calldata signatureA,
        bytes calldata signatureB
    ) external alone {
        bytes32 channel = ChannelHashing.id(key);
        Record storage record = records[channel];
        expect(channel, record.head.status, Status.Open);
        if (block.timestamp > expiry) revert SignatureExpired(block.timestamp, expiry);
        checkRecipient(key, side, to);
        bytes32 signed = digest(ChannelHashing.withdrawal(channel, key.epoch, side, total, expiry));
        consent(key.a, signed, signatureA);
        consent(key.b, signed, signatureB);

        uint128 amount = takeOut(record, side, total);
        emit Withdrawn(channel, side, total, to);
        pay(key.token, to, amount);
    }

    /// @inheritdoc IPaymentChannel
    function closeTogether(
        Key calldata key,
        uint128 balanceA,
        uint128 balanceB,
        uint64 expiry,
        bytes calldata signatureA,
        bytes calldata signatureB
    ) external alone {
        bytes32 channel = ChannelHashing.id(key);
        Record storage record = records[channel];
        Head memory head = record.head;
        if (head.status != Status.Closing) expect(channel, head.status, Status.Open);
        if (block.timestamp > expiry) revert SignatureExpired(block.timestamp, expiry);
        uint256 split = uint256(balanceA) + balanceB;
        uint256 pool = poolOf(record);
        // INVARIANT: a channel pays out no more than it holds.
        if (split > pool) revert PoolMismatch(split, pool);
        bytes32 signed = digest(ChannelHashing.closeTogether(channel, key.epoch, balanceA, balanceB, expiry));
        consent(key.a, signed, signatureA);
        consent(key.b, signed, signatureB);

        if (head.status == Status.Closing) record.commitment = 0;
        head.status = Status.Settled;
        record.head = head;
        // Anyone may deposit at any time, so what came in after both signed must not spoil the close.
        uint256 extra = pool - split;
        // Both casts hold: a channel's deposits add up to at most a uint128 (see credit).
        Amounts memory shares = Amounts(uint128(balanceA + extra / 2), uint128(balanceB + extra - extra / 2));
        record.held = shares;
        emit Settled(channel, shares.a, shares.b, 0);
    }

    /// @inheritdoc IPaymentChannel
    function close(Key calldata key, State calldata state, bytes calldata signature) external alone {
        bytes32 channel = ChannelHashing.id(key);
        Record storage record = records[channel];
        expect(channel, record.head.status, Status.Open);
        Side closer = sideOf(key, msg.sender);
        checkPostable(record, state);
        bytes32 structHash = ChannelHashing.state(channel, key.epoch, state);
        if (state.version == 0) checkInitial(state);
        else Signatures.check(closer == Side.A ? key.b : key.a, digest(structHash), signature);

        uint40 deadline = uint40(block.timestamp) + key.window;
        record.head = Head(Status.Closing, closer == Side.B, false, deadline, state.version, state.version);
        record.commitment = structHash;
        emit Closing(channel, closer, deadline, state);
    }

    /// @inheritdoc IPaymentChannel
    function update(Key calldata key, State calldata state, bytes calldata signatureA, bytes calldata signatureB)
        external
        alone
    {
        bytes32 channel = ChannelHashing.id(key);
        Record storage record = records[channel];
        Head memory head = record.head;
        expect(channel, head.status, Status.Closing);
        if (block.timestamp > head.deadline) revert WindowClosed(block.timestamp, head.deadline);
        if (state.version <= head.version) revert VersionNotNewer(state.version, head.version);
        checkPostable(record, state);
        bytes32 structHash = ChannelHashing.state(channel, key.epoch, state);
        bytes32 signed = digest(structHash);
        consent(key.a, signed, signatureA);
        consent(key.b, signed, signatureB);

        head.version = state.version;
        if (provesStale(key, head, state)) head.stale = true;
        record.head = head;
        record.commitment = structHash;
        emit Updated(channel, head.stale, state);
    }

    /// @inheritdoc IPaymentChannel
    function settle(Key calldata key, State calldata state) external alone {
        bytes32 channel = ChannelHashing.id(key);
        Record storage record = records[channel];
        Head memory head = record.head;
        expect(channel, head.status, Status.Closing);
        if (block.timestamp <= head.deadline) revert WindowOpen(block.timestamp, head.deadline);
        bytes32 structHash = ChannelHashing.state(channel, key.epoch, state);
        if (structHash != record.commitment) revert StateMismatch(structHash, record.commitment);

        (uint256 a, uint256 b) = balances(record, state);
        if (head.stale) (a, b) = punish(a, b, head.closerIsB, key.penalty);
        uint256 locked = uint256(state.lockedA) + state.lockedB;
        head.status = Status.Settled;
        record.head = head;
        // Both casts hold: a channel's deposits add up to at most a uint128 (see credit).
        record.held = Amounts(uint128(a), uint128(b));
        record.commitment = Locks.pool(state.lockRoot, locked);
        emit Settled(channel, uint128(a), uint128(b), locked);
    }

    /// @inheritdoc IPaymentChannel
    function reveal(bytes32 preimage) external returns (bytes32 hashlock) {
        if (preimage == 0) revert EmptyPreimage();
        hashlock = Locks.hashlock(preimage);
        // The first revelation counts. A later one would only make its time later.
        if (revealedAt[hashlock] == 0) {
            revealedAt[hashlock] = block.timestamp;
            emit Revealed(hashlock, preimage);
        }
    }

    /// @inheritdoc IPaymentChannel
    function unlock(bytes32 channel, Lock calldata lock, uint256 index, bytes32[] calldata proof, uint256 pool)
        external
    {
        Record storage record = records[channel];
        (bytes32 root, bytes32 remaining) = Locks.removal(Locks.leaf(lock), index, proof);
        bytes32 commitment = Locks.pool(root, pool);
        // INVARIANT: only a settlement writes a pool commitment. Hashes of posted states have another tag.
        if (commitment != record.commitment || commitment == 0) {
            revert LockCommitmentMismatch(commitment, record.commitment);
        }
        // INVARIANT: locks pay out of their own channel's pool, whatever its parties signed.
        if (lock.amount > pool) revert LockExceedsPool(lock.amount, pool);

        uint256 revealed = revealedAt[lock.hashlock];
        bool toPayee = revealed != 0 && revealed <= lock.expiry;
        if (!toPayee && block.timestamp <= lock.expiry) revert LockPending(block.timestamp, lock.expiry);
        Side beneficiary = toPayee == (lock.payer == Side.A) ? Side.B : Side.A;
        record.commitment = Locks.pool(remaining, pool - lock.amount);
        if (beneficiary == Side.A) record.held.a += lock.amount;
        else record.held.b += lock.amount;
        emit Unlocked(channel, lock.hashlock, beneficiary, lock.amount);
    }

    /// @inheritdoc IPaymentChannel
    function payout(Key calldata key, Side side, address to) external alone {
        bytes32 channel = ChannelHashing.id(key);
        Record storage record = records[channel];
        expect(channel, record.head.status, Status.Settled);
        checkRecipient(key, side, to);
        uint128 amount = side == Side.A ? record.held.a : record.held.b;
        if (amount == 0) revert NothingToPay(channel, side);

        if (side == Side.A) record.held.a = 0;
        else record.held.b = 0;
        emit PaidOut(channel, side, to, amount);
        pay(key.token, to, amount);
    }

    /// @inheritdoc IPaymentChannel
    function payoutBoth(Key calldata key) external alone {
        bytes32 channel = ChannelHashing.id(key);
        Record storage record = records[channel];
        expect(channel, record.head.status, Status.Settled);
        Amounts memory held = record.held;
        record.held = Amounts(0, 0);
        bool paidA = held.a != 0 && tryPay(key.token, key.a, held.a);
        bool paidB = held.b != 0 && tryPay(key.token, key.b, held.b);
        if (!paidA && !paidB) revert NothingToPay(channel, Side.A);
        // INVARIANT: what could not be sent is owed as before. It is added, since a lock may have been decided meanwhile.
        if (paidA) emit PaidOut(channel, Side.A, key.a, held.a);
        else if (held.a != 0) record.held.a += held.a;
        if (paidB) emit PaidOut(channel, Side.B, key.b, held.b);
        else if (held.b != 0) record.held.b += held.b;
    }

    /// @inheritdoc IPaymentChannel
    function channelOf(Key calldata key) external pure returns (bytes32) {
        return ChannelHashing.id(key);
    }

    /// @inheritdoc IPaymentChannel
    function stateDigest(Key calldata key, State calldata state) external view returns (bytes32) {
        return digest(ChannelHashing.state(ChannelHashing.id(key), key.epoch, state));
    }

    /// @inheritdoc IPaymentChannel
    function withdrawalDigest(Key calldata key, Side side, uint128 total, uint64 expiry)
        external
        view
        returns (bytes32)
    {
        return digest(ChannelHashing.withdrawal(ChannelHashing.id(key), key.epoch, side, total, expiry));
    }

    /// @inheritdoc IPaymentChannel
    function closeTogetherDigest(Key calldata key, uint128 balanceA, uint128 balanceB, uint64 expiry)
        external
        view
        returns (bytes32)
    {
        return digest(ChannelHashing.closeTogether(ChannelHashing.id(key), key.epoch, balanceA, balanceB, expiry));
    }

    /// @inheritdoc IPaymentChannel
    function epochOf(address token, address a, address b) external view returns (uint64) {
        return epochs[ChannelHashing.pair(token, a, b)];
    }

    /// @inheritdoc IPaymentChannel
    function channelInfo(bytes32 channel)
        external
        view
        returns (Status, uint40, uint64, bool, uint128, uint128, uint128, uint128, bytes32)
    {
        Record storage record = records[channel];
        Head memory head = record.head;
        return (
            head.status,
            head.deadline,
            head.version,
            head.stale,
            record.held.a,
            record.held.b,
            record.withdrawn.a,
            record.withdrawn.b,
            record.commitment
        );
    }

    /// @dev Takes `amount` from the caller for `side`. `total` is the sum of the side's deposits afterwards.
    function credit(Record storage record, address token, bytes32 channel, Side side, uint128 total, uint128 amount)
        private
    {
        if (token == Assets.ETHER) {
            if (msg.value != amount) revert ValueMismatch(msg.value, amount);
        } else {
            if (msg.value != 0) revert ValueMismatch(msg.value, 0);
            uint256 received = Assets.pull(token, msg.sender, amount);
            if (received == 0) revert DepositNotReceived(token, amount);
            owed[token] += received;
            // `received` is at most `amount`, so at most the uint128 `total`.
            total = uint128(total - amount + received);
        }
        uint256 sum = uint256(total) + (side == Side.A ? record.held.b : record.held.a);
        // INVARIANT: one balance can hold everything in the channel, so no settlement overflows.
        if (sum > type(uint128).max) revert DepositsTooLarge(sum, type(uint128).max);
        if (side == Side.A) record.held.a = total;
        else record.held.b = total;
        emit Deposited(channel, side, total);
    }

    function takeOut(Record storage record, Side side, uint128 total) private returns (uint128 amount) {
        uint256 pool = poolOf(record);
        uint128 current = side == Side.A ? record.withdrawn.a : record.withdrawn.b;
        if (total <= current) revert TotalNotIncreasing(total, current);
        amount = total - current;
        // INVARIANT: no channel pays with another one's money.
        if (amount > pool) revert WithdrawalExceedsPool(amount, pool);
        if (side == Side.A) record.withdrawn.a = total;
        else record.withdrawn.b = total;
    }

    function pay(address token, address to, uint256 amount) private {
        if (!tryPay(token, to, amount)) revert Assets.TransferFailed(token, to, amount);
    }

    function tryPay(address token, address to, uint256 amount) private returns (bool) {
        if (token == Assets.ETHER) return Assets.trySend(token, to, amount);
        uint256 debt = owed[token];
        uint256 holding = Assets.balance(token);
        owed[token] = debt - amount;
        // A token that shrank pays every claim the same share, so that something is left for the last one.
        if (Assets.trySend(token, to, holding < debt ? amount * holding / debt : amount)) return true;
        owed[token] += amount;
        return false;
    }

    /// @dev What the channel holds. It is never negative: withdrawals are checked against it.
    function poolOf(Record storage record) private view returns (uint256) {
        Amounts memory held = record.held;
        Amounts memory withdrawn = record.withdrawn;
        return uint256(held.a) + held.b - withdrawn.a - withdrawn.b;
    }

    /// @dev Each side's free balance under `state`. Together with what is locked they add up to the channel's pool.
    function balances(Record storage record, State calldata state) private view returns (uint256 a, uint256 b) {
        Amounts memory held = record.held;
        Amounts memory withdrawn = record.withdrawn;
        a = balance(Side.A, uint256(held.a) + state.paidB, uint256(withdrawn.a) + state.paidA + state.lockedA);
        b = balance(Side.B, uint256(held.b) + state.paidA, uint256(withdrawn.b) + state.paidB + state.lockedB);
    }

    function balance(Side side, uint256 has, uint256 owes) private pure returns (uint256) {
        if (owes > has) revert Overdrawn(side, owes, has);
        return has - owes;
    }

    /// @dev Checks every posted state: the deposits cover it, and what it locks can be unlocked.
    function checkPostable(Record storage record, State calldata state) private view {
        balances(record, state);
        uint256 locked = uint256(state.lockedA) + state.lockedB;
        if ((locked == 0) != (state.lockRoot == 0)) revert LockRootMismatch(state.lockRoot, locked);
    }

    /// @dev Nobody signs version 0, so it says only that no payment was made.
    function checkInitial(State calldata state) private pure {
        bool empty = state.base == 0 && state.paidA | state.paidB | state.lockedA | state.lockedB == 0;
        if (!empty) revert InitialStateNotEmpty(state.base, state.paidA, state.paidB);
    }

    /// @dev Whether `state`, which is newer than the one that the closer closed with, proves that the closer held a newer one then.
    /// A proposer names the newest state that it held, its base. A countersigner held what it signed. If the closer itself submits
    /// the other party's proposal, it may have received it after the close, so that proves nothing.
    function provesStale(Key calldata key, Head memory head, State calldata state) private view returns (bool) {
        bool proposedByB = state.version & 1 == 0;
        if (proposedByB == head.closerIsB) return state.base > head.closeVersion;
        return msg.sender != (head.closerIsB ? key.b : key.a);
    }

    function punish(uint256 a, uint256 b, bool closerIsB, uint16 penalty) private pure returns (uint256, uint256) {
        uint256 fine = (closerIsB ? b : a) * penalty / MAX_PENALTY;
        return closerIsB ? (a + fine, b - fine) : (a - fine, b + fine);
    }

    function sideOf(Key calldata key, address account) private pure returns (Side) {
        if (account == key.a) return Side.A;
        if (account != key.b) revert NotAParty(account, key.a, key.b);
        return Side.B;
    }

    function checkRecipient(Key calldata key, Side side, address to) private view {
        address party = side == Side.A ? key.a : key.b;
        if (to != party && msg.sender != party) revert RecipientNotParty(to, party);
    }

    /// @dev A party agrees by its signature or by being the caller.
    function consent(address party, bytes32 signed, bytes calldata signature) private view {
        if (msg.sender != party) Signatures.check(party, signed, signature);
    }

    function expect(bytes32 channel, Status actual, Status expected) private pure {
        if (actual != expected) revert StatusMismatch(channel, actual, expected);
    }

    function digest(bytes32 structHash) private view returns (bytes32) {
        // A fork of the chain keeps this contract's code but not its chain id.
        bytes32 separator =
            block.chainid == DEPLOYMENT_CHAIN ? DEPLOYMENT_SEPARATOR : ChannelHashing.domain("PaymentChannel");
        return ChannelHashing.digest(separator, structHash);
    }
}
