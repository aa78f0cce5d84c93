// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TwinToken} from "../l2/TwinToken.sol";
import {Tokens} from "../libraries/Tokens.sol";
import {IMessageBridge} from "./interfaces/IMessageBridge.sol";
import {IProvenBridge} from "./interfaces/IProvenBridge.sol";
import {ITokenPort} from "./interfaces/ITokenPort.sol";
import {ITokenReceiver} from "./interfaces/ITokenReceiver.sol";

/// @title Tokens over a bridge: locked where they are at home, minted as twins where they are not
contract TokenPort is ITokenPort {
    /// @inheritdoc ITokenPort
    IMessageBridge public immutable bridge;
    /// @inheritdoc ITokenPort
    address public immutable remote;
    /// @inheritdoc ITokenPort
    mapping(address token => uint256) public locked;
    /// @inheritdoc ITokenPort
    mapping(address remoteToken => address) public twinOf;
    /// @inheritdoc ITokenPort
    mapping(address twin => address) public homeOf;
    mapping(bytes32 id => bool) internal returned;
    bool internal transient entered;

    constructor(IMessageBridge bridge_, address remote_) {
        bridge = bridge_;
        remote = remote_;
    }

    /// @inheritdoc ITokenPort
    function send(address token, address to, uint256 amount, uint256 deadline, uint256 gas, bytes calldata data)
        external
        returns (bytes32 id)
    {
        // INVARIANT: the port measures what arrives, so no other deposit may happen while the token moves it.
        if (entered) revert Reentered();
        entered = true;
        address home = homeOf[token];
        bytes memory call;
        if (home != address(0)) {
            TwinToken(token).burn(msg.sender, amount);
            call = abi.encodeCall(ITokenPort.release, (home, msg.sender, to, amount, data));
        } else {
            amount = Tokens.take(token, msg.sender, amount);
            if (amount == 0) revert NothingReceived(token);
            locked[token] += amount;
            call = abi.encodeCall(ITokenPort.arrive, (token, _decimals(token), msg.sender, to, amount, data));
        }
        entered = false;
        emit TokenSent(token, msg.sender, to, amount);
        return bridge.send(remote, deadline, gas, call);
    }

    /// @inheritdoc ITokenPort
    function arrive(address token, uint8 decimals, address from, address to, uint256 amount, bytes calldata data)
        external
    {
        _checkRemote();
        address twin = twinOf[token];
        if (twin == address(0)) {
            twin = address(new TwinToken{salt: bytes32(uint256(uint160(token)))}(token, decimals));
            (twinOf[token], homeOf[twin]) = (twin, token);
        }
        emit TokenArrived(twin, from, to, amount);
        TwinToken(twin).mint(to, amount);
        _tell(twin, from, to, amount, data);
    }

    /// @inheritdoc ITokenPort
    function release(address token, address from, address to, uint256 amount, bytes calldata data) external {
        _checkRemote();
        emit TokenArrived(token, from, to, amount);
        _unlock(token, to, amount);
        _tell(token, from, to, amount, data);
    }

    /// @inheritdoc ITokenPort
    function reclaim(IMessageBridge.Message calldata message) external {
        bytes32 id = bridge.idOf(message, true);
        if (message.sender != address(this)) revert NotSentHere(id);
        if (!IProvenBridge(address(bridge)).refunded(id)) revert NotRefunded(id);
        if (returned[id]) revert AlreadyReturned(id);
        returned[id] = true;
        // INVARIANT: the bridge has this message of the port, so its data are of one of the two calls that `send` makes.
        if (bytes4(message.data) == ITokenPort.arrive.selector) {
            (address token,, address from,, uint256 amount,) =
                abi.decode(message.data[4:], (address, uint8, address, address, uint256, bytes));
            emit TokenReturned(token, from, amount);
            _unlock(token, from, amount);
        } else {
            (address home, address from,, uint256 amount,) =
                abi.decode(message.data[4:], (address, address, address, uint256, bytes));
            emit TokenReturned(twinOf[home], from, amount);
            TwinToken(twinOf[home]).mint(from, amount);
        }
    }

    /// @dev Calls a receiver that was sent data. Its failure is the message's, which can be tried again.
    function _tell(address token, address from, address to, uint256 amount, bytes calldata data) internal {
        if (data.length != 0) ITokenReceiver(to).onTokens(token, from, amount, data);
    }

    /// @dev INVARIANT: a token pays out only what it brought, whatever the other end says of it.
    function _unlock(address token, address to, uint256 amount) internal {
        if (locked[token] < amount) revert NotLocked(token, amount, locked[token]);
        locked[token] -= amount;
        Tokens.pay(token, to, amount);
    }

    function _checkRemote() internal view {
        if (msg.sender != address(bridge)) revert NotFromRemote(msg.sender, address(bridge));
        address sender = bridge.currentSender();
        if (sender != remote) revert NotFromRemote(sender, remote);
    }

    /// @dev 18 if the token does not answer, or answers with no uint8.
    function _decimals(address token) internal view returns (uint8) {
        (bool said, bytes memory answer) = token.staticcall(abi.encodeWithSignature("decimals()"));
        if (!said || answer.length < 32) return 18;
        uint256 value = uint256(bytes32(answer));
        // No truncation: at most 255.
        return value <= type(uint8).max ? uint8(value) : 18;
    }

    /// @dev Takes the nothing that a refund of one of its messages brings.
    receive() external payable {}
}
