// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IL2ToL1MessagePasser} from "../interfaces/IL2ToL1MessagePasser.sol";
import {IL2TokenBridge} from "../interfaces/IL2TokenBridge.sol";
import {ITokenBridge} from "../interfaces/ITokenBridge.sol";
import {Predeploys} from "../libraries/Predeploys.sol";
import {TwinToken} from "./TwinToken.sol";

/// @title Token bridge on L2
contract L2TokenBridge is IL2TokenBridge {
    /// @dev L1 gas for a token's transfer, with room for an unusual one.
    uint256 internal constant RELEASE_GAS = 300_000;

    /// @inheritdoc IL2TokenBridge
    /// @dev Genesis writes slot 0.
    address public l1Bridge;
    /// @inheritdoc IL2TokenBridge
    mapping(address l1Token => address) public twinOf;

    /// @inheritdoc IL2TokenBridge
    function arrive(address l1Token, uint8 decimals, address from, address to, uint256 amount) external {
        address expected = Predeploys.aliased(l1Bridge);
        if (msg.sender != expected) revert NotFromL1Bridge(msg.sender, expected);
        address twin = twinOf[l1Token];
        if (twin == address(0)) {
            twin = address(new TwinToken{salt: bytes32(uint256(uint160(l1Token)))}(l1Token, decimals));
            twinOf[l1Token] = twin;
        }
        TwinToken(twin).mint(to, amount);
        emit TokenArrived(l1Token, from, to, amount);
    }

    /// @inheritdoc IL2TokenBridge
    function withdraw(address l1Token, address to, uint256 amount) external {
        address twin = twinOf[l1Token];
        if (twin == address(0)) revert NoTwin(l1Token);
        TwinToken(twin).burn(msg.sender, amount);
        emit TokenLeft(l1Token, msg.sender, to, amount);
        bytes memory message = abi.encodeCall(ITokenBridge.release, (l1Token, to, amount));
        IL2ToL1MessagePasser(Predeploys.PASSER).initiateWithdrawal(l1Bridge, RELEASE_GAS, message);
    }
}
