// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILightClient} from "./ILightClient.sol";
import {IMessageBridge} from "./IMessageBridge.sol";

/// @title The end of a bridge that believes proofs: on L1, against the roots of a light client
/// @dev Whom it trusts: the light client, and so all but a third of the validators; and that one end at the other chain has the code that
/// it is said to have. Nobody's word is taken.
interface IProvenBridge is IMessageBridge {
    /// @notice A root of the sidechain, and the way from it to a slot of the other end.
    struct Proof {
        uint256 height;
        ILightClient.Checkpoint checkpoint;
        /// The nodes from the root to the account, and from its storage root to the slot.
        bytes[] account;
        bytes[] slot;
    }

    event MessageRefunded(bytes32 indexed id);

    error NotSent(bytes32 id, bytes32 stateRoot);
    error NotSentHere(bytes32 id);
    error AlreadyRefunded(bytes32 id);
    /// @notice The message had run there at that height.
    error RunThere(bytes32 id, uint256 height);
    /// @notice The message could still run after that header.
    error StillRunnable(uint256 timestamp, uint256 deadline);
    error RefundFailed(address to, uint256 value);
    /// @notice Only who sent a message may have its refund go elsewhere.
    error NotSender(address actual, address expected);
    /// @notice The ether of this chain is not that of the sidechain. It goes over the bridge as a token.
    error CarriesNoEther(uint256 value);
    /// @notice The light client is over: nothing can be sent any more.
    error ClientOver();
    /// @notice The bridge has paid by a later header, which is the one that counts.
    error PaidUpTo(uint256 actual, uint256 expected);

    /// @notice Runs a message that was sent at the other end by a header that the light client has.
    function execute(Message calldata message, Proof calldata proof) external;

    /// @notice Pays back a message that was sent here and can never run there: it had not run at a header after its deadline; or at the
    /// last header that counts, if the light client is over: its last usable one, or a later one by which this bridge has paid.
    /// @param to who gets it: the sender, or whom the sender names by calling this itself.
    /// @param next the header that the light client accepted behind that one, with its checkpoint, if it is over. What runs there after the
    /// last header is cut off: no root that shows it is ever usable.
    function refund(
        Message calldata message,
        address to,
        Proof calldata proof,
        uint256 next,
        ILightClient.Checkpoint calldata nextCheckpoint
    ) external;

    function client() external view returns (ILightClient);

    /// @notice Whether the sidechain's ether is that of this chain. It is that of one chain only: else the ether of one would pay out that
    /// of another, and be worth no more than the cheapest.
    function carriesEther() external view returns (bool);

    function refunded(bytes32 id) external view returns (bool);

    /// @notice The highest header by which a message has run here.
    function paidUpTo() external view returns (uint256);
}
