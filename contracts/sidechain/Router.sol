// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMessageBridge} from "./interfaces/IMessageBridge.sol";
import {IRoutedReceiver, IRouter} from "./interfaces/IRouter.sol";
import {ITokenPort} from "./interfaces/ITokenPort.sol";
import {ITokenReceiver} from "./interfaces/ITokenReceiver.sol";

/// @title Names the bridges of a sidechain, and sends on what comes over one of them over another
contract Router is IRouter {
    /// @dev Tokens that answer nothing approve, too; without an approval, the port takes nothing.
    bytes4 internal constant APPROVE = bytes4(keccak256("approve(address,uint256)"));

    /// @inheritdoc IRouter
    mapping(bytes32 name => ITokenPort) public portOf;
    /// @inheritdoc IRouter
    mapping(address end => bytes32) public nameOf;

    constructor(Route[] memory routes) {
        if (routes.length == 0) revert NoRoutes();
        for (uint256 i; i < routes.length; ++i) {
            (bytes32 name, ITokenPort port) = (routes[i].name, routes[i].port);
            address bridge = address(port.bridge());
            // INVARIANT: 0 stands for this chain itself.
            if (name == 0) revert NoName(i);
            if (address(portOf[name]) != address(0)) revert NameTaken(name);
            if (nameOf[bridge] != 0) revert BridgeTaken(bridge, nameOf[bridge]);
            (portOf[name], nameOf[bridge], nameOf[address(port)]) = (port, name, name);
        }
    }

    /// @inheritdoc IRouter
    function forward(bytes32 route, address to, uint256 gas, bytes calldata data)
        external
        payable
        returns (bytes32 id)
    {
        bytes32 from = nameOf[msg.sender];
        // INVARIANT: only a bridge that is known says who sends for another chain; everybody else sends for itself.
        address sender = from == 0 ? msg.sender : IMessageBridge(msg.sender).currentSender();
        bytes memory call = abi.encodeCall(IRoutedReceiver.onRouted, (from, sender, data));
        id = _port(route).bridge().send{value: msg.value}(to, 0, gas, call);
        emit MessageRouted(id, from, route, sender);
    }

    /// @inheritdoc ITokenReceiver
    /// @dev The data are the ABI encoding of (route, receiver, gas, data for the receiver).
    function onTokens(address token, address from, uint256 amount, bytes calldata data) external {
        bytes32 came = nameOf[msg.sender];
        if (address(portOf[came]) != msg.sender) revert NotFromPort(msg.sender);
        (bytes32 route, address to, uint256 gas, bytes memory further) =
            abi.decode(data, (bytes32, address, uint256, bytes));
        ITokenPort port = _port(route);
        (bool done,) = token.call(abi.encodeWithSelector(APPROVE, port, amount));
        if (!done) revert NotApproved(token, address(port));
        bytes32 id = port.send(token, to, amount, 0, gas, further);
        emit TokensRouted(id, came, route, from, amount);
    }

    function _port(bytes32 route) internal view returns (ITokenPort port) {
        port = portOf[route];
        if (address(port) == address(0)) revert NoSuchRoute(route);
    }
}
