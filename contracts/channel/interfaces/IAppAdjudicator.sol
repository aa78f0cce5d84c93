// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title State channels for turn-taking applications of two players
/// @notice The players make moves off chain as signed states. A player that gets no answer challenges on chain with its newest state.
/// The player to move must respond, or it loses the pot. A newer state signed by both overrides any challenge.
///
/// A move made on chain binds one player only. If that player had signed another state of the same turn before, the other player
/// may post it (`checkpoint`), and it counts instead. So a move that ends the game on chain pays out one window later.
/// No application can lock the stakes. An application is silent if it has no code, reverts, answers nonsense, or needs more than
/// 4,000,000 gas to say how the game begins or stands. A silent application judges nothing: `concludeTogether` does not ask it, and a
/// clock that runs out returns both stakes. A caller must bring enough gas to tell silence from a lack of gas (`AppGasTooLow`).
/// Warning: if an application refuses one player's moves and answers everything else, that player loses. A game that never ends is
/// lost by the player who stops moving. Look at an application before you join.
///
/// The clock includes its deadline. `respond` and `checkpoint` count at `deadline`, and `forfeit` from `deadline + 1` on.
interface IAppAdjudicator {
    /// @notice A player; `A` has the lower address and moves first.
    enum Side {
        A,
        B
    }

    enum Status {
        None,
        Funding,
        Live,
        Challenged,
        Concluded
    }

    /// @param app the rules, an IApp
    /// @param epoch number of games that this pair has opened of this app, this one included
    /// @param window seconds to answer a challenge
    /// @param stake ether that each player puts in, in wei; may be 0
    struct Key {
        address app;
        address a;
        address b;
        uint64 epoch;
        uint32 window;
        uint128 stake;
    }

    /// @param turn number of moves made so far. A is to move if it is even
    /// @param data bytes that only the application interprets
    struct AppState {
        uint64 turn;
        bytes data;
    }

    event Opened(bytes32 indexed channel, address indexed a, address indexed b, Key key);
    event Joined(bytes32 indexed channel);
    event Challenged(bytes32 indexed channel, uint40 deadline, AppState state);
    event Checkpointed(bytes32 indexed channel, AppState state);
    event Concluded(bytes32 indexed channel, uint256 balanceA, uint256 balanceB);
    event PaidOut(bytes32 indexed channel, Side side, address to, uint256 amount);

    error PlayersNotOrdered(address a, address b);
    error WindowOutOfBounds(uint32 actual, uint32 minimum, uint32 maximum);
    error EpochMismatch(uint64 actual, uint64 expected);
    error NotAPlayer(address actual, address a, address b);
    error StakeMismatch(uint256 actual, uint256 expected);
    error StatusMismatch(bytes32 channel, Status actual, Status expected);
    error OutOfTurn(address actual, address expected);
    error TurnNotNewer(uint64 actual, uint64 posted);
    error StateMismatch(bytes32 actual, bytes32 expected);
    error ClockExpired(uint256 actual, uint256 deadline);
    error ClockRunning(uint256 actual, uint256 deadline);
    error NotOver(uint64 turn);
    error AlreadyOver(uint64 turn);
    error AppSilent(address app);
    error SignatureExpired(uint256 actual, uint256 expiry);
    error BalanceAbovePot(uint256 actual, uint256 pot);
    error RecipientNotPlayer(address actual, address expected);
    error NothingToPay(bytes32 channel, Side side);
    error TransferFailed(address to, uint256 amount);

    /// @notice Opens the pair's next game with the caller's stake. A game without a stake is live at once.
    function open(Key calldata key) external payable returns (bytes32 channel);

    /// @notice Puts in the other player's stake. Then the game is live.
    function join(Key calldata key) external payable;

    /// @notice Returns the stake of a game that nobody joined.
    function cancel(Key calldata key) external;

    /// @notice Starts the other player's clock. `state` is the initial state, the posted one, or a newer one that both signed. A player
    /// that is the caller needs no signature. If the caller is to move, `move` is its move, which the application checks. Otherwise
    /// `move` is empty. If the application is silent about `state`, `move` is empty for both. While it is silent about how the game
    /// begins, any `state` of turn 0 is accepted, and counts as one without data.
    function challenge(
        Key calldata key,
        AppState calldata state,
        bytes calldata signatureA,
        bytes calldata signatureB,
        bytes calldata move
    ) external;

    /// @notice The player to move answers the challenge by a legal move on the posted state.
    function respond(Key calldata key, AppState calldata state, bytes calldata move) external;

    /// @notice Posts a state that both signed, which ends any challenge. Anyone may call. Its turn must be higher than the posted one's,
    /// or equal if a move on chain made the posted one.
    function checkpoint(Key calldata key, AppState calldata state, bytes calldata signatureA, bytes calldata signatureB)
        external;

    /// @notice Ends the game at once by a state that is over and that both signed. Its turn is bounded as in `checkpoint`.
    function conclude(Key calldata key, AppState calldata state, bytes calldata signatureA, bytes calldata signatureB)
        external;

    /// @notice Ends the game at once as both signed, whatever was played and whatever the application says. A gets `balanceA` wei of the
    /// pot, and B gets the rest.
    /// @param expiry last second at which the signatures count
    /// Warning: no move revokes a signature. A player that gave one has agreed to the split until `expiry` has passed.
    function concludeTogether(
        Key calldata key,
        uint256 balanceA,
        uint64 expiry,
        bytes calldata signatureA,
        bytes calldata signatureB
    ) external;

    /// @notice Ends the game after the clock has run out. If the posted state is over, its outcome counts. If the application is silent
    /// about that state, or does not answer now, each player gets its stake. Otherwise the player who is not to move gets the pot.
    function forfeit(Key calldata key) external;

    /// @notice Pays a side's winnings. Another recipient is possible only if the player is the caller.
    function payout(Key calldata key, Side side, address to) external;

    function channelOf(Key calldata key) external pure returns (bytes32);

    /// @notice The digest that players sign for a state (EIP-712).
    function stateDigest(Key calldata key, AppState calldata state) external view returns (bytes32);

    /// @notice The digest that players sign for a split (EIP-712).
    function concludeTogetherDigest(Key calldata key, uint256 balanceA, uint64 expiry) external view returns (bytes32);

    function epochOf(address app, address a, address b) external view returns (uint64);

    /// @return status the game's status
    /// @return deadline last second of the running clock, or 0
    /// @return turn of the posted state
    /// @return commitment struct hash of the posted state; 0 for the initial one
    /// @return balanceA A's unpaid winnings
    /// @return balanceB B's
    function channelInfo(bytes32 channel)
        external
        view
        returns (Status status, uint40 deadline, uint64 turn, bytes32 commitment, uint256 balanceA, uint256 balanceB);
}
