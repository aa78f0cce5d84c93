// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Two-party payment channels for ether and ERC-20 tokens
/// @notice L1 judges payments that never touch it. Two parties lock deposits and exchange signed channel states. They need this
/// contract only to open, top up, withdraw and close.
///
/// All deadlines are in seconds of `block.timestamp`. The named second still counts:
///
/// | deadline                         | last second to act        | first second of what follows   |
/// |----------------------------------|---------------------------|--------------------------------|
/// | settlement window                | `update` at `deadline`    | `settle` at `deadline + 1`     |
/// | lock expiry                      | `reveal` at `expiry`      | refund at `expiry + 1`         |
/// | withdrawal, cooperative close    | at `expiry`               | rejected at `expiry + 1`       |
///
/// Warning: a contract wallet (EIP-1271) can revoke a signature that was valid. Whoever accepts payments from one trusts its code.
interface IPaymentChannel {
    /// @notice A party of a channel; `A` has the lower address.
    enum Side {
        A,
        B
    }

    enum Status {
        None,
        Open,
        Closing,
        Settled
    }

    /// @notice All terms of a channel. Its hash is the channel's id, so no deposit or signature reaches a channel with other terms.
    /// @param token the ERC-20, or the zero address for ether
    /// @param a the lower of the two parties' addresses
    /// @param b the higher one
    /// @param epoch number of channels that this pair has opened for this token, this one included
    /// @param window seconds from a unilateral close to the last update
    /// @param penalty share of the closer's balance, in 1/10,000, that the other party gets after a provably stale close
    struct Key {
        address token;
        address a;
        address b;
        uint64 epoch;
        uint32 window;
        uint16 penalty;
    }

    /// @notice What both parties sign. Totals only grow, so a deposit or a withdrawal invalidates no state.
    /// @param version odd if A proposed it, even if B did. A higher one replaces a lower one. 0 is the unsigned initial state
    /// @param base the highest version signed by the other party that the proposer held when it proposed this state
    /// @param paidA total that A has paid to B since the opening
    /// @param paidB total that B has paid to A
    /// @param lockedA A's money under hashlocks, neither paid nor returned yet
    /// @param lockedB B's money under hashlocks
    /// @param lockRoot Merkle root over the locks; zero when there are none
    struct State {
        uint64 version;
        uint64 base;
        uint128 paidA;
        uint128 paidB;
        uint128 lockedA;
        uint128 lockedB;
        bytes32 lockRoot;
    }

    /// @notice A payment by `payer` to the other party. It counts only if the preimage of `hashlock` is revealed by `expiry`.
    struct Lock {
        bytes32 hashlock;
        uint128 amount;
        uint64 expiry;
        Side payer;
    }

    event Opened(bytes32 indexed channel, address indexed a, address indexed b, Key key);
    event Deposited(bytes32 indexed channel, Side side, uint128 total);
    event Withdrawn(bytes32 indexed channel, Side side, uint128 total, address to);
    event Closing(bytes32 indexed channel, Side closer, uint40 deadline, State state);
    event Updated(bytes32 indexed channel, bool stale, State state);
    event Settled(bytes32 indexed channel, uint128 balanceA, uint128 balanceB, uint256 locked);
    event Revealed(bytes32 indexed hashlock, bytes32 preimage);
    event Unlocked(bytes32 indexed channel, bytes32 indexed hashlock, Side beneficiary, uint128 amount);
    event PaidOut(bytes32 indexed channel, Side side, address to, uint128 amount);

    error PartiesNotOrdered(address a, address b);
    error WindowOutOfBounds(uint32 actual, uint32 minimum, uint32 maximum);
    error PenaltyTooHigh(uint16 actual, uint16 maximum);
    error EpochMismatch(uint64 actual, uint64 expected);
    error NotAParty(address actual, address a, address b);
    error StatusMismatch(bytes32 channel, Status actual, Status expected);
    error ValueMismatch(uint256 actual, uint256 expected);
    error TotalNotIncreasing(uint128 actual, uint128 current);
    error DepositNotReceived(address token, uint256 expected);
    error DepositsTooLarge(uint256 actual, uint256 maximum);
    error RecipientNotParty(address actual, address expected);
    error WithdrawalExceedsPool(uint256 actual, uint256 available);
    error SignatureExpired(uint256 actual, uint256 expiry);
    error InitialStateNotEmpty(uint64 base, uint128 paidA, uint128 paidB);
    error VersionNotNewer(uint64 actual, uint64 posted);
    error Overdrawn(Side side, uint256 owes, uint256 has);
    error LockRootMismatch(bytes32 lockRoot, uint256 locked);
    error WindowClosed(uint256 actual, uint256 deadline);
    error WindowOpen(uint256 actual, uint256 deadline);
    error StateMismatch(bytes32 actual, bytes32 expected);
    error PoolMismatch(uint256 actual, uint256 expected);
    error EmptyPreimage();
    error LockPending(uint256 actual, uint256 expiry);
    error LockCommitmentMismatch(bytes32 actual, bytes32 expected);
    error LockExceedsPool(uint256 actual, uint256 pool);
    error NothingToPay(bytes32 channel, Side side);

    /// @notice Opens the next channel of a pair and deposits `amount` for the caller, who is one of the two parties.
    /// @param amount the caller's first deposit, or 0. For ether it equals `msg.value`
    function open(Key calldata key, uint128 amount) external payable returns (bytes32 channel);

    /// @notice Raises one side's deposit to the absolute `total`. Anyone may pay. A repeated call reverts and takes nothing.
    /// A token is credited by what arrives, so the deposit stays below `total` if the token takes a fee.
    function deposit(Key calldata key, Side side, uint128 total) external payable;

    /// @notice Pays out of an open channel what both parties signed, as an absolute total per side.
    /// @param to the party itself; any other recipient only if the party is the caller
    /// @param expiry last second at which the signatures count
    /// Warning: the other party must count a withdrawal it signed as spent until `expiry` has passed.
    function withdraw(
        Key calldata key,
        Side side,
        uint128 total,
        uint64 expiry,
        address to,
        bytes calldata signatureA,
        bytes calldata signatureB
    ) external;

    /// @notice Splits an open or closing channel at once as both parties signed. Each gets half of what the channel holds beyond the two
    /// balances, and B gets an odd unit. So a deposit that anybody makes after the signing does not spoil the close.
    /// Reverts if the balances add up to more than the channel holds.
    /// @param expiry last second at which the signatures count
    /// Warning: a party that has signed a close exchanges no further states and deposits nothing until `expiry` has passed.
    function closeTogether(
        Key calldata key,
        uint128 balanceA,
        uint128 balanceB,
        uint64 expiry,
        bytes calldata signatureA,
        bytes calldata signatureB
    ) external;

    /// @notice Posts the caller's newest state and starts the settlement window.
    /// @param signature the other party's signature over `state`; ignored for the initial state (version 0)
    function close(Key calldata key, State calldata state, bytes calldata signature) external;

    /// @notice Replaces the posted state by a newer one that both parties signed. Anyone may submit it. The deadline stays.
    /// A party that is the caller needs no signature of its own. The close is stale if the state proves that the closer held
    /// a newer one when it closed: the closer proposed it on a later base, or countersigned it.
    function update(Key calldata key, State calldata state, bytes calldata signatureA, bytes calldata signatureB)
        external;

    /// @notice Fixes the balances after the settlement window. Anyone may call.
    /// @param state the posted state
    function settle(Key calldata key, State calldata state) external;

    /// @notice Records that a preimage is public. One record serves every channel of this contract. So if a hub's outgoing lock is taken
    /// by it, the hub can take its own incoming lock by the same record.
    function reveal(bytes32 preimage) external returns (bytes32 hashlock);

    /// @notice Decides one lock of a settled channel. The payee gets it if its preimage was revealed by the expiry. Otherwise the payer gets
    /// it after the expiry.
    /// @param index the lock's place in the tree, from 0
    /// @param proof sibling hashes from the leaf up
    /// @param pool amount that is still under locks in this channel
    function unlock(bytes32 channel, Lock calldata lock, uint256 index, bytes32[] calldata proof, uint256 pool) external;

    /// @notice Pays a side's settled balance. The sides are paid separately, so neither can hold up the other.
    /// @param to the party itself; any other recipient only if the party is the caller
    /// If the token has shrunk (a negative rebase), it pays every claim the same proportion.
    function payout(Key calldata key, Side side, address to) external;

    /// @notice Pays both sides' settled balances as far as possible. A side that cannot receive keeps its claim.
    /// Reverts if neither could be paid. A recipient that burns all gas can make this fail; then `payout` remains.
    function payoutBoth(Key calldata key) external;

    /// @notice The id of the channel with these terms.
    function channelOf(Key calldata key) external pure returns (bytes32 channel);

    /// @notice The digest that both parties sign for a state (EIP-712).
    function stateDigest(Key calldata key, State calldata state) external view returns (bytes32);

    function withdrawalDigest(Key calldata key, Side side, uint128 total, uint64 expiry) external view returns (bytes32);

    function closeTogetherDigest(Key calldata key, uint128 balanceA, uint128 balanceB, uint64 expiry)
        external
        view
        returns (bytes32);

    /// @notice The number of channels that the pair has opened for a token. `a` has the lower address.
    function epochOf(address token, address a, address b) external view returns (uint64);

    /// @notice The second at which a hashlock's preimage was first revealed, or 0.
    function revealedAt(bytes32 hashlock) external view returns (uint256);

    /// @notice What the contract owes to all channels in a token; 0 for ether, which cannot shrink.
    function owed(address token) external view returns (uint256);

    /// @return status the channel's status
    /// @return deadline last second of the settlement window, or 0
    /// @return version of the posted state
    /// @return stale whether the close was proven stale
    /// @return heldA A's deposits before the settlement, and its unpaid balance after it
    /// @return heldB B's
    /// @return withdrawnA the total that A has withdrawn
    /// @return withdrawnB the total that B has withdrawn
    /// @return commitment hash of the posted state; once settled, the commitment to what remains under locks
    function channelInfo(bytes32 channel)
        external
        view
        returns (
            Status status,
            uint40 deadline,
            uint64 version,
            bool stale,
            uint128 heldA,
            uint128 heldB,
            uint128 withdrawnA,
            uint128 withdrawnB,
            bytes32 commitment
        );
}
