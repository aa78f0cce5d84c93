// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IL2TokenBridge} from "../interfaces/IL2TokenBridge.sol";
import {IPortal} from "../interfaces/IPortal.sol";
import {ITokenBridge} from "../interfaces/ITokenBridge.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {Tokens} from "../libraries/Tokens.sol";

/// @title Token bridge on L1
contract TokenBridge is ITokenBridge {
    /// @inheritdoc ITokenBridge
    /// @dev Deploying a twin and minting takes about 800,000 L2 gas; this leaves room.
    uint64 public constant MIN_GAS = 1_200_000;

    /// @inheritdoc ITokenBridge
    IPortal public immutable portal;
    /// @inheritdoc ITokenBridge
    mapping(address token => uint256) public locked;
    bool internal transient entered;

    constructor(IPortal portal_) {
        portal = portal_;
    }

    /// @inheritdoc ITokenBridge
    function deposit(address token, address to, uint256 amount, uint64 gasLimit) external {
        // INVARIANT: the bridge measures what arrives, so no other deposit may happen while the token moves it.
        if (entered) revert Reentered();
        if (gasLimit < MIN_GAS) revert GasLimitTooLow(gasLimit, MIN_GAS);
        entered = true;
        uint256 received = Tokens.take(token, msg.sender, amount);
        entered = false;
        if (received == 0) revert NothingReceived(token);
        locked[token] += received;
        emit TokenDeposited(token, msg.sender, to, received);
        bytes memory message =
            abi.encodeCall(IL2TokenBridge.arrive, (token, decimalsOf(token), msg.sender, to, received));
        portal.depositTransaction(Predeploys.TOKEN_BRIDGE, 0, gasLimit, false, message);
    }

    /// @inheritdoc ITokenBridge
    /// @dev It takes no part in the guard of `deposit`: by the rule that loses a failed message, whoever runs it inside a deposit would
    /// destroy it. Inside a deposit of the same token it only lowers what that deposit counts as received.
    function release(address token, address to, uint256 amount) external {
        if (msg.sender != address(portal)) revert NotFromL2Bridge(msg.sender, Predeploys.TOKEN_BRIDGE);
        address l2Sender = portal.l2Sender();
        if (l2Sender != Predeploys.TOKEN_BRIDGE) revert NotFromL2Bridge(l2Sender, Predeploys.TOKEN_BRIDGE);
        // INVARIANT: a token can pay out only what it brought, whatever L2 says of it.
        if (locked[token] < amount) revert NotLocked(token, amount, locked[token]);
        locked[token] -= amount;
        emit TokenReturned(token, to, amount);
        Tokens.pay(token, to, amount);
    }

    /// @dev 18 if the token does not answer, or answers with no uint8.
    function decimalsOf(address token) internal view returns (uint8) {
        (bool said, bytes memory answer) = token.staticcall(abi.encodeWithSignature("decimals()"));
        if (!said || answer.length < 32) return 18;
        uint256 value = uint256(bytes32(answer));
        // No truncation: at most 255.
        return value <= type(uint8).max ? uint8(value) : 18;
    }
}
