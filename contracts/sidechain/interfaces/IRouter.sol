// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ITokenPort} from "./ITokenPort.sol";
import {ITokenReceiver} from "./ITokenReceiver.sol";

/// @title Names the bridges of a sidechain, and sends on what comes over one of them over another
/// @notice A route is a name for the port, and so for the bridge, that leads to one chain. Routes are fixed at deployment: nobody can turn
/// one to another chain.
/// @dev Whom it trusts: the bridges and ports that it is deployed with. It holds nothing between two calls. Warning: a sidechain's message to
/// L1 has no refund, so what is sent on to a receiver that always fails stays on its way for ever.
interface IRouter is ITokenReceiver {
    /// @notice A chain by name, and this chain's port of the bridge there.
    struct Route {
        bytes32 name;
        ITokenPort port;
    }

    /// @notice A message was sent on. `from` is the route that it came over, 0 for this chain itself.
    event MessageRouted(bytes32 indexed id, bytes32 indexed from, bytes32 indexed to, address sender);
    /// @notice Tokens were sent on.
    event TokensRouted(bytes32 indexed id, bytes32 indexed from, bytes32 indexed to, address sender, uint256 amount);

    error NoRoutes();
    error NoName(uint256 place);
    error NameTaken(bytes32 name);
    /// @notice Two routes over one bridge: then nobody could tell over which of them something came.
    error BridgeTaken(address bridge, bytes32 name);
    error NoSuchRoute(bytes32 name);
    error NotFromPort(address actual);
    error NotApproved(address token, address port);

    /// @notice Sends a message on over a route. A message of another bridge, or anybody here, calls this.
    /// @dev The receiver is called with `IRoutedReceiver.onRouted`, from the bridge, whose current sender is this router.
    /// @param gas what the call at the other end must have at least.
    function forward(bytes32 route, address to, uint256 gas, bytes calldata data) external payable returns (bytes32 id);

    /// @notice The port of a name; 0 if there is no such route.
    function portOf(bytes32 name) external view returns (ITokenPort);

    /// @notice The name of the route over a bridge or a port; 0 if there is none.
    function nameOf(address end) external view returns (bytes32);
}

/// @title Who takes messages that a router has sent on
interface IRoutedReceiver {
    /// @notice A message has arrived from another chain. If this reverts, it has not.
    /// @dev Warning: only a bridge that is known, and whose current sender is a router that is known, may be believed.
    /// @param from the name of the chain that it comes from; 0 for the sidechain itself.
    /// @param sender who sent it there.
    function onRouted(bytes32 from, address sender, bytes calldata data) external payable;
}
